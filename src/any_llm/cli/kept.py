"""What `any-llm cache stats` and `any-llm cache clear` do."""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec

from any_llm.cli.places import look_at
from any_llm.cli.terminal import table, write, write_json
from any_llm.client.kept import KeptAnswers
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError


def show_cache(*, store: str | None, prefix: str, json: bool) -> None:
    """Tell how many answers the store has of each model, and how large they are."""
    names = asyncio.run(_kept(store).anames(prefix))
    entries, sizes = Counter[str](), Counter[str]()
    for name, size in names:
        whose = "/".join(name.split("/")[:3])
        entries[whose] += 1
        sizes[whose] += size
    if json:
        models = [{"name": name, "entries": count, "bytes": sizes[name]} for name, count in sorted(entries.items())]
        write_json({"entries": len(names), "bytes": sizes.total(), "models": models})
        return
    if not names:
        write("No answer is kept there\n")
        return
    rows = [(name, str(count), str(sizes[name])) for name, count in sorted(entries.items())]
    table("", ("namespace/tenant/model", "entries", "bytes"), [*rows, ("all", str(len(names)), str(sizes.total()))])


def clear_cache(*, store: str | None, tag: str, model: str, prefix: str, everything: bool, json: bool) -> None:
    """Make kept answers invalid, and tell how many were taken away."""
    if not (tag or model or prefix or everything):
        raise ConfigurationError("any-llm cache clear needs some of --tag, --model and --prefix, or else --all")
    gone = asyncio.run(_kept(store).ainvalidate(tag=tag, model=model, prefix=prefix, everything=everything))
    if json:
        write_json({"removed": gone})
    elif tag:
        write(f"Answers with the tag {tag!r} are invalid now; each is removed when its time is over\n")
    else:
        write(f"{gone} answers removed\n")


def _kept(store: str | None) -> KeptAnswers:
    settings = default_settings()
    if store is not None:
        settings = msgspec.structs.replace(settings, store=look_at(store, "store of kept answers"))
    if settings.store == "memory":
        raise ConfigurationError(
            "The store is 'memory', which ends with each process; name another, as in --store sqlite:cache.db"
        )
    return KeptAnswers(settings)
