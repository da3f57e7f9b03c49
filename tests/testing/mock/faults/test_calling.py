"""How faults are called for, how often they strike, and what they leave alone."""

from __future__ import annotations

import asyncio
import ssl
from importlib import import_module
from pathlib import Path

import pytest

import any_llm
from any_llm import AnyLLM, Timeouts
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    InvalidRequestError,
    OverloadedError,
    RateLimitError,
    StreamTruncatedError,
)
from any_llm.testing import Answer, Failure, JumpingClock, Mock
from any_llm.testing.mock.answer import ToolCall
from any_llm.testing.mock.certificates import CERTIFICATES
from any_llm.testing.mock.fault import Fault
from any_llm.testing.mock.faults.registry import MODULES, faults, find_fault
from any_llm.testing.mock.wire import Piece, Rendered
from any_llm.transport.pool import PoolSettings, shared_pool
from any_llm.types.completion import ChatCompletionMessageToolCall
from any_llm.types.http import HttpRequest

HELLO = [{"role": "user", "content": "hello there"}]
NO_CALL = ChatCompletionMessageToolCall()
LINES = (b'{"text": "a"}\n', b'{"text": "b"}\n', b'{"done": true}\n')
BINARY = (b"\x00\x01data: {", b"\xff\xfe}\n", b"\x00")
ROLES = ("delta", "delta", "done")


def said(mock: Mock, model: str = "m") -> str:
    return mock.client().completion(model, HELLO).choices[0].message.content or ""


def test_there_are_at_least_45_faults_and_each_says_what_it_does() -> None:
    assert len(faults()) >= 45
    for fault in faults().values():
        assert fault.summary.endswith(".")
        assert fault.plan is not None or fault.answer is not None


def test_no_two_faults_have_the_same_name() -> None:
    names = [
        fault.name for module in MODULES for fault in import_module(f"any_llm.testing.mock.faults.{module}").FAULTS
    ]
    assert len(names) == len(set(names))


def test_the_provider_of_this_process_breaks_by_the_models_name() -> None:
    with pytest.raises(ConnectionFailedError, match="refuse"):
        any_llm.completion("mock:fault/connection-refused", HELLO)


def test_a_fault_may_strike_a_few_times_only() -> None:
    mock = Mock()
    mock.fault("503", times=2)
    for _ in range(2):
        with pytest.raises(OverloadedError):
            said(mock)
    assert said(mock) == said(mock) == "hello there"


def test_a_refused_connection_may_be_refused_once() -> None:
    with Mock() as mock:
        mock.fault("connection-refused", times=1)
        client = AnyLLM.create("openai", api_key="key", api_base=mock.url())
        with pytest.raises(ConnectionFailedError):
            client.completion("m", HELLO)
        assert client.completion("m", HELLO).choices[0].message.content == "hello there"


def test_a_mock_may_start_with_a_port_that_refuses() -> None:
    with Mock(fault="connection-refused") as mock:
        client = AnyLLM.create("openai", api_key="key", api_base=mock.url())
        with pytest.raises(ConnectionFailedError, match="No connection"):
            client.completion("m", HELLO)
        assert mock.calls == ()
        mock.fault()
        assert client.completion("m", HELLO).choices[0].message.content == "hello there"


@pytest.mark.parametrize("name", ["tls-garbage", "tls-self-signed", "tls-expired"])
def test_a_client_without_tls_is_reset_where_tls_is_broken(name: str) -> None:
    with Mock(fault=name) as mock:
        client = AnyLLM.create("openai", api_key="key", api_base=mock.url())
        with pytest.raises(ConnectionFailedError):
            client.completion("m", HELLO)


def test_an_expired_certificate_is_named_where_its_signer_is_trusted() -> None:
    with Mock(fault="tls-expired") as mock:
        url = mock.url().replace("http:", "https:")
        pool = shared_pool(PoolSettings(ca=str(CERTIFICATES["expired"])))
        client = AnyLLM.create("openai", api_key="key", api_base=url, transport=pool)
        with pytest.raises(ConnectionFailedError, match="certificate has expired") as caught:
            client.completion("m", HELLO)
        assert not caught.value.retryable


def test_a_self_signed_certificate_serves_whom_trusts_it() -> None:
    with Mock(fault="tls-self-signed") as mock:
        url = mock.url().replace("http:", "https:")
        pool = shared_pool(PoolSettings(ca=ssl.create_default_context(cafile=str(CERTIFICATES["self-signed"]))))
        client = AnyLLM.create("openai", api_key="key", api_base=url, transport=pool)
        with pytest.raises(ConnectionFailedError):
            client.completion("m", HELLO)
        assert len(mock.calls) == 1, "TLS stood, and the request behind it was broken"


