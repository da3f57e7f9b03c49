"""Messages as contents."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.completion import ChatCompletionMessage
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import HELLO, body_of, call, contents, encode, warned

PICTURE: JSONObject = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
INLINE: JSONObject = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
ASKED: JSONObject = {"role": "assistant", "content": None, "tool_calls": [call("look", '{"at": "sky"}')]}


def result(content: JSON = "blue", identity: str = "call_1", **more: JSON) -> JSONObject:
    return {"role": "tool", "tool_call_id": identity, "content": content, **more}


def answered(*messages: JSON, model: str = "gemini-2.5-flash") -> list[JSONObject]:
    """Return the parts of the content with the results of functions."""
    parts: list[JSONObject] = contents(HELLO, *messages, model=model)[2]["parts"]
    return parts


def test_system_and_developer_messages_become_the_system_instruction() -> None:
    parts = [{"type": "text", "text": "Be kind."}]
    encoded = encode(
        messages=[{"role": "system", "content": "Be brief."}, {"role": "developer", "content": parts}, HELLO]
    )
    body = body_of(encoded)
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Hello"}]}]
    assert encoded.warnings == ()


def test_a_later_system_message_is_moved_with_a_warning() -> None:
    encoded = encode(messages=[HELLO, {"role": "system", "content": "Be brief."}])
    assert body_of(encoded)["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert warned(encoded) == [("approximated", "messages[1]")]


def test_roles_are_user_and_model() -> None:
    said = contents(HELLO, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Bye"})
    assert [(content["role"], content["parts"][0]["text"]) for content in said] == [
        ("user", "Hello"),
        ("model", "Hi"),
        ("user", "Bye"),
    ]


def test_a_result_is_sent_by_the_name_of_its_function() -> None:
    assert answered(ASKED, result()) == [
        {"functionResponse": {"name": "look", "response": {"result": "blue"}, "id": "call_1"}}
    ]


def test_results_of_calls_made_at_once_are_one_content() -> None:
    asked = {"role": "assistant", "tool_calls": [call("look", identity="a"), call("hear", identity="b")]}
    said = contents(HELLO, asked, result("blue", "a"), result("wind", "b"), HELLO)
    assert [part["functionResponse"]["name"] for part in said[2]["parts"]] == ["look", "hear"]
    assert said[3] == {"role": "user", "parts": [{"text": "Hello"}]}


def test_an_id_that_was_made_here_is_not_sent() -> None:
    asked = {"role": "assistant", "tool_calls": [call("look", identity="gemini-call-1")]}
    said = contents(HELLO, asked, result("blue", "gemini-call-1"))
    assert said[1]["parts"][0]["functionCall"] == {"name": "look", "args": {}}
    assert said[2]["parts"] == [{"functionResponse": {"name": "look", "response": {"result": "blue"}}}]


@pytest.mark.parametrize(
    ("content", "response"),
    [
        ('{"colour": "blue"}', {"colour": "blue"}),
        ("{blue}", {"result": "{blue}"}),
        ("[1]", {"result": "[1]"}),
        (None, {"result": ""}),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], {"result": "a\nb"}),
    ],
)
def test_a_result_is_an_object(content: JSON, response: JSONObject) -> None:
    assert answered(ASKED, result(content))[0]["functionResponse"]["response"] == response


def test_a_failure_is_named_an_error() -> None:
    sent = answered(ASKED, result("too dark", is_error=True))
    assert sent[0]["functionResponse"]["response"] == {"error": "too dark"}


def test_images_in_results_stand_in_them_where_the_model_reads_that() -> None:
    seen = result([{"type": "text", "text": "see"}, PICTURE])
    assert answered(ASKED, seen, model="gemini-3-flash-preview")[0]["functionResponse"]["parts"] == [INLINE]
    assert answered(ASKED, seen)[1] == INLINE


@pytest.mark.parametrize("identity", [None, "call_2"])
def test_a_result_without_its_call_is_refused(identity: JSON) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        contents(HELLO, ASKED, {"role": "tool", "tool_call_id": identity, "content": "blue"})
    assert caught.value.param == "messages[2].tool_call_id"


def test_a_result_may_name_its_function_itself() -> None:
    encoded = encode(messages=[HELLO, {"role": "tool", "name": "look", "content": "blue"}])
    parts = body_of(encoded)["contents"][1]["parts"]
    assert parts == [{"functionResponse": {"name": "look", "response": {"result": "blue"}}}]
    assert encoded.warnings == ()


def test_empty_messages_are_left_out_with_a_warning() -> None:
    encoded = encode(messages=[HELLO, {"role": "assistant", "content": ""}, {"role": "user", "content": ""}])
    assert len(body_of(encoded)["contents"]) == 1
    assert warned(encoded) == [("dropped", "messages[1]"), ("dropped", "messages[2]")]


def test_fields_the_api_does_not_have_are_warned_about() -> None:
    encoded = encode(messages=[{**HELLO, "name": "Ann"}, {"role": "assistant", "content": "Hi", "annotations": []}])
    assert warned(encoded) == [("dropped", "messages[0].name")]


def test_messages_may_be_values() -> None:
    message = ChatCompletionMessage.model_validate(ASKED)
    assert contents(HELLO, message)[1]["parts"][0]["functionCall"]["args"] == {"at": "sky"}


@pytest.mark.parametrize(("message", "param"), [("Hello", "messages[0]"), ({"role": "judge"}, "messages[0].role")])
def test_a_malformed_message_is_named(message: JSON, param: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        contents(message)
    assert caught.value.param == param
