"""From the arguments of a public function to a `Call`: what was said, checked, in the shape that codecs read."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from any_llm.client.addressing import take_addressed
from any_llm.client.policies import POLICIES, take_policies
from any_llm.engine.settings import Settings
from any_llm.exceptions import ConfigurationError, InvalidRequestError
from any_llm.pipeline.call import Call
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation
from any_llm.types.http import Timeouts, is_number
from any_llm.types.json import JSON, JSONObject, is_mapping

_HEX = 16
_LONGEST_ID = 128
_OF_THE_CALL = POLICIES | {"timeout", "extra_headers", "extra_query", "extra_body"}
"""Options that say how a call is made, and are none of its operation's."""


def said(**options: JSON) -> JSONObject:
    """Return the options that were said: those that are not `None`."""
    return {name: value for name, value in options.items() if value is not None}


def build_call(operation: Operation, target: Target, options: JSONObject, settings: Settings) -> Call:
    """Build the call of an operation; `options` is consumed.

    Raises:
        InvalidRequestError: the timeout is not a positive number, a header is not a text, options are addressed to
            nobody, or a policy is not what it must be.
    """
    addressed = take_addressed(options, settings.providers)
    request_id = f"{random.getrandbits(_HEX * 4):0{_HEX}x}"
    if settings.deadline is None and _OF_THE_CALL.isdisjoint(options):
        return Call(
            operation=operation,
            target=target,
            options=options,
            timeouts=settings.timeouts,
            headers=settings.headers,
            addressed=addressed,
            on_unsupported=settings.on_unsupported,
            request_id=request_id,
            caller=settings.caller,
        )
    timeout = options.pop("timeout", None)
    extra_headers = options.pop("extra_headers", None)
    policies = take_policies(options, settings, timeout)
    return Call(
        operation=operation,
        target=target,
        options=options,
        timeouts=settings.timeouts
        if timeout is None
        else _timeouts(settings.timeouts, timeout, stream=bool(options.get("stream"))),
        headers={**settings.headers, **_texts(extra_headers)} if extra_headers else settings.headers,
        query=options.pop("extra_query", None) or {},
        extra_body=options.pop("extra_body", None) or {},
        addressed=addressed,
        on_unsupported=settings.on_unsupported,
        request_id=_own_id(extra_headers) or request_id if extra_headers else request_id,
        deadline=policies.deadline,
        caller=policies.caller,
        overrides=policies.overrides,
    )


def _own_id(headers: Mapping[str, str]) -> str:
    """Return the caller's own id of the request, from the header `x-request-id`; empty where it is none for a log.

    One that is said as `x-client-request-id` is what the provider hears, and so what logs say.
    """
    said = {name.lower(): value for name, value in headers.items()}
    named = (said.get("x-client-request-id") or said.get("x-request-id") or "").strip()
    return named if len(named) <= _LONGEST_ID and named.isascii() and named.isprintable() else ""


def _texts(headers: JSON) -> Mapping[str, str]:
    wrong = headers if not is_mapping(headers) else [value for value in headers.values() if not isinstance(value, str)]
    if wrong:
        raise InvalidRequestError(f"extra_headers holds {wrong!r}; it must be names and texts", param="extra_headers")
    return headers


def check_seconds(timeout: JSON) -> float:
    """Return a timeout as a number of seconds.

    Raises:
        InvalidRequestError: it is not a positive number.
    """
    if not is_number(timeout) or not timeout > 0:
        raise InvalidRequestError(
            f"timeout is {timeout!r}; it must be a positive number of seconds, or any_llm.Timeouts", param="timeout"
        )
    return float(timeout)


def _timeouts(defaults: Timeouts, timeout: JSON, *, stream: bool) -> Timeouts:
    return timeout if isinstance(timeout, Timeouts) else _limited(defaults, check_seconds(timeout), stream=stream)


@lru_cache(maxsize=64)
def _limited(defaults: Timeouts, seconds: float, *, stream: bool) -> Timeouts:
    connect = min(defaults.connect or seconds, seconds)
    if stream:
        return msgspec.structs.replace(defaults, connect=connect, first_token=seconds, idle=seconds)
    return msgspec.structs.replace(defaults, connect=connect, total=seconds)


@lru_cache(maxsize=1_024)
def split_reference(model: str) -> tuple[str, str, str]:
    """Split `provider:model` at its first delimiter; the third item is the delimiter.

    Raises:
        ConfigurationError: there is no delimiter, or nothing on one side of it.
    """
    places = [place for place in (model.find(":"), model.find("/")) if place >= 0]
    place = min(places, default=0)
    provider, name = model[:place], model[place + 1 :]
    if not provider or not name:
        raise ConfigurationError(f"Invalid model format. Expected 'provider:model' or 'provider/model', got '{model}'")
    return provider, name, model[place]


def check_client_arguments(arguments: Mapping[str, JSON], known: frozenset[str], more: Iterable[str] = ()) -> None:
    """Refuse what a client cannot be told; `more` is what the client of this provider understands and was told.

    Raises:
        ConfigurationError: an argument that nothing understands; the error names those that are.
    """
    unknown = sorted(set(arguments) - known)
    if unknown:
        understood = ", ".join(sorted({*known, *more}))
        raise ConfigurationError(
            f"AnyLLM.create() does not understand {', '.join(unknown)}; it understands {understood}"
        )