def test_a_flaky_server_fails_twice_for_each_model() -> None:
    mock = Mock()
    for model in ("fault/flaky", "other/fault/flaky"):
        for _ in range(2):
            with pytest.raises(OverloadedError):
                said(mock, model)
        assert said(mock, model) == "hello there"


def test_a_flaky_server_leaves_other_failures_alone() -> None:
    mock = Mock(fault="429,flaky=1")
    for _ in range(2):
        with pytest.raises(RateLimitError):
            said(mock)


def test_a_script_names_faults(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text('[[rule]]\nwhen = { model = "bad" }\nfault = "401"\n\n[[rule]]\nanswer = "fine"\n', "utf-8")
    mock = Mock()
    mock.script(script)
    with pytest.raises(AuthenticationError):
        said(mock, "bad")
    assert said(mock, "good") == "fine"


def test_a_client_that_calls_for_no_fault_there_is_made_a_bad_request() -> None:
    with pytest.raises(InvalidRequestError, match="There is no fault 'nonsense'"):
        said(Mock(), "fault/nonsense")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("comments=3", "takes no argument"),
        ("stall=long", "must be a number"),
        ("=3", "There is no fault ''"),
    ],
)
def test_a_call_that_makes_no_sense_is_told(call: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        find_fault(call)


@pytest.mark.parametrize("call", ["STALL=2", "stall = 2", "stall=2"])
def test_a_call_may_be_written_in_several_ways(call: str) -> None:
    assert find_fault(call) == (faults()["stall"], "2")


def test_waits_may_be_so_short_that_they_do_no_harm() -> None:
    names = "slow-headers=3,slow-first-token=3,drip=0.5,late-usage=1"
    mock = Mock(fault=names, clock=JumpingClock())
    started = mock.clock.now()
    assert said(mock) == "hello there"
    assert mock.clock.now() - started == pytest.approx(16, abs=1)


@pytest.mark.parametrize("name", ["429-seconds", "429-date", "429-milliseconds", "429-reset", "429-retry-info"])
def test_the_wait_that_is_asked_for_may_be_chosen(name: str) -> None:
    with pytest.raises(RateLimitError) as caught:
        said(Mock(), f"fault/{name}=7")
    assert caught.value.retry_after == pytest.approx(7, abs=1.1)


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimitError), (400, InvalidRequestError)])
def test_an_error_in_band_has_the_status_that_is_chosen(status: int, kind: type[Exception]) -> None:
    for call in (f"in-band-error={status}", f"error-second={status}", f"error-mid-stream={status}"):
        with pytest.raises(kind):
            list(Mock(fault=call).client().completion("m", HELLO, stream=True))


def test_duplicate_ids_are_those_of_answers_and_of_calls() -> None:
    mock = Mock(fault="duplicate-ids")
    mock.reply(Answer(tool_calls=(ToolCall("a"), ToolCall("b"))))
    client = mock.client()
    first, second = (client.completion("m", HELLO) for _ in range(2))
    assert first.id == second.id == "duplicate"
    assert [call.id for call in first.choices[0].message.tool_calls or ()] == ["duplicate", "duplicate"]
    streamed = list(client.completion("m", HELLO, stream=True))
    calls = [call for chunk in streamed for choice in chunk.choices for call in choice.delta.tool_calls or ()]
    assert {call.id for call in calls if call.id} == {"duplicate"}
    assert {call.index for call in calls} == {0, 1}


