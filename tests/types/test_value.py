"""Values: what users of pydantic models expect of an answer, and nothing that a vendor sent is lost."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import cast

import anthropic.types
import msgspec
import openai.types.chat as sdk
import pydantic
import pytest

from any_llm.exceptions import MissingExtraError
from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionMessage,
    Choice,
    ChoiceDelta,
    CompletionUsage,
    ParsedChatCompletion,
    Reasoning,
)
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import MessageResponse
from any_llm.types.model import Model
from any_llm.types.provider import ProviderMetadata
from any_llm.types.report import Report, Reported
from any_llm.types.report import Warning as CallWarning
from any_llm.types.responses import Response
from any_llm.types.value import Value, decode, revive

BODY: JSONObject = {
    "id": "c1",
    "object": "chat.completion",
    "created": 5,
    "model": "m",
    "vendor_extra": {"a": [1]},
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "odd": True,
            "message": {"role": "assistant", "content": "hi", "reasoning": "hm", "strange": 1.5},
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "queue_time": 0.25},
}
RAW = msgspec.json.encode(BODY)


@pytest.fixture
def answer() -> ChatCompletion:
    """Give a decoded answer with members that nobody named."""
    return decode(ChatCompletion, RAW)


def test_named_fields_are_typed_and_others_are_kept(answer: ChatCompletion) -> None:
    loose: JSON = answer
    assert answer.choices[0].message.content == "hi"
    assert answer.model_extra == {"vendor_extra": {"a": [1]}}
    assert loose.vendor_extra == {"a": [1]}
    assert loose.choices[0].odd is True
    assert loose.choices[0].message.strange == 1.5
    assert loose.usage.queue_time == 0.25
    with pytest.raises(AttributeError, match="'ChatCompletion' object has no attribute 'nothing'"):
        _ = loose.nothing


def test_a_whole_dump_is_what_was_sent(answer: ChatCompletion) -> None:
    assert answer.raw == RAW
    assert answer.to_dict() == answer.model_dump(exclude_unset=True) == BODY
    assert msgspec.json.decode(answer.to_json()) == BODY
    assert "\n  " in answer.to_json()
    assert msgspec.json.decode(answer.model_dump_json(exclude_unset=True)) == BODY


def test_a_dump_can_be_cut_as_pydantics(answer: ChatCompletion) -> None:
    full = answer.model_dump()
    assert full["service_tier"] is None
    assert "service_tier" not in answer.model_dump(exclude_none=True)
    assert "object" not in answer.model_dump(exclude_defaults=True)
    bare = Model.model_validate({"id": "m", "extra": None})
    assert "extra" in bare.model_dump()
    assert "extra" not in bare.model_dump(exclude_none=True)
    assert set(answer.model_dump(include={"id", "model"})) == {"id", "model"}
    assert "choices" not in answer.model_dump(exclude={"choices"})
    assert answer.model_dump(mode="json", by_alias=True, round_trip=True, warnings=False) == full


def test_reasoning_is_a_text_that_shows_its_content(answer: ChatCompletion) -> None:
    reasoning = answer.choices[0].message.reasoning
    assert isinstance(reasoning, Reasoning)
    assert reasoning.content == reasoning == "hm"
    assert type(reasoning.content) is str
    assert Reasoning({"content": "x"}) == Reasoning("x")
    dumped = cast("JSON", answer.model_dump())["choices"][0]["message"]["reasoning"]
    assert type(dumped) is str


def test_the_fields_that_were_sent_are_known(answer: ChatCompletion) -> None:
    assert answer.model_fields_set == set(BODY)
    assert Choice(index=0).model_fields_set == {"index", "message"}
    answer.service_tier = "flex"
    assert "service_tier" in answer.model_fields_set


def test_values_equal_by_what_they_hold(answer: ChatCompletion) -> None:
    other = decode(ChatCompletion, RAW)
    assert answer == other
    assert (answer != other) is False
    other.choices[0].message.content = "ho"
    assert answer != other
    assert answer != "text"
    assert decode(Model, b'{"id": "a", "x": 1}') != decode(Model, b'{"id": "a", "x": 2}')
    with pytest.raises(TypeError, match="unhashable"):
        hash(answer)


def test_copies_are_independent_as_deep_as_was_asked(answer: ChatCompletion) -> None:
    shallow, deep, again = copy.copy(answer), answer.model_copy(deep=True), pickle.loads(pickle.dumps(answer))  # noqa: S301  # own
    assert shallow == deep == again == answer
    assert shallow.choices is answer.choices
    assert deep.choices is not answer.choices
    updated = answer.model_copy(update={"id": "c2", "new": 1})
    assert (updated.id, cast("JSON", updated).new, answer.id) == ("c2", 1, "c1")


def test_a_value_is_made_of_dictionaries_json_and_other_models(answer: ChatCompletion) -> None:
    assert ChatCompletion.model_validate(BODY) == answer
    assert ChatCompletion.model_validate_json(RAW) == ChatCompletion.model_validate_json(RAW.decode()) == answer
    assert ChatCompletion.model_validate(answer) is answer
    assert ChatCompletion.model_validate(answer.to_openai()).choices[0].message.content == "hi"
    with pytest.raises(msgspec.ValidationError, match=r"\$\.id"):
        ChatCompletion.model_validate({"id": 3})
    with pytest.raises(msgspec.DecodeError):
        ChatCompletion.model_validate_json("{")


def test_a_value_is_made_unchecked() -> None:
    made: JSON = ChatCompletion.model_construct(None, id="x", odd=1)
    assert (made.id, made.odd, made.model_extra) == ("x", 1, {"odd": 1})
    assert ChatCompletion.construct(id="y").id == "y"


def test_the_json_schema_names_the_fields() -> None:
    schema = ChatCompletion.model_json_schema()
    assert "choices" in schema["$defs"]["ChatCompletion"]["properties"]
    assert "=type" not in str(MessageResponse.model_json_schema())


def test_a_repr_shows_what_is_not_a_default(answer: ChatCompletion) -> None:
    assert repr(CompletionUsage(total_tokens=3)) == "CompletionUsage(total_tokens=3)"


class Holder(pydantic.BaseModel):
    """A model of the user's own with an answer inside."""

    answer: ChatCompletion


