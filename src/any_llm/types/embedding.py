"""Embeddings, kept compact: a vector is an array of floats, made from the wire on first reading.

https://platform.openai.com/docs/api-reference/embeddings/object
"""

from __future__ import annotations

import binascii
import sys
from array import array
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import msgspec
from typing_extensions import override

from any_llm.exceptions import MalformedResponseError
from any_llm.types.json import JSON
from any_llm.types.report import Reported
from any_llm.types.value import Value

if TYPE_CHECKING:
    from typing import Self

    Vector: TypeAlias = "array[float] | list[float]"
else:
    Vector = msgspec.Raw

_UNSENT = msgspec.Raw(b"[]")


def _unsent() -> Vector:
    return _UNSENT  # type: ignore[return-value]  # JSON until somebody reads it


@cache
def _floats() -> msgspec.json.Decoder[list[float]]:
    return msgspec.json.Decoder(list[float])


def parse_vector(raw: bytes) -> array[float]:
    """Turn JSON (a list of numbers, or a string of base64 little-endian 32-bit floats) into an array.

    Raises:
        MalformedResponseError: it is neither.
    """
    try:
        if raw[:1] != b'"':
            return array("d", _floats().decode(raw))
        vector = array("f", binascii.a2b_base64(raw[1:-1].replace(b"\\/", b"/"), strict_mode=True))
    except (msgspec.DecodeError, ValueError) as error:
        start = raw[:40].decode("utf-8", "replace")
        raise MalformedResponseError(
            f"an embedding is neither numbers nor base64 of 32-bit floats ({error}); it begins with {start!r}", error
        ) from error
    if sys.byteorder == "big":  # pragma: no cover  # no such machine is to be had for the tests
        vector.byteswap()
    return vector


def _as_array(held: msgspec.Raw | str | Sequence[float]) -> array[float]:
    match held:
        case msgspec.Raw():
            return parse_vector(bytes(held))
        case str():
            return parse_vector(msgspec.json.encode(held))
        case _:
            try:
                return array("d", held)
            except TypeError as error:
                raise MalformedResponseError(f"an embedding is {held!r:.40}, not numbers", error) from error


class EmbeddingUsage(Value):
    """Tokens that the inputs took."""

    sdk_type: ClassVar[str] = "openai.types.create_embedding_response:Usage"

    prompt_tokens: int = 0
    total_tokens: int = 0


class _Row(Value):
    """The fields of an embedding; the vector is JSON until somebody reads it."""

    embedding: Vector = msgspec.field(default_factory=_unsent)
    index: int = 0
    object: str = "embedding"


_SLOT = vars(_Row)["embedding"]


class Embedding(_Row):
    """The vector of the input number `index`.

    Attributes:
        embedding: the numbers, read as an array: of 32-bit floats when the provider sent base64, of 64-bit ones when it
            sent numbers. An array indexes, slices and iterates like a list, and NumPy reads it without copying.
            Reading it raises `MalformedResponseError` when what the provider sent is no vector.
    """

    sdk_type: ClassVar[str] = "openai.types:Embedding"

    if not TYPE_CHECKING:

        @property
        def embedding(self) -> array:
            """The numbers."""
            vector = _SLOT.__get__(self)
            if not isinstance(vector, array):
                vector = _as_array(vector)
                _SLOT.__set__(self, vector)
            return vector

        @embedding.setter
        def embedding(self, vector: Vector) -> None:
            _SLOT.__set__(self, vector)

    @property
    def sent(self) -> bool:
        """Whether there is a vector at all: some JSON, or numbers given in the program."""
        return _SLOT.__get__(self) is not _UNSENT

    @property
    def wire(self) -> JSON:
        """The vector as the provider sent it, numbers or base64, for whoever knows better what the base64 means."""
        held = _SLOT.__get__(self)
        return msgspec.json.decode(held) if isinstance(held, msgspec.Raw) else held

    @classmethod
    @override
    def model_validate(cls, obj: JSON, **_options: JSON) -> Self:
        """Make a value from a dictionary, or from another library's model of the same shape.

        Raises:
            msgspec.ValidationError: the first thing that does not fit, with its path.
        """
        return obj if isinstance(obj, cls) else cls.model_validate_json(_json_of(obj))

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(index={self.index}, embedding=<{len(self.embedding)} numbers>)"


class CreateEmbeddingResponse(Reported):
    """One vector for each input, in the order of the inputs."""

    sdk_type: ClassVar[str] = "openai.types:CreateEmbeddingResponse"

    data: list[Embedding] = []
    model: str = ""
    object: str = "list"
    usage: EmbeddingUsage | None = None

    @classmethod
    @override
    def model_validate(cls, obj: JSON, **_options: JSON) -> Self:
        """Make a value from a dictionary, or from another library's model of the same shape.

        Raises:
            msgspec.ValidationError: the first thing that does not fit, with its path.
        """
        return obj if isinstance(obj, cls) else cls.model_validate_json(_json_of(obj))


def _json_of(tree: JSON) -> bytes:
    """Return the JSON of plain values or of a model; a vector can stay undecoded only within JSON."""
    dump = getattr(tree, "model_dump", None)
    return msgspec.json.encode(dump(exclude_unset=True) if callable(dump) else tree, enc_hook=list)
