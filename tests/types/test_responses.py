"""The Responses shape: its values, their unknown parts, and how they turn into the vendor SDK's own."""

from __future__ import annotations

import copy
import json
import pickle
from importlib import import_module
from types import ModuleType
from typing import get_args

import msgspec
import pytest
from openai.types.responses import Response as SdkResponse
from openai.types.responses import ResponseCompletedEvent as SdkResponseCompletedEvent
from openai.types.responses import ResponseFunctionToolCall as SdkResponseFunctionToolCall
from pydantic import BaseModel

from any_llm.types import (
    responses,
    responses_events,
    responses_items,
    responses_parts,
    responses_tool_events,
    responses_tools,
    responses_whole,
)
from any_llm.types.decode import SHOWN_TAG, decoder, field_types
from any_llm.types.json import JSONObject
from any_llm.types.responses import (
    AnnotationURLCitation,
    OtherAnnotation,
    OtherItem,
    OtherPart,
    ParsedResponse,
    ParsedResponseOutputMessage,
    ParsedResponseOutputText,
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputItem,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseReasoningItem,
    ResponseReasoningSummary,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
    ResponseUsage,
    parse_response,
)
from any_llm.types.value import Value, decode

MODULES: list[ModuleType] = [
    responses_events,
    responses_items,
    responses_parts,
    responses_tool_events,
    responses_tools,
    responses_whole,
]
CLASSES: list[type[Value]] = sorted(
    {
        kind
        for module in MODULES
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Value) and kind.__module__ == module.__name__ and kind.sdk_type
    },
    key=lambda kind: kind.__name__,
)
TAGGED = [kind for kind in CLASSES if kind.__struct_config__.tag]
# What an account or a prompt has beyond its answer is read from `model_extra`.
RARE = {"access_programs", "image", "input_transformations", "prompt_cache_diagnostics", "prompt_cache_options"}
SDK_ONLY = {"Response": RARE, "ParsedResponse": RARE, "ResponseError": {"misalignment"}}
# Required by the SDK, and null in real answers, or of a type without an empty value.
NULLABLE = {
    "action",
    "annotation",
    "arguments",
    "bytes",
    "call_id",
    "code",
    "environment",
    "input_schema",
    "max_output_length",
    "top_logprobs",
}

WHOLE: JSONObject = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1741476542,
    "status": "completed",
    "error": None,
    "model": "gpt-5",
    "output": [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Think."}],
            "encrypted_content": "gAAA+/=",
        },
        {
            "type": "message",
            "id": "msg_1",
            "status": "completed",
            "role": "assistant",
            "phase": "final_answer",
            "content": [
                {
                    "type": "output_text",
                    "text": "Paris",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "https://a.example",
                            "title": "A",
                            "start_index": 0,
                            "end_index": 5,
                        },
                        {"type": "footnote", "number": 3},
                    ],
                    "logprobs": [],
                },
                {"type": "refusal", "refusal": "No more."},
                {"type": "hologram", "beams": 2},
            ],
        },
        {"type": "message", "id": "msg_2", "role": "assistant", "content": [{"type": "output_text", "text": "."}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add", "arguments": "{}", "async": True},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "dive", "depth": 4}},
        {"type": "some_future_type", "id": "x_1", "payload": [1, {"a": None}]},
    ],
    "text": {"format": {"type": "json_schema", "name": "answer", "schema": {"type": "object"}, "strict": True}},
    "usage": {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 15,
    },
    "billing": {"payer": "developer"},
}


def sdk_class(kind: type[Value]) -> type[BaseModel]:
    """Return the SDK's class that a class of ours stands for."""
    module, _, name = kind.sdk_type.partition(":")
    found: type[BaseModel] = getattr(import_module(module), name)
    return found


@pytest.fixture
def whole() -> Response:
    """A decoded answer with a known and an unknown specimen of everything."""
    return decode(Response, json.dumps(WHOLE).encode())


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_class_has_every_field_of_the_sdks_class(kind: type[Value]) -> None:
    """The names a program reads from the SDK's class are there."""
    theirs = {field.alias or name for name, field in sdk_class(kind).model_fields.items()}
    ours = set(field_types(kind)) | {kind.__struct_config__.tag_field or ""}
    assert theirs - ours <= SDK_ONLY.get(kind.__name__, set())


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_empty_value_becomes_an_instance_of_the_sdks_class(kind: type[Value]) -> None:
    """Also a value with nothing in it has all that the SDK's class requires."""
    theirs = kind().to_openai()
    required = [name for name, field in sdk_class(kind).model_fields.items() if field.is_required()]
    assert isinstance(theirs, sdk_class(kind))
    assert {name for name in required if getattr(theirs, name) is None} <= NULLABLE


