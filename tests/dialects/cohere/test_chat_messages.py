"""Messages in Cohere's words."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.completion import ChatCompletionMessage, Reasoning
from any_llm.types.json import JSON
from tests.dialects.cohere.calls import CALL, HELLO, body_of, encode, turns, warned, whole

URL = "https://example.org/a.png"


def test_developers_speak_as_the_system() -> None:
    assert turns({"role": "developer", "content": "Be short"}, {"role": "system", "content": "x"}) == [
        {"role": "system", "content": "Be short"},
        {"role": "system", "content": "x"},
    ]


def test_texts_and_images_are_parts() -> None:
    parts = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": URL, "detail": "low"}},
        {"type": "image_url", "image_url": URL},
        {"type": "refusal", "refusal": "no"},
        {"type": "document", "document": {"data": "x"}},
    ]
    assert turns({"role": "user", "content": parts})[0]["content"] == [
        *parts[:2],
        {"type": "image_url", "image_url": {"url": URL}},
        {"type": "text", "text": "no"},
        parts[4],
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ({"file_data": "data:text/plain;base64,SGk=", "filename": "a.txt"}, "a.txt:\nHi"),
        ({"file_data": "data:text/csv,a%2Cb"}, "a,b"),
    ],
)
def test_a_text_file_is_a_text(file: JSON, text: str) -> None:
    encoded = encode(messages=[{"role": "user", "content": [{"type": "file", "file": file}]}])
    assert body_of(encoded)["messages"][0]["content"] == [{"type": "text", "text": text}]
    assert warned(encoded) == [("emulated", "messages[0].content[0].file")]


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBER"}}, ".file"),
        ({"type": "file", "file": "x"}, ".file"),
        ({"type": "file", "file": {"file_data": "data:text/plain;base64,/w=="}}, ".file.file_data"),
        ({"type": "file", "file": {"file_data": "data:text/plain;base64,?"}}, ".file.file_data"),
        ({"type": "input_audio", "input_audio": {}}, ""),
        ({"type": "image_url", "image_url": {}}, ".image_url"),
        ({"type": "image_url"}, ".image_url"),
    ],
)
def test_what_cohere_cannot_read_is_refused_by_its_path(part: JSON, place: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        encode(messages=[{"role": "user", "content": [part]}])
    assert caught.value.param == f"messages[0].content[0]{place}"


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": 1},
        {"role": "critic", "content": "x"},
        {"role": "tool", "content": "x"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "add"}}]},
    ],
)
def test_a_malformed_message_is_refused(message: JSON) -> None:
    with pytest.raises(InvalidMessageError, match=r"messages\[0\]"):
        encode(messages=[message])


def test_the_text_beside_calls_is_the_plan() -> None:
    (turn,) = turns({"role": "assistant", "content": "I will add", "tool_calls": [CALL]})
    assert turn == {"role": "assistant", "tool_plan": "I will add", "tool_calls": [CALL]}


def test_a_plan_of_coheres_own_shape_stays_beside_the_text() -> None:
    (turn,) = turns({"role": "assistant", "content": "Hm", "tool_plan": "add", "tool_calls": [CALL], "citations": [{}]})
    assert turn == {
        "role": "assistant", "tool_plan": "add", "content": "Hm", "tool_calls": [CALL], "citations": [{}]
    }  # fmt: skip


def test_parts_beside_calls_stay_parts() -> None:
    parts = [{"type": "text", "text": "Hm"}]
    (turn,) = turns({"role": "assistant", "content": parts, "tool_calls": [CALL]})
    assert turn == {"role": "assistant", "content": parts, "tool_calls": [CALL]}


def test_an_answer_is_said_again_as_it_was() -> None:
    sent = {
        "tool_plan": "Plan.",
        "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Text."}],
        "tool_calls": [CALL],
    }
    message = whole(sent, finish_reason="TOOL_CALL").choices[0].message
    assert turns(message) == [{"role": "assistant", **sent}]


def test_a_changed_answer_is_all_plan() -> None:
    message = whole({"tool_plan": "Plan.", "tool_calls": [CALL]}).choices[0].message
    message.content = "Another."
    assert turns(message)[0]["tool_plan"] == "Another."
    message.extra_content = {"cohere": None}
    assert turns(message)[0]["tool_plan"] == "Another."


def test_thoughts_stand_before_what_is_said() -> None:
    parts = [{"type": "text", "text": "Yes"}]
    thinking = {"type": "thinking", "thinking": "Hm"}
    assert turns(
        ChatCompletionMessage(content="Yes", reasoning=Reasoning("Hm")),
        {"role": "assistant", "content": parts, "reasoning": "Hm"},
        {"role": "assistant", "reasoning": "Hm", "tool_calls": [CALL]},
    ) == [
        {"role": "assistant", "content": [thinking, *parts]},
        {"role": "assistant", "content": [thinking, *parts]},
        {"role": "assistant", "content": [thinking], "tool_calls": [CALL]},
    ]


def test_a_call_without_arguments_has_an_empty_object() -> None:
    calls = [{"id": "1", "function": {"name": "now", "arguments": given}} for given in ("", None, {"a": 1})]
    (turn,) = turns({"role": "assistant", "content": None, "tool_calls": calls})
    assert [call["function"]["arguments"] for call in turn["tool_calls"]] == ["{}", "{}", '{"a":1}']
    assert "tool_plan" not in turn


def test_a_result_names_its_call() -> None:
    document = {"type": "document", "document": {"data": {"output": "3"}}}
    assert turns(
        {"role": "tool", "tool_call_id": "add_1", "content": [document]}, {"role": "tool", "tool_call_id": "x"}
    ) == [
        {"role": "tool", "tool_call_id": "add_1", "content": [document]},
        {"role": "tool", "tool_call_id": "x", "content": ""},
    ]


def test_what_is_not_sent_is_named() -> None:
    encoded = encode(
        messages=[
            {**HELLO, "name": "Ann", "tool_calls": None},
            {"role": "assistant", "content": ""},
            {"role": "assistant", "refusal": "No", "annotations": []},
        ]
    )
    assert body_of(encoded)["messages"] == [HELLO, {"role": "assistant", "content": "No"}]
    assert warned(encoded) == [("dropped", "messages[0].name"), ("dropped", "messages[1]")]
