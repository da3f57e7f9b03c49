"""What an answer used, counted one way for every provider and operation: what it is billed by."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple, Self, TypeAlias

import msgspec

Tier: TypeAlias = Literal["", "batch", "flex", "priority", "fast"]
"""How a request was served, where that changes its price; empty for the usual way."""


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one request used.

    Of the tokens, `input_tokens` and `output_tokens` are wholes; the others are parts of one of them. Nothing that a
    vendor counts apart, such as Anthropic's cached input or xAI's reasoning, is missing in its whole or in there twice.

    Attributes:
        input_tokens: the whole input, cached tokens included.
        cache_read_tokens: input that was read from a cache.
        cache_write_tokens: input that was written to a cache, for whatever time.
        cache_write_1h_tokens: the part of it that stays there for an hour; the rest stays for five minutes.
        input_audio_tokens: input that is sound.
        input_image_tokens: input that is images.
        input_video_tokens: input that is video.
        cache_read_audio_tokens: cached input that is sound, a part of both.
        output_tokens: the whole output, what was thought included.
        reasoning_tokens: output that is thinking.
        output_audio_tokens: output that is sound.
        output_image_tokens: output that is images.
        output_video_tokens: output that is video.
        web_searches: searches of the web that the vendor made.
        tool_calls: runs of the vendor's other tools.
        images: images that were made.
        seconds: seconds of sound or video that were heard or made.
        characters: characters that were spoken.
        pages: pages that were read.
        search_units: what rerankers are billed by.
        requests: how many requests this is the usage of.
        tier: how it was served, as its answer says.
        region: where it had to be served, as its answer says, if that changes the price, such as `us`.
        vendor_cost: what the vendor says it cost, in US dollars.
    """

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    input_audio_tokens: int = 0
    input_image_tokens: int = 0
    input_video_tokens: int = 0
    cache_read_audio_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    output_audio_tokens: int = 0
    output_image_tokens: int = 0
    output_video_tokens: int = 0
    web_searches: int = 0
    tool_calls: int = 0
    images: int = 0
    seconds: Decimal = Decimal(0)
    characters: int = 0
    pages: int = 0
    search_units: int = 0
    requests: int = 1
    tier: Tier = ""
    region: str = ""
    vendor_cost: Decimal | None = None

    @property
    def cache_write_5m_tokens(self) -> int:
        """Input that was written to a cache for five minutes, or for as long as the vendor always keeps it."""
        return self.cache_write_tokens - self.cache_write_1h_tokens

    @property
    def total_tokens(self) -> int:
        """Tokens in and out."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Self:
        """Return both together; a tier or a region that they do not share is left out, as is a partly told cost."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in COUNTED}
        told = None if self.vendor_cost is None or other.vendor_cost is None else self.vendor_cost + other.vendor_cost
        return msgspec.structs.replace(
            self,
            **sums,
            tier=self.tier if self.tier == other.tier else "",
            region=self.region if self.region == other.region else "",
            vendor_cost=told,
        )


COUNTED: tuple[str, ...] = tuple(
    name for name in Usage.__struct_fields__ if name not in {"tier", "region", "vendor_cost"}
)
"""The names of the fields that are amounts."""


class TextCount(NamedTuple):
    """How many tokens a text is, and how that is known.

    Attributes:
        tokens: how many.
        exact: whether they were counted with the model's own vocabulary.
        by: with what: a vocabulary, one that comes near, or `characters`.
    """

    tokens: int
    exact: bool
    by: str


class Span(NamedTuple):
    """About how much: at least, probably, and at most."""

    low: int
    expected: int
    high: int
