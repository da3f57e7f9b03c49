"""A Responses request reaches a provider of chat completions with its meaning."""

from __future__ import annotations

import pytest

from any_llm.bridges.responses import bridge_responses
from any_llm.exceptions import InvalidMessageError, UnsupportedParameterError
from any_llm.types.json import JSON, JSONObject
from any_llm.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText
from tests.bridges.chat import CHAT, asked

RESPONSES = bridge_responses(CHAT)
HELLO = [{"role": "user", "content": "Hello"}]
MARKER = {"mode": "explicit"}


def ask(input_data: JSON = "Hello", **options: JSON) -> tuple[JSONObject, list[str]]:
    """Return the options of the completion, and the bridge's warnings."""
    return asked(RESPONSES, input_data=input_data, **options)


def said(*items: JSON) -> tuple[list[JSONObject], list[str]]:
    """Return the chat messages that items stand for, and the warnings about them."""
    body, warnings = ask(list(items))
    return body["messages"], warnings


def test_text_and_plain_settings_are_passed_on() -> None:
    """What both shapes call the same stays as it is, unknown names included."""
    settings: JSONObject = {
        "temperature": 0.5,
        "top_p": 0.9,
        "stream": True,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "parallel_tool_calls": False,
        "service_tier": "flex",
        "user": "u",
        "safety_identifier": "s",
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "repetition_penalty": 1.1,
    }
    body, warnings = ask(max_output_tokens=5, instructions="Be brief.", background=False, conversation=None, **settings)
    system = {"role": "system", "content": "Be brief."}
    assert body == {"messages": [system, *HELLO], "max_tokens": 5, **settings}
    assert warnings == []


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("reasoning", {"effort": "low"}, {"reasoning_effort": "low"}),
        ("reasoning", {"summary": None}, {}),
        ("text", {"format": {"type": "text"}, "verbosity": "low"}, {"verbosity": "low"}),
        ("text", {"format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        (
            "text",
            {"format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True, "description": None}},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": {}, "strict": True},
                }
            },
        ),
        (
            "response_format",
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}},
        ),
        ("include", ["reasoning.encrypted_content"], {}),
        ("include", ["message.output_text.logprobs"], {"logprobs": True}),
        ("top_logprobs", 3, {"logprobs": True, "top_logprobs": 3}),
        ("top_logprobs", 0, {}),
        ("truncation", "disabled", {}),
        ("store", False, {}),
        ("n", 1, {}),
        ("tool_choice", "required", {"tool_choice": "required"}),
        (
            "tool_choice",
            {"type": "function", "name": "add"},
            {"tool_choice": {"type": "function", "function": {"name": "add"}}},
        ),
        (
            "tool_choice",
            {"type": "function", "function": {"name": "add"}},
            {"tool_choice": {"type": "function", "function": {"name": "add"}}},
        ),
        ("tool_choice", {"type": "custom", "name": "c"}, {"tool_choice": {"type": "custom", "custom": {"name": "c"}}}),
        (
            "tool_choice",
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "add"}]},
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "add"}}]},
                }
            },
        ),
        (
            "tool_choice",
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}},
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}},
        ),
    ],
)
def test_a_setting_is_said_in_the_words_of_a_chat(option: str, value: JSON, expected: JSONObject) -> None:
    body, warnings = ask(**{option: value})
    assert body == {"messages": HELLO, **expected}
    assert warnings == []


@pytest.mark.parametrize(
    ("option", "value", "warning"),
    [
        ("store", True, "dropped store"),
        ("metadata", {"a": "b"}, "dropped metadata"),
        ("max_tool_calls", 2, "dropped max_tool_calls"),
        ("truncation", "auto", "dropped truncation"),
        ("context_management", [], "dropped context_management"),
        ("stream_options", {"include_obfuscation": False}, "dropped stream_options"),
        ("include", ["web_search_call.results"], "dropped include"),
        ("reasoning", {"summary": "auto"}, "dropped reasoning.summary"),
        ("text", {"colour": "red"}, "dropped text.colour"),
        ("tool_choice", {"type": "file_search"}, "dropped tool_choice"),
        ("tools", [{"type": "computer_use_preview"}], "dropped tools[0]"),
        ("n", 2, "dropped n"),
    ],
)
def test_what_a_chat_cannot_say_is_named(option: str, value: JSON, warning: str) -> None:
    body, warnings = ask(**{option: value})
    assert body == {"messages": HELLO}
    assert warnings == [warning]