@pytest.mark.parametrize("kind", TAGGED, ids=lambda kind: kind.__name__)
def test_a_type_is_shown_taken_and_sent_as_in_the_sdk(kind: type[Value]) -> None:
    """`.type` reads, is accepted as a keyword and stands first in the dump."""
    tag = kind.__struct_config__.tag
    value = kind(type=tag)
    assert getattr(value, "type") == tag  # noqa: B009  # each class of the list declares it
    assert next(iter(value.model_dump().items())) == ("type", tag)
    assert SHOWN_TAG not in value.model_dump()


def test_the_unions_hold_every_tagged_class_once() -> None:
    """No class of an item or an event was forgotten."""
    events = {kind.__struct_config__.tag for kind in get_args(ResponseStreamEvent)}
    items = {kind.__struct_config__.tag for kind in get_args(ResponseOutputItem)}
    assert len(events) == len(get_args(ResponseStreamEvent)) == 60
    assert len(items) == len(get_args(ResponseOutputItem)) == 29
    sdk = import_module("openai.types.responses.response_stream_event").ResponseStreamEvent
    theirs = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(get_args(sdk)[0])}
    assert events - {"*"} == theirs


def test_everything_the_module_promises_is_there() -> None:
    """`__all__` names what exists, in order."""
    assert sorted(set(responses.__all__)) == sorted(responses.__all__)
    assert all(hasattr(responses, name) for name in responses.__all__)


def test_the_text_of_all_messages_is_joined(whole: Response) -> None:
    """`output_text` skips what is no text."""
    assert whole.output_text == "Paris."
    assert Response().output_text == ""


def test_known_parts_are_typed(whole: Response) -> None:
    """Items, parts and annotations have their classes."""
    thought, message, _, call, *_ = whole.output
    assert isinstance(thought, ResponseReasoningItem)
    assert thought.encrypted_content == "gAAA+/="
    assert isinstance(thought.summary[0], ResponseReasoningSummary)
    assert isinstance(message, ResponseOutputMessage)
    text = message.content[0]
    assert isinstance(text, ResponseOutputText)
    assert isinstance(text.annotations[0], AnnotationURLCitation)
    assert text.annotations[0].end_index == 5
    assert isinstance(message.content[1], ResponseOutputRefusal)
    assert isinstance(call, ResponseFunctionToolCall)
    assert call.async_ is True
    assert whole.usage is not None
    assert whole.usage.input_tokens_details.cached_tokens == 4
    assert whole.text is not None
    assert whole.text.format is not None
    assert whole.text.format.schema_ == {"type": "object"}


def test_unknown_types_keep_everything(whole: Response) -> None:
    """What has no class is a generic value, readable by attribute."""
    message, search, other = whole.output[1], whole.output[4], whole.output[5]
    assert isinstance(other, OtherItem)
    assert (other.type, other.id, other.model_extra) == ("some_future_type", "x_1", {"payload": [1, {"a": None}]})
    assert isinstance(message, ResponseOutputMessage)
    hologram, text = message.content[2], message.content[0]
    assert isinstance(hologram, OtherPart)
    assert hologram.model_dump() == {"type": "hologram", "beams": 2}
    assert isinstance(text, ResponseOutputText)
    assert isinstance(text.annotations[1], OtherAnnotation)
    assert text.annotations[1].model_extra == {"number": 3}
    assert search.model_dump(exclude_unset=True) == WHOLE["output"][4]
    assert whole.model_extra == {"billing": {"payer": "developer"}}


def test_what_was_sent_is_what_is_dumped(whole: Response) -> None:
    """Dumping an answer gives back its JSON, again and again."""
    assert whole.model_dump(exclude_unset=True) == WHOLE
    assert whole.to_dict() == WHOLE
    assert [item.model_dump(exclude_unset=True) for item in whole.output] == WHOLE["output"]


def test_an_answer_survives_copying_and_pickling(whole: Response) -> None:
    """Copies equal their original, unknown parts included."""
    assert copy.deepcopy(whole) == whole
    assert pickle.loads(pickle.dumps(whole)) == whole  # noqa: S301  # our own bytes
    known = {**WHOLE, "output": WHOLE["output"][:1]}
    assert Response.model_validate(known) == Response.model_validate_json(json.dumps(known))
    assert Response.model_validate(known).output == whole.output[:1]


