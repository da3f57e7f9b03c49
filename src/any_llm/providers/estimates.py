"""What a request will use and cost, before it is made.

What a model reads can be counted only in part: vendors put words of their own around a request, most of all where there
are tools, and count media their own way. What a model writes is not known at all. So each figure is a range; its bounds
were set so that nine of ten recorded requests stayed within them, and `tests/cost` measures that they still do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

import msgspec

from any_llm.providers.prices import rates
from any_llm.providers.tokenizers import count_text, family_of
from any_llm.types.asking import Asked, asked_of
from any_llm.types.cost import Rates, price
from any_llm.types.json import JSON, JSONObject
from any_llm.types.price_list import PriceList
from any_llm.types.usage import Span, Tier, Usage


class Added(NamedTuple):
    """Tokens that a vendor adds to a request, and those that it adds when there are tools."""

    plain: Span
    tools: Span


_USUAL = Added(Span(0, 4, 130), Span(-60, 60, 700))
_ADDED: Mapping[str, Added] = {
    "anthropic": Added(Span(0, 8, 130), Span(200, 520, 1_400)),
    "cohere": Added(Span(0, 450, 1_500), Span(500, 1_400, 1_700)),
    "deepseek": Added(Span(0, 10, 150), Span(-40, 250, 700)),
    "venice": Added(Span(0, 500, 1_700), Span(500, 1_000, 1_800)),
    "xai": Added(Span(0, 190, 520), Span(100, 250, 700)),
}
_CLAUDE = _ADDED["anthropic"]
"""What vendors were seen to add: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview#pricing."""

_PER_MESSAGE, _AROUND = 4, 3
_MEDIA: Mapping[str, Span] = {
    "images": Span(50, 800, 3_600),
    "sounds": Span(0, 120, 1_500),
    "videos": Span(50, 2_000, 30_000),
    "documents": Span(50, 1_500, 12_000),
}
"""Tokens of one of each, as far as can be told without looking inside."""