@pytest.mark.parametrize("option", ["previous_response_id", "conversation", "background", "prompt"])
def test_what_the_vendor_would_have_to_keep_is_refused(option: str) -> None:
    with pytest.raises(UnsupportedParameterError, match="acme") as caught:
        ask(**{option: "id-1"})
    assert caught.value.parameter_name == option


@pytest.mark.parametrize(
    "item", [{"type": "item_reference", "id": "i"}, {"type": "compaction", "encrypted_content": "x"}]
)
def test_an_item_that_the_vendor_keeps_is_refused(item: JSONObject) -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        ask([item])
    assert caught.value.parameter_name == "input[0]"


def test_tools_become_functions() -> None:
    schema = {"type": "object", "properties": {}}
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: A"}
    tools = [
        {"type": "function", "name": "add", "description": "Adds", "parameters": schema, "strict": True},
        {"type": "function", "name": "now", "strict": None, "defer_loading": True, "cache_control": MARKER},
        {"type": "function", "function": {"name": "chat"}},
        {"type": "custom", "name": "sql", "description": "Runs", "format": grammar},
        {"type": "custom", "name": "free", "format": {"type": "text"}, "async": True},
        {"type": "custom", "name": "any"},
        {"type": "custom", "custom": {"name": "chat"}},
    ]
    body, warnings = ask(tools=tools)
    rules = {"syntax": "lark", "definition": "start: A"}
    assert body["tools"] == [
        {
            "type": "function",
            "function": {"name": "add", "description": "Adds", "parameters": schema, "strict": True},
        },
        {"type": "function", "function": {"name": "now"}, "cache_control": MARKER},
        {"type": "function", "function": {"name": "chat"}},
        {
            "type": "custom",
            "custom": {"name": "sql", "description": "Runs", "format": {"type": "grammar", "grammar": rules}},
        },
        {"type": "custom", "custom": {"name": "free", "format": {"type": "text"}}},
        {"type": "custom", "custom": {"name": "any"}},
        {"type": "custom", "custom": {"name": "chat"}},
    ]
    assert warnings == ["dropped tools[1].defer_loading", "dropped tools[4].async"]