def test_to_openai_equals_what_the_sdk_reads_itself(whole: Response) -> None:
    """The SDK's own reading of the same JSON is the same value."""
    assert whole.to_openai() == SdkResponse.construct(**WHOLE)
    assert isinstance(whole.output[3].to_openai(), SdkResponseFunctionToolCall)
    event = ResponseCompletedEvent(response=whole, sequence_number=9)
    theirs = event.to_openai()
    assert isinstance(theirs, SdkResponseCompletedEvent)
    assert theirs.response == whole.to_openai()


def test_values_can_be_made_by_keyword_with_their_type() -> None:
    """As with the SDK's classes, whose `type` must be given."""
    message = ResponseOutputMessage(
        id="msg_1",
        type="message",
        role="assistant",
        status="completed",
        content=[ResponseOutputText(type="output_text", text="Hi", annotations=[])],
    )
    assert message.model_dump(exclude_none=True) == {
        "type": "message",
        "id": "msg_1",
        "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
        "role": "assistant",
        "status": "completed",
    }


def test_a_schema_does_not_show_how_tags_are_kept() -> None:
    """The JSON schema has `type` and nothing of ours."""
    schema = Response.model_json_schema()
    assert SHOWN_TAG not in json.dumps(schema)
    assert schema["$defs"]["ResponseOutputRefusal"]["properties"]["type"] == {"enum": ["refusal"]}


def test_parsing_fills_in_the_value_and_keeps_the_rest(whole: Response) -> None:
    """`output_parsed` is the first text that was parsed; everything else stays."""
    parsed = parse_response(whole, str.upper)
    assert isinstance(parsed, ParsedResponse)
    assert parsed.output_parsed == "PARIS"
    message = parsed.output[1]
    assert isinstance(message, ParsedResponseOutputMessage)
    text, refusal = message.content[0], message.content[1]
    assert isinstance(text, ParsedResponseOutputText)
    assert text.annotations[0].model_dump() == WHOLE["output"][1]["content"][0]["annotations"][0]
    assert isinstance(refusal, ResponseOutputRefusal)
    assert parsed.output[5] is whole.output[5]
    assert parsed.model_extra == whole.model_extra
    assert parsed.usage == whole.usage
    assert ParsedResponse().output_parsed is None
    assert parse_response(Response(), json.loads).output_parsed is None


def test_a_parsed_answer_becomes_the_sdks_parsed_answer(whole: Response) -> None:
    """The SDK's class finds the parsed value too."""
    theirs = parse_response(whole, str.upper).to_openai()
    assert type(theirs).__name__ == "ParsedResponse"
    assert getattr(theirs, "output_parsed") == "PARIS"  # noqa: B009  # the SDK's class has it


def test_a_text_that_does_not_fit_is_not_hidden(whole: Response) -> None:
    """What the parser raises is passed on."""
    with pytest.raises(json.JSONDecodeError):
        parse_response(whole, json.loads)


def test_an_event_is_decoded_by_its_type_wherever_it_stands() -> None:
    """One decoder serves every event."""
    raw = b'{"delta": "a", "item_id": "i", "type": "response.output_text.delta"}'
    event = decoder(ResponseStreamEvent).decode(raw)
    assert event == ResponseTextDeltaEvent(delta="a", item_id="i")


def test_usage_without_details_counts_none() -> None:
    """Servers that leave the details out have cached and thought nothing."""
    usage = decode(ResponseUsage, b'{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}')
    assert (usage.input_tokens_details.cached_tokens, usage.output_tokens_details.reasoning_tokens) == (0, 0)


def test_validating_names_what_does_not_fit() -> None:
    """Other than decoding, which takes what a vendor sends, validating is strict, as the SDK's is."""
    with pytest.raises(msgspec.ValidationError, match=r"Invalid value 'some_future_type' - at `\$.output\[5\].type`"):
        Response.model_validate({**WHOLE, "output": [{"type": "compaction"}] * 5 + WHOLE["output"][5:]})


def test_what_is_not_an_object_is_refused() -> None:
    """An answer is a JSON object."""
    with pytest.raises(msgspec.DecodeError, match="found list"):
        decode(Response, b"[]")