_HOSTED = Span(0, 3_000, 35_000)
_REMEMBERED = Span(0, 500, 12_000)
_LEAST, _MOST = 0.35, 1.45
_WRITTEN = Span(1, 200, 2_500)
_THOUGHT = Span(1, 600, 8_000)
_CAPS = ("max_completion_tokens", "max_output_tokens", "max_tokens", "max_tokens_to_sample")
_ANSWERS = ("n", "num_generations", "candidate_count")
_SEARCHES = 5


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a request will use and cost, as ranges.

    Attributes:
        provider: who would be asked.
        model: which model.
        input_tokens: the whole input.
        output_tokens: the whole output, what is thought included; at most what the request allows.
        low: US dollars at least; `None` where the price is not known.
        expected: US dollars probably.
        high: US dollars at most.
        counted_by: how the texts were counted: with which vocabulary, or by `characters`.
        source: whose prices.
        version: which version of these.
        date: of which day they are.
        notes: what had to be assumed.
        currency: what the prices are in.
    """

    provider: str
    model: str
    input_tokens: Span
    output_tokens: Span
    low: Decimal | None = None
    expected: Decimal | None = None
    high: Decimal | None = None
    counted_by: str = ""
    source: str = ""
    version: str = ""
    date: dt.date | None = None
    notes: tuple[str, ...] = ()
    currency: str = "USD"

    def to_dict(self) -> JSONObject:
        """Return it as plain values that JSON can hold: money and days as texts."""
        tree: JSONObject = msgspec.to_builtins(self)
        return tree


def estimate_of(
    provider: str,
    model: str,
    options: Mapping[str, JSON],
    at: dt.datetime,
    *,
    tier: Tier = "",
    prices: PriceList | None = None,
) -> Estimate:
    """Return what a request will use and cost.

    Args:
        provider: who would be asked.
        model: which model.
        options: the parameters of the operation: messages, tools and all else that it would be called with.
        at: when.
        tier: how it would be served, as in `Usage`.
        prices: a user's own prices.
    """
    asked = asked_of(options)
    read, counted_by = _read(provider, model, asked)
    written = _written(asked, options)
    listed = rates(provider, model, at, tier, "", prices)
    known = Estimate(provider=provider, model=model, input_tokens=read, output_tokens=written, counted_by=counted_by)
    if listed is None:
        return known
    low, expected, high = _costs(listed, asked, (read, written), _metered(options, listed))
    return msgspec.structs.replace(
        known,
        low=low,
        expected=expected,
        high=high,
        source=listed.source,
        version=listed.version,
        date=listed.date,
        notes=listed.notes,
        currency=listed.currency,
    )


def _read(provider: str, model: str, asked: Asked) -> tuple[Span, str]:
    counts = [count_text(text, model) for text in asked.texts]
    by = counts[0].by if counts else family_of(model).vocabulary or "characters"
    texts = sum(count.tokens for count in counts) + _PER_MESSAGE * asked.messages + _AROUND
    added = _ADDED.get(provider, _CLAUDE if "claude" in model.lower() else _USUAL)
    more = [added.tools if asked.tools else added.plain, *_beside(asked)]
    low = max(1, round(texts * _LEAST) + sum(span.low for span in more))
    expected = max(low, texts + sum(span.expected for span in more))
    high = max(expected, round(texts * _MOST) + sum(span.high for span in more))
    return Span(low, expected, high), by


def _beside(asked: Asked) -> list[Span]:
    """Return what else than texts is read."""
    spans = [span for name, span in _MEDIA.items() for _ in range(getattr(asked, name))]
    spans += [_HOSTED] * asked.hosted
    return [*spans, _REMEMBERED] if asked.remembered else spans


def _written(asked: Asked, options: Mapping[str, JSON]) -> Span:
    usual = _THOUGHT if _thinks(options) else _WRITTEN
    if asked.hosted:
        usual = Span(1, usual.expected * 2, usual.high * 2)
    said = next((value for name in _CAPS if isinstance(value := options.get(name), int) and value > 0), None)
    answers = next((value for name in _ANSWERS if isinstance(value := options.get(name), int) and value > 1), 1)
    if said is None:
        return Span(usual.low, usual.expected * answers, usual.high * answers)
    # Some vendors do not count what is thought against the cap.
    high = said if usual is _WRITTEN else said + usual.expected
    return Span(min(usual.low, said), min(usual.expected, said) * answers, high * answers)


def _thinks(options: Mapping[str, JSON]) -> bool:
    return any(options.get(name) not in {None, "none"} for name in ("reasoning_effort",)) or any(
        options.get(name) is not None for name in ("reasoning", "thinking", "thinking_config", "thinkingConfig")
    )


def _metered(options: Mapping[str, JSON], listed: Rates) -> Mapping[str, int | Decimal]:
    """Return what else a model is billed by, as far as the request says how much: characters, images, seconds."""
    spoken, count, seconds = options.get("input"), options.get("n"), str(options.get("seconds") or "")
    told: Mapping[str, int | Decimal] = {
        "characters": len(spoken) if isinstance(spoken, str) else 0,
        "images": count if isinstance(count, int) and count > 0 else 1,
        "seconds": Decimal(seconds) if seconds.isdecimal() else Decimal(0),
        "search_units": int("documents" in options),
    }
    return {unit: amount for unit, amount in told.items() if unit in listed.rates}


def _costs(
    listed: Rates, asked: Asked, spans: tuple[Span, Span], metered: Mapping[str, JSON]
) -> tuple[Decimal | None, ...]:
    """Return the costs: at least as if all input had been cached, at most as if it had been written to a cache."""
    read, written = spans
    most = "cache_write_tokens" in listed.rates and listed.rates["cache_write_tokens"].price
    dearer = bool(most and "input_tokens" in listed.rates and most > listed.rates["input_tokens"].price)
    usages = (
        Usage(input_tokens=read.low, cache_read_tokens=read.low, output_tokens=written.low, **metered),
        Usage(input_tokens=read.expected, output_tokens=written.expected, **metered),
        Usage(
            input_tokens=read.high,
            cache_write_tokens=read.high if dearer else 0,
            output_tokens=written.high,
            web_searches=_SEARCHES * asked.hosted if "web_searches" in listed.rates else 0,
            **metered,
        ),
    )
    found = (price(usage, listed) for usage in usages)
    return tuple(None if cost is None else cost.computed for cost in found)
