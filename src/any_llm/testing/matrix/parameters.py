"""What becomes of each parameter of a completion at a provider, found out by letting its dialect encode it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from any_llm.engine.codecs import codec_of
from any_llm.exceptions import AnyLLMError
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.matrix.cell import Cell, Status
from any_llm.testing.matrix.evidence import evidence, test_of
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_MESSAGES: Sequence[JSON] = ({"role": "user", "content": "Hi"},)
_TOOL: Mapping[str, JSON] = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {}}},
}
_SCHEMA: Mapping[str, JSON] = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
SAMPLES: Mapping[str, JSONObject] = {
    "audio": {"audio": {"voice": "alloy", "format": "wav"}},
    "frequency_penalty": {"frequency_penalty": 0.5},
    "logit_bias": {"logit_bias": {"42": 1}},
    "logprobs": {"logprobs": True},
    "max_completion_tokens": {"max_completion_tokens": 99},
    "max_tokens": {"max_tokens": 99},
    "metadata": {"metadata": {"a": "b"}},
    "modalities": {"modalities": ["text", "audio"]},
    "n": {"n": 2},
    "parallel_tool_calls": {"tools": [_TOOL], "parallel_tool_calls": False},
    "prediction": {"prediction": {"type": "content", "content": "Hi"}},
    "presence_penalty": {"presence_penalty": 0.5},
    "prompt_cache_key": {"prompt_cache_key": "key"},
    "prompt_cache_retention": {"prompt_cache_retention": "24h"},
    "reasoning_effort": {"reasoning_effort": "high"},
    "response_format": {
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": _SCHEMA, "strict": True}}
    },
    "safety_identifier": {"safety_identifier": "id"},
    "seed": {"seed": 7},
    "service_tier": {"service_tier": "flex"},
    "stop": {"stop": ["END"]},
    "store": {"store": True},
    "stream": {"stream": True},
    "stream_options": {"stream": True, "stream_options": {"include_usage": False}},
    "temperature": {"temperature": 0.25},
    "tool_choice": {"tools": [_TOOL], "tool_choice": "required"},
    "tools": {"tools": [_TOOL]},
    "top_logprobs": {"logprobs": True, "top_logprobs": 2},
    "top_p": {"top_p": 0.75},
    "user": {"user": "id"},
    "verbosity": {"verbosity": "low"},
    "web_search_options": {"web_search_options": {}},
}
"""A request that asks for one thing, by the parameter that it is about."""

_MODEL = "model"
_KINDS: Mapping[str, Status] = {"dropped": "no", "emulated": "emulated", "approximated": "emulated"}
_SHOWN = 3
_UNASKED: Mapping[str, str] = {"stream_options": "the provider tells the usage unasked"}
"""What needs no words in formats of which every stream ends with it."""


def parameter_cells(provider: Provider) -> dict[str, Cell]:
    """Return what becomes of each parameter at a provider."""
    proof = evidence().operations.get(provider.name, {}).get(Operation.COMPLETION.value)
    proven = proof.parameters if proof is not None else {}
    return {name: _cell(provider, name, options, proven.get(name, 0)) for name, options in SAMPLES.items()}


def _cell(provider: Provider, name: str, options: JSONObject, proven: int) -> Cell:
    beside = {other: value for other, value in options.items() if other != name}
    plain, said = _encoded(provider, beside), _encoded(provider, options)
    if plain is None or said is None:
        return Cell(status="no", detail="refused with an error")
    warning = next((one for one in said.warnings if _root(one.parameter) == name), None)
    becomes = _becomes(plain, said)
    if warning is not None:
        return Cell(status=_KINDS.get(warning.kind, "no"), detail=_joined(warning.detail, becomes))
    if not becomes:
        return (
            Cell(status="emulated", detail=_UNASKED[name]) if name in _UNASKED else Cell(status="no", detail="not sent")
        )
    test = test_of(provider.name, Operation.COMPLETION.value) if proven else ""
    return Cell(status="proven" if proven else "declared", test=test, recordings=proven, detail=becomes)


def _joined(detail: str, becomes: str) -> str:
    return f"{detail} ({becomes})" if becomes else detail


def _encoded(provider: Provider, options: Mapping[str, JSON]) -> Encoded | None:
    target = Target(provider=provider, model=_MODEL, base_url="https://provider.invalid/v1")
    try:
        return codec_of(provider, Operation.COMPLETION).encode(target, {"messages": list(_MESSAGES), **options})
    except AnyLLMError:
        return None


def _root(parameter: str) -> str:
    return parameter.partition(".")[0].partition("[")[0]


def _becomes(plain: Encoded, said: Encoded) -> str:
    """Return which members of the body, which header or which path a parameter adds."""
    before, after = dict(_leaves(plain.body)), dict(_leaves(said.body))
    places = sorted({path for path, value in after.items() if before.get(path, _NOTHING) != value})
    if not places and plain.path != said.path:
        return f"the path {said.path.partition('?')[0].rpartition('/')[2]}"
    shown = _shortened(places)
    return ", ".join(f"`{place}`" for place in shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")


_NOTHING = object()


def _shortened(places: Sequence[str]) -> list[str]:
    """Leave out what stands below another place that is shown."""
    shown: list[str] = []
    for place in places:
        outer = place.partition("[")[0]
        short = ".".join(outer.split(".")[:2])
        if short not in shown:
            shown.append(short)
    return shown


@lru_cache(maxsize=4_096)
def _leaves(body: bytes) -> tuple[tuple[str, JSON], ...]:
    return tuple(_walk(msgspec.json.decode(body or b"{}"), ""))


def _walk(tree: JSON, place: str) -> Iterator[tuple[str, JSON]]:
    if is_object(tree) and tree:
        for name, value in tree.items():
            yield from _walk(value, f"{place}.{name}" if place else name)
    elif is_list(tree) and tree:
        for index, value in enumerate(tree):
            yield from _walk(value, f"{place}[{index}]")
    else:
        yield place, msgspec.json.encode(tree)
