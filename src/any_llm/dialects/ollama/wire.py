"""What the operations of Ollama's format share: paths, its words for how an answer ended, counts, ids of calls."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec

from any_llm.dialects.ollama.errors import error_from
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list, is_object
from any_llm.spec.dialect import Target
from any_llm.types.completion import ChoiceLogprobs, CompletionUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject

VENDOR = "ollama"
"""Who owns the models of the list."""

FINISH_REASONS: Mapping[str, str] = {"stop": "stop", "length": "length", "load": "stop", "unload": "stop"}
"""Ollama's reasons in OpenAI's words; the last two end an answer to a chat without messages."""

DURATIONS = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
"""How long the parts of an answer took, in nanoseconds: https://docs.ollama.com/api/usage."""

_DIGITS = 24


def path(target: Target, route: str) -> str:
    """Return the path of a route below the base URL, which may already end in `/api`."""
    return route if target.base_url.endswith("/api") else f"/api{route}"


def read_answer(response: HttpResponse, wanted: str) -> JSONObject:
    """Return the JSON of a whole answer, which must have the member `wanted`: an object, a list or a text.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is something else.
    """
    tree = msgspec.json.decode(response.body)
    answer: JSONObject = tree if is_object(tree) else {}
    found: JSON = answer.get(wanted)
    if is_object(found) or is_list(found) or isinstance(found, str):
        return answer
    if answer.get("error"):
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
    """Return a reason in OpenAI's words, where one that stopped to call tools did not just stop; an unknown is kept."""
    word = FINISH_REASONS.get(reason, reason) if isinstance(reason, str) and reason else "stop"
    return "tool_calls" if calling and word == "stop" else word


def completion_usage(answer: Mapping[str, JSON]) -> CompletionUsage:
    """Return token counts in OpenAI's shape; the durations stay readable on them."""
    prompt, output = int(answer.get("prompt_eval_count") or 0), int(answer.get("eval_count") or 0)
    counted = CompletionUsage(prompt_tokens=prompt, completion_tokens=output, total_tokens=prompt + output)
    vars(counted).update(durations(answer))
    return counted


def durations(answer: Mapping[str, JSON]) -> JSONObject:
    """Return the durations that an answer tells."""
    return {name: answer[name] for name in DURATIONS if answer.get(name) is not None}


def choice_logprobs(items: JSON) -> ChoiceLogprobs | None:
    """Return log probabilities, which Ollama writes as OpenAI does."""
    return ChoiceLogprobs(content=items) if is_list(items) and items else None


def seconds(date: JSON) -> int:
    """Return an RFC 3339 date as seconds since 1970, 0 for what is none."""
    try:
        return int(datetime.fromisoformat(date).timestamp())
    except (OverflowError, TypeError, ValueError):
        return 0


def call_id(call: JSONObject, moment: JSON, number: int) -> str:
    """Return the id of a call; where the server gives none, one made of the call and the moment it was made.

    The same bytes give the same id, and calls in different answers have different ones.
    """
    given: JSON = call.get("id")
    if isinstance(given, str) and given:
        return given
    digest = hashlib.sha256(msgspec.json.encode([moment, number, call], order="deterministic"))
    return f"call_{digest.hexdigest()[:_DIGITS]}"
