"""A call and its answer as the attributes of the conventions, without anything that somebody said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import urlsplit

from any_llm.exceptions import AnyLLMError
from any_llm.telemetry import conventions as names
from any_llm.types.http import is_number
from any_llm.types.json import JSON, is_list, is_mapping, is_tuple

Scalar: TypeAlias = str | int | float | bool
Attributes: TypeAlias = dict[str, Scalar | tuple[str, ...]]
"""What a span is told: the values that OpenTelemetry takes."""

_PORTS: Mapping[str, int] = {"https": 443, "http": 80}
_CAPS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_STOPS = ("stop", "stop_sequences")
_TYPES: Mapping[str, str] = {"text": "text", "json_object": "json", "json_schema": "json"}
_FINISHED: Mapping[str, str] = {
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
    "function_call": "tool_call",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "completed": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "refusal": "content_filter",
    "failed": "error",
    "in_progress": "error",
    "queued": "error",
}
"""The conventions' words for why an answer ended."""

_WHOLE = frozenset({"top_k", "seed"})
"""Numbers that the conventions want as whole ones."""


@lru_cache(maxsize=1_024)
def server_of(base_url: str) -> tuple[str, int] | None:
    """Return the host and port of a URL; `None` where it names none, as the local model's does."""
    try:
        place = urlsplit(base_url)
        port = place.port or _PORTS.get(place.scheme)
    except ValueError:
        return None
    return (place.hostname, port) if place.hostname and port else None


def server_attributes(base_url: str) -> dict[str, Scalar]:
    """Return where a URL is; nothing where it names no host."""
    server = server_of(base_url)
    return {} if server is None else {names.SERVER_ADDRESS: server[0], names.SERVER_PORT: server[1]}


@lru_cache(maxsize=4_096)
def identity(operation: str, provider: str, model: str, base_url: str, *, earlier: bool) -> Mapping[str, Scalar]:
    """Return what is the same for all calls of an operation to a target, and what samplers want to know first.

    `provider` is the conventions' name; `earlier` adds the names of before.
    """
    known: dict[str, Scalar] = {
        names.OPERATION: names.OPERATIONS.get(operation, str(operation)),
        names.PROVIDER: provider,
    }
    if model:
        known[names.REQUEST_MODEL] = model
    known |= server_attributes(base_url)
    if earlier:
        known[names.EARLIER[names.PROVIDER]] = provider
    return MappingProxyType(known)


@lru_cache(maxsize=4_096)
def span_name(operation: str, model: str) -> str:
    """Return the name of a span: the conventions' operation, and the model."""
    called = names.OPERATIONS.get(operation, operation)
    return f"{called} {model}" if model else called


def request_attributes(operation: str, options: Mapping[str, JSON]) -> Attributes:
    """Return what a call asks for, as far as the conventions have a word for it."""
    found: Attributes = {}
    for name in options.keys() & _READERS.keys():
        value: JSON = options[name]
        if value is not None:
            _READERS[name](found, value)
    place = names.PLACES.get(operation)
    if place is not None:
        found[names.OUTPUT_TYPE] = place
    return found


def _number(name: str, attribute: str) -> Callable[[Attributes, JSON], None]:
    whole = name in _WHOLE

    def read(found: Attributes, value: JSON) -> None:
        if is_number(value):
            found[attribute] = int(value) if whole else float(value)

    return read


def _read_cap(found: Attributes, value: JSON) -> None:
    if isinstance(value, int):
        found[names.REQUEST_MAX_TOKENS] = value


def _read_stop(found: Attributes, value: JSON) -> None:
    found[names.REQUEST_STOP] = (value,) if isinstance(value, str) else tuple(map(str, value))


def _read_stream(found: Attributes, value: JSON) -> None:
    if value:
        found[names.REQUEST_STREAM] = True


def _read_choices(found: Attributes, value: JSON) -> None:
    if isinstance(value, int) and value != 1:
        found[names.REQUEST_CHOICES] = value


def _read_format(found: Attributes, value: JSON) -> None:
    kind: JSON = value.get("type") if is_mapping(value) else value
    # A Python type asks for JSON.
    found[names.OUTPUT_TYPE] = _TYPES.get(kind, "json") if isinstance(kind, str) else "json"


def _read_text(found: Attributes, value: JSON) -> None:
    if is_mapping(value) and value.get("format") is not None:
        _read_format(found, value["format"])


