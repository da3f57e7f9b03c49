"""Named deviations of single providers from OpenAI's format. A provider's record lists the names that apply to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from any_llm.dialects.openai.chat_format import json_object_only, no_response_format
from any_llm.dialects.openai.chat_messages import member
from any_llm.dialects.openai.places import is_agent
from any_llm.types.call_ids import CallIds
from any_llm.types.json import JSON, JSONObject, is_mapping, is_sequence
from any_llm.types.report import Warning as CallWarning

RequestQuirk: TypeAlias = Callable[[JSONObject, Sequence[JSON]], list[CallWarning]]
"""Changes a request body in place; it is told the messages as the caller gave them."""

_NINE = CallIds(re.compile(r"[A-Za-z0-9]{9}"), "", 9)
_FORTY = CallIds(re.compile(r"[\s\S]{1,40}"))


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
        if extra := _google(message):
            again["extra_content"] = extra
        calls: Sequence[JSON] = member(message, "tool_calls") or ()
        extras = [_google(call) for call in calls]
        if any(extras):
            sent = body["messages"][index]["tool_calls"]
            again["tool_calls"] = [
                {**call, "extra_content": extra} if extra else call for call, extra in zip(sent, extras, strict=True)
            ]
        if again:
            body["messages"][index] = {**body["messages"][index], **again}
    return []


def _google(holder: JSON) -> JSONObject | None:
    """Return what `extra_content` has from Google; what it has from others, they alone can read."""
    extra = member(holder, "extra_content")
    return {"google": extra["google"]} if is_mapping(extra) and extra.get("google") else None


def replay_details(_body: JSONObject, _messages: Sequence[JSON]) -> list[CallWarning]:
    """Leave `reasoning_details` in answers that are sent back; from those to other providers they are taken.

    https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning
    """
    return []


def short_call_ids(body: JSONObject, _messages: Sequence[JSON]) -> list[CallWarning]:
    """Send ids of calls as the nine letters and digits that Mistral takes.

    https://docs.mistral.ai/capabilities/function_calling
    """
    return _fit_calls(body, _NINE)


def call_ids_of_40(body: JSONObject, _messages: Sequence[JSON]) -> list[CallWarning]:
    """Send ids of calls with at most 40 characters, as OpenAI's Chat Completions API takes them."""
    return _fit_calls(body, _FORTY)


def _fit_calls(body: JSONObject, ids: CallIds) -> list[CallWarning]:
    """Bring the ids of calls and of their results into a form, in copies of the messages that have others."""
    for index, message in enumerate(body["messages"]):
        again: JSONObject = {}
        answered = member(message, "tool_call_id")
        if isinstance(answered, str) and ids.fit(answered) != answered:
            again["tool_call_id"] = ids.fit(answered)
        calls: JSON = member(message, "tool_calls")
        if is_sequence(calls) and any(isinstance(member(call, "id"), str) for call in calls):
            again["tool_calls"] = [
                {**call, "id": ids.fit(call["id"])} if isinstance(member(call, "id"), str) else call for call in calls
            ]
        if again:
            body["messages"][index] = {**message, **again}
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


OF_ANSWERS = frozenset({
    "call_ids_of_40", "replay_details", "replay_extra_content", "replay_parts", "replay_reasoning", "short_call_ids",
})  # fmt: skip
"""Quirks that change answers which are sent back, and nothing where there are none."""

REQUEST_QUIRKS: Mapping[str, RequestQuirk] = {
    "agents": agents,
    "call_ids_of_40": call_ids_of_40,
    "replay_details": replay_details,
    "replay_reasoning": replay_reasoning,
    "replay_extra_content": replay_extra_content,
    "replay_parts": replay_parts,
    "reasoning_object": reasoning_object,
    "short_call_ids": short_call_ids,
    "json_object_only": json_object_only,
    "no_response_format": no_response_format,
}
"""Quirks of requests by the name that a provider's record uses."""