def test_a_value_can_be_a_field_of_a_pydantic_model(answer: ChatCompletion) -> None:
    held = Holder(answer=answer)
    assert held.answer is answer
    assert Holder.model_validate({"answer": BODY}).answer == answer
    assert Holder.model_validate_json(held.model_dump_json()).answer.choices[0].message.content == "hi"
    assert held.model_dump()["answer"]["vendor_extra"] == {"a": [1]}
    assert "answer" in Holder.model_json_schema()["properties"]
    with pytest.raises(pydantic.ValidationError):
        Holder.model_validate({"answer": {"id": 3}})


def test_a_value_becomes_the_sdks_own(answer: ChatCompletion) -> None:
    theirs = answer.to_openai()
    assert isinstance(theirs, sdk.ChatCompletion)
    assert isinstance(theirs.choices[0].message, sdk.ChatCompletionMessage)
    assert theirs.to_dict() == BODY
    message = decode(MessageResponse, b'{"id": "m", "type": "message", "role": "assistant", "content": []}')
    assert isinstance(message.to_openai(), anthropic.types.Message)
    with pytest.raises(TypeError, match="ChoiceDelta has no counterpart"):
        ChoiceDelta().to_openai()


def test_an_sdk_that_is_not_installed_is_named(answer: ChatCompletion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai.types.chat", None)
    with pytest.raises(MissingExtraError, match="openai is needed"):
        answer.to_openai()


def test_what_deviates_from_its_type_is_kept_rather_than_refused() -> None:
    loose: JSON = decode(
        ChatCompletion,
        b'{"id": 7, "created": 1.0, "choices": [{"index": "0", "message": {"content": ["a"], "tool_calls": "x"}}, 5]}',
    )
    assert (loose.id, loose.created) == (7, 1)
    assert loose.choices[0].message.content == ["a"]
    assert loose.choices[0].message.tool_calls == "x"
    assert loose.choices[1] == 5


def test_null_where_a_type_has_none_counts_as_left_out() -> None:
    answer = decode(ChatCompletion, b'{"id": null, "choices": null, "usage": null, "model": 5}')
    assert (answer.id, answer.choices, answer.usage) == ("", [], None)


@pytest.mark.parametrize("raw", [b"", b"[]", b"3", b'"x"', b"{", b"null"])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(ChatCompletion, raw)


def test_parsed_json_can_be_revived() -> None:
    model: JSON = revive(Model, {"id": "m", "created": "x", "more": 1})
    assert (model.id, model.created, model.more) == ("m", "x", 1)


def test_the_json_of_a_large_answer_is_parsed_once_and_only_for_what_nobody_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[int] = []
    parse = msgspec.json.decode

    def count(raw: bytes) -> object:
        parsed.append(len(raw))
        return parse(raw)

    monkeypatch.setattr(msgspec.json, "decode", count)
    body = {**BODY, "padding": "x" * 5_000_000}
    answer = decode(ChatCompletion, msgspec.json.encode(body))
    assert answer.choices[0].message.content == "hi"
    assert parsed == []
    assert len(cast("JSON", answer).padding) == 5_000_000
    assert cast("JSON", answer).choices[0].odd is True
    assert answer.model_extra
    assert len(parsed) == 1


def test_vectors_are_dumped_as_lists() -> None:
    response = decode(CreateEmbeddingResponse, b'{"data": [{"index": 0, "embedding": [0.5, 1.0]}], "model": "m"}')
    assert cast("JSON", response.model_dump())["data"][0]["embedding"] == [0.5, 1.0]


def test_an_answer_that_came_from_nowhere_has_an_empty_report() -> None:
    made = Reported()
    assert made.report == Report()
    warning = CallWarning("dropped", "seed", "not accepted")
    made.report = Report(warnings=(warning,), request_id="r")
    assert (made.warnings, made.request_id, made.model_extra) == ((warning,), "r", {})
    assert made.raw == b""
    assert str(warning) == "seed was dropped: not accepted"
    assert str(CallWarning("emulated", "n")) == "n was emulated"


def test_a_parsed_answer_gives_its_first_choice() -> None:
    empty: ParsedChatCompletion[int] = ParsedChatCompletion()
    assert empty.parsed is None


def test_a_message_can_be_sent_again_as_a_dictionary(answer: ChatCompletion) -> None:
    message = answer.choices[0].message
    assert isinstance(message, ChatCompletionMessage)
    assert ChatCompletionMessage.model_validate(message.model_dump()) == message


def test_the_base_has_no_fields() -> None:
    assert Value().model_dump() == {}
    assert Value() == Value()


@pytest.mark.parametrize("kind", [ChatCompletion, MessageResponse, Response, CreateEmbeddingResponse, ProviderMetadata])
def test_every_answer_has_a_json_schema(kind: type[Value]) -> None:
    assert kind.model_json_schema()["$ref"] == f"#/$defs/{kind.__name__}"


def test_a_field_that_is_called_as_a_method_is_hides_no_method() -> None:
    raw = b'{"id": "m", "model_dump": 1.5, "_parse": true, "_source": 2, "own": 3}'

    model = decode(Model, raw)

    assert model.model_extra == {"model_dump": 1.5, "_parse": True, "_source": 2, "own": 3}
    assert model.model_dump()["model_dump"] == 1.5
    assert copy.deepcopy(model).model_extra == copy.copy(model).model_extra == model.model_extra
    assert model.own == 3  # type: ignore[attr-defined]  # what a vendor adds
