"""A Messages request reaches a provider of chat completions with its meaning."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from any_llm.bridges.messages import bridge_messages
from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import TextBlock, ToolUseBlock
from tests.bridges.chat import CHAT, asked

MESSAGES = bridge_messages(CHAT)
HELLO = [{"role": "user", "content": "Hello"}]
MARKER = {"type": "ephemeral", "ttl": "1h"}


def ask(messages: JSON = None, **options: JSON) -> tuple[JSONObject, list[str]]:
    """Return the options of the completion, and the bridge's warnings."""
    return asked(MESSAGES, messages=HELLO if messages is None else messages, **options)


def said(content: JSON, role: str = "user") -> tuple[list[JSONObject], list[str]]:
    """Return the chat messages that one turn stands for, and the warnings about it."""
    body, warnings = ask([{"role": role, "content": content}])
    return body["messages"], warnings


def test_text_and_plain_settings_are_passed_on() -> None:
    """What both shapes call the same stays as it is, unknown names included."""
    body, warnings = ask(max_tokens=5, temperature=0.5, top_p=0.9, stream=True, prompt_cache_key="k", seed=3, user=None)
    assert body == {
        "messages": HELLO,
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "stream": True,
        "prompt_cache_key": "k",
        "seed": 3,
    }
    assert warnings == []


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("stop_sequences", ["END"], {"stop": ["END"]}),
        ("stop_sequences", [], {}),
        ("metadata", {"user_id": "u-1"}, {"user": "u-1"}),
        ("service_tier", "standard_only", {"service_tier": "default"}),
        ("service_tier", "auto", {"service_tier": "auto"}),
        ("n", 1, {}),
        ("thinking", {"type": "disabled"}, {"reasoning_effort": "none"}),
        ("thinking", {"type": "adaptive"}, {}),
        ("output_config", {"effort": "max"}, {"reasoning_effort": "max"}),
        ("tool_choice", {"type": "auto"}, {"tool_choice": "auto"}),
        ("tool_choice", {"type": "none"}, {"tool_choice": "none"}),
        ("tool_choice", {"type": "any"}, {"tool_choice": "required"}),
        (
            "tool_choice",
            {"type": "tool", "name": "add", "disable_parallel_tool_use": True},
            {"tool_choice": {"type": "function", "function": {"name": "add"}}, "parallel_tool_calls": False},
        ),
        ("output_format", {"type": "json_object"}, {"response_format": {"type": "json_object"}}),
        (
            "output_format",
            {"type": "json_schema", "schema": {"type": "object"}},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "output", "schema": {"type": "object"}, "strict": True},
                }
            },
        ),
        (
            "output_config",
            {"format": {"type": "json_schema", "schema": {"type": "array"}}},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "output", "schema": {"type": "array"}, "strict": True},
                }
            },
        ),
        (
            "output_format",
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}},
        ),
    ],
)
def test_a_setting_is_said_in_the_words_of_a_chat(option: str, value: JSON, expected: JSONObject) -> None:
    body, warnings = ask(**{option: value})
    assert {name: member for name, member in body.items() if name != "messages"} == expected
    assert warnings == []


@pytest.mark.parametrize(
    ("budget", "effort"),
    [
        (1_024, "minimal"),
        (1_025, "low"),
        (2_048, "low"),
        (2_049, "medium"),
        (8_192, "medium"),
        (8_193, "high"),
        (24_576, "high"),
        (24_577, "xhigh"),
    ],
)
def test_a_thinking_budget_becomes_an_effort(budget: int, effort: str) -> None:
    body, warnings = ask(thinking={"type": "enabled", "budget_tokens": budget})
    assert body["reasoning_effort"] == effort
    assert warnings == ["approximated thinking.budget_tokens"]


def test_a_budget_says_more_than_an_effort_whichever_comes_first() -> None:
    thinking = {"type": "enabled", "budget_tokens": 2_000}
    first, _ = ask(thinking=thinking, output_config={"effort": "high"})
    last, _ = ask(output_config={"effort": "high"}, thinking=thinking)
    assert first["reasoning_effort"] == last["reasoning_effort"] == "low"


