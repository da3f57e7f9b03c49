"""Embeddings, kept compact: a vector is an array of floats, made from the wire on first reading."""

from __future__ import annotations

import binascii
import sys
from array import array
from functools import cache
from typing import ClassVar

import msgspec

from any_llm.types.report import Reported
from any_llm.types.value import Value


@cache
def _floats() -> msgspec.json.Decoder[list[float]]:
    return msgspec.json.Decoder(list[float])


def parse_vector(raw: bytes) -> array[float]:
    """Turn JSON (a list of numbers, or a string of base64 little-endian 32-bit floats) into an array.

    Raises:
        msgspec.DecodeError: it is neither.
    """
    if raw[:1] == b'"':
        try:
            vector = array("f", binascii.a2b_base64(raw[1:-1].replace(b"\\/", b"/")))
        except ValueError as error:
            msg = f"an embedding is not base64 of 32-bit floats: {error}"
            raise msgspec.DecodeError(msg) from error
        if sys.byteorder == "big":  # pragma: no cover  # no such machine is to be had for the tests
            vector.byteswap()
        return vector
    return array("d", _floats().decode(raw))


class EmbeddingUsage(Value):
    """Tokens that the inputs took."""

    prompt_tokens: int = 0
    total_tokens: int = 0


class Embedding(Value):
    """The vector of the input number `index`."""

    sdk_type: ClassVar[str] = "openai.types:Embedding"

    vector_json: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"[]"), name="embedding")
    index: int = 0
    object: str = "embedding"

    @property
    def embedding(self) -> array[float]:
        """The vector, 32-bit floats when the provider sent base64 and 64-bit ones when it sent numbers.

        An array indexes, slices and iterates like a list, and NumPy reads it without copying.
        """
        raw = self.vector_json
        if not isinstance(raw, array):
            raw = self.vector_json = parse_vector(bytes(raw))  # type: ignore[assignment]  # parsed at most once
        return raw  # type: ignore[return-value]  # an array by now

    @embedding.setter
    def embedding(self, vector: list[float] | array[float]) -> None:
        self.vector_json = vector if isinstance(vector, array) else array("d", vector)  # type: ignore[assignment]


class CreateEmbeddingResponse(Reported):
    """One vector for each input, in the order of the inputs."""

    sdk_type: ClassVar[str] = "openai.types:CreateEmbeddingResponse"

    data: list[Embedding] = []
    model: str = ""
    object: str = "list"
    usage: EmbeddingUsage | None = None
