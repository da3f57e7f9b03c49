"""What `any-llm models --needs …` and `any-llm models show` do: no network, only the data of this package."""

from __future__ import annotations

import msgspec

import any_llm
from any_llm.cli.terminal import draws, note, table, write, write_json
from any_llm.cli.wishes import Search
from any_llm.types.capabilities import Capabilities, Conflict, Fact, PriceTier, Selection
from any_llm.types.json import JSON, is_tuple

_OTHERS = 200
"""So many models that do not fit are told with what they lack; more would be read by nobody."""


def find_models(search: Search, *, json: bool) -> None:
    """Find the models that can do what is needed, the best first."""
    found = any_llm.select(
        search.needs,
        max_price=search.max_price,
        min_context=search.min_context,
        prefer=search.prefer,
        providers=[search.provider] if search.provider else None,
        limit=search.limit,
        include_dropped=search.why,
    )
    if json:
        write_json([_dump(model) for model in found])
        return
    chosen = [model for model in found if model.chosen]
    table("", ("model", "in", "out", "context", "released"), [_row(model) for model in chosen])
    if not chosen:
        note("no model is known to fit; --why tells what each one lacks")
    if search.why:
        for model in [*chosen, *[other for other in found if not other.chosen][:_OTHERS]]:
            write(f"\n{model.reference}{'' if model.chosen else ': left out'}\n")
            write("".join(f"  {reason}\n" for reason in model.reasons))


def show_model(model: str, *, everything: bool, json: bool) -> None:
    """Show each fact about a model with its value, its source, its date and what others say."""
    known = any_llm.capabilities(model)
    if json:
        write_json(known.model_dump(mode="json", exclude_unknown=not everything))
        return
    if not known.known:
        closest = f"; the closest: {', '.join(known.closest)}" if known.closest else ""
        note(f"nobody knows {known.provider}:{known.model}{closest}")
    elif known.match != "exact":
        note(f"{known.provider}:{known.model} is told by {known.entry} ({known.match})")
    rows = [(name, *_cells(fact)) for name, fact in known if fact.known or everything]
    table("", ("fact", "value", "known", "source", "date", "others say"), rows)


def _dump(model: Selection) -> JSON:
    tree = msgspec.to_builtins(model)
    return {"id": model.reference, **tree, "capabilities": _known(model.capabilities)}


def _known(capabilities: Capabilities) -> JSON:
    return capabilities.model_dump(mode="json", exclude_unknown=True)


def _row(model: Selection) -> tuple[str, ...]:
    known = model.capabilities
    window, day = known.context_window.value, known.release_date.value
    read, written = (
        "" if price.value is None else f"${price.value}" for price in (known.input_price, known.output_price)
    )
    return (model.reference, read, written, "" if window is None else f"{window:,}", str(day or ""))


def _cells(fact: Fact[JSON]) -> tuple[str, str, str, str, str]:
    return (
        told(fact.value) if fact.known else "",
        fact.kind,
        "; ".join((fact.source, *fact.confirmed_by)) if fact.known else "",
        str(fact.date or ""),
        ("\n" if draws() else "; ").join(map(_contradiction, fact.conflicts)),
    )


def _contradiction(conflict: Conflict) -> str:
    day = f", {conflict.date}" if conflict.date else ""
    return f"{told(conflict.value)} ({conflict.kind} by {conflict.source}{day})"


def told(value: JSON) -> str:
    """Return a value as people read it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case PriceTier():
            prices = msgspec.to_builtins(value)
            return ", ".join(f"{name} {amount}" for name, amount in prices.items())
        case _ if is_tuple(value):
            return ("; " if value and isinstance(value[0], PriceTier) else ", ").join(map(told, value)) or "none"
        case _:
            return str(value)
