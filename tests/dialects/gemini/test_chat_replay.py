"""Answers that are sent back in a later turn."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.testing.wire.gemini_chats import SENTINEL
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import HELLO, SIGNATURE, body_of, call, contents, encode, piece, play, warned, whole

NEW = "gemini-3-flash-preview"


def replayed(message: JSON, model: str = "gemini-2.5-flash") -> list[JSONObject]:
    parts: list[JSONObject] = contents(HELLO, message, model=model)[1]["parts"]
    return parts


def test_text_and_calls_are_both_sent_back() -> None:
    message = {"role": "assistant", "content": "Let me look.", "tool_calls": [call("look", '{"at": 1}')]}
    assert replayed(message) == [
        {"text": "Let me look."},
        {"functionCall": {"name": "look", "args": {"at": 1}, "id": "call_1"}},
    ]


def test_signatures_stand_on_the_parts_they_came_with() -> None:
    message = {
        "role": "assistant",
        "content": "Hm.",
        "extra_content": {"google": {"thought_signature": "dGV4dA=="}},
        "tool_calls": [call("look", signature=SIGNATURE), call("hear", identity="call_2")],
    }
    assert [part.get("thoughtSignature") for part in replayed(message, NEW)] == ["dGV4dA==", SIGNATURE, None]


def test_a_signature_without_a_text_is_sent_on_an_empty_one() -> None:
    message = {"role": "assistant", "content": None, "extra_content": {"google": {"thought_signature": SIGNATURE}}}
    assert replayed(message) == [{"text": "", "thoughtSignature": SIGNATURE}]


def test_a_call_without_a_signature_is_marked_where_the_model_demands_one() -> None:
    message = {"role": "assistant", "tool_calls": [call("look"), call("hear", identity="call_2")]}
    encoded = encode(NEW, messages=[HELLO, message])
    parts = body_of(encoded)["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == [SENTINEL, None]
    assert warned(encoded) == [("emulated", "messages[1].tool_calls[0].extra_content")]
    assert "thoughtSignature" not in replayed(message)[0]


EXACT: tuple[JSONObject, ...] = (
    {"text": "Thinking", "thought": True, "thoughtSignature": SIGNATURE},
    {"text": "Run it: "},
    {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    {"text": "It is 1.", "thoughtSignature": SIGNATURE},
    {"functionCall": {"name": "tell", "args": {"x": 1}}, "thoughtSignature": SIGNATURE},
)


def test_what_a_message_cannot_tell_comes_back_exactly() -> None:
    message = whole(*EXACT).choices[0].message
    assert replayed(message) == list(EXACT)
    _, streamed = play(*[piece(part) for part in EXACT], piece(reason="STOP"))
    assert replayed(streamed.choices[0].message) == list(EXACT)


def test_a_message_that_was_changed_is_sent_as_it_is_now() -> None:
    message = whole(*EXACT).choices[0].message
    message.content = "It is 2."
    assert replayed(message) == [
        {"text": "It is 2.", "thoughtSignature": SIGNATURE},
        {"functionCall": {"name": "tell", "args": {"x": 1}}, "thoughtSignature": SIGNATURE},
    ]


def test_arguments_that_were_changed_are_sent_as_they_are_now() -> None:
    message = whole(*EXACT).choices[0].message
    assert message.tool_calls is not None
    message.tool_calls[0].function.arguments = '{"x": 2}'
    assert replayed(message)[-1]["functionCall"]["args"] == {"x": 2}


def test_the_pieces_of_a_streamed_text_are_one_part_for_the_next_turn() -> None:
    pieces = [piece({"text": text}) for text in ("a", "b")]
    _, answer = play(*pieces, piece({"text": "", "thoughtSignature": SIGNATURE}, reason="STOP"))
    assert replayed(answer.choices[0].message) == [{"text": "ab"}, {"text": "", "thoughtSignature": SIGNATURE}]


def test_images_are_sent_back_without_the_exact_parts_too() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    message = {"role": "assistant", "content": "Here:", "images": [picture, {}]}
    assert replayed(message) == [{"text": "Here:"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]


def test_a_refusal_is_sent_back_as_text() -> None:
    assert replayed({"role": "assistant", "content": None, "refusal": "I will not."}) == [{"text": "I will not."}]


def test_thoughts_of_another_vendor_are_warned_about() -> None:
    encoded = encode(messages=[HELLO, {"role": "assistant", "content": "Hi", "reasoning": "Be polite."}])
    assert warned(encoded) == [("dropped", "messages[1].reasoning")]


def test_thoughts_of_the_vendor_need_no_warning() -> None:
    message = whole({"text": "Hm", "thought": True}, {"functionCall": {"name": "look"}, "thoughtSignature": SIGNATURE})
    assert encode(messages=[HELLO, message.choices[0].message]).warnings == ()


@pytest.mark.parametrize("arguments", ["", "  ", None, {}])
def test_no_arguments_are_an_empty_object(arguments: JSON) -> None:
    told = {"id": "1", "function": {"name": "look", "arguments": arguments}}
    assert replayed({"role": "assistant", "tool_calls": [told]})[0]["functionCall"]["args"] == {}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("look", ""),
        ({"id": "1"}, ""),
        ({"id": "1", "function": {"name": ""}}, ".function.name"),
        ({"id": "1", "function": {"name": "look", "arguments": "{"}}, ".function.arguments"),
        ({"id": "1", "function": {"name": "look", "arguments": "[]"}}, ".function.arguments"),
    ],
)
def test_a_malformed_call_is_named(given: JSON, place: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        replayed({"role": "assistant", "tool_calls": [given]})
    assert caught.value.param == f"messages[1].tool_calls[0]{place}"
