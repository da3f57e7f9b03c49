"""What the operations of Gemini's format share: its words for how an answer ended, token counts.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from any_llm.schemas.shapes import is_list, is_mapping, is_object
from any_llm.types.completion import CompletionTokensDetails, CompletionUsage, PromptTokensDetails
from any_llm.types.json import JSON, JSONObject

VENDOR = "google"
"""Under which name `extra_content` keeps what only this format knows, as Google's own OpenAI-compatible API does."""

MADE_ID = "gemini-call-"
"""How the ids of calls begin that the vendor left without one; these are not sent back to it."""

FINISH_REASONS: Mapping[str, str] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "ESCALATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "PUP_LIMITED_DISABLED": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
}
"""Gemini's finish reasons in OpenAI's words; those of failures (`MALFORMED_FUNCTION_CALL`, `OTHER`, …) have none there.

https://ai.google.dev/api/generate-content#FinishReason
"""

_NUMBERED = ("FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER")
"""Finish reasons by their numbers, which proxies send that were told to (`$alt=json;enum-encoding=int`)."""

_COUNTED = frozenset(
    {"promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount", "cachedContentTokenCount"}
)


def camel(name: str) -> str:
    """Return a name of Python's (`top_k`) in the vendor's spelling (`topK`)."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def members(value: JSON) -> JSONObject:
    """Return an object, an empty one for whatever is none."""
    return value if is_object(value) else {}


def entries(value: JSON) -> list[JSON]:
    """Return a list, an empty one for whatever is none."""
    return value if is_list(value) else []


def text_of(value: JSON) -> str:
    """Return a text, an empty one for whatever is none."""
    return value if isinstance(value, str) else ""


def plain(value: JSON) -> JSON:
    """Return a value, ours or of another library, as plain dictionaries and lists; what is plain is not copied."""
    if is_object(value):
        return value
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(exclude_none=True)
    return dict(value) if is_mapping(value) else value


def reason_name(reason: JSON) -> str | None:
    """Return the vendor's word for how an answer ended, `None` as long as it did not say."""
    if isinstance(reason, int) and 0 <= reason < len(_NUMBERED):
        reason = _NUMBERED[reason]
    return None if reason in (None, "", "FINISH_REASON_UNSPECIFIED") else str(reason)


def finish_reason(reason: str | None, *, calling: bool) -> str:
    """Return how an answer ended in OpenAI's words; an unknown one is kept, one that was not said is made out."""
    word = "stop" if reason is None else FINISH_REASONS.get(reason, reason)
    return "tool_calls" if calling and word == "stop" else word


def amount(value: JSON) -> int:
    """Return a whole number, which JSON of protocol buffers writes as text where it is of 64 bits; else 0.

    https://protobuf.dev/programming-guides/json/
    """
    if isinstance(value, str):
        return int(value) if value.isdigit() else 0
    return value if isinstance(value, int) else 0


def seconds(date: JSON) -> int:
    """Return an RFC 3339 date as seconds since 1970, 0 for what is none."""
    try:
        return int(datetime.fromisoformat(date).timestamp())
    except (TypeError, ValueError):
        return 0


def completion_usage(usage: Mapping[str, JSON]) -> CompletionUsage:
    """Return token counts in OpenAI's shape; what the vendor counts beyond it keeps the vendor's names.

    The results of hosted tools, which the model reads, count as prompt; what was thought counts as completion.

    https://ai.google.dev/api/generate-content#UsageMetadata
    """
    thought = _count(usage, "thoughtsTokenCount")
    prompt = _count(usage, "promptTokenCount") + _count(usage, "toolUsePromptTokenCount")
    completion = _count(usage, "candidatesTokenCount") + thought
    counted = CompletionUsage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=_count(usage, "totalTokenCount") or prompt + completion,
    )
    cached = usage.get("cachedContentTokenCount")
    heard = _modality(usage, "promptTokensDetails", "AUDIO")
    if cached is not None or heard is not None:
        counted.prompt_tokens_details = PromptTokensDetails(cached_tokens=cached, audio_tokens=heard)
    spoken = _modality(usage, "candidatesTokensDetails", "AUDIO")
    drawn = _modality(usage, "candidatesTokensDetails", "IMAGE")
    if usage.get("thoughtsTokenCount") is not None or spoken is not None or drawn is not None:
        counted.completion_tokens_details = CompletionTokensDetails(
            reasoning_tokens=thought, audio_tokens=spoken, image_tokens=drawn
        )
    for name in usage.keys() - _COUNTED:
        setattr(counted, name, usage[name])
    return counted


def _count(usage: Mapping[str, JSON], name: str) -> int:
    count = usage.get(name)
    return count if isinstance(count, int) else 0


def _modality(usage: Mapping[str, JSON], name: str, modality: str) -> int | None:
    counts = [_count(members(entry), "tokenCount") for entry in entries(usage.get(name)) if _is_of(entry, modality)]
    return sum(counts) if counts else None


def _is_of(entry: JSON, modality: str) -> bool:
    return members(entry).get("modality") == modality
