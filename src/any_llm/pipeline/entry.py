"""A kept answer with everything that came: to JSON and back, whole or in pieces, and either as the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import NamedTuple

import msgspec
from typing_extensions import override

from any_llm.types.as_sent import sent_text
from any_llm.types.decode import decoder, lenient
from any_llm.types.json import JSON
from any_llm.types.report import Report, Reported
from any_llm.types.report import Warning as CallWarning
from any_llm.types.restart import Restart
from any_llm.types.source import Source
from any_llm.types.value import Value, inner_fields, link

_VERSION = 1
_BESIDE = frozenset({"_source", "_report"})
"""What a value has beside its fields that came from nobody but this library."""


class Kind(NamedTuple):
    """The types of an operation: of its whole answer, of the pieces of its streams, and how one becomes the other."""

    whole: type[Reported]
    piece: JSON = None
    fold: JSON = None
    unfold: Callable[[JSON, Mapping[str, JSON]], list[JSON]] | None = None


_KINDS: Mapping[str, tuple[str, ...]] = {
    "completion": (
        "any_llm.types.completion:ChatCompletion", "any_llm.types.completion:ChatCompletionChunk",
        "any_llm.types.completion_fold:CompletionFold", "any_llm.types.completion_unfold:unfold_completion",
    ),
    "messages": (
        "any_llm.types.messages:MessageResponse", "any_llm.types.messages:MessageStreamEvent",
        "any_llm.types.messages_fold:MessagesFold", "any_llm.types.messages_unfold:unfold_message",
    ),
    "responses": (
        "any_llm.types.responses:Response", "any_llm.types.responses:ResponseStreamEvent",
        "any_llm.types.responses_fold:ResponsesFold", "any_llm.types.responses_unfold:unfold_response",
    ),
    "text_completion": (
        "any_llm.types.text_completion:TextCompletion", "any_llm.types.text_completion:TextCompletion",
        "any_llm.types.text_completion:TextCompletionFold", "any_llm.pipeline.entry:as_one_piece",
    ),
    "embedding": ("any_llm.types.embedding:CreateEmbeddingResponse",),
    "rerank": ("any_llm.types.rerank:RerankResponse",),
    "moderation": ("any_llm.types.moderation:ModerationResponse",),
    "count_tokens": ("any_llm.types.tokens:TokenCount",),
}  # fmt: skip
"""By operation the places of the types; what is not asked for is not loaded."""


@cache
def kind_of(operation: str) -> Kind:
    """Return the types of an operation whose answers can be kept."""
    return Kind(
        *(getattr(import_module(place.partition(":")[0]), place.partition(":")[2]) for place in _KINDS[operation])
    )


def as_one_piece(whole: Value, _options: Mapping[str, JSON]) -> list[Value]:
    """Return an answer as the only piece of a stream, where both have one type."""
    return [whole]


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a kept answer knows of its call: the fields of `Report` with these names."""

    provider: str = ""
    model: str = ""
    operation: str = ""
    warnings: tuple[CallWarning, ...] = ()
    status: int | None = None
    request_id: str | None = None
    structured_output: str | None = None
    carried_over: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One kept answer.

    Attributes:
        version: of this form; entries of another one count as absent.
        made: when it came, in seconds since 1970.
        ttl: how many seconds it is fresh.
        tags: words by which it can be made invalid.
        origin: what is known of its call.
        answer: its JSON, of one that came whole.
        raw: the provider's own bytes of it.
        pieces: the JSON of each piece, of one that came in pieces.
        times: when each piece came, in seconds since the call was made.
        stream_options: how the pieces were asked for.
        tokens: how many there were, in and out.
    """

    version: int = _VERSION
    made: float
    ttl: float
    tags: tuple[str, ...] = ()
    origin: Origin
    answer: msgspec.Raw = msgspec.Raw(b"null")
    raw: bytes = b""
    pieces: Sequence[msgspec.Raw] = ()
    times: Sequence[float] = ()
    stream_options: JSON = None
    tokens: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.answer) + len(self.raw) + sum(map(len, self.pieces)) + 16 * len(self.times) + 256

    def whole(self) -> JSON:
        """Return the whole answer, a new one each time."""
        kind = kind_of(self.origin.operation)
        if not self.pieces:
            return decode_json(kind.whole, self.answer, _KeptSource(self.raw, self.answer))
        adding = kind.fold()
        for piece in decode_pieces(self.origin.operation, self.pieces):
            adding.add(piece)
        return adding.result()

    def streamed(self, options: Mapping[str, JSON]) -> list[JSON]:
        """Return the pieces of the answer as a call with these options gets them, new ones each time."""
        kind = kind_of(self.origin.operation)
        if self.pieces and self.stream_options == options.get("stream_options"):
            return decode_pieces(self.origin.operation, self.pieces)
        assert kind.unfold is not None, "only operations with streams are asked for them"
        return kind.unfold(self.whole(), options)

    def report(self) -> Report:
        """Return the report of an answer from here."""
        return Report(**msgspec.structs.asdict(self.origin))


def origin_of(report: Report) -> Origin:
    """Return what is kept of a report."""
    return Origin(**{name: getattr(report, name) for name in Origin.__struct_fields__})


def encode_json(value: Value) -> msgspec.Raw:
    """Return the JSON of a value with all that was sent; the very text, if the value still says just that."""
    sent = sent_text(value) if _is_untouched(value) else b""
    return msgspec.Raw(sent or msgspec.json.encode(value.to_dict()))


def _is_untouched(value: Value) -> bool:
    """Say whether nobody has looked at, or added, what a value and those inside it have beyond their fields."""
    if not value.__dict__.keys() <= _BESIDE:
        return False
    for name in inner_fields(type(value)):
        held: JSON = getattr(value, name)
        if not held:
            continue
        if type(held) is list:
            for item in held:  # pyright: ignore[reportUnknownVariableType]  # as in any_llm.types.value.link
                if isinstance(item, Value) and not _is_untouched(item):
                    return False
        elif isinstance(held, Value) and not _is_untouched(held):
            return False
    return True


def decode_json(kind: JSON, raw: msgspec.Raw, source: Source | None = None) -> JSON:
    """Return a new value of a type, or of a union of types, from its JSON."""
    value: JSON
    try:
        value = decoder(kind).decode(raw)
    except msgspec.ValidationError:
        value = lenient(kind, msgspec.json.decode(raw))
    link(value, source or Source(bytes(raw)))
    return value


def decode_pieces(operation: str, pieces: Sequence[msgspec.Raw]) -> list[JSON]:
    """Return new pieces of a stream."""
    kind = kind_of(operation).piece
    return [decode_json(Restart if _RESTART in bytes(piece) else kind, piece) for piece in pieces]


def encode_entry(entry: Entry) -> bytes:
    """Return an entry as the bytes that a store keeps."""
    return msgspec.json.encode(entry)


def decode_entry(kept: bytes) -> Entry | None:
    """Return the entry that a store has kept; `None` where it is of another version, or none at all."""
    try:
        entry = _ENTRIES.decode(kept)
    except msgspec.DecodeError:
        return None
    return entry if entry.version == _VERSION and entry.origin.operation in _KINDS else None


_ENTRIES = msgspec.json.Decoder(Entry)
_ENCODE = msgspec.json.Encoder(enc_hook=str).encode
_RESTART = b'"type":"any_llm.restart"'


class _KeptSource(Source):
    """The place of a kept value: its JSON is ours, and `raw` what the provider sent."""

    __slots__ = ("_answer",)

    def __init__(self, raw: bytes, answer: msgspec.Raw) -> None:
        super().__init__(raw)
        self._answer = answer

    @override
    def tree(self) -> JSON:
        """Return the parsed JSON."""
        if self._tree is None:
            self._tree = msgspec.json.decode(self._answer)
        return self._tree
