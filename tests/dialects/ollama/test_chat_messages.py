"""Messages in Ollama's words."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.completion import ChatCompletionMessage, Reasoning
from any_llm.types.json import JSON
from tests.dialects.ollama.calls import CALL, HELLO, body_of, encode, turns, warned, whole


def test_developers_speak_as_the_system() -> None:
    assert turns({"role": "developer", "content": "Be short"}) == [{"role": "system", "content": "Be short"}]


def test_texts_are_lines_and_images_stand_beside_them() -> None:
    parts = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}},
        {"type": "image_url", "image_url": "data:image/svg+xml,hi"},
        {"type": "refusal", "refusal": "closely"},
    ]
    encoded = encode(messages=[{"role": "user", "content": parts}])
    assert body_of(encoded)["messages"] == [{"role": "user", "content": "Look\nclosely", "images": ["aGk=", "aGk="]}]
    assert warned(encoded) == [("dropped", "messages[0].content[1].image_url.detail")]


def test_images_may_be_given_in_ollamas_own_way() -> None:
    assert turns({**HELLO, "images": ["aGk="]}) == [{**HELLO, "images": ["aGk="]}]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ({"file_data": "data:text/plain;base64,SGk=", "filename": "a.txt"}, "a.txt:\nHi"),
        ({"file_data": "data:text/csv,a%2Cb"}, "a,b"),
    ],
)
def test_a_text_file_is_a_text(file: JSON, text: str) -> None:
    encoded = encode(messages=[{"role": "user", "content": [{"type": "file", "file": file}]}])
    assert body_of(encoded)["messages"][0]["content"] == text
    assert warned(encoded) == [("emulated", "messages[0].content[0].file")]


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBER"}}, ".file"),
        ({"type": "file", "file": "x"}, ".file"),
        ({"type": "file", "file": {"file_data": "data:text/plain;base64,/w=="}}, ".file.file_data"),
        ({"type": "file", "file": {"file_data": "data:text/plain;base64,?"}}, ".file.file_data"),
        ({"type": "input_audio", "input_audio": {}}, ""),
        ({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}, ".image_url"),
        ({"type": "image_url", "image_url": {"url": "data:image/png"}}, ".image_url"),
        ({"type": "image_url"}, ".image_url"),
    ],
)
def test_what_ollama_cannot_read_is_refused_by_its_path(part: JSON, place: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        encode(messages=[{"role": "user", "content": [part]}])
    assert caught.value.param == f"messages[0].content[0]{place}"


@pytest.mark.parametrize("message", [{"role": "user", "content": 1}, {"role": "critic", "content": "x"}])
def test_a_malformed_message_is_refused(message: JSON) -> None:
    with pytest.raises(InvalidMessageError, match=r"messages\[0\]"):
        encode(messages=[message])


def test_a_call_and_its_result_are_said_again() -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}]
    assert turns(
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "3"}]},
        {"role": "tool", "tool_call_id": "call_0", "content": "4"},
    ) == [
        {"role": "assistant", "content": "", "tool_calls": [{"id": "call_1", "type": "function", **CALL}]},
        {"role": "tool", "content": "3", "tool_name": "add", "tool_call_id": "call_1"},
        {"role": "tool", "content": "4", "tool_call_id": "call_0"},
    ]


def test_ollamas_own_names_of_tools_are_kept() -> None:
    assert (
        turns(
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_name": "add", "content": "3"},
            {"role": "tool", "name": "add", "content": "3"},
        )[1:]
        == [{"role": "tool", "content": "3", "tool_name": "add"}] * 2
    )


@pytest.mark.parametrize("arguments", ["{", "[]"])
def test_arguments_that_are_no_object_are_refused(arguments: str) -> None:
    call = {"id": "1", "function": {"name": "add", "arguments": arguments}}
    with pytest.raises(InvalidMessageError) as caught:
        encode(messages=[{"role": "assistant", "tool_calls": [call]}])
    assert caught.value.param == "messages[0].tool_calls[0].function.arguments"


def test_thoughts_are_sent_back() -> None:
    assert (
        turns(
            ChatCompletionMessage(content="Yes", reasoning=Reasoning("Hm")),
            {"role": "assistant", "content": "Yes", "thinking": "Hm"},
        )
        == [{"role": "assistant", "content": "Yes", "thinking": "Hm"}] * 2
    )


def test_an_answer_is_said_again_as_it_was() -> None:
    message = whole({"content": "Text.", "thinking": "Hm", "tool_calls": [{"id": "call_1", **CALL}]}).choices[0].message
    assert turns(message) == [
        {
            "role": "assistant",
            "content": "Text.",
            "thinking": "Hm",
            "tool_calls": [{"id": "call_1", "type": "function", **CALL}],
        }
    ]


def test_what_is_not_sent_is_named() -> None:
    encoded = encode(
        messages=[
            {**HELLO, "name": "Ann", "cache_control": {}, "weight": None},
            {"role": "assistant", "refusal": "No", "annotations": [], "images": [{"image_url": {}}]},
        ]
    )
    assert body_of(encoded)["messages"] == [HELLO, {"role": "assistant", "content": "No"}]
    assert warned(encoded) == [("dropped", "messages[0].cache_control"), ("dropped", "messages[0].name")]
