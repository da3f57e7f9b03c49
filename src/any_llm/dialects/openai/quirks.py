"""Named deviations of single providers from OpenAI's format. A provider's record lists the names that apply to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from any_llm.dialects.openai.chat_format import json_object_only, no_response_format
from any_llm.dialects.openai.chat_messages import member
from any_llm.dialects.openai.places import is_agent
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.report import Warning as CallWarning

RequestQuirk: TypeAlias = Callable[[JSONObject, Sequence[JSON]], list[CallWarning]]
"""Changes a request body in place; it is told the messages as the caller gave them."""


def replay_reasoning(body: JSONObject, messages: Sequence[JSON]) -> list[CallWarning]:
    """Send back what the model thought before a tool call, without which DeepSeek and Moonshot answer 400.

    https://api-docs.deepseek.com/guides/thinking_mode
    """
    for index, message in enumerate(messages):
        thought, sent = member(message, "reasoning"), body["messages"][index]
        if thought and member(message, "tool_calls") and "reasoning_content" not in sent:
            body["messages"][index] = {**sent, "reasoning_content": str(thought)}
    return []


def replay_extra_content(body: JSONObject, messages: Sequence[JSON]) -> list[CallWarning]:
    """Send back `extra_content` of messages and tool calls, where Google's compatible API keeps thought signatures.

    https://ai.google.dev/gemini-api/docs/thought-signatures
    """
    for index, message in enumerate(messages):
        again: JSONObject = {}
        if extra := member(message, "extra_content"):
            again["extra_content"] = extra
        calls: Sequence[JSON] = member(message, "tool_calls") or ()
        extras = [member(call, "extra_content") for call in calls]
        if any(extras):
            sent = body["messages"][index]["tool_calls"]
            again["tool_calls"] = [
                {**call, "extra_content": extra} if extra else call for call, extra in zip(sent, extras, strict=True)
            ]
        if again:
            body["messages"][index] = {**body["messages"][index], **again}
    return []


def replay_parts(body: JSONObject, messages: Sequence[JSON]) -> list[CallWarning]:
    """Send back an answer's content as the parts it came in, thoughts included, as Mistral asks.

    https://docs.mistral.ai/capabilities/reasoning
    """
    for index, message in enumerate(messages):
        extra = member(message, "extra_content")
        if is_mapping(extra) and isinstance(extra.get("content"), list):
            body["messages"][index] = {**body["messages"][index], "content": extra["content"]}
    return []


def reasoning_object(body: JSONObject, _messages: Sequence[JSON]) -> list[CallWarning]:
    """Say `reasoning_effort` as `reasoning.effort`, as OpenRouter does.

    https://openrouter.ai/docs/use-cases/reasoning-tokens
    """
    effort = body.pop("reasoning_effort", None)
    if effort is not None and "reasoning" not in body:
        body["reasoning"] = {"enabled": False} if effort == "none" else {"effort": effort}
    return []


def agents(body: JSONObject, _messages: Sequence[JSON]) -> list[CallWarning]:
    """Ask an agent instead of a model, where the model is the id of one (`ag_…`), as Mistral's API does.

    https://docs.mistral.ai/api/endpoint/agents
    """
    if is_agent(body["model"]):
        body["agent_id"] = body.pop("model")
    return []


REQUEST_QUIRKS: Mapping[str, RequestQuirk] = {
    "agents": agents,
    "replay_reasoning": replay_reasoning,
    "replay_extra_content": replay_extra_content,
    "replay_parts": replay_parts,
    "reasoning_object": reasoning_object,
    "json_object_only": json_object_only,
    "no_response_format": no_response_format,
}
"""Quirks of requests by the name that a provider's record uses."""
