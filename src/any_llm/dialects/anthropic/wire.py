"""What the operations of Anthropic's format share: paths, headers, its words for how an answer ended, token counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import msgspec

from any_llm.dialects.anthropic.errors import error_from
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list, is_mapping, is_object
from any_llm.spec.dialect import Target
from any_llm.types.completion import (
    CacheCreationTokenDetails,
    CompletionTokensDetails,
    CompletionUsage,
    PromptTokensDetails,
)
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import MessageResponse, MessageUsage
from any_llm.types.value import Value, decode

V = TypeVar("V", bound=Value)

VENDOR = "anthropic"
"""Under which name `extra_content` keeps what only this format knows."""

VERSION = "2023-06-01"
"""The version of the API: https://platform.claude.com/docs/en/api/versioning."""

FILES_BETA = "files-api-2025-04-14"
"""The flag for naming uploaded files: https://platform.claude.com/docs/en/build-with-claude/files."""

STRUCTURED_OUTPUTS_BETA = "structured-outputs-2025-11-13"
"""The flag under which a schema stood in `output_format`; without it, it stands in `output_config.format`."""

FINISH_REASONS: Mapping[str, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""Anthropic's stop reasons in OpenAI's words: https://platform.claude.com/docs/en/api/handling-stop-reasons."""

_EXCERPT = 2_000
_KNOWN = frozenset(MessageResponse.__struct_fields__)


def path(target: Target, route: str) -> str:
    """Return the path of a route below the base URL, which may already end in the API's version."""
    return route if target.base_url.endswith("/v1") else f"/v1{route}"


def segment(name: JSON) -> str:
    """Return an id as a part of a path."""
    return quote(str(name), safe="")


def seconds(date: JSON) -> int | None:
    """Return an RFC 3339 date as seconds since 1970, `None` for what is none."""
    try:
        return int(datetime.fromisoformat(date).timestamp())
    except (OverflowError, TypeError, ValueError):
        return None


def read_object(response: HttpResponse, wanted: str) -> JSONObject:
    """Return the JSON object of a whole answer, which must have the member `wanted`.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is something else.
    """
    tree: JSON = msgspec.json.decode(response.body)
    if not is_object(tree) or wanted not in tree:
        if is_object(tree) and tree.get("error"):
            raise error_from(tree, response.status, response.headers)
        found = sorted(tree) if is_object(tree) else type(tree).__name__
        raise _malformed(f"an answer without {wanted!r}: it has {found or 'nothing'}", response)
    return tree


def headers(betas: JSON = None) -> dict[str, str]:
    """Return the headers that the API asks for; `betas` is a list of flags, or one text of them."""
    named = betas if isinstance(betas, str) else ",".join(dict.fromkeys(betas or ()))
    return {"anthropic-version": VERSION} | ({"anthropic-beta": named} if named else {})


def decode_answer(kind: type[V], response: HttpResponse, wanted: str) -> V:
    """Decode a whole answer, which must have the member `wanted`.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is something else.
    """
    try:
        value = decode(kind, response.body)
    except msgspec.DecodeError as error:
        raise _malformed(f"the answer is not a JSON object: {error}", response) from error
    if not getattr(value, wanted) and wanted not in value.model_fields_set:
        extra = value.model_extra
        if extra.get("error"):
            raise error_from(dict(extra), response.status, response.headers)
        raise _malformed(f"an answer without {wanted!r}: it has {sorted(extra) or 'nothing'}", response)
    return value


def beyond(response: HttpResponse) -> JSONObject:
    """Return the members of a whole answer that no reference knows; the others are not decoded."""
    told = msgspec.json.decode(response.body, type=dict[str, msgspec.Raw])
    return {name: msgspec.json.decode(value) for name, value in told.items() if name not in _KNOWN}


def _malformed(message: str, response: HttpResponse) -> MalformedResponseError:
    excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return MalformedResponseError(message, status_code=response.status, response_excerpt=excerpt)


def plain(value: JSON) -> JSON:
    """Return a value, ours or of another library, as plain dictionaries and lists; what is plain already is not copied.

    Parsed JSON comes back as it is; objects inside messages and their content become dictionaries without nulls.
    """
    if is_list(value):
        items = [plain(item) for item in value]
        return value if all(made is item for made, item in zip(items, value, strict=True)) else items
    if is_object(value):
        content: JSON = value.get("content")
        made = plain(content) if is_list(content) else content
        return value if made is content else {**value, "content": made}
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(exclude_none=True)
    return dict(value) if is_mapping(value) else value


def completion_usage(usage: MessageUsage) -> CompletionUsage:
    """Return token counts in OpenAI's shape, in which the whole input counts as prompt."""
    read, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    created = usage.cache_creation
    if written is None and created is not None:
        written = created.ephemeral_5m_input_tokens + created.ephemeral_1h_input_tokens
    prompt = usage.input_tokens + (read or 0) + (written or 0)
    counted = CompletionUsage(
        prompt_tokens=prompt, completion_tokens=usage.output_tokens, total_tokens=prompt + usage.output_tokens
    )
    if read is not None or written is not None:
        counted.prompt_tokens_details = PromptTokensDetails(cached_tokens=read, cache_write_tokens=written)
        if created is not None:
            counted.prompt_tokens_details.cache_creation_token_details = CacheCreationTokenDetails(
                ephemeral_5m_input_tokens=created.ephemeral_5m_input_tokens,
                ephemeral_1h_input_tokens=created.ephemeral_1h_input_tokens,
            )
    details = usage.output_tokens_details
    if details is not None:
        counted.completion_tokens_details = CompletionTokensDetails(reasoning_tokens=details.thinking_tokens)
    for name in ("cache_creation", "server_tool_use", "iterations", "inference_geo", "speed"):
        value = getattr(usage, name)
        if value is not None:
            setattr(counted, name, value)
    return counted


def named_facts(facts: Mapping[str, JSON]) -> JSONObject:
    """Return the members that say something."""
    return {name: value for name, value in facts.items() if value}