def test_thinking_without_a_budget_leaves_the_effort_to_the_provider() -> None:
    body, warnings = ask(thinking={"type": "enabled"})
    assert "reasoning_effort" not in body
    assert warnings == []


@pytest.mark.parametrize(
    ("option", "value", "warning"),
    [
        ("top_k", 5, "dropped top_k"),
        ("betas", ["x"], "dropped betas"),
        ("context_management", {"edits": []}, "dropped context_management"),
        ("container", "c", "dropped container"),
        ("mcp_servers", [], "dropped mcp_servers"),
        ("n", 2, "dropped n"),
        ("metadata", {"team": "t"}, "dropped metadata.team"),
        ("output_config", {"task_budget": {}}, "dropped output_config.task_budget"),
        ("thinking", {"type": "adaptive", "display": "omitted"}, "dropped thinking.display"),
        ("tools", [{"type": "web_search_20250305", "name": "web_search"}], "dropped tools[0]"),
    ],
)
def test_what_a_chat_cannot_say_is_named(option: str, value: JSON, warning: str) -> None:
    body, warnings = ask(**{option: value})
    assert body == {"messages": HELLO}
    assert warnings == [warning]


def test_tools_become_functions() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "integer"}}}
    tools = [
        {"name": "add", "description": "Adds", "input_schema": schema, "strict": True, "cache_control": MARKER},
        {
            "type": "custom",
            "name": "now",
            "input_schema": {"type": "object"},
            "defer_loading": True,
            "input_examples": None,
        },
        {"type": "function", "function": {"name": "chat"}},
    ]
    body, warnings = ask(tools=tools)
    assert body["tools"] == [
        {
            "type": "function",
            "function": {"name": "add", "description": "Adds", "parameters": schema, "strict": True},
            "cache_control": MARKER,
        },
        {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}},
        {"type": "function", "function": {"name": "chat"}},
    ]
    assert warnings == ["dropped tools[1].defer_loading"]


