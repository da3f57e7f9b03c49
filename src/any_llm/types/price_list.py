"""Prices that users set: better than any list, since they know their own contracts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.capabilities import PriceTier
from any_llm.types.cost import Rate, Rates
from any_llm.types.json import JSON, is_list, is_mapping
from any_llm.types.usage import Tier

UNITS: Mapping[str, tuple[str, int]] = {
    "input_price": ("input_tokens", 1_000_000),
    "output_price": ("output_tokens", 1_000_000),
    "reasoning_price": ("reasoning_tokens", 1_000_000),
    "cache_read_price": ("cache_read_tokens", 1_000_000),
    "cache_write_price": ("cache_write_tokens", 1_000_000),
    "cache_write_1h_price": ("cache_write_1h_tokens", 1_000_000),
    "audio_input_price": ("input_audio_tokens", 1_000_000),
    "audio_output_price": ("output_audio_tokens", 1_000_000),
    "image_input_tokens_price": ("input_image_tokens", 1_000_000),
    "image_output_tokens_price": ("output_image_tokens", 1_000_000),
    "character_price": ("characters", 1_000_000),
    "image_output_price": ("images", 1),
    "second_price": ("seconds", 1),
    "request_price": ("requests", 1),
    "page_price": ("pages", 1_000),
    "search_price": ("web_searches", 1_000),
    "search_unit_price": ("search_units", 1_000),
    "tool_call_price": ("tool_calls", 1_000),
}
"""Which unit of `Usage` each price is for, and for how many of them."""


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a model costs from one day to another, in US dollars. Prices that are `None` are not changed.

    Prices of tokens and of characters are for a million, as in `Capabilities`; of pages, searches, search units and
    calls of tools for a thousand; of images, seconds and requests for one.

    Attributes:
        starts: the first day (UTC) on which it holds; `None` for ever since.
        ends: the first day on which it does not hold any more; `None` for ever.
        tier: only for requests that are served so: `batch`, `flex`, `priority` or `fast`; empty for the usual way.
        region: only for requests that are served there, such as `us`; empty for all.
        input_price: for input.
        output_price: for output.
        reasoning_price: for thinking, where it differs from output.
        cache_read_price: for input that was cached.
        cache_write_price: for input that becomes cached.
        cache_write_1h_price: for input that becomes cached for an hour.
        audio_input_price: for sound in.
        audio_output_price: for sound out.
        image_input_tokens_price: for tokens of images in.
        image_output_tokens_price: for tokens of images out.
        character_price: for text that is spoken.
        image_output_price: for one image.
        second_price: for one second of sound or video.
        request_price: for one request.
        page_price: for a thousand pages.
        search_price: for a thousand searches of the web.
        search_unit_price: for a thousand search units of a reranker.
        tool_call_price: for a thousand calls of the vendor's other tools.
        price_tiers: what longer requests cost.
        source: where it is from, as costs name it.
    """

    starts: dt.date | None = None
    ends: dt.date | None = None
    tier: Tier = ""
    region: str = ""
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    reasoning_price: Decimal | None = None
    cache_read_price: Decimal | None = None
    cache_write_price: Decimal | None = None
    cache_write_1h_price: Decimal | None = None
    audio_input_price: Decimal | None = None
    audio_output_price: Decimal | None = None
    image_input_tokens_price: Decimal | None = None
    image_output_tokens_price: Decimal | None = None
    character_price: Decimal | None = None
    image_output_price: Decimal | None = None
    second_price: Decimal | None = None
    request_price: Decimal | None = None
    page_price: Decimal | None = None
    search_price: Decimal | None = None
    search_unit_price: Decimal | None = None
    tool_call_price: Decimal | None = None
    price_tiers: tuple[PriceTier, ...] = ()
    source: str = "settings"

    def __post_init__(self) -> None:
        """Check what is said.

        Raises:
            ConfigurationError: a value cannot be; the error names it.
        """
        for name in UNITS:
            value: object = getattr(self, name)
            if value is not None:
                msgspec.structs.force_setattr(self, name, _money(name, value))
        msgspec.structs.force_setattr(self, "price_tiers", tuple(map(_tier_of, self.price_tiers)))
        for name in ("starts", "ends"):
            day: object = getattr(self, name)
            if day is not None and (not isinstance(day, dt.date) or isinstance(day, dt.datetime)):
                raise ConfigurationError(f"{name} is {day!r}; give a day, such as datetime.date(2026, 6, 1)")
        if self.starts is not None and self.ends is not None and self.starts >= self.ends:
            raise ConfigurationError(f"A price that starts on {self.starts} ends later than on {self.ends}")

    def holds(self, day: dt.date, tier: str, region: str) -> bool:
        """Say whether it is for a request of a day, a tier and a region."""
        return (
            (self.starts is None or self.starts <= day)
            and (self.ends is None or day < self.ends)
            and self.tier in {"", tier}
            and self.region in {"", region}
        )

    def rates(self) -> Mapping[str, Rate]:
        """Return the prices that it says, by the units of `Usage`."""
        said = {name: value for name in UNITS if (value := getattr(self, name)) is not None}
        return rates_of(said, self.price_tiers)


