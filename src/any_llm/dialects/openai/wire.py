"""Where OpenAI-compatible answers differ from OpenAI's, and how they are read all the same."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.types.completion import (
    ChatCompletionMessage,
    ChoiceDelta,
    CompletionTokensDetails,
    CompletionUsage,
    PromptTokensDetails,
    Reasoning,
)
from any_llm.types.json import JSON, JSONObject, is_list, is_object

FINISH_REASONS: Mapping[str, str] = {
    "eos": "stop",
    "end_turn": "stop",
    "max_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "sensitive": "content_filter",
}
"""Vendors' own finish reasons, in OpenAI's words."""

REASONING_FIELDS = ("reasoning_content", "thinking", "think", "chain_of_thought")
"""Where compatible vendors put what the model thought, besides `reasoning`."""

_CACHED_TOKENS = ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cache_read_input_tokens")


def settle_message(message: ChatCompletionMessage | ChoiceDelta) -> None:
    """Bring a message, or a piece of one, into the shape that OpenAI's own answers have."""
    if message.reasoning is None and message.reasoning_content:
        message.reasoning = Reasoning(message.reasoning_content)
    called = message.function_call
    if called is not None and not (called.name or called.arguments):
        # Snowflake sends the parts that an answer does not have, empty.
        message.function_call = None
    content: JSON = message.content
    if content is not None and not isinstance(content, str):
        text, thought = _split_parts(content)
        message.content = text
        message.extra_content = {**(message.extra_content or {}), "content": content}
        if thought is not None:
            message.reasoning = Reasoning(thought)
    if isinstance(message, ChatCompletionMessage):
        for call in message.tool_calls or ():
            call.function.arguments = as_text(call.function.arguments)
            if call.custom is not None and not call.custom.get("name"):
                call.custom = None


def settle_details(message: ChatCompletionMessage | ChoiceDelta) -> None:
    """Take what was thought from `reasoning_details` where it stands nowhere else, as in Snowflake's streams."""
    details: JSON = None if message.reasoning else message.model_extra.get("reasoning_details")
    if not is_list(details):
        return
    pieces = [piece.get("text") or piece.get("summary") for piece in details if is_object(piece)]
    thought = "".join(piece for piece in pieces if isinstance(piece, str))
    if thought:
        message.reasoning = Reasoning(thought)


def unsaid_finish(*, calling: bool) -> str:
    """Return why a complete answer ended whose vendor does not say why."""
    return "tool_calls" if calling else "stop"


def settle_finish(reason: str | None) -> str | None:
    """Return a finish reason in OpenAI's words; an unknown one is kept."""
    return FINISH_REASONS.get(reason, reason) if reason else None


def settle_usage(usage: CompletionUsage, raw: bytes) -> None:
    """Bring the token counts that vendors put elsewhere into OpenAI's places.

    `raw` is the JSON that the usage stands in; its other members are looked at only when one of these names is there.
    """
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    cached = prompt is not None and prompt.cached_tokens is not None
    thinking = completion is not None and completion.reasoning_tokens is not None
    place = max(raw.rfind(b'"usage"'), 0)
    # Whether some count stands outside OpenAI's places is told without parsing the JSON again.
    if raw.count(b"cache", place) <= cached and raw.count(b'"reasoning_tokens"', place) <= thinking:
        return
    extra: JSONObject = usage.model_extra
    details = usage.prompt_tokens_details
    told = [extra[name] for name in _CACHED_TOKENS if isinstance(extra.get(name), int)]
    if told:
        details = usage.prompt_tokens_details = details or PromptTokensDetails()
        details.cached_tokens = max(*told, details.cached_tokens or 0)
    written = extra.get("cache_creation_input_tokens")
    if isinstance(written, int):
        details = usage.prompt_tokens_details = details or PromptTokensDetails()
        details.cache_write_tokens = max(written, details.cache_write_tokens or 0)
    thought = extra.get("reasoning_tokens")
    if isinstance(thought, int) and usage.completion_tokens_details is None:
        usage.completion_tokens_details = CompletionTokensDetails(reasoning_tokens=thought)


def as_text(value: JSON) -> str:
    """Return tool arguments as the JSON text they should be; some vendors send the object itself, or null."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode() if value is not None else ""


def _split_parts(content: JSON) -> tuple[str | None, str | None]:
    """Split a content given as parts (as Mistral does) into text and thought; any other object becomes JSON text.

    Parts that are neither stay with the others in `extra_content["content"]`.

    https://docs.mistral.ai/capabilities/reasoning
    """
    if not is_list(content):
        return as_text(content), None
    texts: list[str] = []
    thoughts: list[str] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif is_object(part) and part.get("type") == "thinking":
            thoughts.append(_thought(part.get("thinking")))
        elif is_object(part) and isinstance(part.get("text"), str):
            texts.append(part["text"])
    return "".join(texts) if texts else None, "".join(thoughts) if thoughts else None


def _thought(thinking: JSON) -> str:
    if not is_list(thinking):
        return thinking if isinstance(thinking, str) else ""
    return "".join(str(piece.get("text") or "") for piece in thinking if is_object(piece))
