"""What the operations of Bedrock's format share: paths, its words for how an answer ended, token counts."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from any_llm.dialects.bedrock.errors import error_from
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list, is_object
from any_llm.spec.dialect import Target
from any_llm.types.completion import CompletionUsage, PromptTokensDetails
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json

VENDOR = "bedrock"
"""Under which name `extra_content` keeps what only this format knows."""

FORM_TOOL = "any_llm_structured_output"
"""The tool whose input is the answer, for models that can be held to a schema in no other way."""

FINISH_REASONS: Mapping[str, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
"""Stop reasons in OpenAI's words; an unknown one is kept.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

_EXCERPT = 2_000


def path(target: Target, route: str) -> str:
    """Return the path of a model's route, in which the model's id or ARN is one segment."""
    return f"/model/{quote(target.model, safe='')}/{route}"


def decode_object(response: HttpResponse, *wanted: str) -> JSONObject:
    """Parse a whole answer, which must have one of the members `wanted`.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is something else.
    """
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError as error:
        raise _malformed(f"the answer is not JSON: {error}", response) from error
    if not is_object(tree):
        raise _malformed("the answer is not a JSON object", response)
    if all(tree.get(name) is None for name in wanted):
        problem: JSON = tree.get("Output", tree)
        kind: JSON = problem.get("__type") if is_object(problem) else None
        if isinstance(kind, str):
            raise error_from(kind.rpartition("#")[2], tree, response.status)
        raise _malformed(
            f"an answer without {' or '.join(map(repr, wanted[:3]))}: it has {sorted(tree) or 'nothing'}", response
        )
    return tree


def _malformed(message: str, response: HttpResponse) -> MalformedResponseError:
    excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return MalformedResponseError(message, status_code=response.status, response_excerpt=excerpt)


def member(value: JSON, name: str) -> JSONObject:
    """Return an object inside an object, empty where there is none."""
    inner: JSON = value.get(name) if is_object(value) else None
    return inner if is_object(inner) else {}


def members(value: JSON, name: str) -> list[JSONObject]:
    """Return the objects of a list inside an object."""
    inner: JSON = value.get(name) if is_object(value) else None
    return [item for item in inner if is_object(item)] if is_list(inner) else []


def text_of(value: JSON, name: str) -> str:
    """Return a text inside an object, empty where there is none."""
    inner: JSON = value.get(name) if is_object(value) else None
    return inner if isinstance(inner, str) else ""


def number_of(value: JSONObject, name: str) -> int | None:
    """Return a number inside an object."""
    inner: JSON = value.get(name)
    return int(inner) if isinstance(inner, int | float) else None


def completion_usage(usage: JSONObject) -> CompletionUsage:
    """Return token counts in OpenAI's shape, in which the whole input counts as prompt.

    Bedrock's `inputTokens` is what was neither read from the cache nor written to it.
    """
    read, written = _cached(usage, "cacheReadInputToken"), _cached(usage, "cacheWriteInputToken")
    prompt = (number_of(usage, "inputTokens") or 0) + (read or 0) + (written or 0)
    answer = number_of(usage, "outputTokens") or 0
    counted = CompletionUsage(prompt_tokens=prompt, completion_tokens=answer, total_tokens=prompt + answer)
    if read is not None or written is not None:
        counted.prompt_tokens_details = PromptTokensDetails(cached_tokens=read, cache_write_tokens=written)
    for name in ("cacheDetails", "serverToolUsage"):
        if usage.get(name):
            setattr(counted, name, usage[name])
    return counted


def _cached(usage: JSONObject, name: str) -> int | None:
    """Return a count of cached tokens: Converse's, or Nova's own, which is called otherwise."""
    count = number_of(usage, f"{name}s")
    return number_of(usage, f"{name}Count") if count is None else count