def test_parts_of_messages_become_parts_of_chat_messages() -> None:
    content = [
        {"type": "input_text", "text": "Look", "prompt_cache_breakpoint": MARKER},
        {"type": "input_image", "image_url": "https://i", "detail": "low"},
        {"type": "input_image", "file_id": "f-1"},
        {"type": "input_file", "file_data": "data:application/pdf;base64,JVBER", "filename": "a.pdf"},
        {"type": "input_file", "file_url": "https://d"},
        {"type": "input_file", "file_id": "f-2"},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
    ]
    messages, warnings = said({"type": "message", "role": "user", "content": content})
    assert messages[0]["content"] == [
        {"type": "text", "text": "Look", "prompt_cache_breakpoint": MARKER},
        {"type": "image_url", "image_url": {"url": "https://i", "detail": "low"}},
        {"type": "file", "file": {"file_id": "f-1"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBER", "filename": "a.pdf"}},
        {"type": "file", "file": {"file_url": "https://d"}},
        {"type": "file", "file": {"file_id": "f-2"}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
    ]
    assert warnings == []


def test_system_and_developer_messages_are_the_same_to_a_chat() -> None:
    marked = {"type": "input_text", "text": "Long", "cache_control": MARKER}
    messages, _ = said(
        {"role": "developer", "content": "Be brief."},
        {"role": "system", "content": [{"type": "input_text", "text": "Be kind."}]},
        {"role": "system", "content": [marked]},
    )
    assert messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "system", "content": "Be kind."},
        {"role": "system", "content": [{"type": "text", "text": "Long", "cache_control": MARKER}]},
    ]


def test_the_items_of_one_turn_become_one_message() -> None:
    """Calls and results stand together, whatever the number of their items."""
    messages, warnings = said(
        *HELLO,
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
        {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
        {"type": "function_call", "call_id": "c2", "name": "now", "arguments": ""},
        {"type": "custom_tool_call", "call_id": "c3", "name": "sql", "input": "SELECT 1"},
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
        {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "noon"}]},
        {"type": "custom_tool_call_output", "call_id": "c3", "output": "1", "cache_control": MARKER},
        {"role": "user", "content": "And?"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
    )
    assert messages == [
        *HELLO,
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
                {"id": "c2", "type": "function", "function": {"name": "now", "arguments": ""}},
                {"id": "c3", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
        {"role": "tool", "tool_call_id": "c2", "content": "noon"},
        {"role": "tool", "tool_call_id": "c3", "content": "1", "cache_control": MARKER},
        {"role": "user", "content": "And?"},
        {"role": "assistant", "content": "No."},
    ]
    assert warnings == []


def test_two_answers_in_a_row_stay_two() -> None:
    messages, warnings = said(
        {"type": "message", "role": "assistant", "content": "One moment.", "phase": "commentary"},
        {"type": "message", "role": "assistant", "content": "Done."},
        {"type": "function_call", "call_id": "c", "name": "now", "arguments": "{}"},
        {"type": "message", "role": "assistant", "content": " And this."},
        {"type": "function_call_output", "call_id": "c", "output": "noon"},
        {"type": "function_call", "call_id": "d", "name": "now", "arguments": "{}"},
    )
    assert [message["role"] for message in messages] == ["assistant", "assistant", "tool", "assistant"]
    assert [message["content"] for message in messages] == ["One moment.", "Done. And this.", "noon", None]
    assert warnings == ["dropped input[0].phase"]


def test_an_image_that_a_tool_returned_follows_in_a_user_message() -> None:
    messages, warnings = said(
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image", "image_url": "https://i"}]}
    )
    part = {"type": "image_url", "image_url": {"url": "https://i"}}
    assert messages == [
        {"role": "tool", "tool_call_id": "c", "content": "The result follows in the next message."},
        {"role": "user", "content": [{"type": "text", "text": "Returned by the tool call c:"}, part]},
    ]
    assert warnings == ["emulated input[0].output"]


def test_an_image_that_the_model_made_is_shown_to_it() -> None:
    messages, warnings = said(
        {"type": "image_generation_call", "id": "i", "result": "aGk=", "output_format": "webp"},
        {"type": "image_generation_call", "id": "j", "result": None},
    )
    part = {"type": "image_url", "image_url": {"url": "data:image/webp;base64,aGk="}}
    assert messages == [{"role": "user", "content": [{"type": "text", "text": "The image that you made:"}, part]}]
    assert warnings == ["emulated input[0]"]


def test_what_another_vendors_own_tools_did_is_dropped() -> None:
    messages, warnings = said({"type": "web_search_call", "id": "w", "status": "completed"}, *HELLO)
    assert messages == HELLO
    assert warnings == ["dropped input[0]"]


def test_items_of_an_answer_are_taken_as_they_are() -> None:
    message = ResponseOutputMessage(id="m", content=[ResponseOutputText(text="Let me see.")])
    call = ResponseFunctionToolCall(id="f", call_id="c", name="now", arguments="{}", status="completed")
    messages, warnings = said(message, call)
    asked_for = {"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    assert messages == [{"role": "assistant", "content": "Let me see.", "tool_calls": [asked_for]}]
    assert warnings == []


@pytest.mark.parametrize(
    ("items", "path"),
    [
        (5, "input"),
        ([5], "input[0]"),
        ([{}], "input[0].type"),
        ([{"type": "poem"}], "input[0].type"),
        ([{"role": "robot", "content": "x"}], "input[0].role"),
        ([{"role": "user", "content": [{"type": "video"}]}], "input[0].content[0].type"),
        ([{"role": "user", "content": [{}]}], "input[0].content[0].type"),
        ([{"role": "user", "content": [{"type": "input_text", "text": 1}]}], "input[0].content[0].text"),
        ([{"role": "user", "content": [{"type": "input_image"}]}], "input[0].content[0].image_url"),
        ([{"role": "user", "content": [{"type": "input_file"}]}], "input[0].content[0]"),
        ([{"role": "user", "content": [{"type": "input_audio"}]}], "input[0].content[0].input_audio"),
        ([{"type": "function_call", "name": "n"}], "input[0].arguments"),
        ([{"type": "function_call", "name": "n", "arguments": "{}"}], "input[0].call_id"),
        ([{"type": "function_call_output", "output": "x"}], "input[0].call_id"),
    ],
)
def test_a_malformed_item_is_named_by_its_path(items: JSON, path: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        ask(items)
    assert caught.value.param == path


@pytest.mark.parametrize(
    ("option", "value", "path"),
    [
        ("tools", [{"type": "function"}], "tools[0].name"),
        ("tools", {"type": "function"}, "tools"),
        ("reasoning", "low", "reasoning"),
    ],
)
def test_a_malformed_setting_is_named(option: str, value: JSON, path: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        ask(**{option: value})
    assert caught.value.param == path
