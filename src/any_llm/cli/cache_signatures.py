"""What `any-llm cache` takes, and its help. Nothing heavy is imported here."""

from __future__ import annotations

from cyclopts import App

from any_llm.cli import bodies

cache = App(name="cache", help="Look at kept answers, and clear them.")


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
