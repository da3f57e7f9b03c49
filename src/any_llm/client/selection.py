"""`select`: the models that can do what is needed, the best first, with the reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from any_llm.client.capabilities import capabilities, known_provider
from any_llm.engine.plugins import PROVIDERS, found
from any_llm.engine.settings import Settings
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.providers.capabilities import models_of
from any_llm.providers.registry import provider_names
from any_llm.types.capabilities import Capabilities, Fact, Selection
from any_llm.types.json import JSON, is_tuple

Preference: TypeAlias = Literal["price", "context", "newest"]
"""What the best is: the cheapest, the one that takes most, or the one that came out last."""

_OPERATIONS: Mapping[str, str] = {
    "chat": "completion",
    "completion": "completion",
    "responses": "responses",
    "messages": "messages",
    "embedding": "embedding",
    "rerank": "rerank",
    "moderation": "moderation",
    "image_generation": "image_generation",
    "image_edit": "image_edit",
    "speech": "speech",
    "transcription": "transcription",
    "video_generation": "video_generation",
    "ocr": "ocr",
}
"""Needs that are something to be asked for, and the operation that is it."""

_FACTS: Mapping[str, str] = {
    "vision": "image_input",
    "image": "image_input",
    "audio": "audio_input",
    "video": "video_input",
    "pdf": "pdf_input",
    **{
        name: name
        for name in (
            "image_input", "audio_input", "video_input", "pdf_input", "image_output", "audio_output", "video_output",
            "streaming", "tools", "parallel_tools", "reasoning", "system_messages", "prefill", "temperature", "top_p",
            "logprobs", "seed", "n", "stop", "batch", "realtime", "web_search", "code_execution", "computer_use",
            "url_context", "open_weights",
        )
    },
}  # fmt: skip
"""Needs that are met when a fact is true, and that fact."""

_VALUES: Mapping[str, tuple[str, frozenset[str]]] = {
    "structured_output": ("structured_output", frozenset({"json_schema"})),
    "json_schema": ("structured_output", frozenset({"json_schema"})),
    "caching": ("caching", frozenset({"automatic", "breakpoints", "key"})),
    "reasoning_effort": ("reasoning_control", frozenset({"effort", "budget"})),
}
"""Needs that are met by some values of a fact."""

NEEDS: tuple[str, ...] = tuple(sorted({*_OPERATIONS, *_FACTS, *_VALUES}))
"""What can be needed."""

_TRUE = frozenset({True})


class _Wish(NamedTuple):
    needs: tuple[str, ...]
    max_price: Decimal | None
    min_context: int | None
    today: dt.date


class _Verdict(NamedTuple):
    met: bool
    lead: str
    name: str
    fact: Fact[JSON]
    tail: str = ""


def select(
    needs: Sequence[str] = (),
    *,
    max_price: Decimal | float | str | None = None,
    min_context: int | None = None,
    prefer: Preference = "price",
    providers: Sequence[str] | None = None,
    limit: int | None = 20,
    include_dropped: bool = False,
    settings: Settings | None = None,
) -> list[Selection]:
    """Return the models that can do what is needed, the best first, without asking anybody.

    A model counts only when it is known to fit: one whose price or window nobody knows is left out where a limit is
    given. Models that their vendor has turned off are left out.

    Args:
        needs: what it must be able to do, such as `vision`, `tools`, `json_schema`, `reasoning` or an operation like
            `embedding`; chat when no operation is named. `any_llm.client.selection.NEEDS` lists them all.
        max_price: the most that a million tokens may cost in US dollars, read or written.
        min_context: the least tokens that must fit into its context.
        prefer: `price` puts the cheapest first (three tokens read for one written), `context` the largest window,
            `newest` the latest release.
        providers: only these; without them all that can be called.
        limit: at most so many; `None` for all.
        include_dropped: give those that do not fit too, after the others, with what they lack.
        settings: instead of the process's own.

    Raises:
        ConfigurationError: a need, a preference or a price that nobody understands.
        UnsupportedProviderError: there is no such provider.
    """
    chosen = settings or default_settings()
    wish = _Wish(_checked(needs), _money(max_price), min_context, dt.datetime.now(dt.UTC).date())
    ranking = _RANKINGS.get(prefer)
    if ranking is None:
        raise ConfigurationError(f"prefer is {prefer!r}; use one of {', '.join(_RANKINGS)}")
    for name in providers or ():
        known_provider(name, chosen.providers)
    judged = [
        _judge(capabilities(model, provider=name, settings=chosen), wish, explain=include_dropped)
        for name in providers or provider_names({*chosen.providers, *found(PROVIDERS)})
        for model in _names(name, chosen)
    ]
    fitting = sorted((one for one in judged if one.chosen), key=lambda one: ranking(one.capabilities))[:limit]
    dropped = [one for one in judged if not one.chosen] if include_dropped else []
    return [*fitting, *dropped]


def _names(provider: str, settings: Settings) -> Iterator[str]:
    """Give the models of a provider that the data or the settings know."""
    known = models_of(provider)
    yield from known
    for reference in settings.models:
        name, _, model = reference.partition(":")
        if name == provider and model not in known:
            yield model


def _checked(needs: Sequence[str]) -> tuple[str, ...]:
    asked = (needs,) if isinstance(needs, str) else tuple(needs)
    unknown = [need for need in asked if need not in NEEDS]
    if unknown:
        raise ConfigurationError(f"needs has {unknown[0]!r}; it may have {', '.join(NEEDS)}")
    return asked if any(need in _OPERATIONS for need in asked) else ("chat", *asked)


def _money(price: Decimal | float | str | None) -> Decimal | None:
    if price is None:
        return None
    try:
        amount = Decimal(str(price))
    except ArithmeticError:
        amount = Decimal(-1)
    if not amount >= 0:
        raise ConfigurationError(f"max_price is {price!r}; give US dollars for a million tokens, such as 5")
    return amount


def _judge(model: Capabilities, wish: _Wish, *, explain: bool) -> Selection:
    verdicts = tuple(_verdicts(model, wish))
    chosen = all(verdict.met for verdict in verdicts)
    telling = (verdict for verdict in verdicts if verdict.met == chosen) if chosen or explain else ()
    return Selection(
        provider=model.provider,
        model=model.model,
        chosen=chosen,
        reasons=tuple(map(_reason, telling)),
        capabilities=model,
    )


def _verdicts(model: Capabilities, wish: _Wish) -> Iterator[_Verdict]:
    for need in wish.needs:
        yield _meets(model, need)
    if wish.max_price is not None:
        for name in ("input_price", "output_price"):
            price: Fact[Decimal] = getattr(model, name)
            fits = price.value is not None and price.value <= wish.max_price
            yield _Verdict(fits, "", name, price, f", at most {wish.max_price} asked")
    if wish.min_context is not None:
        window = model.context_window
        fits = window.value is not None and window.value >= wish.min_context
        yield _Verdict(fits, "", "context_window", window, f", at least {wish.min_context} asked")
    retired = model.retirement_date
    if retired.value is not None and retired.value <= wish.today:
        yield _Verdict(met=False, lead="", name="retirement_date", fact=retired, tail=": it is turned off")


def _meets(model: Capabilities, need: str) -> _Verdict:
    if need in _OPERATIONS:
        offered = model.operations
        return _Verdict(_OPERATIONS[need] in (offered.value or ()), f"{need}: ", "operations", offered)
    name, values = _VALUES.get(need) or (_FACTS[need], _TRUE)
    fact = getattr(model, name)
    return _Verdict(fact.value in values, f"{need}: ", name, fact)


def _reason(verdict: _Verdict) -> str:
    return f"{verdict.lead}{_told(verdict.name, verdict.fact)}{verdict.tail}"


def _told(name: str, fact: Fact[JSON]) -> str:
    if not fact.known:
        return f"{name} is not known"
    value: JSON = fact.value
    if isinstance(value, bool):
        value = "yes" if value else "no"
    elif is_tuple(value):
        value = ", ".join(map(str, value)) or "none"
    return f"{name} is {value} ({fact.source}{f', {fact.date}' if fact.date else ''})"


def _by_price(model: Capabilities) -> tuple[bool, Decimal, str]:
    read, written = model.input_price.value, model.output_price.value
    cost = 3 * (read or Decimal(0)) + (written or Decimal(0))
    return (read is None, cost, f"{model.provider}:{model.model}")


def _by_context(model: Capabilities) -> tuple[int, Decimal, str]:
    _, cost, name = _by_price(model)
    return (-(model.context_window.value or 0), cost, name)


def _by_age(model: Capabilities) -> tuple[int, Decimal, str]:
    _, cost, name = _by_price(model)
    day = model.release_date.value
    return (-day.toordinal() if day else 0, cost, name)


_RANKINGS: Mapping[str, Callable[[Capabilities], tuple[JSON, ...]]] = {
    "price": _by_price,
    "context": _by_context,
    "newest": _by_age,
}
