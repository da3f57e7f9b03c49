"""What `any-llm cache` takes, and its help. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from any_llm.cli import bodies
from any_llm.cli.wishes import EvaluationWish

cache = App(name="cache", help="Look at kept answers, clear them, and measure which questions have one answer.")


@cache.default
def cache_overview(*, store: str | None = None, json: bool = False) -> None:
    """Tell how many answers a store has of each model, and how large they are.

    Args:
        store: Where it is, such as sqlite:cache.db or redis://localhost; without it, as the configuration says.
        json: Print one JSON object: entries, bytes, models (name, entries, bytes).
    """
    bodies.show_cache(store=store, prefix="", json=json)


@cache.command(name="stats")
def cache_stats(*, store: str | None = None, prefix: str = "", json: bool = False) -> None:
    """Tell how many answers a store has of each model, and how large they are.

    Args:
        store: Where it is, such as sqlite:cache.db or redis://localhost; without it, as the configuration says.
        prefix: Only entries whose names begin so: namespace/tenant/provider:model/digest.
        json: Print one JSON object: entries, bytes, models (name, entries, bytes).
    """
    bodies.show_cache(store=store, prefix=prefix, json=json)


@cache.command(name="clear")
def cache_clear(
    *,
    store: str | None = None,
    tag: str = "",
    model: str = "",
    prefix: str = "",
    all: bool = False,  # noqa: A002  # the flag's name
    json: bool = False,
) -> None:
    """Make kept answers invalid: those to which all that is said applies.

    Args:
        store: Where they are, such as sqlite:cache.db or redis://localhost; without it, as the configuration says.
        tag: Those with this tag.
        model: Those of this model, as provider:model or by the model's name alone.
        prefix: Those whose names begin so: namespace/tenant/provider:model/digest.
        all: All of them.
        json: Print one JSON object: removed.
    """
    bodies.clear_cache(store=store, tag=tag, model=model, prefix=prefix, everything=all, json=json)


@cache.command(name="eval")
def cache_eval(
    *,
    model: str | None = None,
    pairs: Path | None = None,
    max_false_hits: float = 0.02,
    without_veto: bool = False,
    plot: Path | None = None,
    json: bool = False,
) -> None:
    """Measure how well a model tells questions apart that only sound alike, and recommend a threshold.

    Args:
        model: Turns texts into vectors, as provider:model; without it, as the configuration says, else the local one.
        pairs: A file of pairs instead of the shipped ones: lines as "kind | one | other" below [same] or [other].
        max_false_hits: Recommend a threshold where the false-hit rate is at most this, with its interval.
        without_veto: Compare the vectors alone, and not the words, too.
        plot: Draw hits and false hits by threshold into this file, as PNG or SVG (extra: plot).
        json: Print one JSON object: model, same, other, recommended, thresholds, wrong.
    """
    bodies.evaluate(
        EvaluationWish(model=model, pairs=pairs, max_false_hits=max_false_hits, veto=not without_veto, plot=plot),
        json=json,
    )