def test_a_system_prompt_stands_first_as_text_unless_it_is_marked() -> None:
    blocks = [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]
    assert ask(system="Be brief.")[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert ask(system=blocks)[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert ask(system="")[0]["messages"] == HELLO
    marked = [*blocks[:1], {**blocks[1], "cache_control": MARKER}]
    assert ask(system=marked)[0]["messages"] == [{"role": "system", "content": marked}, *HELLO]


def test_a_system_turn_stays_where_it_is() -> None:
    body, _ = ask([*HELLO, {"role": "system", "content": "Now be brief."}])
    assert body["messages"] == [*HELLO, {"role": "system", "content": "Now be brief."}]
    assert ask([{"role": "system", "content": ""}])[0]["messages"] == []


def test_a_marked_request_marks_its_last_block() -> None:
    body, _ = ask(cache_control=MARKER)
    part = {"type": "text", "text": "Hello", "cache_control": MARKER}
    assert body == {"messages": [{"role": "user", "content": [part]}]}
    turn = {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    body, _ = ask([turn], cache_control=MARKER)
    assert [part.get("cache_control") for part in body["messages"][0]["content"]] == [None, MARKER]
    assert "cache_control" not in turn["content"][1]
    assert ask([], cache_control=MARKER)[0] == {"messages": []}
    assert ask([{"role": "user", "content": []}], cache_control=MARKER)[0] == {"messages": []}


def test_images_and_files_become_parts() -> None:
    content = [
        {"type": "text", "text": "Look"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {"type": "image", "source": {"type": "url", "url": "https://e.example/i.png"}, "cache_control": MARKER},
        {"type": "image", "source": {"type": "file", "file_id": "f-1"}},
        {"type": "document", "title": "a.pdf", "source": {"type": "base64", "data": "JVBER"}},
        {"type": "document", "source": {"type": "url", "url": "https://e.example/d.pdf"}},
        {"type": "document", "source": {"type": "file", "file_id": "f-2"}},
    ]
    messages, warnings = said(content)
    assert messages[0]["content"] == [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
        {"type": "image_url", "image_url": {"url": "https://e.example/i.png"}, "cache_control": MARKER},
        {"type": "file", "file": {"file_id": "f-1"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBER", "filename": "a.pdf"}},
        {"type": "file", "file": {"file_url": "https://e.example/d.pdf"}},
        {"type": "file", "file": {"file_id": "f-2"}},
    ]
    assert warnings == []


def test_written_documents_and_search_results_are_sent_as_text() -> None:
    content = [
        {"type": "document", "title": "T", "context": "C", "source": {"type": "text", "data": "words"}},
        {"type": "document", "source": {"type": "content", "content": "inner"}, "cache_control": MARKER},
        {"type": "search_result", "title": "R", "source": "https://r", "content": [{"type": "text", "text": "hit"}]},
    ]
    messages, warnings = said(content)
    texts = [part["text"] for part in messages[0]["content"]]
    assert texts == ["T\nC", "words", "inner", "R\nhttps://r", "hit"]
    assert messages[0]["content"][2]["cache_control"] == MARKER
    assert warnings == [f"emulated messages[0].content[{index}]" for index in range(3)]


def test_what_a_block_has_beyond_a_part_is_named() -> None:
    content = [
        {
            "type": "document",
            "context": "C",
            "citations": {"enabled": True},
            "source": {"type": "file", "file_id": "f"},
        },
        {"type": "image", "transformations": {"x": 1}, "source": {"type": "url", "url": "https://i"}},
        {"type": "container_upload", "file_id": "f"},
    ]
    _, warnings = said(content)
    assert warnings == [
        "dropped messages[0].content[0].citations",
        "dropped messages[0].content[0].context",
        "dropped messages[0].content[1].transformations",
        "dropped messages[0].content[2]",
    ]


def test_calls_and_results_of_tools_become_messages() -> None:
    """Results come before what the user adds, since a chat wants them right behind the calls."""
    turns = [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me "},
                {"type": "text", "text": "see."},
                {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1, "b": "é"}},
                {"type": "tool_use", "id": "t2", "name": "now", "input": {}, "cache_control": MARKER},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Go on"},
                {"type": "tool_result", "tool_use_id": "t1", "content": "3"},
                {"type": "tool_result", "tool_use_id": "t2", "cache_control": MARKER},
            ],
        },
    ]
    body, warnings = ask(turns)
    assert body["messages"] == [
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "add", "arguments": '{"a":1,"b":"é"}'}},
                {
                    "id": "t2",
                    "type": "function",
                    "function": {"name": "now", "arguments": "{}"},
                    "cache_control": MARKER,
                },
            ],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "3"},
        {"role": "tool", "tool_call_id": "t2", "content": "", "cache_control": MARKER},
        {"role": "user", "content": "Go on"},
    ]
    assert warnings == []


def test_a_failed_tool_says_so_in_words() -> None:
    block = {"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": [{"type": "text", "text": "boom"}]}
    messages, warnings = said([block])
    assert messages == [{"role": "tool", "tool_call_id": "t", "content": "Error: boom"}]
    assert warnings == ["emulated messages[0].content[0].is_error"]


def test_an_image_that_a_tool_returned_follows_in_a_user_message() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://i"}}
    results = [
        {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "Here"}, image]},
        {"type": "tool_result", "tool_use_id": "t2", "content": [image]},
        {"type": "tool_result", "tool_use_id": "t3", "content": [{"type": "tool_reference", "tool_name": "add"}]},
    ]
    messages, warnings = said([*results, {"type": "text", "text": "And?"}])
    part = {"type": "image_url", "image_url": {"url": "https://i"}}
    assert messages == [
        {"role": "tool", "tool_call_id": "t1", "content": "Here"},
        {"role": "tool", "tool_call_id": "t2", "content": "The result follows in the next message."},
        {"role": "tool", "tool_call_id": "t3", "content": "add"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Returned by the tool call t1:"},
                part,
                {"type": "text", "text": "Returned by the tool call t2:"},
                part,
                {"type": "text", "text": "And?"},
            ],
        },
    ]
    assert warnings == [
        "emulated messages[0].content[0].content",
        "emulated messages[0].content[1].content",
        "emulated messages[0].content[2].content[0]",
    ]