def _read_encoding(found: Attributes, value: JSON) -> None:
    found[names.REQUEST_ENCODINGS] = (str(value),)


def _read_dimensions(found: Attributes, value: JSON) -> None:
    if isinstance(value, int):
        found[names.DIMENSIONS] = value


def _read_reasoning(found: Attributes, value: JSON) -> None:
    level: JSON = value.get("effort") if is_mapping(value) else value
    if isinstance(level, str):
        found[names.REQUEST_REASONING] = level


def _read_conversation(found: Attributes, value: JSON) -> None:
    identifier: JSON = value.get("id") if is_mapping(value) else value
    if isinstance(identifier, str) and identifier:
        found[names.CONVERSATION] = identifier


def _read_previous(found: Attributes, value: JSON) -> None:
    found[names.REQUEST_PREVIOUS] = str(value)


_READERS: Mapping[str, Callable[[Attributes, JSON], None]] = {
    **{name: _number(name, attribute) for name, attribute in names.REQUEST_NUMBERS.items()},
    **dict.fromkeys(_CAPS, _read_cap),
    **dict.fromkeys(_STOPS, _read_stop),
    "stream": _read_stream,
    "n": _read_choices,
    "response_format": _read_format,
    "output_format": _read_format,
    "text": _read_text,
    "encoding_format": _read_encoding,
    "dimensions": _read_dimensions,
    "reasoning_effort": _read_reasoning,
    "reasoning": _read_reasoning,
    "conversation": _read_conversation,
    "session_label": _read_conversation,
    "previous_response_id": _read_previous,
}
"""How each parameter is read."""


def answer_attributes(answer: JSON, *, broken: bool = False) -> Attributes:
    """Return what an answer says of itself: its id, its model and why it ended.

    `broken` says that it did not come to its end.
    """
    found: Attributes = {}
    identifier, model = getattr(answer, "id", None), getattr(answer, "model", None)
    if isinstance(identifier, str) and identifier:
        found[names.RESPONSE_ID] = identifier
    if isinstance(model, str) and model:
        found[names.RESPONSE_MODEL] = model
    reasons = finish_reasons(answer, broken=broken)
    if reasons:
        found[names.RESPONSE_FINISH] = reasons
    return found


def finish_reasons(answer: JSON, *, broken: bool = False) -> tuple[str, ...]:
    """Return why each choice of an answer ended, in the conventions' words, or its API's where they have none.

    Of a `broken` one, those that have no reason ended with an `error`.
    """
    if answer is None:
        return ()
    choices: JSON = getattr(answer, "choices", None)
    if is_list(choices) or is_tuple(choices):
        found: list[JSON] = [getattr(each, "finish_reason", None) for each in choices]
    else:
        found = [_reason_of(answer)]
    if broken and not found:
        # Not one choice has come.
        found = [None]
    reasons = (reason or ("error" if broken else None) for reason in found)
    return tuple(_FINISHED.get(str(reason), str(reason)) for reason in reasons if reason)


def openai_attributes(operation: str, options: Mapping[str, JSON], answer: object) -> Attributes:
    """Return what the conventions have for OpenAI alone: which of its APIs it was, and how it was served."""
    asked: JSON = options.get("service_tier")
    said = {
        names.OPENAI_API: names.OPENAI_APIS.get(operation),
        names.OPENAI_REQUEST_TIER: None if asked == "auto" else asked,
        names.OPENAI_RESPONSE_TIER: getattr(answer, "service_tier", None),
        names.OPENAI_FINGERPRINT: getattr(answer, "system_fingerprint", None),
    }
    return {name: value for name, value in said.items() if isinstance(value, str) and value}


def failure_of(error: BaseException | None, kind: str) -> str:
    """Return what is told of a failure without what anybody said, which an error's own text may quote.

    `kind` is its `error.type`.
    """
    known = error if isinstance(error, AnyLLMError) else None
    facts = (kind, known and known.status_code and f"HTTP {known.status_code}", known and known.code)
    return ", ".join(fact for fact in facts if fact)


def _reason_of(answer: JSON) -> JSON:
    """Return why an answer without choices ended: Messages say it, Responses by their state."""
    status: JSON = getattr(answer, "status", None)
    if not isinstance(status, str):
        return getattr(answer, "stop_reason", None)
    details: JSON = getattr(answer, "incomplete_details", None)
    cause: JSON = details.get("reason") if is_mapping(details) else getattr(details, "reason", None)
    return cause or status
