"""What the operations of Cohere's format share: paths, its words for how an answer ended, token counts, citations."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.cohere.errors import error_from
from any_llm.exceptions import AnyLLMError, MalformedResponseError, ProviderError
from any_llm.schemas.shapes import is_list, is_object
from any_llm.spec.dialect import Target
from any_llm.types.completion import ChoiceLogprobs, CompletionTokensDetails, CompletionUsage, PromptTokensDetails
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject

VENDOR = "cohere"
"""Under which name `extra_content` keeps what only this format knows."""

FINISH_REASONS: Mapping[str, str] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    # The generation took longer than it may: what is there is cut off.
    "TIMEOUT": "length",
}
"""Cohere's finish reasons in OpenAI's words: https://docs.cohere.com/reference/chat."""

FAILED = "ERROR"
"""The finish reason of an answer that broke off."""

_SAID_IN_FULL = frozenset({"COMPLETE", "MAX_TOKENS", "TOOL_CALL"})
_COUNTED = frozenset({"tokens", "cached_tokens"})


def path(target: Target, route: str, version: str = "v2") -> str:
    """Return the path of a route below the base URL, which may already end in a version of the API."""
    return route if target.base_url.endswith(("/v1", "/v2")) else f"/{version}{route}"


def speaks_v1(target: Target) -> bool:
    """Say whether the first version of the API is spoken, in which the base URL ends then."""
    return target.base_url.endswith("/v1")


def read_answer(response: HttpResponse, wanted: str) -> JSONObject:
    """Return the JSON of a whole answer, which must have the member `wanted`, an object or a list.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is something else.
    """
    tree = msgspec.json.decode(response.body)
    answer: JSONObject = tree if is_object(tree) else {}
    held: JSON = answer.get(wanted)
    if is_object(held) or is_list(held):
        return answer
    if isinstance(answer.get("message"), str):
        raise error_from(answer, response.status)
    raise MalformedResponseError(
        f"an answer without {wanted!r}: it has {sorted(answer) or 'nothing'}", status_code=response.status
    )


def text_of(held: Mapping[str, JSON], name: str) -> str:
    """Return a member that is a text, empty where there is none.

    Raises:
        MalformedResponseError: it is something else.
    """
    text = held.get(name)
    if text is not None and not isinstance(text, str):
        raise MalformedResponseError(f"{name!r} of the answer is {text!r:.100}, not a text")
    return text or ""


def finish_reason(reason: JSON, *, calling: bool) -> str:
    """Return a finish reason in OpenAI's words; an unknown one is kept."""
    if isinstance(reason, str) and reason:
        return FINISH_REASONS.get(reason, reason)
    return "tool_calls" if calling else "stop"


def failure_of(reason: JSON, explanation: JSON) -> AnyLLMError | None:
    """Return the error of an answer that broke off, `None` for one that did not."""
    if reason != FAILED:
        return None
    said = f": {explanation}" if explanation else ""
    return ProviderError(f"the model broke off its answer{said}", code=FAILED)


def vendor_extra(plan: str, reason: JSON) -> JSONObject | None:
    """Return the `extra_content` that keeps the plan, for a later turn, and a reason that says more than OpenAI's."""
    kept: JSONObject = {}
    if plan:
        kept["tool_plan"] = plan
    if reason and reason not in _SAID_IN_FULL:
        kept["finish_reason"] = reason
    return {VENDOR: kept} if kept else None


def completion_usage(usage: JSON) -> CompletionUsage | None:
    """Return token counts in OpenAI's shape; what is billed, and whatever else Cohere counts, stays readable on them.

    The whole input counts as prompt, so the tokens of images, which Cohere counts apart from those of text, are added.
    """
    if not is_object(usage):
        return None
    billed: JSON = usage.get("billed_units") or {}
    tokens: JSON = usage.get("tokens") or billed
    images, cached = _count(tokens, "image_tokens"), _count(usage, "cached_tokens")
    prompt = (_count(tokens, "input_tokens") or 0) + (images or 0)
    output = _count(tokens, "output_tokens") or 0
    counted = CompletionUsage(prompt_tokens=prompt, completion_tokens=output, total_tokens=prompt + output)
    if cached is not None or images is not None:
        counted.prompt_tokens_details = PromptTokensDetails(cached_tokens=cached, image_tokens=images)
    reasoning = _count(tokens, "reasoning_tokens")
    if reasoning is not None:
        counted.completion_tokens_details = CompletionTokensDetails(reasoning_tokens=reasoning)
    vars(counted).update({name: value for name, value in usage.items() if name not in _COUNTED})
    return counted


def _count(tokens: Mapping[str, JSON], name: str) -> int | None:
    """Return a count, which the API's schema allows to be a float; `None` for what was not counted."""
    counted = tokens.get(name)
    return None if counted is None else int(counted)


def annotation(citation: JSON) -> JSONObject:
    """Return a citation as an annotation, in its own words."""
    return {"type": "citation", "citation": citation}


def choice_logprobs(items: JSON) -> ChoiceLogprobs | None:
    """Return log probabilities in OpenAI's shape: one item for each piece of text that Cohere tells them of."""
    if not is_list(items) or not items:
        return None
    return ChoiceLogprobs(content=[_logprob(item) for item in items])


def _logprob(item: JSONObject) -> JSONObject:
    text = str(item.get("text") or "")
    return {
        "token": text,
        "logprob": sum(item.get("logprobs") or ()),
        "bytes": list(text.encode()),
        "top_logprobs": [],
        "token_ids": item.get("token_ids"),
    }