def test_marked_text_of_a_tool_stays_in_parts() -> None:
    text = {"type": "text", "text": "long", "cache_control": MARKER}
    messages, _ = said([{"type": "tool_result", "tool_use_id": "t", "content": [text]}])
    assert messages == [{"role": "tool", "tool_call_id": "t", "content": [text]}]


def test_values_of_an_answer_are_taken_as_turns() -> None:
    content = [TextBlock(text="Let me see."), ToolUseBlock(id="t", name="now")]
    messages, warnings = said(content, "assistant")
    call = {"id": "t", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    assert messages == [{"role": "assistant", "content": "Let me see.", "tool_calls": [call]}]
    assert warnings == []


def test_any_mapping_is_taken_as_a_turn() -> None:
    body, _ = ask([MappingProxyType({"role": "user", "content": "Hello"})])
    assert body["messages"] == HELLO


def test_calls_alone_have_no_text_and_a_broken_input_stays_as_it_was_written() -> None:
    block = {"type": "tool_use", "id": "t", "name": "now", "input": {}, "partial_json": '{"a": '}
    messages, _ = said([block], "assistant")
    assert messages[0]["content"] is None
    assert messages[0]["tool_calls"][0]["function"]["arguments"] == '{"a": '
    assert said("Fine", "assistant")[0] == [{"role": "assistant", "content": "Fine"}]
    assert said([], "assistant")[0] == [{"role": "assistant", "content": ""}]


def test_what_another_vendors_own_tools_did_is_dropped() -> None:
    blocks = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
        {"type": "text", "text": "Found", "citations": [{"type": "char_location"}]},
    ]
    messages, warnings = said(blocks, "assistant")
    assert messages == [{"role": "assistant", "content": "Found"}]
    assert warnings == [
        "dropped messages[0].content[0]",
        "dropped messages[0].content[1]",
        "dropped messages[0].content[2].citations",
    ]


def test_the_callers_values_are_not_changed() -> None:
    turns = [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": True}]}]
    before = str(turns)
    ask(turns, cache_control=MARKER)
    assert str(turns) == before


@pytest.mark.parametrize(
    ("messages", "path"),
    [
        ("Hello", "messages"),
        ([1], "messages[0]"),
        ([{"role": "robot", "content": "x"}], "messages[0].role"),
        ([{"role": "user", "content": 5}], "messages[0].content"),
        ([{"role": "user", "content": ["x"]}], "messages[0].content[0]"),
        ([{"role": "user", "content": [{"type": "video"}]}], "messages[0].content[0].type"),
        ([{"role": "user", "content": [{"text": "x"}]}], "messages[0].content[0].type"),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text"),
        ([{"role": "user", "content": [{"type": "image"}]}], "messages[0].content[0].source"),
        (
            [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": 1}}]}],
            "messages[0].content[0].source.url",
        ),
        (
            [{"role": "user", "content": [{"type": "image", "source": {"type": "disk"}}]}],
            "messages[0].content[0].source.type",
        ),
        (
            [{"role": "user", "content": [{"type": "document", "source": {"type": "disk"}}]}],
            "messages[0].content[0].source.type",
        ),
        ([{"role": "user", "content": [{"type": "tool_result"}]}], "messages[0].content[0].tool_use_id"),
        ([{"role": "assistant", "content": [{"type": "tool_use"}]}], "messages[0].content[0].name"),
        ([{"role": "assistant", "content": [{"type": "poem"}]}], "messages[0].content[0].type"),
    ],
)
def test_a_malformed_message_is_named_by_its_path(messages: JSON, path: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        ask(messages)
    assert caught.value.param == path
    assert path.rpartition(".")[0] in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value", "path"),
    [
        ("tools", [{"description": "nameless"}], "tools[0].name"),
        ("tool_choice", {"type": "maybe"}, "tool_choice.type"),
        ("thinking", {"type": "maybe"}, "thinking.type"),
        ("thinking", 5, "thinking"),
    ],
)
def test_a_malformed_setting_is_named(option: str, value: JSON, path: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        ask(**{option: value})
    assert caught.value.param == path
