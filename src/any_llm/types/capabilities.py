"""What is known about a model before it is called: each value with where it is from, and what others say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Generic, Literal, TypeAlias, TypeVar, get_args, get_type_hints

import msgspec

from any_llm.types.json import JSON, JSONObject

T = TypeVar("T")

Kind: TypeAlias = Literal["declared", "observed", "probed", "unknown"]
"""How a value is known: somebody states it; it was seen by the way; it was tried on the live model; or it is not."""


class Conflict(msgspec.Struct, frozen=True):
    """What another source says instead of the value that was chosen."""

    value: JSON
    source: str
    date: dt.date | None = None
    kind: Kind = "declared"


class Fact(msgspec.Struct, Generic[T], frozen=True):
    """One thing known about a model. It counts as true only when its value does, so an unknown one does not.

    Attributes:
        value: what is believed; `None` when it is not known.
        kind: how it is known.
        source: who says so, with the version that was read; empty when it is not known.
        date: of which day that is.
        confirmed_by: further sources that say the same.
        conflicts: what other sources say instead.
    """

    value: T | None = None
    kind: Kind = "unknown"
    source: str = ""
    date: dt.date | None = None
    confirmed_by: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def known(self) -> bool:
        """Whether anything is known at all; a value of `False` or 0 is something."""
        return self.kind != "unknown"


UNKNOWN: Fact[Any] = Fact()
"""What nobody says anything about."""


class PriceTier(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Prices of requests whose input is longer than `above` tokens; those that are `None` stay what they are."""

    above: int
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    reasoning_price: Decimal | None = None
    cache_read_price: Decimal | None = None
    cache_write_price: Decimal | None = None
    cache_write_1h_price: Decimal | None = None
    audio_input_price: Decimal | None = None
    audio_output_price: Decimal | None = None
    batch_input_price: Decimal | None = None
    batch_output_price: Decimal | None = None


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one model at one provider.

    All but the first five are facts. Prices are US dollars per million tokens; a modality is `text`, `image`, `audio`,
    `video`, `pdf` or, for what comes out, `embedding`.

    Attributes:
        provider: the provider's name.
        model: the model's name as it was given.
        entry: the model whose data this is, empty when there is none; of another provider as `provider:model`.
        match: how the name led there: `exact`; by its `alias`, `snapshot` date, `region`, `vendor` or `variant`;
            `borrowed` from another provider that has the same model; or `none`.
        closest: names that were perhaps meant, when there is no data.
        name: as its maker writes it.
        family: the line of models it belongs to.
        context_window: tokens that a request and its answer may have together.
        max_input_tokens: tokens that a request may have, where that is less.
        max_output_tokens: tokens that an answer may have.
        embedding_dimensions: how long its vectors are.
        cache_min_tokens: tokens that a prompt needs before any of it is cached.
        tokenizer: the name of its tokenizer.
        input_modalities: what a request may hold.
        output_modalities: what an answer may hold.
        image_input: it sees images; likewise `audio_input`, `video_input` and `pdf_input`.
        image_output: it makes images; likewise `audio_output` and `video_output`.
        operations: what it can be asked here, by the names of the public functions.
        streaming: its answers come in pieces.
        tools: it calls functions.
        parallel_tools: it calls several at once.
        tool_choice: how it can be told to: of `auto`, `none`, `required` and `named`.
        structured_output: how an answer is made to fit a schema: `json_schema`, natively, or `none`, by other means.
        reasoning: it thinks before it answers.
        reasoning_control: how that is steered: by `effort`, by a `budget` of tokens, by a `toggle`, or `none`.
        reasoning_efforts: the levels of effort.
        reasoning_always_on: it cannot be told not to.
        caching: how prompts are cached: `automatic`, by `breakpoints` in the request, by a `key` beside it, or
            `none`.
        system_messages: it takes instructions apart from the conversation.
        prefill: it goes on with the beginning of an answer.
        temperature: it takes `temperature`; likewise `top_p`, `logprobs`, `seed`, `n` and `stop`.
        batch: its vendor runs many requests at once at a lower price.
        realtime: it talks over a connection that stays open.
        web_search: it searches the web itself; likewise `code_execution`, `computer_use` and `url_context`.
        input_price: for what a request holds.
        output_price: for what an answer holds.
        cache_read_price: for input that was cached.
        cache_write_price: for input that becomes cached, for one hour as `cache_write_1h_price`.
        reasoning_price: for thinking, where it differs from `output_price`.
        audio_input_price: for audio in; `audio_output_price` for audio out.
        batch_input_price: for input in a batch; `batch_output_price` for output.
        image_output_price: US dollars for one image.
        second_price: US dollars for one second of sound that is transcribed, or of video that is made.
        character_price: for a million characters that are spoken.
        search_unit_price: for a thousand search units of a reranker; `page_price` for a thousand pages that are read.
        price_tiers: what longer requests cost.
        open_weights: its weights can be downloaded.
        knowledge_cutoff: the day, or month, from which on it knows nothing.
        release_date: the day it came out.
        deprecation_date: the day from which on it should not be used any more.
        retirement_date: the day its vendor turns it off.
        status: `beta` or `deprecated`, where its vendor says so.
        successor: what to use instead.
        regions: where it runs.
    """

    provider: str
    model: str
    entry: str = ""
    match: str = "none"
    closest: tuple[str, ...] = ()
    name: Fact[str] = UNKNOWN
    family: Fact[str] = UNKNOWN
    context_window: Fact[int] = UNKNOWN
    max_input_tokens: Fact[int] = UNKNOWN
    max_output_tokens: Fact[int] = UNKNOWN
    embedding_dimensions: Fact[int] = UNKNOWN
    cache_min_tokens: Fact[int] = UNKNOWN
    tokenizer: Fact[str] = UNKNOWN
    input_modalities: Fact[tuple[str, ...]] = UNKNOWN
    output_modalities: Fact[tuple[str, ...]] = UNKNOWN
    image_input: Fact[bool] = UNKNOWN
    audio_input: Fact[bool] = UNKNOWN
    video_input: Fact[bool] = UNKNOWN
    pdf_input: Fact[bool] = UNKNOWN
    image_output: Fact[bool] = UNKNOWN
    audio_output: Fact[bool] = UNKNOWN
    video_output: Fact[bool] = UNKNOWN
    operations: Fact[tuple[str, ...]] = UNKNOWN
    streaming: Fact[bool] = UNKNOWN
    tools: Fact[bool] = UNKNOWN
    parallel_tools: Fact[bool] = UNKNOWN
    tool_choice: Fact[tuple[str, ...]] = UNKNOWN
    structured_output: Fact[str] = UNKNOWN
    reasoning: Fact[bool] = UNKNOWN
    reasoning_control: Fact[str] = UNKNOWN
    reasoning_efforts: Fact[tuple[str, ...]] = UNKNOWN
    reasoning_always_on: Fact[bool] = UNKNOWN
    caching: Fact[str] = UNKNOWN
    system_messages: Fact[bool] = UNKNOWN
    prefill: Fact[bool] = UNKNOWN
    temperature: Fact[bool] = UNKNOWN
    top_p: Fact[bool] = UNKNOWN
    logprobs: Fact[bool] = UNKNOWN
    seed: Fact[bool] = UNKNOWN
    n: Fact[bool] = UNKNOWN
    stop: Fact[bool] = UNKNOWN
    batch: Fact[bool] = UNKNOWN
    realtime: Fact[bool] = UNKNOWN
    web_search: Fact[bool] = UNKNOWN
    code_execution: Fact[bool] = UNKNOWN
    computer_use: Fact[bool] = UNKNOWN
    url_context: Fact[bool] = UNKNOWN
    input_price: Fact[Decimal] = UNKNOWN
    output_price: Fact[Decimal] = UNKNOWN
    cache_read_price: Fact[Decimal] = UNKNOWN
    cache_write_price: Fact[Decimal] = UNKNOWN
    cache_write_1h_price: Fact[Decimal] = UNKNOWN
    reasoning_price: Fact[Decimal] = UNKNOWN
    audio_input_price: Fact[Decimal] = UNKNOWN
    audio_output_price: Fact[Decimal] = UNKNOWN
    batch_input_price: Fact[Decimal] = UNKNOWN
    batch_output_price: Fact[Decimal] = UNKNOWN
    image_output_price: Fact[Decimal] = UNKNOWN
    second_price: Fact[Decimal] = UNKNOWN
    character_price: Fact[Decimal] = UNKNOWN
    search_unit_price: Fact[Decimal] = UNKNOWN
    page_price: Fact[Decimal] = UNKNOWN
    price_tiers: Fact[tuple[PriceTier, ...]] = UNKNOWN
    open_weights: Fact[bool] = UNKNOWN
    knowledge_cutoff: Fact[str] = UNKNOWN
    release_date: Fact[dt.date] = UNKNOWN
    deprecation_date: Fact[dt.date] = UNKNOWN
    retirement_date: Fact[dt.date] = UNKNOWN
    status: Fact[str] = UNKNOWN
    successor: Fact[str] = UNKNOWN
    regions: Fact[tuple[str, ...]] = UNKNOWN

    @property
    def known(self) -> bool:
        """Whether there is data about this model, rather than about its provider alone."""
        return self.match != "none"

    @property
    def conflicts(self) -> Mapping[str, Fact[JSON]]:
        """The facts that the sources do not agree on."""
        return {name: fact for name, fact in self if fact.conflicts}

    def __iter__(self) -> Iterator[tuple[str, Fact[JSON]]]:
        """Give the name and the fact of every field, those that are not known included."""
        return ((name, getattr(self, name)) for name in FACTS)

    def model_dump(self, *, mode: Literal["python", "json"] = "python", exclude_unknown: bool = False) -> JSONObject:
        """Return everything as plain dictionaries and lists.

        Args:
            mode: `json` spells dates and prices as texts.
            exclude_unknown: leave out the facts that are not known.
        """
        kept = () if mode == "json" else (Decimal, dt.date)
        tree: JSONObject = msgspec.to_builtins(self, builtin_types=kept)
        if exclude_unknown:
            return {name: value for name, value in tree.items() if name not in FACTS or getattr(self, name).known}
        return tree


_HEAD = 5
FACTS: tuple[str, ...] = Capabilities.__struct_fields__[_HEAD:]
"""The names of the facts, in their order."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was considered, and why it was chosen or not."""

    provider: str
    model: str
    chosen: bool
    reasons: tuple[str, ...]
    capabilities: Capabilities

    @property
    def reference(self) -> str:
        """The model as `provider:model`, to be called with."""
        return f"{self.provider}:{self.model}"


@cache
def value_types() -> Mapping[str, Any]:
    """Return the type of each fact's value."""
    hints = get_type_hints(Capabilities)
    return {name: get_args(hints[name])[0] for name in FACTS}


def convert_value(name: str, value: JSON) -> JSON:
    """Return the value of a fact as what it should be: numbers for money as `Decimal`, texts for days as dates.

    Raises:
        msgspec.ValidationError: it cannot be that.
        KeyError: no fact has this name.
    """
    return msgspec.convert(value, value_types()[name], strict=not isinstance(value, str))
