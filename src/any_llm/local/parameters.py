"""The parameters of a chat request beside its messages and tools: which are honoured, how, and which are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from any_llm.local.refusal import RefusedError, describe, expect, expect_list, expect_object, unsupported
from any_llm.types.json import JSON, JSONObject

Rule: TypeAlias = Callable[[str, JSON], JSONObject]
"""Checks a parameter, and returns what it becomes in llama.cpp's request."""

ANSWER_TOKENS = 1024
"""The most tokens of an answer when the request names no number: a small model may never stop by itself."""


def check_parameters(request: JSONObject, elsewhere: frozenset[str]) -> JSONObject:
    """Return what llama.cpp is told of a request's parameters; `elsewhere` are names that others look at.

    Raises:
        RefusedError: a parameter has the wrong type or range, or cannot be honoured.
    """
    body: JSONObject = {"temperature": 0, "max_tokens": ANSWER_TOKENS}
    # Backwards, so that `max_completion_tokens` overrides the older `max_tokens`.
    for name in sorted(request, reverse=True):
        value = request[name]
        if name in elsewhere or value is None:
            continue
        rule = RULES.get(name)
        if rule is None:
            raise unsupported(name, "it is not a parameter that can be honoured here; leave it out")
        body |= rule(name, value)
    if "top_logprobs" in request and not request.get("logprobs"):
        raise RefusedError("top_logprobs needs logprobs: true", code="invalid_value", param="top_logprobs")
    if "seed" in body:
        # A prompt that is partly in memory is read in other pieces, which may change the last digit of a number.
        body["cache_prompt"] = False
    return body


def number_of_choices(request: JSONObject) -> int:
    """Return the parameter `n`."""
    value = request.get("n")
    if value is None:
        return 1
    number = expect(value, int, "n")
    return int(_in_range("n", number, 1, 128))


def flag(request: JSONObject, name: str) -> bool:
    """Return a parameter that is true or false, false when it is not there."""
    value = request.get(name)
    return value is not None and expect(value, bool, name)


def wants_usage(request: JSONObject) -> bool:
    """Return whether a stream is to end with its usage (`stream_options.include_usage`)."""
    options = request.get("stream_options")
    if options is None:
        return False
    if not flag(request, "stream"):
        raise RefusedError("stream_options needs stream: true", code="invalid_value", param="stream_options")
    known = expect_object(options, "stream_options")
    for name, value in known.items():
        if name not in {"include_usage", "include_obfuscation"} or (name == "include_obfuscation" and value):
            raise unsupported(f"stream_options.{name}", "it cannot be honoured here; leave it out")
    return flag(known, "include_usage")


def _in_range(name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise RefusedError(
            f"{name} is {value!r}, and must be from {low:g} to {high:g}", code="invalid_value", param=name
        )
    return value


def _number(low: float, high: float) -> Rule:
    return lambda name, value: {name: _in_range(name, expect(value, float, name), low, high)}


def _whole(low: int, high: int, becomes: str = "") -> Rule:
    return lambda name, value: {becomes or name: _in_range(name, expect(value, int, name), low, high)}


def _seed(name: str, value: JSON) -> JSONObject:
    # llama.cpp's seeds have 32 bits, and the highest one means a random one.
    return {name: expect(value, int, name) % ((1 << 32) - 1)}


def _stop(name: str, value: JSON) -> JSONObject:
    listed = [value] if isinstance(value, str) else expect_list(value, name)
    stops = [expect(text, str, f"{name}[{index}]") for index, text in enumerate(listed)]
    if len(stops) > 16 or "" in stops:  # more is a mistake
        raise RefusedError("stop must be at most 16 texts, none of them empty", code="invalid_value", param=name)
    return {name: stops} if stops else {}


def _logit_bias(name: str, value: JSON) -> JSONObject:
    biases = expect_object(value, name)
    pairs: list[list[float]] = []
    for token, bias in biases.items():
        if not token.isdigit():
            raise RefusedError(
                f"{name} has the key {token!r}: its keys are token ids", code="invalid_value", param=name
            )
        pairs.append([int(token), _in_range(f"{name}[{token!r}]", expect(bias, float, name), -100, 100)])
    return {name: pairs}


def _logprobs(name: str, value: JSON) -> JSONObject:
    return {name: True} if expect(value, bool, name) else {}


def _response_format(name: str, value: JSON) -> JSONObject:
    chosen = expect_object(value, name)
    kind = chosen.get("type")
    if kind == "text":
        return {}
    if kind == "json_object":
        return {name: {"type": kind}}
    if kind == "json_schema":
        return {name: {"type": kind, kind: {"name": "answer", "schema": _schema(chosen, name)}}}
    raise RefusedError(
        f"{name}.type must be 'text', 'json_object' or 'json_schema', and is {describe(kind)}",
        code="invalid_value",
        param=f"{name}.type",
    )


def _schema(chosen: JSONObject, name: str) -> JSONObject:
    wrapped = expect_object(chosen.get("json_schema"), f"{name}.json_schema")
    return expect_object(wrapped.get("schema"), f"{name}.json_schema.schema")


def _only(*accepted: JSON) -> Rule:
    def check(name: str, value: JSON) -> JSONObject:
        if value not in accepted:
            known = " or ".join(repr(choice) for choice in accepted)
            raise unsupported(name, f"it must be {known} if it is there at all, and is {describe(value)}")
        return {}

    return check


def _label(name: str, value: JSON) -> JSONObject:
    expect(value, str, name)
    return {}


RULES: Mapping[str, Rule] = {
    "frequency_penalty": _number(-2, 2),
    "logit_bias": _logit_bias,
    "logprobs": _logprobs,
    "max_completion_tokens": _whole(1, 1 << 20, "max_tokens"),
    "max_tokens": _whole(1, 1 << 20),
    "min_p": _number(0, 1),
    "modalities": _only(["text"]),
    "presence_penalty": _number(-2, 2),
    "reasoning_effort": _only("none"),
    "repeat_penalty": _number(0, 10),
    "response_format": _response_format,
    "seed": _seed,
    "service_tier": _only("auto", "default"),
    "stop": _stop,
    "store": _only(*(False,)),
    "temperature": _number(0, 2),
    "top_k": _whole(0, 1 << 20),
    "top_logprobs": _whole(0, 20),
    "top_p": _number(0, 1),
    # These say who asks, and change nothing about an answer.
    "prompt_cache_key": _label,
    "safety_identifier": _label,
    "user": _label,
}
"""Every parameter that can be honoured; all others are refused."""
