"""What a request costs: exact money, part by part, with the price list that it is reckoned by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Context, Decimal, localcontext
from operator import attrgetter
from typing import Literal, NamedTuple

import msgspec

from any_llm.types.json import JSONObject
from any_llm.types.usage import COUNTED, Usage

_EXACT = Context(prec=50)


class Rate(NamedTuple):
    """What a unit costs: `price` for `per` of them, and more or less from longer requests on.

    `above` are pairs of a number of input tokens, in ascending order, and the price of all units of a request whose
    input is longer than that.
    """

    price: Decimal
    per: int = 1_000_000
    above: tuple[tuple[int, Decimal], ...] = ()

    def times(self, count: int | Decimal, input_tokens: int) -> Decimal:
        """Return what `count` units cost in a request with so much input."""
        price = self.price
        for start, higher in self.above:
            if input_tokens > start:
                price = higher
        return price * count / self.per

    def scaled(self, factor: Decimal) -> Rate:
        """Return it so many times as high."""
        above = tuple((start, price * factor) for start, price in self.above)
        return Rate(self.price * factor, self.per, above)


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What a model costs in a way of serving it, at one time.

    Attributes:
        rates: by the names of the fields of `Usage`, of which `cache_write_tokens` means those for five minutes.
        source: who says so, such as `genai-prices`.
        version: the version of it that was read.
        date: of which day the source is.
        entry: the model of the source, as `provider:model`.
        factor: what all prices of tokens are multiplied by, for the region.
        notes: what had to be assumed, such as the usual price for a tier that the source does not have.
        currency: what the prices are in.
        tier: the way of serving that these are the prices of; empty for the usual way.
    """

    rates: Mapping[str, Rate]
    source: str
    version: str = ""
    date: dt.date | None = None
    entry: str = ""
    factor: Decimal = Decimal(1)
    notes: tuple[str, ...] = ()
    currency: str = "USD"
    tier: str = ""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a request cost, and how that is known.

    The parts add up to `computed`. `total` is what counts: what the vendor told where it did, since that is what it
    bills, else `computed`.

    Attributes:
        total: what counts.
        counts: which of the two that is: `vendor`, as the answer tells, or `computed` from the usage and a price list.
        computed: the sum of the parts; `None` where the price is not known.
        vendor: what the vendor told; `None` where it told nothing.
        input: input that no other part has.
        cache_read: input that was read from a cache.
        cache_write: input that was written to a cache.
        output: output that no other part has.
        reasoning: output that is thinking.
        audio: sound, in and out.
        images: images, in and out.
        video: video, in and out.
        searches: searches of the web.
        other: all else: seconds, characters, pages, tools, requests.
        unpriced: units that nobody has a price for, with how many there were; they are not in `computed`.
        usage: what it is reckoned from.
        source: whose prices.
        version: which version of these.
        date: of which day they are.
        at: for which time the price was looked up.
        entry: the model in the price list, as `provider:model`.
        notes: what had to be assumed.
        currency: what all of it is in.
    """

    total: Decimal
    counts: Literal["computed", "vendor"] = "computed"
    computed: Decimal | None = None
    vendor: Decimal | None = None
    input: Decimal = Decimal(0)
    cache_read: Decimal = Decimal(0)
    cache_write: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    reasoning: Decimal = Decimal(0)
    audio: Decimal = Decimal(0)
    images: Decimal = Decimal(0)
    video: Decimal = Decimal(0)
    searches: Decimal = Decimal(0)
    other: Decimal = Decimal(0)
    unpriced: Mapping[str, int | Decimal] = {}
    usage: Usage = Usage()
    source: str = ""
    version: str = ""
    date: dt.date | None = None
    at: dt.datetime | None = None
    entry: str = ""
    notes: tuple[str, ...] = ()
    currency: str = "USD"

    @property
    def complete(self) -> bool:
        """Whether everything that was used has a price."""
        return not self.unpriced

    def to_dict(self) -> JSONObject:
        """Return it as plain values that JSON can hold: money and days as texts."""
        tree: JSONObject = msgspec.to_builtins(self)
        return tree


class _Unit(NamedTuple):
    """Something that is counted: how much of it alone there is, whose rates it may have, and which part it is."""

    name: str
    alone: Callable[[Usage], int | Decimal]
    rates: tuple[str, ...]
    part: str


def _input_alone(usage: Usage) -> int:
    heard = usage.input_audio_tokens - usage.cache_read_audio_tokens
    seen = usage.input_image_tokens + usage.input_video_tokens
    return max(usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens - heard - seen, 0)


def _read_alone(usage: Usage) -> int:
    return usage.cache_read_tokens - usage.cache_read_audio_tokens


def _heard_alone(usage: Usage) -> int:
    return usage.input_audio_tokens - usage.cache_read_audio_tokens


def _output_alone(usage: Usage) -> int:
    made = usage.output_audio_tokens + usage.output_image_tokens + usage.output_video_tokens
    return max(usage.output_tokens - usage.reasoning_tokens - made, 0)


_IN, _OUT = "input_tokens", "output_tokens"
_TOKENS = (
    _Unit(_IN, _input_alone, (_IN,), "input"),
    _Unit(
        "cache_read_tokens",
        _read_alone,
        ("cache_read_tokens", _IN),
        "cache_read",
    ),
    _Unit(
        "cache_read_audio_tokens",
        attrgetter("cache_read_audio_tokens"),
        ("cache_read_audio_tokens", "cache_read_tokens", "input_audio_tokens", _IN),
        "cache_read",
    ),
    _Unit(
        "cache_write_5m_tokens",
        attrgetter("cache_write_5m_tokens"),
        ("cache_write_tokens", _IN),
        "cache_write",
    ),
    _Unit(
        "cache_write_1h_tokens",
        attrgetter("cache_write_1h_tokens"),
        ("cache_write_1h_tokens", "cache_write_tokens", _IN),
        "cache_write",
    ),
    _Unit(
        "input_audio_tokens",
        _heard_alone,
        ("input_audio_tokens", _IN),
        "audio",
    ),
    _Unit("input_image_tokens", attrgetter("input_image_tokens"), ("input_image_tokens", _IN), "images"),
    _Unit("input_video_tokens", attrgetter("input_video_tokens"), ("input_video_tokens", _IN), "video"),
    _Unit(_OUT, _output_alone, (_OUT,), "output"),
    _Unit("reasoning_tokens", attrgetter("reasoning_tokens"), ("reasoning_tokens", _OUT), "reasoning"),
    _Unit("output_audio_tokens", attrgetter("output_audio_tokens"), ("output_audio_tokens", _OUT), "audio"),
    _Unit("output_image_tokens", attrgetter("output_image_tokens"), ("output_image_tokens", _OUT), "images"),
    _Unit("output_video_tokens", attrgetter("output_video_tokens"), ("output_video_tokens", _OUT), "video"),
)
"""Tokens, each counted in exactly one unit."""

_METERS = (
    _Unit("web_searches", attrgetter("web_searches"), ("web_searches",), "searches"),
    _Unit("tool_calls", attrgetter("tool_calls"), ("tool_calls",), "other"),
    _Unit("images", attrgetter("images"), ("images",), "images"),
    _Unit("seconds", attrgetter("seconds"), ("seconds",), "other"),
    _Unit("characters", attrgetter("characters"), ("characters",), "other"),
    _Unit("pages", attrgetter("pages"), ("pages",), "other"),
    _Unit("search_units", attrgetter("search_units"), ("search_units",), "other"),
    _Unit("requests", attrgetter("requests"), ("requests",), "other"),
)
"""What is billed by other measures than tokens."""

_INSTEAD = frozenset({"images", "seconds", "characters", "pages", "search_units"})
"""Measures that are not missed where tokens are billed: many answers tell both, and have a price for one."""

_NEVER_BESIDE = frozenset({"images", "characters", "seconds"})
"""Measures that are not billed beside tokens even where they have a price: one image is so many tokens."""

_WHOLES = frozenset({"seconds", "characters", "pages", "search_units"})
"""Measures that a whole request is billed by, so that tokens without a price are not missed beside them."""

_FREE = frozenset({"requests", "tool_calls"})
"""What costs nothing of its own where no price is named."""


_TOKEN_NAMES = frozenset(unit.name for unit in _TOKENS)
_ALL = (*_TOKENS, *_METERS)
_USUAL = tuple(unit for unit in _ALL if unit.name in {_IN, _OUT, "requests"})
"""The units of most answers."""

_OTHERS = attrgetter(*(name for name in COUNTED if name not in {_IN, _OUT, "requests"}))


def price(usage: Usage, rates: Rates | None, at: dt.datetime | None = None) -> Cost | None:
    """Return what a usage costs by a price list; `None` where the list has no price for any of it.

    Each token is billed once, at the price of the most special kind it belongs to. A kind without a price of its own
    costs what the kind above it costs: cached input without a price costs what input costs.

    Args:
        usage: what was used.
        rates: the prices, as `any_llm.providers.prices.rates` finds them; `None` when there are none.
        at: for which time they were looked up.
    """
    if rates is None:
        return _as_told(usage, at)
    with localcontext(_EXACT):
        parts: dict[str, Decimal] = {}
        unpriced: dict[str, int | Decimal] = {}
        for unit, amount, rate in _counted(usage, rates):
            if rate is None:
                unpriced[unit.name] = amount
                continue
            billed = rate.times(amount, usage.input_tokens)
            if rates.factor != 1 and unit.name in _TOKEN_NAMES:
                billed *= rates.factor
            parts[unit.part] = parts[unit.part] + billed if unit.part in parts else billed
        if not parts and unpriced:
            return _as_told(usage, at)
        computed = sum(parts.values(), Decimal(0))
    told = usage.vendor_cost
    return Cost(
        total=computed if told is None else told,
        counts="computed" if told is None else "vendor",
        computed=computed,
        vendor=told,
        **parts,
        unpriced=unpriced,
        usage=usage,
        source=rates.source,
        version=rates.version,
        date=rates.date,
        at=at,
        entry=rates.entry,
        notes=rates.notes,
        currency=rates.currency,
    )


_PARTS = ("input", "cache_read", "cache_write", "output", "reasoning", "audio", "images", "video", "searches", "other")


def together(costs: Sequence[Cost | None], usage: Usage) -> Cost | None:
    """Return what several requests cost together; `None` where no cost of any is known.

    Args:
        costs: one by one. Those that nobody knows are counted as requests that have no price.
        usage: what all of them used.
    """
    known = [cost for cost in costs if cost is not None]
    if not known:
        return None
    with localcontext(_EXACT):
        unpriced: dict[str, int | Decimal] = {}
        for cost in known:
            for unit, amount in cost.unpriced.items():
                unpriced[unit] = unpriced.get(unit, 0) + amount
        if len(known) < len(costs):
            unpriced["requests"] = unpriced.get("requests", 0) + len(costs) - len(known)
        sums = {name: sum((getattr(cost, name) for cost in known), Decimal(0)) for name in ("total", *_PARTS)}
    first = known[0]
    reckoned = [cost.computed for cost in known if cost.computed is not None]
    told = [cost.vendor for cost in known if cost.vendor is not None]
    return msgspec.structs.replace(
        first,
        **sums,
        counts="vendor" if len(told) == len(known) else "computed",
        computed=sum(reckoned, Decimal(0)) if len(reckoned) == len(known) else None,
        vendor=sum(told, Decimal(0)) if len(told) == len(known) else None,
        unpriced=unpriced,
        usage=usage,
        entry=first.entry if all(cost.entry == first.entry for cost in known) else "",
        notes=tuple(dict.fromkeys(note for cost in known for note in cost.notes)),
    )


def _counted(usage: Usage, rates: Rates) -> Iterator[tuple[_Unit, int | Decimal, Rate | None]]:
    """Give each unit of which there is some, with its rate, where it has one."""
    by_tokens = False
    others = any(_OTHERS(usage))
    otherwise = others and any(name in rates.rates and getattr(usage, name) for name in _WHOLES)
    for unit in _ALL if others else _USUAL:
        amount = unit.alone(usage)
        if not amount:
            continue
        named = () if by_tokens and unit.name in _NEVER_BESIDE else unit.rates
        rate = next((rates.rates[name] for name in named if name in rates.rates), None)
        of_tokens = unit.name in _TOKEN_NAMES
        by_tokens = by_tokens or (rate is not None and of_tokens)
        missed = unit.name not in _FREE and not (unit.name in _INSTEAD if by_tokens else otherwise and of_tokens)
        if rate is not None or missed:
            yield unit, amount, rate


def _as_told(usage: Usage, at: dt.datetime | None) -> Cost | None:
    """Return the cost that the vendor told, if it did."""
    told = usage.vendor_cost
    if told is None:
        return None
    return Cost(total=told, counts="vendor", vendor=told, usage=usage, source="the vendor's answer", at=at)
