"""Each call is a span by the conventions, with one below for each attempt, checked attribute by attribute."""

from __future__ import annotations

import asyncio
import gc
import json

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode
from typing_extensions import override

from any_llm import Retry, Telemetry, tool_span
from any_llm.engine.settings import Settings
from any_llm.exceptions import AnyLLMError, ConfigurationError, OverloadedError
from any_llm.testing import Mock
from any_llm.testing.mock.answer import Answer, ToolCall, Usage
from any_llm.types.json import JSON
from tests.observers.listening import Listening, attributes, check, is_client

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello."}]
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells it.", "parameters": {"type": "object"}},
}
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
    assert span.status.description
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
    places = [told] if on_span else []
    if in_event:
        record = listening.events[0].log_record
        assert record.event_name == "gen_ai.client.inference.operation.details"
        places.append(dict(record.attributes or {}))
    for place in places:
        assert json.loads(place["gen_ai.input.messages"])[1] == {
            "role": "user",
            "parts": [{"type": "text", "content": "Say hello."}],
        }
        assert json.loads(place["gen_ai.output.messages"]) == [
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "call_1", "name": "weather", "arguments": {"city": "Oslo"}}],
                "finish_reason": "tool_call",
            }
        ]
        assert json.loads(place["gen_ai.tool.definitions"])[0]["name"] == "weather"


async def test_a_word_that_the_variable_does_not_know_is_refused(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "everything")
    with Mock() as mock, pytest.raises(ConfigurationError, match="SPAN_ONLY"):
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


async def test_a_span_that_is_not_sampled_still_carries_the_trace_on() -> None:
    tracers = TracerProvider(sampler=ALWAYS_OFF)
    with Mock() as mock:
        client = mock.client("openai", telemetry=Telemetry(tracers=tracers, propagate="all"))
        await client.acompletion(model="gpt-5", messages=MESSAGES)
        assert not int(mock.last.headers["traceparent"].rpartition("-")[2], 16) & 1


class Broken(SpanProcessor):
    """An SDK's processor that fails at everything."""

    @override
    def on_start(self, span: object, parent_context: object = None) -> None:
        raise ZeroDivisionError

    @override
    def on_end(self, span: ReadableSpan) -> None:
        raise ZeroDivisionError


async def test_what_fails_in_the_sdk_never_touches_a_call(caplog: pytest.LogCaptureFixture) -> None:
    tracers = TracerProvider()
    tracers.add_span_processor(Broken())
    with Mock() as mock:
        client = mock.client("openai", telemetry=Telemetry(tracers=tracers))
        answer = await client.acompletion(model="gpt-5", messages=MESSAGES)
        pieces = [piece async for piece in await client.acompletion(model="gpt-5", messages=MESSAGES, stream=True)]
    assert answer.choices
    assert pieces
    assert "ZeroDivisionError" in caplog.text


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


def test_a_tool_is_nothing_special_where_nothing_is_turned_on() -> None:
    with tool_span("weather", settings=Settings()) as run:
        run.result = 1
    assert run.result == 1
