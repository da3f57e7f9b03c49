"""What models cost, by provider, day, tier and region: the one place where every price in this library comes from.

A user's own prices go first. Then come those of the package `genai-prices` (the extra `prices`), which knows how prices
changed over time and what tiers cost; then the data in this package, which knows the prices of today. Nothing is
fetched: a newer version of the package is newer prices.

https://github.com/pydantic/genai-prices
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from any_llm.providers.capabilities import lookup, sources
from any_llm.providers.declared import Facts, declared
from any_llm.types.capabilities import PriceTier
from any_llm.types.cost import Cost, Rate, Rates, price
from any_llm.types.price_list import NO_TIER, UNITS, PriceList, prices_for, rates_of, with_prices
from any_llm.types.usage import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, PriceVariant
    from genai_prices.types import Provider as TheirProvider

_REMEMBERED = 4_096
_PACKAGE = "genai-prices"
_OURS = "g"
_MILLION = 1_000_000

_FREE: Mapping[str, str] = {"local": "runs on this machine"}
"""Providers that take no money, and why."""


class _FreeModels(NamedTuple):
    models: tuple[str, ...]
    source: str


_FREE_MODELS: Mapping[str, _FreeModels] = {
    "openai": _FreeModels(
        ("omni-moderation", "text-moderation"), "https://platform.openai.com/docs/guides/moderation: free of charge"
    )
}
"""Models that take no money, by how their names begin, and who says so."""

_ONE_REQUEST = Usage()
_FACTORS: Mapping[tuple[str, str], Decimal] = {("anthropic", "us"): Decimal("1.1")}
"""What all prices of tokens are multiplied by where a request has to stay in a region.

