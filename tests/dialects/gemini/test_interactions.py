"""The Responses API by way of the Interactions API."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from any_llm.dialects.gemini.interactions import CANCEL_RESPONSE, DELETE_RESPONSE, RESPONSES, RETRIEVE_RESPONSE
from any_llm.exceptions import (
    InvalidMessageError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
    ProviderError,
    StreamTruncatedError,
)
from any_llm.spec.dialect import Encoded
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.responses import (
    OtherItem,
    OtherPart,
    Response,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseReasoningItem,
    ResponseStreamEvent,
)
from tests.dialects.gemini.calls import MODEL, body_of, respond, target, warned

PIXEL = "data:image/png;base64,cG5n"
CITED = {"type": "url_citation", "url": "https://x", "title": "X", "start_index": 0, "end_index": 2}
SEARCH = {"type": "google_search_call", "id": "s", "arguments": {"queries": ["q"]}, "signature": "sig"}
STEPS: list[JSONObject] = [
    {"type": "thought", "signature": "sig", "summary": [{"type": "text", "text": "Hm."}]},
    {"type": "model_output", "content": [{"type": "text", "text": "Hi", "annotations": [CITED]}]},
    {"type": "function_call", "id": "c1", "name": "add", "arguments": {"x": 1}, "signature": "s2"},
    SEARCH,
]
USAGE = {"total_input_tokens": 5, "total_output_tokens": 2, "total_thought_tokens": 3, "total_cached_tokens": 1}


def ask(input_data: JSON = "Hello", **options: JSON) -> Encoded:
    """Encode a request."""
    return RESPONSES.encode(target(), {"input_data": input_data, **options})


def steps_of(*items: JSON) -> list[JSONObject]:
    """Return the steps that items of an input become."""
    steps: list[JSONObject] = body_of(ask(list(items)))["input"]
    return steps


def interaction(**facts: JSON) -> JSONObject:
    """Return an interaction."""
    told: JSONObject = {"id": "v1_a", "status": "completed", "model": MODEL, "created": "2026-05-13T20:35:38Z"}
    return {**told, "object": "interaction", "steps": STEPS, "usage": USAGE, **facts}


def test_a_text_is_asked_as_it_is() -> None:
    encoded = ask()
    assert encoded.path == "https://generativelanguage.googleapis.com/v1beta/interactions"
    assert body_of(encoded) == {"model": MODEL, "input": "Hello"}
    assert "model" not in body_of(ask(agent="deep-research"))


def test_settings_stand_in_the_generation_config() -> None:
    body = body_of(
        ask(
            instructions="Be brief.",
            temperature=0,
            max_output_tokens=9,
            stop="x",
            reasoning={"effort": "low", "summary": "auto"},
            previous_response_id="v1_b",
            metadata={"a": "b"},
            store=False,
            stream=True,
            service_tier="default",
            generation_config={"seed": 1},
            tool_choice="required",
        )
    )
    assert body["generation_config"] == {
        "temperature": 0,
        "max_output_tokens": 9,
        "stop_sequences": ["x"],
        "thinking_level": "low",
        "thinking_summaries": "auto",
        "tool_choice": "any",
        "seed": 1,
    }
    assert body["system_instruction"] == "Be brief."
    assert body["previous_interaction_id"] == "v1_b"
    assert (body["labels"], body["store"], body["stream"], body["service_tier"]) == (
        {"a": "b"},
        False,
        True,
        "standard",
    )


def test_what_cannot_be_said_is_a_warning() -> None:
    encoded = ask(user="me", truncation="auto", reasoning_effort="none", service_tier="auto", parallel_tool_calls=False)
    assert warned(encoded) == [
        ("dropped", "parallel_tool_calls"),
        ("dropped", "truncation"),
        ("dropped", "user"),
        ("approximated", "reasoning_effort"),
    ]
    assert body_of(encoded)["generation_config"] == {"thinking_level": "minimal"}
    assert "service_tier" not in body_of(encoded)


def test_messages_become_steps_and_what_instructs_the_instruction() -> None:
    items = [
        {"role": "system", "content": "A"},
        {"role": "developer", "content": [{"type": "input_text", "text": "B"}]},
        {"role": "user", "content": "Hi"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Ho"}]},
    ]
    body = body_of(ask(items, instructions="First"))
    assert body["system_instruction"] == "First\n\nA\n\nB"
    assert body["input"] == [
        {"type": "user_input", "content": [{"type": "text", "text": "Hi"}]},
        {"type": "model_output", "content": [{"type": "text", "text": "Ho"}]},
    ]


@pytest.mark.parametrize(
    ("part", "content"),
    [
        (
            {"type": "input_image", "image_url": PIXEL, "detail": "low"},
            {"type": "image", "data": "cG5n", "mime_type": "image/png", "resolution": "low"},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://x/a.jpg"}},
            {"type": "image", "uri": "https://x/a.jpg", "mime_type": "image/jpeg"},
        ),
        ({"type": "input_image", "file_id": "https://x/files/1"}, {"type": "image", "uri": "https://x/files/1"}),
        (
            {"type": "input_file", "file_data": "data:application/pdf;base64,cGRm"},
            {"type": "document", "data": "cGRm", "mime_type": "application/pdf"},
        ),
        (
            {"type": "file", "file": {"file_data": "data:audio/wav;base64,cGRm"}},
            {"type": "audio", "data": "cGRm", "mime_type": "audio/wav"},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "YQ==", "format": "wav"}},
            {"type": "audio", "data": "YQ==", "mime_type": "audio/wav"},
        ),
        ({"type": "video", "uri": "https://x"}, {"type": "video", "uri": "https://x"}),
        ({"type": "refusal", "refusal": "No"}, {"type": "text", "text": "No"}),
    ],
)
def test_a_part_becomes_a_content(part: JSONObject, content: JSONObject) -> None:
    assert steps_of({"role": "user", "content": [part]})[0]["content"] == [content]


def test_calls_results_and_thoughts_are_sent_back() -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"x":1}', "signature": "s2"}
    assert steps_of(
        {"type": "reasoning", "encrypted_content": "sig", "summary": [{"type": "summary_text", "text": "Hm."}]},
        call,
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
        {"type": "function_call_output", "call_id": "c9", "output": [{"type": "input_text", "text": "2"}]},
        SEARCH,
    ) == [
        STEPS[0],
        STEPS[2],
        {"type": "function_result", "call_id": "c1", "name": "add", "result": "2"},
        {"type": "function_result", "call_id": "c9", "result": [{"type": "text", "text": "2"}]},
        SEARCH,
    ]
    empty = steps_of({"type": "function_call", "call_id": "c", "name": "f", "arguments": " "})
    assert empty == [{"type": "function_call", "id": "c", "name": "f", "arguments": {}}]


def test_thoughts_without_a_signature_or_of_another_vendor_stay_here() -> None:
    encoded = ask(
        [{"type": "reasoning", "summary": []}, {"type": "reasoning", "encrypted_content": "any-llm:x"}, "Hi"][:2]
    )
    assert body_of(encoded)["input"] == []
    assert warned(encoded) == [("dropped", "input_data[1]"), ("dropped", "input_data[0]")]


@pytest.mark.parametrize(
    ("item", "place"),
    [
        (7, "input_data[0]"),
        ({"role": "user", "content": 7}, "input_data[0].content"),
        ({"role": "user", "content": [7]}, "input_data[0].content[0]"),
        ({"role": "user", "content": [{"type": "input_image"}]}, "input_data[0].content[0]"),
        ({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{"}, "input_data[0].arguments"),
    ],
)
def test_a_malformed_item_is_named(item: JSON, place: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        ask([item])
    assert caught.value.param == place


def test_tools_are_said_in_the_vendors_words() -> None:
    function = {"name": "add", "description": "Adds", "parameters": {"type": "object"}}
    encoded = ask(
        tools=[
            {"type": "function", **function, "strict": True},
            {"type": "function", "function": function},
            {"type": "web_search"},
            {"type": "code_interpreter", "container": {"type": "auto"}},
            {"type": "url_context"},
        ]
    )
    named = {"type": "function", **function}
    hosted = [{"type": "google_search"}, {"type": "code_execution"}, {"type": "url_context"}]
    assert body_of(encoded)["tools"] == [named, named, *hosted]
    assert warned(encoded) == [("dropped", "tools[0].strict")]
    with pytest.raises(InvalidMessageError):
        ask(tools=["add"])


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("auto", "auto"),
        ({"type": "function", "name": "f"}, {"allowed_tools": {"mode": "any", "tools": ["f"]}}),
        ({"type": "function", "function": {"name": "f"}}, {"allowed_tools": {"mode": "any", "tools": ["f"]}}),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]},
            {"allowed_tools": {"mode": "any", "tools": ["f"]}},
        ),
        ({"allowed_tools": {"tools": ["f"]}}, {"allowed_tools": {"tools": ["f"]}}),
    ],
)
def test_a_choice_of_tools_is_said_in_the_vendors_words(choice: JSON, said: JSON) -> None:
    assert body_of(ask(tool_choice=choice))["generation_config"] == {"tool_choice": said}


def test_a_form_of_the_answer_is_asked_for() -> None:
    form = {"type": "text", "mime_type": "application/json"}
    schema = {"type": "object"}
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    assert body_of(ask(response_format=wanted))["response_format"] == {**form, "schema": schema}
    assert body_of(ask(text={"format": {"type": "json_schema", "name": "a", "schema": schema}}))["response_format"] == {
        **form,
        "schema": schema,
    }
    assert body_of(ask(response_format={"type": "json_object"}))["response_format"] == form
    assert body_of(ask(response_format={"type": "audio"}))["response_format"] == {"type": "audio"}
    assert body_of(ask(response_format={**form, "schema": schema}))["response_format"] == {**form, "schema": schema}
    assert body_of(ask(response_format=[form]))["response_format"] == [form]
    assert "response_format" not in body_of(ask(text={"format": {"type": "text"}}))
    with pytest.raises(InvalidMessageError):
        ask(response_format={"type": "json_schema"})


def test_steps_become_items() -> None:
    answer = RESPONSES.decode(target(), respond(interaction(continuation_ids=["x"])))
    thought, message, call, search = answer.output
    assert isinstance(thought, ResponseReasoningItem)
    assert thought.encrypted_content == "sig"
    assert thought.summary[0].model_dump()["text"] == "Hm."
    assert isinstance(message, ResponseOutputMessage)
    assert isinstance(message.content[0], ResponseOutputText)
    assert message.content[0].annotations[0].model_dump() == CITED
    assert isinstance(call, ResponseFunctionToolCall)
    assert (call.call_id, call.name, call.arguments, call.model_extra) == ("c1", "add", '{"x":1}', {"signature": "s2"})
    assert isinstance(search, OtherItem)
    assert search.model_dump() == SEARCH
    assert (answer.output_text, answer.status, answer.id) == ("Hi", "completed", "v1_a")
    assert answer.created_at == 1_778_704_538
    assert answer.model_extra["continuation_ids"] == ["x"]
    usage = answer.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (5, 5, 10)
    assert usage.output_tokens_details.reasoning_tokens == 3
    sent: list[JSON] = body_of(ask([item.model_dump(exclude_none=True) for item in answer.output]))["input"]
    assert sent[0] == STEPS[0]
    assert sent[2:] == STEPS[2:]


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        ("requires_action", "completed", None),
        ("incomplete", "incomplete", "max_output_tokens"),
        ("budget_exceeded", "incomplete", "budget_exceeded"),
        ("queued", "queued", None),
    ],
)
def test_a_state_has_openais_word(state: str, status: str, reason: str | None) -> None:
    answer = RESPONSES.decode(target(), respond(interaction(status=state, usage={})))
    assert answer.status == status
    assert (answer.incomplete_details.reason if answer.incomplete_details else None) == reason
    assert answer.usage is None


def test_an_interaction_that_failed_says_why() -> None:
    answer = RESPONSES.decode(target(), respond(interaction(status="failed", errors=[{"code": "c", "message": "Oh"}])))
    assert answer.error is not None
    assert (answer.error.code, answer.error.message) == ("c", "Oh")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"error": {"code": "invalid_request", "message": "No"}}, InvalidRequestError),
        ({"error": {"code": "not_found"}}, ModelNotFoundError),
        ({"error": {"code": "else"}}, ProviderError),
        ([], MalformedResponseError),
    ],
)
def test_an_answer_that_is_no_interaction_is_an_error(answer: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        RESPONSES.decode(target(), respond(answer))


def test_kept_interactions_are_asked_about_stopped_and_forgotten() -> None:
    root = "https://generativelanguage.googleapis.com/v1beta/interactions/v1_a"
    named = {"response_id": "v1_a"}
    assert RETRIEVE_RESPONSE.encode(target(), named).path == root
    stop = CANCEL_RESPONSE.encode(target(), named)
    assert (stop.method, stop.path) == ("POST", f"{root}/cancel")
    forget = DELETE_RESPONSE.encode(target(), named)
    assert (forget.method, forget.path) == ("DELETE", root)
    assert DELETE_RESPONSE.decode(target(), HttpResponse(200, {}, b"")).json is None
    assert DELETE_RESPONSE.decode(target(), respond({"a": 1})).json == {"a": 1}
    with pytest.raises(ModelNotFoundError):
        DELETE_RESPONSE.decode(target(), respond({"error": {"code": 404}}))


def begin(**facts: JSON) -> JSONObject:
    """Return the event with which an interaction begins."""
    told = {"id": "v1_a", "status": "in_progress", "object": "interaction", "model": MODEL}
    return {"event_type": "interaction.created", "interaction": told, **facts}


def start(index: int, **step: JSON) -> JSONObject:
    """Return the event with which a step begins."""
    return {"event_type": "step.start", "index": index, "step": step}


def delta(index: int, kind: str, **facts: JSON) -> JSONObject:
    """Return a piece of a step."""
    return {"event_type": "step.delta", "index": index, "delta": {"type": kind, **facts}}


def stop(index: int) -> JSONObject:
    """Return the end of a step."""
    return {"event_type": "step.stop", "index": index}


def end(status: str = "completed") -> JSONObject:
    """Return the end of an interaction."""
    told = {"id": "v1_a", "status": status, "usage": USAGE, "created": "2026-05-13T20:35:38Z"}
    return {"event_type": "interaction.completed", "interaction": told}


PARIS = [
    start(0, type="thought"),
    delta(0, "thought_summary", content={"type": "text", "text": "Hm."}),
    delta(0, "thought_signature", signature=""),
    delta(0, "thought_signature", signature="sig"),
    stop(0),
    start(1, type="model_output"),
    delta(1, "text", text="H"),
    delta(1, "text", text="i"),
    delta(1, "text_annotation", annotations=[CITED]),
    stop(1),
    start(2, type="function_call", id="c1", name="add", arguments={}, signature="s2"),
    delta(2, "arguments_delta", arguments='{"x":'),
    delta(2, "arguments_delta", arguments="1}"),
    stop(2),
    start(3, type="google_search_call", id="s"),
    delta(3, "google_search_call", arguments={"queries": ["q"]}, signature="sig"),
    stop(3),
]


def play(*events: JSON) -> tuple[list[ResponseStreamEvent], Response]:
    """Return the events of a stream, and what they add up to."""
    assert RESPONSES.stream is not None
    assert RESPONSES.fold is not None
    decoder, fold = RESPONSES.stream(target(), {}), RESPONSES.fold()
    told = [event for one in events for event in decoder.feed(Frame("", msgspec.json.encode(one)))]
    assert list(decoder.feed(Frame("done", b"[DONE]"))) == []
    told += decoder.finish()
    for event in told:
        fold.add(event)
    return told, fold.result()


def test_a_stream_adds_up_to_the_whole_answer() -> None:
    status = {"event_type": "interaction.status_update", "interaction_id": "v1_a", "status": "in_progress"}
    events, answer = play(begin(), status, *PARIS, end())
    whole = RESPONSES.decode(target(), respond(interaction()))
    assert answer.model_dump() == whole.model_dump()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events]
    assert kinds[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert kinds.count("response.output_text.delta") == 2
    assert kinds.count("response.output_text.annotation.added") == 1
    assert kinds.count("response.function_call_arguments.delta") == 2
    assert kinds.count("response.output_item.done") == 4
    assert kinds[-1] == "response.completed"


def test_the_items_of_a_stream_are_what_its_events_add_up_to() -> None:
    assert RESPONSES.stream is not None
    assert RESPONSES.fold is not None
    decoder, fold = RESPONSES.stream(target(), {}), RESPONSES.fold()
    for one in (begin(), *PARIS):
        for event in decoder.feed(Frame("", msgspec.json.encode(one))):
            fold.add(event)
    whole = RESPONSES.decode(target(), respond(interaction()))
    assert [item.model_dump() for item in fold.result().output] == [item.model_dump() for item in whole.output]


def test_a_step_may_begin_with_all_it_holds_and_need_no_end() -> None:
    image = {"type": "image", "data": "cG5n", "mime_type": "image/png"}
    text = {"type": "text", "text": "Hi", "annotations": [CITED]}
    steps = [
        start(0, type="thought", summary=[{"type": "text", "text": "Hm."}, {"type": "image"}]),
        start(1, type="model_output", content=[text, image]),
        start(2, type="function_call", id="c1", name="add", arguments={"x": 1}),
        start(3, type="function_call", id="c2", name="now"),
    ]
    events, answer = play(begin(), *steps, end("incomplete"))
    assert events[-1].type == "response.incomplete"
    thought, message, call, bare = answer.output
    assert isinstance(thought, ResponseReasoningItem)
    assert [part.model_dump()["text"] for part in thought.summary] == ["Hm."]
    assert isinstance(message, ResponseOutputMessage)
    assert isinstance(message.content[1], OtherPart)
    assert answer.output_text == "Hi"
    assert isinstance(call, ResponseFunctionToolCall)
    assert isinstance(bare, ResponseFunctionToolCall)
    assert (call.arguments, bare.arguments) == ('{"x":1}', "{}")


def test_sources_may_come_before_the_text() -> None:
    _, answer = play(
        begin(), start(0, type="model_output"), delta(0, "text_annotation", annotations=[CITED]), end("failed")
    )
    assert answer.status == "failed"
    message = answer.output[0]
    assert isinstance(message, ResponseOutputMessage)
    assert isinstance(message.content[0], ResponseOutputText)
    assert len(message.content[0].annotations) == 1


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([begin()], StreamTruncatedError),
        ([], StreamTruncatedError),
        ([begin(), delta(0, "text", text="x")], MalformedResponseError),
        ([7], MalformedResponseError),
        ([{"event_type": "error", "error": {"code": "invalid_request"}}], InvalidRequestError),
    ],
)
def test_a_stream_that_did_not_end_well_is_an_error(events: Sequence[JSON], error: type[Exception]) -> None:
    with pytest.raises(error):
        play(*events)


def test_nothing_counts_after_the_end_and_an_unknown_step_ends_silently() -> None:
    events, _ = play(begin(), stop(9), end(), start(0, type="model_output"))
    assert [event.type for event in events] == ["response.created", "response.in_progress", "response.completed"]