def _money(name: str, value: object) -> Decimal:
    """Return a price as the decimal that was written.

    Raises:
        ConfigurationError: it is none, or less than nothing.
    """
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or amount < 0:
        raise ConfigurationError(f"{name} is {value!r}; give US dollars, such as '1.25'")
    return amount


def _tier_of(said: object) -> PriceTier:
    """Return what longer requests cost, with the decimals that were written.

    Raises:
        ConfigurationError: it is no such table, or a price in it is none.
    """
    told = msgspec.structs.asdict(said) if isinstance(said, PriceTier) else said
    if not is_mapping(told):
        raise ConfigurationError(
            f"price_tiers holds {said!r}; give a table such as {{'above': 200_000, 'input_price': '6'}}"
        )
    exact = {name: value if name == "above" or value is None else _money(name, value) for name, value in told.items()}
    try:
        return msgspec.convert(exact, PriceTier)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"price_tiers holds {said!r}, which is not valid: {error}") from error


PriceList = Mapping[str, Sequence[Price]]
"""Prices by model, as `provider:model` or with `*` for any part of it, such as `vllm:*`."""


def rates_of(prices: Mapping[str, Decimal], tiers: Sequence[PriceTier] = ()) -> Mapping[str, Rate]:
    """Return prices, by the names of the fields of `Price`, as rates of the units of `Usage`."""
    rates: dict[str, Rate] = {}
    for name, value in prices.items():
        unit, per = UNITS[name]
        above = ((tier.above, higher) for tier in tiers if (higher := getattr(tier, name, None)) is not None)
        rates[unit] = Rate(value, per, tuple(sorted(above)))
    return rates


def with_prices(found: Rates | None, said: Sequence[Price], tier: str = "") -> Rates | None:
    """Return rates with those over them that a user set; what the user did not name stays as it is.

    Args:
        found: what a list says.
        said: what the user set, for requests that are served in that way.
        tier: how the request is served. A list's price for it goes before a user's price for the usual way.
    """
    if tier and found is not None and found.tier:
        said = [one for one in said if one.tier]
    for one in said:
        if rates := one.rates():
            found = _over(found or Rates(rates={}, source=""), one, rates)
    if found is not None and tier and not found.tier:
        note = NO_TIER.format(tier)
        return found if note in found.notes else msgspec.structs.replace(found, notes=(*found.notes, note))
    return found


def _over(found: Rates, said: Price, rates: Mapping[str, Rate]) -> Rates:
    before, factor = found.rates, found.factor
    if said.region and factor != 1:
        # What is said for a region is what it costs there; only the rest costs so many times as much as elsewhere.
        before = {name: rate.scaled(factor) if name.endswith("_tokens") else rate for name, rate in before.items()}
        factor = Decimal(1)
    notes = found.notes
    if before.keys() - rates.keys():
        whose = f"{found.source} {found.version}".strip() + (f" of {found.date}" if found.date else "")
        notes = (*notes, f"what {said.source} does not name is by {whose}")
    return Rates(
        rates={**before, **rates},
        source=said.source,
        date=said.starts,
        factor=factor,
        notes=notes if said.tier == "" else tuple(note for note in notes if not note.startswith(_NO_TIER)),
        tier=said.tier or found.tier,
    )


_NO_TIER = "no price for the tier "
NO_TIER = _NO_TIER + "{!r}: the usual one"
"""What is noted where a tier has no price of its own."""


def prices_for(prices: PriceList, model: str, day: dt.date, tier: str, region: str) -> Sequence[Price]:
    """Return the prices that hold for a model, named as `provider:model`, those that hold most narrowly last."""
    names = sorted((name for name in prices if name == model or ("*" in name and fnmatchcase(model, name))), key=len)
    names.sort(key=lambda name: name == model)
    holding = [one for name in names for one in prices[name] if one.holds(day, tier, region)]
    return sorted(holding, key=lambda one: (bool(one.tier), bool(one.region)))


def read_prices(said: Mapping[str, JSON]) -> PriceList:
    """Return the prices that settings or a call say: by model, one `Price` or table, or several of them.

    Raises:
        ConfigurationError: what is said is no price; the error names the model and the value.
    """
    return {name: tuple(_read(name, one) for one in _several(value)) for name, value in said.items()}


def _several(value: JSON) -> Iterator[JSON]:
    yield from value if is_list(value) or isinstance(value, tuple) else (value,)


def _read(name: str, value: JSON) -> Price:
    where = f"prices[{name!r}]"
    if ":" not in name:
        raise ConfigurationError(f"{where} names no provider; write it as 'provider:model'")
    if isinstance(value, Price):
        return value
    if not is_mapping(value):
        raise ConfigurationError(f"{where} is {value!r}; give an any_llm.Price or a table with its fields")
    known = Price.__struct_fields__
    for field in value:
        if field not in known:
            raise ConfigurationError(f"{where} has {field!r}, which is no field of a price; it may have {known}")
    try:
        return msgspec.convert({field: _exact(one) for field, one in value.items()}, Price)
    except (msgspec.ValidationError, InvalidOperation) as error:
        raise ConfigurationError(f"{where} is not valid: {error}") from error


def _exact(value: JSON) -> JSON:
    """Return numbers as the decimals that were written, tables of tiers included."""
    if is_mapping(value):
        return {name: one if name == "above" else _exact(one) for name, one in value.items()}
    if is_list(value):
        return [_exact(one) for one in value]
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
