"""Each call is a span by the conventions, with one below for each attempt, checked attribute by attribute."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import json
import time

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode, Tracer, get_current_span
from typing_extensions import override

from any_llm import AnyLLM, Fallback, Layer, Retry, Route, Settings, Telemetry, tool_span
from any_llm.exceptions import AnyLLMError, ConfigurationError, InvalidMessageError, OverloadedError
from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Failure, Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.answer import Answer, ToolCall, Usage
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON
from any_llm.types.telemetry import Propagate
from tests.observers.listening import Listening, attributes, check, is_client

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello."}]
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells it.", "parameters": {"type": "object"}},
}
CONTENT = ("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions")
ANSWER = Answer(text="hello", usage=Usage(input=100, output=20, cached=60, cache_written=8, reasoning=5))


@pytest.fixture
def listening() -> Listening:
    return Listening()


async def test_a_chat_is_a_client_span_with_what_was_asked_and_what_came_back(listening: Listening) -> None:
    with Mock() as mock:
        mock.reply(ANSWER)
        answer = await listening.client(mock).acompletion(
            model="gpt-5", messages=MESSAGES, temperature=1, top_p=0.5, seed=7, max_tokens=50, n=2, stop=["x"],
            presence_penalty=0.1, frequency_penalty=0.2, reasoning_effort="low",
            response_format={"type": "json_object"},
        )  # fmt: skip
    span = listening.call
    told = attributes(span)
    assert span.name == "chat gpt-5"
    assert is_client(span)
    assert span.status.status_code is StatusCode.UNSET
    assert {name: told[name] for name in told if name.startswith(("gen_ai", "server"))} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.temperature": 1.0,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.seed": 7,
        "gen_ai.request.max_tokens": 50,
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.stop_sequences": ("x",),
        "gen_ai.request.presence_penalty": 0.1,
        "gen_ai.request.frequency_penalty": 0.2,
        "gen_ai.request.reasoning.level": "low",
        "gen_ai.output.type": "json",
        "gen_ai.response.id": answer.id,
        "gen_ai.response.model": "gpt-5",
        "gen_ai.response.finish_reasons": ("stop",) * len(answer.choices),
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.reasoning.output_tokens": 5,
        "server.address": "api.openai.com",
        "server.port": 443,
    } | {name: told[name] for name in ("gen_ai.usage.cost",) if name in told}
    check(told, "inference")


async def test_openais_own_attributes_are_told_of_openai_alone(listening: Listening) -> None:
    with Mock() as mock:
        for provider in ("openai", "groq"):
            client = listening.client(mock, provider)
            await client.acompletion(model="gpt-5", messages=MESSAGES, service_tier="flex")
            await client.aresponses(model="gpt-5", input_data="hi", service_tier="auto")
    told = [
        {name: value for name, value in attributes(span).items() if name.startswith("openai.")}
        for span in listening.calls
    ]
    assert told[0]["openai.api.type"] == "chat_completions"
    assert told[0]["openai.request.service_tier"] == "flex"
    assert told[1]["openai.api.type"] == "responses"
    assert "openai.request.service_tier" not in told[1]
    assert told[2:] == [{}, {}]
    for span in listening.calls:
        check(attributes(span), "inference")


async def test_each_attempt_is_a_span_below_its_call(listening: Listening) -> None:
    with Mock() as mock:
        mock.fault("status=503", times=1)
        await listening.client(mock, retry=Retry(base=0.001)).acompletion(model="gpt-5", messages=MESSAGES)
    failed, good = listening.attempts
    call = listening.call
    assert [span.parent.span_id for span in (failed, good) if span.parent] == [call.context.span_id] * 2
    assert {span.context.trace_id for span in listening.spans if span.context} == {call.context.trace_id}
    assert failed.status.status_code is StatusCode.ERROR
    assert attributes(failed)["error.type"] == "OverloadedError"
    assert attributes(failed)["http.response.status_code"] == 503
    assert attributes(good)["http.request.resend_count"] == 1
    assert attributes(good)["any_llm.waited"] > 0
    assert "gen_ai.usage.input_tokens" not in attributes(good), "it would be counted twice"
    assert attributes(call)["any_llm.attempts"] == 2
    assert call.status.status_code is StatusCode.UNSET
    for span in (failed, good):
        check(attributes(span), "inference")


@pytest.mark.parametrize("ending", ["complete", "failed", "cancelled", "closed", "dropped"])
async def test_the_spans_of_a_stream_end_when_it_does_whichever_way_that_is(listening: Listening, ending: str) -> None:
    with Mock(Answers(), fault={"failed": "error-mid-stream", "cancelled": "stall"}.get(ending, "")) as mock:
        stream = await listening.client(mock, retry=None).acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        assert listening.spans == ()
        await _end(stream, ending)
        del stream
        gc.collect()
    (attempt,) = listening.attempts
    call = listening.call
    told = attributes(call)
    assert told["gen_ai.request.stream"] is True
    assert told["gen_ai.response.time_to_first_chunk"] > 0
    check(told, "inference")
    check(attributes(attempt), "inference")
    assert told["gen_ai.response.finish_reasons"] == (("stop",) if ending == "complete" else ("error",))
    if ending in {"failed", "cancelled"}:
        assert call.status.status_code is attempt.status.status_code is StatusCode.ERROR
        assert told["error.type"] == attributes(attempt)["error.type"]
    else:
        assert call.status.status_code is attempt.status.status_code is StatusCode.UNSET
    assert (told.get("any_llm.ending") == "closed") is (ending in {"closed", "dropped"})


class Answers:
    """Answers with a text of many words."""

    def __call__(self, _request: object) -> Answer:
        return Answer(text="word " * 50)


async def _end(stream: JSON, ending: str) -> None:
    if ending == "complete":
        async for _ in stream:
            pass
    elif ending == "failed":
        with pytest.raises(AnyLLMError):
            async for _ in stream:
                pass
    elif ending == "cancelled":
        task = asyncio.create_task(_read(stream))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    elif ending == "closed":
        await anext(stream)
        stream.close()


async def _read(stream: JSON) -> None:
    async for _ in stream:
        pass


async def test_an_error_marks_the_span_and_is_told_as_an_event(listening: Listening) -> None:
    with Mock(fault="status=529") as mock, pytest.raises(OverloadedError):
        await listening.client(mock, retry=None).acompletion(model="gpt-5", messages=MESSAGES)
    span = listening.call
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "OverloadedError, HTTP 529"
    assert attributes(span)["error.type"] == "OverloadedError"
    check(attributes(span), "inference")
    (event,) = listening.events
    assert event.log_record.event_name == "gen_ai.client.operation.exception"
    assert event.log_record.span_id == span.context.span_id
    told = dict(event.log_record.attributes or {})
    assert told["exception.type"] == "OverloadedError"
    assert not any(name.startswith("any_llm.") for name in told)


async def test_responses_messages_and_embeddings_are_told_the_same_way(listening: Listening) -> None:
    with Mock() as mock:
        mock.reply(ANSWER)
        client = listening.client(mock)
        first = await mock.client("openai").aresponses(model="gpt-5", input_data="hi")
        await client.aresponses(
            model="gpt-5", input_data="hi", max_output_tokens=20, previous_response_id=first.id, conversation="conv_1",
            reasoning={"effort": "high"}, text={"format": {"type": "json_schema", "name": "n", "schema": {}}},
        )  # fmt: skip
        await listening.client(mock, "anthropic").amessages(
            model="claude", messages=MESSAGES[1:], max_tokens=9, top_k=3, stop_sequences=["y"]
        )
        await client.aembedding(model="embed", inputs="hi", dimensions=4, encoding_format="float")
    response, message, embedding = (attributes(span) for span in listening.calls)
    assert response["gen_ai.conversation.id"] == "conv_1"
    assert response["gen_ai.request.previous_response.id"] == first.id
    assert response["gen_ai.request.reasoning.level"] == "high"
    assert response["gen_ai.output.type"] == "json"
    assert response["gen_ai.response.finish_reasons"] == ("stop",)
    assert response["gen_ai.usage.cache_read.input_tokens"] == 60
    assert message["gen_ai.request.top_k"] == 3
    assert message["gen_ai.request.stop_sequences"] == ("y",)
    assert message["gen_ai.provider.name"] == "anthropic"
    assert message["gen_ai.usage.input_tokens"] == 100, "the cached tokens are part of the input"
    assert message["gen_ai.usage.cache_write.input_tokens"] == 8
    assert message["gen_ai.usage.cache_creation.input_tokens"] == 8
    assert embedding["gen_ai.operation.name"] == "embeddings"
    assert embedding["gen_ai.embeddings.dimension.count"] == 4
    assert embedding["gen_ai.request.encoding_formats"] == ("float",)
    assert "gen_ai.usage.output_tokens" not in embedding
    check(response, "inference")
    check(message, "inference")
    check(embedding, "embeddings")


async def test_nothing_that_was_said_goes_out_unless_it_is_asked_for(listening: Listening) -> None:
    with Mock() as mock:
        await listening.client(mock).acompletion(model="gpt-5", messages=[{"role": "user", "content": "canary"}])
    assert "canary" not in json.dumps([attributes(span) for span in listening.spans], default=str)
    assert listening.events == ()


@pytest.mark.parametrize(
    ("mode", "on_span", "in_event"),
    [
        ("NO_CONTENT", False, False),
        ("SPAN_ONLY", True, False),
        ("EVENT_ONLY", False, True),
        ("SPAN_AND_EVENT", True, True),
    ],
)
async def test_the_standard_variable_says_where_what_was_said_goes(
    listening: Listening, mode: str, on_span: bool, in_event: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", mode)
    with Mock() as mock:
        mock.reply(Answer(text="", tool_calls=(ToolCall("weather", {"city": "Oslo"}, "call_1"),)))
        await listening.client(mock).acompletion(model="gpt-5", messages=MESSAGES, tools=[TOOL])
    told = attributes(listening.call)
    check(told, "inference", opted_in=on_span)
    assert ("gen_ai.input.messages" in told) is on_span
    assert len(listening.events) == in_event
    places = [{name: json.loads(told[name]) for name in CONTENT if name in told}] if on_span else []
    if in_event:
        record = listening.events[0].log_record
        assert record.event_name == "gen_ai.client.inference.operation.details"
        assert record.severity_number is SeverityNumber.DEBUG
        # Events hold it as it is, and not as JSON text; the SDK makes tuples of lists.
        assert type((record.attributes or {})["gen_ai.input.messages"]) is tuple
        places.append(json.loads(json.dumps(dict(record.attributes or {}))))
    for place in places:
        assert place["gen_ai.input.messages"][1] == {
            "role": "user",
            "parts": [{"type": "text", "content": "Say hello."}],
        }
        assert place["gen_ai.output.messages"] == [
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "call_1", "name": "weather", "arguments": {"city": "Oslo"}}],
                "finish_reason": "tool_call",
            }
        ]
        assert place["gen_ai.tool.definitions"][0]["name"] == "weather"


@pytest.mark.parametrize("ending", ["complete", "failed"])
async def test_what_stands_on_a_span_alone_is_in_no_event(listening: Listening, ending: str) -> None:
    with Mock(fault="status=503" if ending == "failed" else "") as mock:
        client = listening.client(mock, retry=None, content="SPAN_ONLY")
        with pytest.raises(AnyLLMError) if ending == "failed" else contextlib.nullcontext():
            await client.acompletion(model="gpt-5", messages=[{"role": "user", "content": "canary"}])
    assert "canary" in attributes(listening.call)["gen_ai.input.messages"]
    assert len(listening.events) == (ending == "failed")
    assert "canary" not in json.dumps([dict(each.log_record.attributes or {}) for each in listening.events])


@pytest.mark.parametrize(
    ("capture", "emit", "events", "said"),
    [
        ("NO_CONTENT", "true", 1, False),
        ("EVENT_ONLY", "False", 0, False),
        ("true", "", 1, True),
        ("false", "", 0, False),
    ],
)
async def test_events_can_be_had_without_content_and_the_words_of_before_are_known(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, capture: str, emit: str, events: int, *, said: bool
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", capture)
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT", emit)
    with Mock() as mock:
        await listening.client(mock).acompletion(model="gpt-5", messages=MESSAGES)
    assert len(listening.events) == events
    for event in listening.events:
        told = dict(event.log_record.attributes or {})
        assert told["gen_ai.request.model"] == "gpt-5"
        assert ("gen_ai.output.messages" in told) is said


@pytest.mark.parametrize(
    ("variable", "match"),
    [
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY"),
        ("OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT", "true or false"),
    ],
)
async def test_a_word_that_a_variable_does_not_know_is_refused(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, variable: str, match: str
) -> None:
    monkeypatch.setenv(variable, "everything")
    with Mock() as mock, pytest.raises(ConfigurationError, match=match):
        listening.client(mock)


async def test_who_opts_in_to_the_newest_names_gets_no_others(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http, gen_ai_latest_experimental")
    with Mock() as mock:
        mock.reply(ANSWER)
        await listening.client(mock, "anthropic").amessages(model="claude", messages=MESSAGES[1:], max_tokens=9)
    told = attributes(listening.call)
    assert told["gen_ai.usage.cache_write.input_tokens"] == 8
    check(told, "inference", earlier=False)


async def test_what_was_said_is_masked_and_cut_before_it_goes_out(listening: Listening) -> None:
    said = "sk-canary0123456789abcdef, me@example.com, " + "z" * 90
    with Mock() as mock:
        await listening.client(mock, content="SPAN_AND_EVENT", longest=60, patterns={"CITY": "Oslo"}).acompletion(
            model="gpt-5", messages=[{"role": "user", "content": "Oslo " + said}]
        )
    out = json.dumps(
        [attributes(listening.call), [dict(each.log_record.attributes or {}) for each in listening.events]]
    )
    assert "canary" not in out
    assert "example.com" not in out
    assert "[CITY] [API_KEY], [EMAIL]" in out
    assert "z" * 60 not in out


def test_a_secret_at_the_cut_is_masked_as_a_whole(listening: Listening) -> None:
    settings = Settings(telemetry=listening.policy(content="SPAN_ONLY", longest=20))
    with tool_span("weather", arguments="a key: sk-canary0123456789abcdef", settings=settings):
        pass
    (told,) = (attributes(span)["gen_ai.tool.call.arguments"] for span in listening.spans)
    assert json.loads(told) == "a key: [API_KEY]"


@pytest.mark.parametrize("content", ["NO_CONTENT", "SPAN_AND_EVENT"])
async def test_the_text_of_an_error_may_quote_what_was_said_and_is_told_like_it(
    listening: Listening, content: str
) -> None:
    # Half of a character cannot be sent, and the error says where it stands.
    with Mock() as mock, pytest.raises(InvalidMessageError, match="canary"):
        await listening.client(mock, content=content).acompletion(
            model="gpt-5", messages=[{"role": "user", "content": "canary me@example.com \ud83d"}]
        )
    span = listening.call
    told = [
        span.status.description, *attributes(span).values(), *(
            value for event in listening.events for value in (event.log_record.attributes or {}).values()
        ),
    ]  # fmt: skip
    text = "\n".join(map(str, told))
    text.encode()  # as whatever exports it does
    assert "example.com" not in text
    assert ("canary" in text) is (content != "NO_CONTENT")


async def test_callers_are_told_only_when_that_is_wanted(listening: Listening) -> None:
    with Mock() as mock:
        for identities in (False, True):
            await listening.client(mock, identities=identities).acompletion(
                model="gpt-5", messages=MESSAGES, user="ada", tenant="acme", tags=["nightly"]
            )
    without, told = (attributes(span) for span in listening.calls)
    assert "user.id" not in without
    assert (told["user.id"], told["any_llm.tenant"], told["any_llm.tags"]) == ("ada", "acme", ("nightly",))


async def test_a_trace_comes_in_by_the_current_span_or_by_the_header_of_a_call(listening: Listening) -> None:
    tracer = listening.tracers.get_tracer("a program")
    header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with Mock() as mock:
        client = listening.client(mock)
        with tracer.start_as_current_span("request") as request:
            await client.acompletion(model="gpt-5", messages=MESSAGES)
        await client.acompletion(model="gpt-5", messages=MESSAGES, extra_headers={"Traceparent": header})
    _, inside, _, _, given = listening.spans[1], listening.spans[1], *listening.spans[2:5]
    assert inside.context.trace_id == request.get_span_context().trace_id
    assert f"{given.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert f"{given.parent.span_id:016x}" == "b7ad6b7169203331"  # type: ignore[union-attr]  # it has one


@pytest.mark.parametrize(
    ("said", "goes_out"),
    [
        ({}, False),
        ({"propagate": "all"}, True),
        ({"own_hosts": ("*.openai.com",)}, True),
        ({"propagate": "none"}, False),
    ],
)
async def test_the_id_of_a_trace_goes_to_the_hosts_that_the_policy_names(
    listening: Listening, said: JSON, goes_out: bool
) -> None:
    header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with Mock() as mock:
        client = listening.client(mock, **said)
        await client.acompletion(model="gpt-5", messages=MESSAGES, extra_headers={"traceparent": header})
        sent = mock.last.headers.get("traceparent")
    (attempt,) = listening.attempts
    assert (sent is not None) is goes_out
    if sent is not None:
        assert sent.split("-")[2] == f"{attempt.context.span_id:016x}"


async def test_a_host_of_ones_own_is_told_the_trace(listening: Listening) -> None:
    with Mock() as mock:
        client = listening.client(mock, "openai", api_base=f"{mock.origin}/v1")
        await client.acompletion(model="gpt-5", messages=MESSAGES)
        assert mock.last.headers["traceparent"].split("-")[1] == f"{listening.call.context.trace_id:032x}"


async def test_a_program_without_an_sdk_hears_and_pays_nothing() -> None:
    with Mock() as mock:
        answer = await mock.client("openai", telemetry=True).acompletion(model="gpt-5", messages=MESSAGES)
        assert answer.choices
        assert "traceparent" not in mock.last.headers


@pytest.mark.parametrize(("propagate", "goes_out"), [("own", False), ("all", True)])
async def test_the_trace_that_a_call_names_follows_the_rule_also_without_an_sdk(
    propagate: Propagate, *, goes_out: bool
) -> None:
    header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with Mock() as mock:
        client = mock.client("openai", telemetry=Telemetry(propagate=propagate))
        await client.acompletion(model="gpt-5", messages=MESSAGES, extra_headers={"Traceparent": header, "x-a": "b"})
        assert mock.last.headers.get("traceparent") == (header if goes_out else None)
        assert mock.last.headers["x-a"] == "b"


async def test_a_span_that_is_not_sampled_still_carries_the_trace_on() -> None:
    tracers = TracerProvider(sampler=ALWAYS_OFF)
    with Mock() as mock:
        client = mock.client("openai", telemetry=Telemetry(tracers=tracers, propagate="all"))
        await client.acompletion(model="gpt-5", messages=MESSAGES)
        assert not int(mock.last.headers["traceparent"].rpartition("-")[2], 16) & 1


class Broken(SpanProcessor):
    """An SDK's processor that fails at what it is told to fail at."""

    def __init__(self, *where: str) -> None:
        self._where = where

    @override
    def on_start(self, span: object, parent_context: object = None) -> None:
        if "start" in self._where:
            raise ZeroDivisionError

    @override
    def on_end(self, span: ReadableSpan) -> None:
        if "end" in self._where:
            raise ZeroDivisionError


