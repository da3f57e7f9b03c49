"""An embeddings request, turned into what llama.cpp is asked, and its vectors into OpenAI's answer."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Sequence

import msgspec

from any_llm.local.answer import refused_by_engine
from any_llm.local.models import Model
from any_llm.local.refusal import RefusedError, describe, expect, expect_list, is_list, unsupported
from any_llm.types.json import JSON, JSONObject

_KNOWN = frozenset({"input", "model", "encoding_format", "user"})
_MOST = 2048


class EmbeddingPlan(msgspec.Struct, frozen=True):
    """How a request is answered: llama.cpp's requests, one per input, the model's name, and the vectors' form."""

    bodies: list[JSONObject]
    model: str
    base64: bool


def plan_embedding(request: JSONObject, model: Model) -> EmbeddingPlan:
    """Check a request and plan its answer.

    Raises:
        RefusedError: something in it is malformed, or cannot be honoured.
    """
    for name, value in request.items():
        if name == "dimensions" and value is not None:
            raise unsupported(name, "the vectors of this model cannot be cut shorter; leave it out")
        if name not in _KNOWN and value is not None:
            raise unsupported(name, "it is not a parameter that can be honoured here; leave it out")
    form = request.get("encoding_format") or "float"
    if form not in {"float", "base64"}:
        raise RefusedError(
            f"encoding_format must be 'float' or 'base64', and is {describe(form)}",
            code="invalid_value",
            param="encoding_format",
        )
    name = expect(request.get("model") or model.name, str, "model")
    return EmbeddingPlan([{"input": item} for item in _inputs(request.get("input"))], name, form == "base64")


def embedding_body(plan: EmbeddingPlan, answers: Sequence[JSONObject]) -> bytes:
    """Return OpenAI's answer, from llama.cpp's answers to each input.

    Raises:
        RefusedError: one of these is an error.
    """
    for answer in answers:
        if "error" in answer:
            raise _refused(answer["error"])
    vectors = [answer["data"][0]["embedding"] for answer in answers]
    tokens = sum(answer["usage"]["prompt_tokens"] for answer in answers)
    return msgspec.json.encode(
        {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": _encoded(vector) if plan.base64 else vector}
                for index, vector in enumerate(vectors)
            ],
            "model": plan.model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )


def _refused(error: JSONObject) -> RefusedError:
    refused = refused_by_engine(error)
    too_long = refused.code == "context_length_exceeded" or "too large" in refused.message
    if not too_long:
        return refused
    return RefusedError(
        f"An input is too long for the model: {error.get('message')}", code="context_length_exceeded", param="input"
    )


def _encoded(vector: list[float]) -> str:
    numbers = array("f", vector)
    if sys.byteorder == "big":  # pragma: no cover  # no such machine is to be had for the tests
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


def _inputs(value: JSON) -> list[JSON]:
    if isinstance(value, str) or _is_tokens(value):
        value = [value]
    items = expect_list(value, "input")
    if not 1 <= len(items) <= _MOST:
        raise RefusedError(
            f"input has {len(items)} items, and must have 1 to {_MOST}", code="invalid_value", param="input"
        )
    for index, item in enumerate(items):
        if not (_is_tokens(item) or (isinstance(item, str) and item)):
            raise RefusedError(
                f"input[{index}] must be a text that is not empty, or a list of token ids, and is {describe(item)}",
                code="invalid_value",
                param=f"input[{index}]",
            )
    return items


def _is_tokens(value: JSON) -> bool:
    return is_list(value) and bool(value) and all(type(token) is int and token >= 0 for token in value)