def test_broken_arguments_are_those_of_the_tool_that_is_called_or_offered() -> None:
    mock = Mock(fault="broken-arguments")
    mock.reply(Answer(tool_calls=(ToolCall("weather", {"city": "Paris"}),)))
    [call] = mock.client().completion("m", HELLO).choices[0].message.tool_calls or [NO_CALL]
    assert (call.function.name, call.function.arguments) == ("weather", '{"city": "Par')
    mock.reply("no tool")
    tools = [{"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}]
    [call] = mock.client().completion("m", HELLO, tools=tools).choices[0].message.tool_calls or [NO_CALL]
    assert call.function.name == "clock"


def test_a_failure_stays_one_whatever_is_done_to_answers() -> None:
    changing = [fault.name for fault in faults().values() if fault.answer is not None and not fault.whole.error]
    assert changing
    for name in changing:
        mock = Mock(fault=name)
        mock.reply(Failure(status=401))
        with pytest.raises(AuthenticationError):
            said(mock)


@pytest.mark.parametrize("fault", faults().values(), ids=list(faults()))
async def test_a_fault_breaks_bodies_of_any_kind_without_breaking_the_mock(fault: Fault) -> None:
    """Play each over lists and binary bodies, which have no events, no choices and no JSON."""
    mock = Mock(fault=fault.name, clock=JumpingClock())
    client = mock.client(timeout=1.0)
    try:
        async with asyncio.timeout(10):
            await client.alist_models(timeout=Timeouts(first_token=1, idle=1, total=3))
    except any_llm.AnyLLMError:
        pass
    assert mock.transport.open == 0


async def played(pieces: tuple[bytes, ...], call: str) -> bytes | AnyLLMError:
    """Return the body of a stream of these pieces that a fault breaks, or the error that it ends in."""
    mock = Mock(clock=JumpingClock())
    said = tuple(Piece(data, 1, role) for data, role in zip(pieces, ROLES, strict=False))
    mock.answer_with(lambda _: Rendered(pieces=said, headers={}))
    body = b'{"model": "m", "messages": [{"role": "user", "content": "hello"}], "stream": true}'
    request = HttpRequest("POST", "https://api.openai.com/v1/chat/completions", {"x-mock-fault": call}, body)
    try:
        return await (await mock.transport.send(request, Timeouts(first_token=1, idle=1, total=3))).read()
    except AnyLLMError as error:
        return error
    finally:
        assert mock.transport.open == 0


@pytest.mark.parametrize("fault", faults())
@pytest.mark.parametrize("pieces", [(), LINES, BINARY], ids=["nothing", "lines", "binary"])
async def test_a_fault_can_be_played_over_any_stream(pieces: tuple[bytes, ...], fault: str) -> None:
    """Without any events of a kind it knows a fault breaks what it can, and the mock itself never."""
    outcome = await played(pieces, fault)
    expected = faults()[fault]
    assert isinstance(outcome, bytes) or expected.whole.error or expected.streamed.error


@pytest.mark.parametrize("fault", ["unknown-event", "comments", "odd-lines", "byte-order-mark", "giant-event"])
async def test_what_has_checksums_is_left_as_it_is(fault: str) -> None:
    assert await played(BINARY, fault) == b"".join(BINARY)


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ("unknown-event", b'{"type":"mock.unknown","value":1}\n'.join([*LINES[:2], b""]) + LINES[2]),
        ("comments", b"\n" + b"\n".join(LINES)),
        ("odd-lines", b"".join(LINES)),
        ("byte-order-mark", b"\xef\xbb\xbf" + b"".join(LINES)),
        ("missing-done", b"".join(LINES[:2])),
        ("repeated-end", b"".join((*LINES, LINES[2]))),
        ("malformed-event", LINES[0] + b'{"text": "b"!\n' + LINES[2]),
    ],
)
async def test_lines_of_json_are_broken_in_their_own_way(fault: str, body: bytes) -> None:
    assert await played(LINES, fault) == body


async def test_a_whole_body_that_is_no_json_has_no_choices_to_lose() -> None:
    mock = Mock(fault="zero-choices")
    mock.answer_with(lambda _: Rendered(body=b"a text", headers={}))
    body = b'{"model": "m", "messages": [{"role": "user", "content": "hello"}]}'
    request = HttpRequest("POST", "https://api.openai.com/v1/chat/completions", {}, body)
    assert await (await mock.transport.send(request, Timeouts())).read() == b"a text"


async def test_a_client_that_leaves_is_noticed() -> None:
    with Mock(fault="stall") as mock:
        client = AnyLLM.create("openai", api_key="key", api_base=mock.url())
        chunks = await client.acompletion("m", HELLO, stream=True)
        async for _ in chunks:
            break
        assert not mock.last.abandoned
        await chunks.aclose()
        async with asyncio.timeout(10):
            # It is noticed in another thread, which has no event for it.
            while not mock.last.abandoned:  # noqa: ASYNC110  # see above
                await asyncio.sleep(0)


async def test_a_client_that_leaves_is_noticed_in_this_process() -> None:
    mock = Mock(fault="stall")
    chunks = await mock.client().acompletion("m", HELLO, stream=True)
    async for _ in chunks:
        break
    assert not mock.last.abandoned
    await chunks.aclose()
    assert mock.last.abandoned


def test_an_answer_that_breaks_was_not_abandoned() -> None:
    mock = Mock(fault="reset-mid-body")
    with pytest.raises(ConnectionFailedError):
        list(mock.client().completion("m", HELLO, stream=True))
    assert not mock.last.abandoned


def test_a_stream_is_cut_after_as_many_bytes_as_is_said() -> None:
    mock = Mock()
    with pytest.raises(StreamTruncatedError):
        list(mock.client().completion("fault/cut-short=10", HELLO, stream=True))
    assert said(mock, "fault/cut-short=100000") == "hello there"
