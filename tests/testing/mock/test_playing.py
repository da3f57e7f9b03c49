"""Both carriers play every step of a plan, and what a client of this library makes of it is the same."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable, Iterator

import aiohttp
import pytest

from any_llm.exceptions import (
    AnyLLMError,
    ConnectionFailedError,
    FirstTokenTimeoutError,
    IdleTimeoutError,
    MalformedResponseError,
    StreamClosedError,
    TotalTimeoutError,
)
from any_llm.spec.transport import Transport
from any_llm.testing import JumpingClock, Mock
from any_llm.testing.mock.fault import Fault
from any_llm.testing.mock.faults import registry
from any_llm.testing.mock.plan import (
    BreakTls,
    Close,
    Data,
    Forever,
    HalfClose,
    Head,
    Plan,
    Raw,
    Refuse,
    Reset,
    Step,
    Wait,
)
from any_llm.testing.mock.request import MockRequest, request_of
from any_llm.testing.mock.transport import MockExchange
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Socket, Wire
from any_llm.testing.mock.wires import registry as wires
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.transport.pool import Pool, PoolSettings
from any_llm.types.http import HttpRequest, Timeouts, Upload

BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}], "stream": True}).encode()
CHUNKED = Head(200, {"content-type": "text/event-stream"})
Carry = Callable[[Plan], tuple[Transport, str]]


def fault_of(plan: Plan) -> Fault:
    return Fault(name="planned", summary="Plays a plan.", plan=lambda _plan, _argument, _context: plan)


@pytest.fixture(params=["socket", "process"])
def carry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carry]:
    """Make a transport and a URL whose requests are answered by a plan."""
    plans: list[Plan] = []
    monkeypatch.setattr(registry, "faults", lambda: {"planned": fault_of(plans[0])})
    with Mock() as mock:

        def carry(plan: Plan) -> tuple[Transport, str]:
            plans.append(plan)
            mock.fault("planned")
            transport: Transport = Pool(PoolSettings()) if request.param == "socket" else mock.transport
            return transport, f"{mock.url()}/chat/completions"

        yield carry
        assert mock.transport.open == 0


async def ask(carried: tuple[Transport, str], timeouts: Timeouts | None = None) -> list[bytes]:
    transport, url = carried
    request = HttpRequest("POST", url, {"content-type": "application/json"}, BODY)
    exchange = await transport.send(request, timeouts or Timeouts(first_token=5, idle=5))
    pieces: list[bytes] = []
    try:
        while piece := await exchange.chunk():
            pieces.append(piece)
    finally:
        exchange.close()
        await transport.aclose()
    return pieces


async def test_a_plan_to_its_end_is_a_whole_answer(carry: Carry) -> None:
    plan: Plan = (Head(201, {"X-Kind": "a"}, 6), Data(b"abc"), Wait(0.01), Data(b""), Data(b"def"))
    assert b"".join(await ask(carry(plan))) == b"abcdef"


async def test_chunks_without_a_length_end_properly(carry: Carry) -> None:
    assert b"".join(await ask(carry((CHUNKED, Data(b"abc"), Wait(0.01), Data(b"def"))))) == b"abcdef"


@pytest.mark.parametrize("last", [Reset(), Close(), HalfClose(), Refuse(), BreakTls()], ids=repr)
async def test_a_connection_that_breaks_before_the_head_is_no_connection(carry: Carry, last: Step) -> None:
    with pytest.raises(ConnectionFailedError):
        await ask(carry((Wait(0.001), last)))


@pytest.mark.parametrize("last", [Reset(), Close(), HalfClose()], ids=repr)
async def test_a_connection_that_breaks_in_the_body_is_an_error(carry: Carry, last: Step) -> None:
    with pytest.raises((ConnectionFailedError, MalformedResponseError)):
        await ask(carry((CHUNKED, Data(b"abc"), Wait(0.01), last)))


async def test_a_body_shorter_than_its_length_is_an_error(carry: Carry) -> None:
    with pytest.raises(ConnectionFailedError):
        await ask(carry((Head(200, {}, 10), Data(b"abc"), Close())))


async def test_what_is_not_http_is_told_so(carry: Carry) -> None:
    with pytest.raises(AnyLLMError):
        await ask(carry((Raw(b"SSH-2.0-OpenSSH\r\n\r\n"), Close())))


async def test_an_empty_plan_closes(carry: Carry) -> None:
    with pytest.raises(ConnectionFailedError):
        await ask(carry(()))


async def test_silence_before_the_body_is_a_first_token_timeout(carry: Carry) -> None:
    with pytest.raises(FirstTokenTimeoutError):
        await ask(carry((CHUNKED, Wait(math.inf))), Timeouts(first_token=0.05))


async def test_silence_in_the_body_is_an_idle_timeout(carry: Carry) -> None:
    with pytest.raises(IdleTimeoutError):
        await ask(carry((CHUNKED, Data(b"abc"), Wait(math.inf))), Timeouts(idle=0.05))


async def test_an_answer_without_end_is_a_total_timeout(carry: Carry) -> None:
    with pytest.raises(TotalTimeoutError):
        await ask(carry((CHUNKED, Forever(b"again", 0.001))), Timeouts(total=0.1))


async def test_bytes_past_http_break_the_body_without_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    plan: Plan = (CHUNKED, Data(b"abc"), Raw(b"nonsense\r\n"))
    monkeypatch.setattr(registry, "faults", lambda: {"planned": fault_of(plan)})
    mock = Mock(fault="planned")
    with pytest.raises(MalformedResponseError, match="not HTTP"):
        await ask((mock.transport, "https://api.openai.com/v1/chat/completions"))


async def test_more_than_the_length_is_cut_without_a_socket() -> None:
    mock = Mock()
    mock.answer_with(lambda _request: Rendered(body=b"abc", headers={}))
    exchange = await mock.transport.send(request(mock, "/v1/chat/completions"), Timeouts())
    assert (await exchange.read(), await exchange.chunk(), exchange.status) == (b"abc", b"", 200)
    exchange.close()


def request(mock: Mock, path: str, body: bytes | Upload = BODY) -> HttpRequest:
    return HttpRequest("POST", f"https://api.openai.com{path}", {}, body)


async def until_it_waits(exchange: MockExchange) -> None:
    while exchange._sleeping is None:  # noqa: ASYNC110  # the exchange tells nobody that it waits
        await asyncio.sleep(0)


async def test_a_wait_ends_when_the_answer_is_closed_from_outside() -> None:
    mock = Mock(fault="stall")
    exchange = await mock.transport.send(request(mock, "/v1/chat/completions"), Timeouts())

    async def drain() -> None:
        while await exchange.chunk():
            pass

    reading = asyncio.ensure_future(drain())
    await until_it_waits(exchange)
    exchange.close()
    with pytest.raises(StreamClosedError):
        await reading
    with pytest.raises(StreamClosedError):
        await exchange.chunk()


async def test_a_wait_ends_when_its_task_is_cancelled() -> None:
    mock = Mock(fault="stall")
    exchange = await mock.transport.send(request(mock, "/v1/chat/completions"), Timeouts())

    async def drain() -> None:
        while await exchange.chunk():
            pass

    reading = asyncio.ensure_future(drain())
    await until_it_waits(exchange)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert mock.transport.open == 0


async def test_an_upload_is_read_for_the_mock() -> None:
    mock = Mock()
    body = Upload((BODY[:9], BODY[9:]))
    exchange = await mock.transport.send(request(mock, "/v1/chat/completions", body), Timeouts())
    await exchange.read()
    assert mock.last.body == BODY
    await mock.transport.aclose()


async def _talk(socket: Socket, context: Context) -> None:
    while (message := await socket.receive()) is not None:
        if message == b"bye":
            await socket.send(b"bye")
            await socket.close(4000, "done")
            return
        inner = request_of("POST", "/v1/chat/completions", context.request.headers, BODY)
        await socket.send(f"{message!r}")
        await socket.answer(inner, lambda data: data.decode() if b"[DONE]" not in data else None)


TALK = Wire(
    name="talk",
    vendor="openai",
    routes=(Route(method="GET", path="/talk", operation="talk", converse=_talk),),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
)


@pytest.fixture
async def talking(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Mock, aiohttp.ClientWebSocketResponse]]:
    known = (TALK, *wires.wires())
    monkeypatch.setattr("any_llm.testing.mock.router.wires", lambda: known)
    async with (
        Mock(clock=JumpingClock()) as mock,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{mock.origin}/talk") as socket,
    ):
        yield mock, socket


async def test_a_websocket_holds_a_conversation(talking: tuple[Mock, aiohttp.ClientWebSocketResponse]) -> None:
    _, socket = talking
    await socket.send_str("hi")
    assert await socket.receive_str() == "'hi'"
    assert "chat.completion.chunk" in await socket.receive_str()
    await socket.send_bytes(b"bye")
    messages = [message async for message in socket]
    assert messages[-1].data == b"bye"
    assert socket.close_code == 4000


@pytest.mark.parametrize(
    "plan", [(Wait(1), Reset()), (CHUNKED, Data(b"x"), Close()), (Raw(b"\xff\xff"), Reset())], ids=str
)
async def test_a_websocket_breaks_as_a_stream_does(
    talking: tuple[Mock, aiohttp.ClientWebSocketResponse], monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    mock, socket = talking
    monkeypatch.setattr(registry, "faults", lambda: {"planned": fault_of(plan)})
    mock.fault("planned")
    await socket.send_str("hi")
    assert await socket.receive_str() == "'hi'"
    kinds = [(await socket.receive()).type for _ in range(2)]
    assert kinds[-1] in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.ERROR}


def test_pieces_keep_their_roles() -> None:
    seen: list[str] = []

    def note(plan: Plan, _argument: str, _context: Context) -> Plan:
        seen.extend(step.role for step in plan if isinstance(step, Data))
        return plan

    mock = Mock(clock=JumpingClock())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "faults", lambda: {"noting": Fault(name="noting", summary="Looks.", plan=note)})
        mock.fault("noting")
        list(
            mock.client().completion(
                "m", [{"role": "user", "content": "hi"}], stream=True, stream_options={"include_usage": True}
            )
        )
    assert seen == ["start", "delta", "finish", "usage", "done"]


async def test_a_wire_asks_for_other_requests_from_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    async def twice(context: Context) -> Rendered:
        inner = [await context.ask(MockRequest(method="POST", path="/v1/chat/completions", body=BODY)) for _ in "ab"]
        return Rendered(headers={}, pieces=tuple(Piece(b"%d" % len(each.pieces or ())) for each in inner))

    wire = Wire(
        name="twice",
        vendor="openai",
        routes=(Route(method="POST", path="/twice", operation="twice", handle=twice),),
        render_failure=render_failure,
        failure_pieces=failure_pieces,
    )
    monkeypatch.setattr("any_llm.testing.mock.router.wires", lambda: (wire, *wires.wires()))
    mock = Mock()
    exchange = await mock.transport.send(request(mock, "/twice"), Timeouts())
    assert await exchange.read() == b"55"
    assert [call.operation for call in mock.calls] == ["twice", "completion", "completion"]
