"""The mock as its users hold it: with a socket and without one, told what to say and asked what it heard."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator

import openai
import pytest

from any_llm import AnyLLM, Settings, Timeouts, completion
from any_llm.exceptions import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    IdleTimeoutError,
    OverloadedError,
    QuotaExhaustedError,
    RateLimitError,
)
from any_llm.testing import Answer, Failure, JumpingClock, Limits, Mock, MockRequest, Physics, ToolCall, Usage
from any_llm.testing.mock.clock import EPOCH
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON

HELLO = [{"role": "user", "content": "hello there"}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


def said(answer: object) -> str:
    assert isinstance(answer, ChatCompletion)
    return answer.choices[0].message.content or ""


def heard(mock: Mock, name: str = "openai", **options: JSON) -> str:
    return said(mock.client(name).completion("m", HELLO, **options))


def streamed(mock: Mock, **options: JSON) -> str:
    chunks = mock.client().completion("m", HELLO, stream=True, **options)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_any_provider_answers_without_a_socket() -> None:
    mock = Mock()
    assert [heard(mock, name) for name in ("openai", "groq", "deepseek")] == ["hello there"] * 3
    assert [call.vendor for call in mock.calls] == ["openai", "groq", "deepseek"]
    assert mock.transport.open == 0


def test_the_settings_take_the_transport_of_a_mock() -> None:
    mock = Mock()
    client = AnyLLM.create("openai", api_key="sk", settings=Settings(transport=mock.transport))
    assert said(client.completion("m", HELLO)) == "hello there"


def test_a_server_answers_this_library_and_the_vendors_own(mock: Mock) -> None:
    ours = completion("openai:m", HELLO, api_base=mock.url("openai"), api_key="k")
    client = openai.OpenAI(base_url=mock.url("openai"), api_key="k")
    theirs = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hello there"}])
    assert said(ours) == theirs.choices[0].message.content == "hello there"
    assert mock.url("groq") == f"{mock.origin}/groq/openai/v1"
    assert {model.id for model in client.models.list()} >= {"echo"}
    assert client.models.retrieve("any/model").id == "any/model"


def test_a_stream_comes_in_pieces_and_tells_its_usage(mock: Mock) -> None:
    chunks = list(mock.client().completion("m", HELLO, stream=True, stream_options={"include_usage": True}))
    assert [chunk.choices[0].delta.content for chunk in chunks if chunk.choices][1:4] == ["hell", "o th", "ere"]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 3


async def test_a_mock_is_an_asynchronous_context_too() -> None:
    async with Mock() as mock:
        answer = await AnyLLM.create("openai", api_key="k", api_base=mock.url()).acompletion("m", HELLO)
    assert said(answer) == "hello there"


def test_a_mock_outside_its_block_has_no_address() -> None:
    with pytest.raises(ConfigurationError, match="does not listen"):
        Mock().url("openai")


def test_a_port_that_is_taken_is_an_error(mock: Mock) -> None:
    with pytest.raises(OSError, match="address already in use"):
        Mock(port=int(mock.origin.rpartition(":")[2])).start()


def test_answers_are_given_one_after_the_other_and_changed_on_the_fly() -> None:
    mock = Mock()
    mock.reply("one", Answer(text="two"), {"three": 3})
    assert [heard(mock) for _ in range(4)] == ["one", "two", '{"three":3}', '{"three":3}']
    mock.reply(Failure(status=503))
    with pytest.raises(OverloadedError):
        heard(mock)
    mock.reset()
    assert (heard(mock), len(mock.calls)) == ("hello there", 1)


def test_a_function_decides() -> None:
    async def shout(request: MockRequest) -> str:
        await asyncio.sleep(0)
        return request.text.upper()

    mock = Mock(shout)
    assert heard(mock) == "HELLO THERE"
    mock.answer_with(lambda request: None)
    assert heard(mock) == "hello there"


def test_what_is_no_answer_is_an_error_of_the_test() -> None:
    mock = Mock(lambda request: 7)  # type: ignore[arg-type,return-value]  # what is wrong is what this test is about
    with pytest.raises(ConfigurationError, match="returned 7"):
        heard(mock)


def test_everything_an_answer_holds_is_said() -> None:
    mock = Mock()
    mock.reply(
        Answer(
            tool_calls=(ToolCall("weather", {"city": "Paris"}), ToolCall("raw", "{broken", id="call_7")),
            usage=Usage(input=5, output=7, cached=2, reasoning=3),
        )
    )
    whole = mock.client().completion("m", HELLO, tools=TOOLS)
    assert isinstance(whole, ChatCompletion)
    assert whole.choices[0].finish_reason == "tool_calls"
    calls = whole.choices[0].message.tool_calls or []
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("weather", '{"city":"Paris"}'),
        ("raw", "{broken"),
    ]
    assert calls[1].id == "call_7"
    assert whole.usage is not None
    assert whole.usage.prompt_tokens_details is not None
    assert (whole.usage.total_tokens, whole.usage.prompt_tokens_details.cached_tokens) == (12, 2)
    chunks = mock.client().completion("m", HELLO, tools=TOOLS, stream=True)
    pieces = [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or ()]
    assert (
        "".join(piece.function.arguments or "" for piece in pieces if piece.index == 1 and piece.function) == "{broken"
    )


def test_a_refusal_and_alternatives_are_said() -> None:
    mock = Mock()
    mock.reply(Answer(refusal="I will not."))
    refused = mock.client().completion("m", HELLO)
    assert isinstance(refused, ChatCompletion)
    assert (refused.choices[0].message.refusal, refused.choices[0].message.content) == ("I will not.", None)
    assert "I will not." in "".join(
        chunk.choices[0].delta.refusal or "" for chunk in mock.client().completion("m", HELLO, stream=True)
    )
    mock.reply(Answer(text="a", alternatives=(Answer(text="b"),)))
    several = mock.client().completion("m", HELLO, n=3)
    assert isinstance(several, ChatCompletion)
    assert [choice.message.content for choice in several.choices] == ["a", "b", "a"]


def test_the_same_seed_gives_the_same_answer() -> None:
    answers = [Mock(seed=seed, clock=JumpingClock()).client().completion("m", HELLO) for seed in (1, 1, 2)]
    first, same, other = answers
    assert first.id == same.id != other.id
    assert first.created == int(EPOCH)


def test_a_stop_and_a_limit_of_tokens_cut_the_answer() -> None:
    mock = Mock()
    assert heard(mock, stop=["there"]) == "hello "
    cut = mock.client().completion("m", HELLO, max_tokens=1)
    assert isinstance(cut, ChatCompletion)
    assert (said(cut), cut.choices[0].finish_reason) == ("hell", "length")


def test_what_must_be_called_is_called_with_fitting_arguments() -> None:
    mock = Mock()
    forced = mock.client().completion("m", HELLO, tools=TOOLS, tool_choice="required")
    assert isinstance(forced, ChatCompletion)
    call = (forced.choices[0].message.tool_calls or [])[0]
    assert call.function.arguments.startswith('{"city":"')
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    wish = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    assert heard(mock, response_format=wish).startswith('{"n":')
    assert heard(mock, response_format={"type": "json_object"}).startswith("{")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"model":"m"}', b'{"messages":[{}]}'], ids=repr)
def test_a_request_that_the_vendor_would_refuse_is_refused_in_its_words(mock: Mock, body: bytes) -> None:
    client = openai.OpenAI(base_url=mock.url(), api_key="k", max_retries=0)
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", content=body, cast_to=object)
    assert caught.value.type == "invalid_request_error"
    assert isinstance(mock.last.answer, Failure)


def test_an_unknown_path_is_not_found(mock: Mock) -> None:
    client = openai.OpenAI(base_url=mock.url(), api_key="k", max_retries=0)
    with pytest.raises(openai.NotFoundError, match="Invalid URL"):
        client.post("/nowhere", cast_to=object)
    assert (mock.last.wire, mock.last.vendor) == ("", "openai")


def test_faults_are_called_for_by_setting_header_model_answer_and_chance() -> None:
    mock = Mock(fault="status=503")
    with pytest.raises(OverloadedError):
        heard(mock)
    mock.fault()
    with pytest.raises(RateLimitError):
        mock.client(default_headers={"x-mock-fault": "status=429"}).completion("m", HELLO)
    with pytest.raises(AuthenticationError):
        mock.client().completion("fault/status=401", HELLO)
    mock.reply(Answer(fault="status=503"))
    with pytest.raises(OverloadedError):
        heard(mock)
    sure = Mock(chances={"status=503": 1.0})
    with pytest.raises(OverloadedError):
        heard(sure)
    assert heard(Mock(chances={"status=503": 0.0})) == "hello there"
    assert said(Mock().client().completion("default/model", HELLO)) == "hello there"


def test_chance_follows_the_seed() -> None:
    def outcomes(seed: int) -> list[bool]:
        mock = Mock(chances={"status=503": 0.5}, seed=seed)
        found: list[bool] = []
        for _ in range(12):
            try:
                heard(mock)
            except OverloadedError:
                found.append(False)
            else:
                found.append(True)
        return found

    assert outcomes(1) == outcomes(1) != outcomes(2)
    assert set(outcomes(1)) == {True, False}


def test_an_unknown_fault_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no fault 'nonsense'"):
        Mock(fault="nonsense")


def test_a_stall_ends_with_the_idle_timeout_on_either_carrier(mock: Mock) -> None:
    patient = Mock(fault="stall", clock=JumpingClock())
    started = time.monotonic()
    with pytest.raises(IdleTimeoutError):
        streamed(patient)
    assert time.monotonic() - started < 5
    mock.fault("stall")
    with pytest.raises(IdleTimeoutError):
        for _ in completion(
            "openai:m", HELLO, api_base=mock.url(), api_key="k", stream=True, timeout=Timeouts(idle=0.05)
        ):
            pass
    assert patient.transport.open == 0


def test_a_stall_that_ends_is_only_slow() -> None:
    mock = Mock(fault="stall=20", clock=JumpingClock())
    before = mock.clock.now()
    assert streamed(mock) == "hello there"
    assert mock.clock.now() - before == 20


def test_a_listener_refuses_and_listens_again(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    from any_llm.testing.mock.fault import Fault  # noqa: PLC0415  # only this test makes faults of its own
    from any_llm.testing.mock.faults import registry  # noqa: PLC0415  # likewise

    known = {
        "deaf": Fault(name="deaf", summary="Refuses.", listener="refuse"),
        "garbled": Fault(name="garbled", summary="Speaks no TLS.", listener="garble"),
    }
    monkeypatch.setattr(registry, "faults", lambda: known)
    port = int(mock.origin.rpartition(":")[2])
    mock.fault("deaf")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    mock.fault("garbled")
    with socket.create_connection(("127.0.0.1", port)) as plug, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(plug, server_hostname="127.0.0.1")
    mock.fault()
    assert said(completion("openai:m", HELLO, api_base=mock.url(), api_key="k")) == "hello there"


def test_keys_are_checked_when_there_are_any() -> None:
    mock = Mock(keys=["sk-good"])
    assert said(mock.client(api_key="sk-good").completion("m", HELLO)) == "hello there"
    with pytest.raises(AuthenticationError):
        heard(mock)


def test_limits_refuse_tell_and_refill_on_the_clock() -> None:
    clock = JumpingClock()
    mock = Mock(limits=Limits(requests=2), clock=clock)
    assert [heard(mock), heard(mock)] == ["hello there"] * 2
    with pytest.raises(RateLimitError) as caught:
        heard(mock)
    assert caught.value.retry_after == 30
    clock.advance(30)
    assert heard(mock) == "hello there"


def test_a_quota_runs_out_for_good() -> None:
    mock = Mock(limits=Limits(quota_requests=1))
    heard(mock)
    with pytest.raises(QuotaExhaustedError):
        heard(mock)


def test_an_hour_of_traffic_takes_seconds() -> None:
    mock = Mock(physics=Physics(ttft=2, tps=1), clock=JumpingClock())
    client = mock.client()

    async def talk() -> None:
        for _ in range(36):
            async for _chunk in await client.acompletion("m", [{"role": "user", "content": "word" * 9}], stream=True):
                pass

    async def everybody() -> None:
        await asyncio.gather(*(talk() for _ in range(10)))

    before, started = mock.clock.now(), time.monotonic()
    asyncio.run(everybody())
    passed = mock.clock.now() - before
    assert passed == 36 * (2 + 9)
    assert time.monotonic() - started < 30


def test_what_was_called_can_be_asked() -> None:
    mock = Mock()
    mock.assert_not_called()
    with pytest.raises(AssertionError, match="was not called"):
        mock.assert_called_with()
    with pytest.raises(AssertionError, match="was not called"):
        _ = mock.last
    mock.client().completion("m", HELLO, temperature=0)
    assert mock.last.json["temperature"] == 0
    found = mock.assert_called_once_with(
        model="m", temperature=0, messages__0__content="hello there", headers={"Content-Type": "application/json"}
    )
    assert (found.wire, found.operation, found.key) == ("openai.chat", "completion", "mock")
    with pytest.raises(AssertionError, match=r"temperature: expected 1, was 0"):
        mock.assert_called_with(model="m", temperature=1)
    with pytest.raises(AssertionError, match="called 1 times"):
        mock.assert_not_called()
    heard(mock)
    with pytest.raises(AssertionError, match="2 times, not once"):
        mock.assert_called_once_with(model="m")


def test_a_snapshot_is_the_same_in_every_run_and_has_no_key() -> None:
    mock = Mock()
    mock.client(api_key="sk-verysecretverysecret").completion("m", [{"role": "user", "content": "x" * 500}])
    assert mock.snapshot() == (
        "POST /v1/chat/completions\n"
        "accept: application/json\n"
        "authorization: ********\n"
        "content-type: application/json\n"
        "\n"
        "{\n"
        '  "messages": [\n'
        "    {\n"
        f'      "content": "{"x" * 400}… (500 characters)",\n'
        '      "role": "user"\n'
        "    }\n"
        "  ],\n"
        '  "model": "m"\n'
        "}\n"
    )


def test_the_provider_mock_needs_neither_server_nor_key() -> None:
    assert said(completion("mock:echo", HELLO)) == "hello there"
    with pytest.raises(RateLimitError):
        completion("mock:fault/status=429", HELLO)


def test_a_program_that_calls_nobody_loads_no_mock() -> None:
    program = "import sys, any_llm.testing, any_llm; any_llm.completion; print('any_llm.testing.mock' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_broken_stream_is_an_error() -> None:
    mock = Mock()
    mock.reply("a long answer of several pieces")
    stream = mock.client().completion("m", HELLO, stream=True)
    next(iter(stream))
    stream.close()
    assert mock.transport.open == 0
    with pytest.raises(ConnectionFailedError):
        mock.client(api_base="http://127.0.0.1:9", transport=None).completion("m", HELLO)
