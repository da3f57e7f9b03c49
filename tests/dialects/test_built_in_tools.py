"""Tools that vendors run themselves, said one way to all of them."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest

from any_llm.bridges.response_request import translate_request
from any_llm.dialects.anthropic import DIALECT as ANTHROPIC
from any_llm.dialects.bedrock import DIALECT as BEDROCK
from any_llm.dialects.cohere import DIALECT as COHERE
from any_llm.dialects.gemini import DIALECT as GEMINI
from any_llm.dialects.ollama import DIALECT as OLLAMA
from any_llm.dialects.openai import DIALECT as OPENAI
from any_llm.providers.registry import provider
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON, JSONObject

DIALECTS = {dialect.name: dialect for dialect in (ANTHROPIC, BEDROCK, COHERE, GEMINI, OLLAMA, OPENAI)}
HELLO = {"role": "user", "content": "What is new?"}
PLACE = {"type": "approximate", "city": "Paris"}
SEARCH = {"type": "web_search", "filters": {"allowed_domains": ["a.org"]}, "user_location": PLACE}
CODE = {"type": "code_interpreter", "container": {"type": "auto"}}


def encode(name: str, model: str, *tools: JSON, **options: JSON) -> Encoded:
    record = provider(name)
    target = Target(provider=record, model=model, base_url="https://vendor.invalid")
    codec = DIALECTS[record.dialect].operations[Operation.COMPLETION]
    return codec.encode(target, {"messages": [HELLO], "tools": list(tools), **options})


def body_of(encoded: Encoded) -> JSONObject:
    return cast("JSONObject", msgspec.json.decode(encoded.body))


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    return [(one.kind, one.parameter) for one in encoded.warnings if "tools" in one.parameter]


@pytest.mark.parametrize(
    ("name", "model", "tools"),
    [
        (
            "anthropic",
            "claude-sonnet-4-5",
            [
                {"type": "web_search_20250305", "name": "web_search"},
                {"type": "code_execution_20250825", "name": "code_execution"},
                {"type": "web_fetch_20250910", "name": "web_fetch"},
            ],
        ),
        ("gemini", "gemini-3-pro-preview", [{"googleSearch": {}}, {"codeExecution": {}}, {"urlContext": {}}]),
    ],
)
def test_every_built_in_tool_is_said_in_the_vendors_words(name: str, model: str, tools: JSON) -> None:
    encoded = encode(name, model, {"type": "web_search"}, CODE, {"type": "web_fetch"})
    assert body_of(encoded)["tools"] == tools
    assert warned(encoded) == []


@pytest.mark.parametrize(
    ("name", "model", "tool", "said"),
    [
        ("groq", "openai/gpt-oss-20b", {"type": "web_search"}, {"type": "browser_search"}),
        ("groq", "openai/gpt-oss-20b", CODE, {"type": "code_interpreter"}),
        (
            "openrouter",
            "openai/gpt-5",
            {"type": "web_search", "search_context_size": "low", "max_uses": 1},
            {"type": "openrouter:web_search", "parameters": {"search_context_size": "low", "max_uses": 1}},
        ),
        ("openrouter", "openai/gpt-5", {"type": "web_fetch"}, {"type": "openrouter:web_fetch"}),
    ],
)
def test_who_speaks_openais_format_has_tools_of_its_own(name: str, model: str, tool: JSON, said: JSON) -> None:
    encoded = encode(name, model, tool)
    assert body_of(encoded)["tools"] == [said]
    assert warned(encoded) == []


def test_nova_has_its_tools_from_bedrock() -> None:
    encoded = encode("bedrock", "us.amazon.nova-2-lite-v1:0", SEARCH, CODE)
    named = [{"systemTool": {"name": "nova_grounding"}}, {"systemTool": {"name": "nova_code_interpreter"}}]
    assert body_of(encoded)["toolConfig"]["tools"] == named
    assert warned(encoded) == [("dropped", "tools[0].user_location"), ("dropped", "tools[0].allowed_domains")]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("cohere", "command-a-03-2025"),
        ("deepseek", "deepseek-chat"),
        ("mistral", "mistral-large-latest"),
        ("ollama", "qwen3:4b"),
    ],
)
def test_where_there_is_no_such_tool_it_is_dropped_with_a_warning(name: str, model: str) -> None:
    encoded = encode(name, model, {"type": "web_search"})
    assert "tools" not in body_of(encoded)
    assert warned(encoded) == [("dropped", "tools[0]")]


def test_settings_go_along_where_the_vendor_has_them() -> None:
    claude = encode("anthropic", "claude-sonnet-4-5", {**SEARCH, "max_uses": 3, "cache_control": {"type": "ephemeral"}})
    assert body_of(claude)["tools"] == [
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "allowed_domains": ["a.org"],
            "user_location": PLACE,
            "max_uses": 3,
            "cache_control": {"type": "ephemeral"},
        }
    ]
    gemini = encode("gemini", "gemini-3-pro-preview", {**SEARCH, "search_context_size": "low"})
    assert body_of(gemini)["tools"] == [{"googleSearch": {}}]
    assert len(warned(gemini)) == 3


def test_a_beta_is_asked_for_where_a_tool_is_one() -> None:
    encoded = encode("anthropic", "claude-sonnet-4-5", CODE, {"type": "web_search"}, betas=["mine"])
    assert encoded.headers["anthropic-beta"] == "mine,code-execution-2025-08-25"


def test_openais_search_models_take_options_instead_of_a_tool() -> None:
    encoded = encode("openai", "gpt-5-search-api", {"type": "web_search", "user_location": PLACE}, tool_choice="auto")
    body = body_of(encoded)
    assert "tools" not in body
    assert "tool_choice" not in body
    assert body["web_search_options"] == {"user_location": {"type": "approximate", "approximate": {"city": "Paris"}}}
    assert warned(encoded) == [("approximated", "tools[0]")]


@pytest.mark.parametrize(
    ("name", "model", "tool"),
    [
        ("anthropic", "claude-sonnet-4-5", {"type": "web_search_20260209", "name": "web_search"}),
        ("gemini", "gemini-3-pro-preview", {"googleSearch": {"timeRangeFilter": {}}}),
        ("openrouter", "openai/gpt-5", {"type": "openrouter:advisor"}),
        ("zai", "glm-4.6", {"type": "web_search", "web_search": {"enable": True}}),
    ],
)
def test_a_vendors_own_shape_is_sent_as_it_is(name: str, model: str, tool: JSON) -> None:
    encoded = encode(name, model, tool)
    assert body_of(encoded)["tools"] == [tool]
    assert "anthropic-beta" not in encoded.headers


def test_messages_has_the_same_words() -> None:
    target = Target(provider=provider("anthropic"), model="claude-sonnet-4-5", base_url="https://vendor.invalid")
    options = {"messages": [HELLO], "max_tokens": 9, "tools": [{"type": "web_search"}, {"type": "web_fetch"}]}
    encoded = ANTHROPIC.operations[Operation.MESSAGES].encode(target, options)
    assert [tool["type"] for tool in body_of(encoded)["tools"]] == ["web_search_20250305", "web_fetch_20250910"]
    assert encoded.headers["anthropic-beta"] == "web-fetch-2025-09-10"


def test_what_crosses_from_responses_keeps_its_built_in_tools() -> None:
    target = Target(provider=provider("gemini"), model="gemini-3-pro-preview", base_url="https://vendor.invalid")
    chat, _ = translate_request(target, {"input_data": "Hi", "tools": [SEARCH, {"type": "computer_use_preview"}]})
    assert chat["tools"] == [SEARCH]