https://platform.claude.com/docs/en/about-claude/pricing#data-residency-pricing
"""

_NAMES: Mapping[str, str] = {
    "azureanthropic": "azure",
    "azureopenai": "azure",
    "bedrock": "aws",
    "gemini": "google",
    "moonshot": "moonshotai",
    "vertexai": "google",
    "vertexaianthropic": "google",
    "voyage": "voyageai",
    "xai": "x-ai",
}
"""What the package calls providers, where it has another name for them."""

_KEYS: Mapping[str, tuple[str, int]] = {
    "input_mtok": ("input_tokens", _MILLION),
    "cache_read_mtok": ("cache_read_tokens", _MILLION),
    "cache_write_mtok": ("cache_write_tokens", _MILLION),
    "cache_write_5m_mtok": ("cache_write_tokens", _MILLION),
    "cache_write_1h_mtok": ("cache_write_1h_tokens", _MILLION),
    "input_audio_mtok": ("input_audio_tokens", _MILLION),
    "cache_audio_read_mtok": ("cache_read_audio_tokens", _MILLION),
    "input_image_mtok": ("input_image_tokens", _MILLION),
    "input_video_mtok": ("input_video_tokens", _MILLION),
    "output_mtok": ("output_tokens", _MILLION),
    "output_reasoning_mtok": ("reasoning_tokens", _MILLION),
    "output_audio_mtok": ("output_audio_tokens", _MILLION),
    "output_image_mtok": ("output_image_tokens", _MILLION),
    "output_video_mtok": ("output_video_tokens", _MILLION),
    "input_mchars": ("characters", _MILLION),
    "audio_hours": ("seconds", 3_600),
    "input_audio_hours": ("seconds", 3_600),
    "input_document_kpages": ("pages", 1_000),
    "rerank_searches_kcount": ("search_units", 1_000),
    "web_searches_kcount": ("web_searches", 1_000),
    "requests_kcount": ("requests", 1_000),
}
"""Which unit of `Usage` a price of the package is for."""


class _Found(NamedTuple):
    """A model of the package, of whom it is, and which version of the package that was."""

    provider: TheirProvider
    model: ModelInfo
    version: str
    date: dt.date | None


def cost_of(
    usage: Usage | None,
    provider: str,
    model: str,
    at: dt.datetime,
    prices: PriceList | None = None,
) -> Cost | None:
    """Return what a usage cost at a time; `None` where the usage or the price is not known, which is never 0.

    Args:
        usage: what was used, with the tier and the region it was served in.
        provider: who served it, by the provider's name here.
        model: which model, as it was asked for or as the answer names it.
        at: when the request was made, with a time zone.
        prices: a user's own prices, which go before all others.
    """
    if usage is None:
        return None
    listed = rates(provider, model, at, usage.tier, usage.region, prices)
    if listed is not None and "requests" not in listed.rates and usage == _ONE_REQUEST:
        # What nobody has counted is not free.
        return None
    return price(usage, listed, at)


def rates(
    provider: str,
    model: str,
    at: dt.datetime,
    tier: str = "",
    region: str = "",
    prices: PriceList | None = None,
) -> Rates | None:
    """Return what a model cost at a time, or `None` where nobody knows.

    Args:
        provider: the provider's name.
        model: the model's name there.
        at: the time, with a time zone.
        tier: how the request is served, as in `Usage`.
        region: where it has to be served.
        prices: a user's own prices.
    """
    utc = at.astimezone(dt.UTC)
    found = _listed(provider, model, utc.replace(second=0, microsecond=0), tier, region)
    if prices:
        found = with_prices(found, prices_for(prices, f"{provider}:{model}", utc.date(), tier, region), tier)
    return found


def shipped(provider: str, model: str) -> Rates | None:
    """Return what the data in this package says that a model costs today: at once, for layers that calls wait for."""
    if provider in _FREE:
        return _free(provider)
    return _of_data(provider, model, "", Decimal(1), ())


def _free(provider: str) -> Rates:
    zero = {"input_tokens": Rate(Decimal(0)), "output_tokens": Rate(Decimal(0))}
    return Rates(rates=zero, source=_FREE[provider])


@lru_cache(maxsize=_REMEMBERED)
def _listed(provider: str, model: str, at: dt.datetime, tier: str, region: str) -> Rates | None:
    """Return what the lists say; remembered by the minute, since some prices change with the time of day."""
    if provider in _FREE:
        return _free(provider)
    if (free := _FREE_MODELS.get(provider)) is not None and model.startswith(free.models):
        return Rates(rates={"requests": Rate(Decimal(0))}, source=free.source)
    factor = _FACTORS.get((provider, region), Decimal(1))
    notes = (
        () if not region or (provider, region) in _FACTORS else (f"no price for the region {region!r}: the usual one",)
    )
    found = _of_package(provider, model)
    if found is not None and (rated := _rated(found, at, tier, factor, notes)) is not None:
        return rated
    return _of_data(provider, model, tier, factor, notes)


def _rated(found: _Found, at: dt.datetime, tier: str, factor: Decimal, notes: tuple[str, ...]) -> Rates | None:
    usual = _rates_in(found.model.get_prices(at))
    held, remark = _tiered(found.model, usual, at, tier) if tier else (usual, "")
    if not held:
        return None
    return Rates(
        rates=held,
        source=_PACKAGE,
        version=found.version,
        date=found.date,
        entry=f"{found.provider.id}:{found.model.id}",
        factor=factor,
        notes=(*notes, remark) if remark else notes,
        tier="" if remark == NO_TIER.format(tier) else tier,
    )


def _tiered(model: ModelInfo, usual: Mapping[str, Rate], at: dt.datetime, tier: str) -> tuple[Mapping[str, Rate], str]:
    """Return the prices of a tier, and what had to be assumed: most tiers are listed from late 2026 on only."""
    words = {"service_tier": tier, "processing": tier, "speed": tier}
    held = _rates_in(model.get_prices(at, words))
    if held != usual:
        return held, ""
    listed = [
        one for one in model.price_variants or () if all(words.get(key) == said for key, said in one.when.items())
    ]
    if not listed:
        return usual, NO_TIER.format(tier)
    first = min(listed, key=_start)
    return {
        **usual,
        **_rates_in(first.prices),
    }, f"the price of the tier {tier!r} as first listed, from {_start(first)} on"


def _start(variant: PriceVariant) -> dt.date:
    start: dt.date | None = getattr(variant.constraint, "start_date", None)
    return start or dt.date.min


def _rates_in(said: ModelPrice) -> Mapping[str, Rate]:
    held: dict[str, Rate] = {}
    for key, (unit, per) in _KEYS.items():
        value = getattr(said, key)
        if isinstance(value, Decimal):
            held[unit] = Rate(value, per)
        elif value is not None:
            held[unit] = Rate(value.base, per, tuple((tier.start, tier.price) for tier in value.tiers))
    return held


@lru_cache(maxsize=_REMEMBERED)
def _of_package(provider: str, model: str) -> _Found | None:
    """Return a model of the package, if that is installed and has it."""
    try:
        # Loaded by the first figure that somebody asks for: most programs ask for none.
        from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415
    except ImportError:
        return None
    snapshot = get_snapshot()
    try:
        theirs, found = snapshot.find_provider_model(model, None, _NAMES.get(provider, provider), None)
    except LookupError:
        return None
    return _Found(theirs, found, *_edition())


@cache
def _edition() -> tuple[str, dt.date | None]:
    """Return the version of the package, and the day its prices are of, which is known of the version we read."""
    from importlib.metadata import version  # noqa: PLC0415  # slow to import, and only needed here

    installed = version(_PACKAGE)
    known = sources()[_OURS]
    return installed, known.date if known.title.endswith(f"{_PACKAGE} {installed})") else None


@lru_cache(maxsize=_REMEMBERED)
def _of_data(provider: str, model: str, tier: str, factor: Decimal, notes: tuple[str, ...]) -> Rates | None:
    """Return what the data in this package says, which knows of one tier, and of today alone."""
    record = lookup(provider, model)
    facts = declared(record)
    said = _prices_in(facts, "")
    if not said:
        return None
    batch = _prices_in(facts, "batch_")
    if tier == "batch" and batch:
        # What cached input costs in a batch is not known here, so it counts as other input does.
        said = {name: value for name, value in said.items() if not name.startswith("cache_")} | batch
    elif tier:
        notes = (*notes, NO_TIER.format(tier))
    first = next(facts[name] for name in UNITS if name in facts)
    tiers: Sequence[PriceTier] = (
        () if tier == "batch" or "price_tiers" not in facts else facts["price_tiers"].value or ()
    )
    return Rates(
        rates=rates_of(said, tiers),
        source=first.source,
        date=first.date,
        entry=f"{provider}:{record.entry}",
        factor=factor,
        notes=(*notes, "the price of the data's day, whatever the day of the request"),
        tier="batch" if tier == "batch" and batch else "",
    )


def _prices_in(facts: Facts, prefix: str) -> dict[str, Decimal]:
    named = ((name, facts.get(f"{prefix}{name}")) for name in UNITS)
    return {name: fact.value for name, fact in named if fact is not None and fact.value is not None}