@pytest.mark.parametrize("where", [("start",), ("end",), ("start", "end")])
async def test_what_fails_in_the_sdk_never_touches_a_call(
    caplog: pytest.LogCaptureFixture, where: tuple[str, ...]
) -> None:
    tracers = TracerProvider()
    tracers.add_span_processor(Broken(*where))
    policy = Telemetry(tracers=tracers)
    with Mock() as mock:
        client = mock.client("openai", telemetry=policy, retry=None)
        answer = await client.acompletion(model="gpt-5", messages=MESSAGES)
        pieces = [piece async for piece in await client.acompletion(model="gpt-5", messages=MESSAGES, stream=True)]
        mock.fault("status=529")
        with pytest.raises(OverloadedError):
            await client.acompletion(model="gpt-5", messages=MESSAGES)
    with tool_span("weather", settings=Settings(telemetry=policy)) as run:
        run.result = "sun"
    assert answer.choices
    assert pieces
    assert "ZeroDivisionError" in caplog.text


class Asking:
    """A middleware of the program's, which makes spans of its own."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        with self._tracer.start_as_current_span("asking"):
            return await inner(call)


@pytest.mark.parametrize("stream", [False, True])
async def test_spans_of_layers_stand_below_that_of_the_call_and_the_current_one_is_put_back(
    listening: Listening, *, stream: bool
) -> None:
    tracer = listening.tracers.get_tracer("a program")
    with Mock() as mock, tracer.start_as_current_span("request") as request:
        client = listening.client(mock, middleware=[Layer(middleware=Asking(tracer), after="telemetry")])
        answer: JSON = await client.acompletion(model="gpt-5", messages=MESSAGES, stream=stream)
        assert get_current_span() is request, "a stream is read in the program's own context"
        if stream:
            _ = [piece async for piece in answer]
        mock.fault("status=400")
        with pytest.raises(AnyLLMError):
            await client.acompletion(model="gpt-5", messages=MESSAGES)
        assert get_current_span() is request
    spans = {span.name: span for span in listening.spans}
    call = next(span for span in listening.spans if span.parent == request.get_span_context())
    asking = spans["asking"]
    assert asking.parent is not None
    assert call.name == "chat gpt-5"
    parents = {span.parent.span_id for span in listening.spans if span.name == "asking" and span.parent}
    assert call.context.span_id in parents


async def test_each_layer_has_a_span_where_that_is_wanted_with_the_time_that_it_took_itself(
    listening: Listening,
) -> None:
    async def slowly(call: Call, inner: Handler) -> Reply:
        """Take some time before and after the call."""
        await clock.sleep(0)
        until = time.perf_counter() + 0.01
        while time.perf_counter() < until:
            pass
        return await inner(call)

    clock = Surroundings().clock
    with Mock() as mock:
        client = listening.client(
            mock, layers=True, cache=True, retry=Retry(base=0.001), surroundings=Surroundings(),
            middleware=[Layer(middleware=slowly, name="slow", after="cache")],
        )  # fmt: skip
        mock.fault("status=503", times=1)
        await client.acompletion(model="gpt-5", messages=MESSAGES)
        mock.fault("status=400")
        with pytest.raises(AnyLLMError):
            await client.acompletion(model="gpt-6", messages=MESSAGES)
    by_id = {span.context.span_id: span for span in listening.spans if span.context}

    def above(span: ReadableSpan) -> list[str]:
        """Return the names of the spans that one stands below, from within."""
        parent = by_id.get(span.parent.span_id) if span.parent else None
        return [] if parent is None else [parent.name, *above(parent)]

    attempts = [span for span in listening.spans if is_client(span) and span.parent]
    path = ["retry", "slow", "cache"]
    assert [above(span) for span in attempts] == [[*path, "chat gpt-5"]] * 2 + [[*path, "chat gpt-6"]]
    own = {span.name: attributes(span)["any_llm.own_time"] for span in listening.spans if span.name in path}
    assert own["slow"] >= 0.01 > own["cache"] >= 0
    (failed,) = (span for span in listening.spans if span.name == "cache" and above(span) == ["chat gpt-6"])
    assert failed.status.status_code is StatusCode.ERROR
    assert not get_current_span().get_span_context().is_valid


async def test_a_call_that_is_dropped_in_another_context_ends_its_spans_without_a_word(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    tracer = listening.tracers.get_tracer("a program")
    with Mock(fault="stall") as mock, tracer.start_as_current_span("request") as request:
        pending = listening.client(mock, retry=None).acompletion(model="gpt-5", messages=MESSAGES)
        contextvars.copy_context().run(pending.send, None)
        pending.close()
        assert get_current_span() is request
    assert [attributes(span).get("error.type") for span in listening.spans] == ["cancelled", "cancelled", None]
    assert "detach" not in caplog.text


async def test_the_span_of_a_call_tells_the_target_that_served_it_and_each_attempt_its_own(
    listening: Listening,
) -> None:
    with Mock() as mock:
        mock.answer_with(lambda request: Failure(status=503) if request.vendor == "openai" else "hello")
        client = route(listening, mock, "openai:gpt-5", "groq:llama")
        await client.acompletion("auto", MESSAGES)
        mock.fault("status=503")
        with pytest.raises(AnyLLMError):
            await client.acompletion("auto", MESSAGES)
    served, failed = listening.calls
    for call in (served, failed):
        told = attributes(call)
        assert told["gen_ai.provider.name"] == "groq"
        assert told["gen_ai.request.model"] == "llama"
        assert told["server.address"] == "api.groq.com"
        assert told["any_llm.route"] == "auto"
    hosts = [attributes(span)["server.address"] for span in listening.attempts]
    assert hosts == ["api.openai.com", "api.groq.com"] * 2
    assert {span.parent.span_id for span in listening.attempts if span.parent} == {
        served.context.span_id, failed.context.span_id
    }  # fmt: skip


def route(listening: Listening, mock: Mock, *models: str, **said: JSON) -> AnyLLM:
    """Return a client of a route to these models."""
    targets = tuple({"model": model, "api_key": "k"} for model in models)
    return AnyLLM.create(
        Route(targets=targets, fallback=Fallback(hedge=said.pop("hedge", None))),
        transport=mock.transport,
        retry=None,
        telemetry=listening.policy(),
        **{"surroundings": Surroundings(), **said},
    )


def test_both_attempts_of_a_hedged_call_stand_below_it_and_tell_how_they_ended(listening: Listening) -> None:
    clock, seconds = VirtualClock(), {"openai": 0.1, "groq": 0.1}
    mock = Mock()

    async def answer(request: MockRequest) -> str:
        await clock.sleep(seconds[request.vendor])
        return "hello"

    async def story() -> None:
        client = route(
            listening, mock, "openai:gpt-5", "groq:llama", hedge=1.0, surroundings=clock.surroundings()
        )  # fmt: skip
        for _ in range(20):
            await client.acompletion("auto", MESSAGES)
        listening.clear()
        seconds["openai"] = 30.0
        await client.acompletion("auto", MESSAGES)

    mock.answer_with(answer)
    clock.run(story())
    lost, won = sorted(listening.attempts, key=lambda span: span.start_time or 0)
    call = listening.call
    assert {span.parent.span_id for span in (lost, won) if span.parent} == {call.context.span_id}
    assert attributes(lost)["error.type"] == "cancelled"
    assert attributes(lost)["server.address"] == "api.openai.com"
    assert won.status.status_code is call.status.status_code is StatusCode.UNSET
    assert attributes(call)["gen_ai.provider.name"] == attributes(won)["gen_ai.provider.name"] == "groq"
    assert not get_current_span().get_span_context().is_valid


async def test_an_answer_from_the_cache_uses_no_tokens_once_more(listening: Listening) -> None:
    with Mock() as mock:
        client = listening.client(mock, cache=True, surroundings=Surroundings())
        for _ in range(2):
            await client.acompletion(model="gpt-5", messages=MESSAGES)
        async for _ in await client.acompletion(model="gpt-5", messages=MESSAGES, stream=True):
            pass
    asked, kept, streamed = (attributes(span) for span in listening.calls)
    assert asked["gen_ai.usage.input_tokens"] > 0
    for told in (kept, streamed):
        assert told["any_llm.cache"] == "hit"
        assert told["any_llm.attempts"] == 0
        assert not any(name.startswith("gen_ai.usage.") and name != "gen_ai.usage.cost" for name in told)
    assert streamed["gen_ai.response.time_to_first_chunk"] >= 0


async def test_a_tool_of_the_program_is_a_span_below_the_current_one(listening: Listening) -> None:
    settings = Settings(telemetry=listening.policy(content="SPAN_ONLY"))
    tracer = listening.tracers.get_tracer("a program")
    with tracer.start_as_current_span("agent") as agent:
        with tool_span(
            "weather",
            call_id="call_1",
            description="Tells it.",
            arguments={"city": "me@example.com"},
            settings=settings,
        ) as run:
            tracer.start_span("inside").end()
            run.result = {"sky": "blue"}
        with pytest.raises(KeyError), tool_span("maps", settings=settings):
            raise KeyError("Oslo")
    inside, weather, maps, _ = listening.spans
    assert weather.name == "execute_tool weather"
    assert weather.parent == agent.get_span_context()
    assert inside.parent == weather.context
    told = attributes(weather)
    check(told, "execute_tool", opted_in=True)
    assert json.loads(told["gen_ai.tool.call.arguments"]) == {"city": "[EMAIL]"}
    assert json.loads(told["gen_ai.tool.call.result"]) == {"sky": "blue"}
    assert told["gen_ai.tool.call.id"] == "call_1"
    assert maps.status.status_code is StatusCode.ERROR
    assert attributes(maps)["error.type"] == "KeyError"
    (event,) = listening.events
    assert event.log_record.event_name == "gen_ai.execute_tool.exception"
    assert event.log_record.span_id == maps.context.span_id
    assert (event.log_record.attributes or {})["exception.type"] == "KeyError"


def test_a_tool_is_nothing_special_where_nothing_is_turned_on() -> None:
    with tool_span("weather", settings=Settings()) as run:
        run.result = 1
    assert run.result == 1
