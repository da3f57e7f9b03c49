"""`capabilities`: what is known about a model, put together from the data, its provider, probes and settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from any_llm.client.arguments import split_reference
from any_llm.client.observations import observed
from any_llm.engine.plugins import DIALECTS, PROVIDERS, load
from any_llm.engine.settings import Settings
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import UnsupportedProviderError
from any_llm.providers.capabilities import NOTHING, Record, closest, lookup, providers_with_data
from any_llm.providers.declared import Facts, declared
from any_llm.providers.offered import decides, offered
from any_llm.providers.registry import builtin_dialect
from any_llm.providers.registry import provider as find_provider
from any_llm.spec.dialect import Codec, Dialect
from any_llm.spec.provider import Operation, Provider
from any_llm.types.capabilities import Capabilities, Conflict, Fact, convert_value
from any_llm.types.json import JSON

_REMEMBERED = 16_384
_SETTINGS = "settings"


def capabilities(model: str, *, provider: str | None = None, settings: Settings | None = None) -> Capabilities:
    """Return what is known about a model, without asking anybody: no network, no key.

    A later word goes before an earlier one: what the data in this package and the provider's record say, what
    `any-llm probe` saw on this machine, and the user's own word in the settings (`[models."openai:gpt-5"]` in the
    configuration file). What was said before then stands among the conflicts of the fact.

    A model that nobody knows is no error: `known` is false then, `closest` names those that are spelled like it, and of
    the facts only those are known that hold for all of the provider's models.

    Args:
        model: the model as `provider:model`, or by its own name when `provider` is given. Dated snapshots, aliases,
            regional names, ARNs and names with a vendor in front are understood.
        provider: the provider's name.
        settings: instead of the process's own.

    Raises:
        ConfigurationError: the model is not of the form `provider:model`.
        UnsupportedProviderError: nobody knows a provider of this name.
    """
    name, rest = (provider, model) if provider else split_reference(model)[:2]
    chosen = settings or default_settings()
    key = name.strip().lower()
    record = known_provider(key, chosen.providers)
    known = _of_record(record, rest) if record else _of_data(key, rest)
    reference = f"{key}:{rest}"
    probed = observed(reference)
    if not probed and not chosen.models:
        return known
    facts = {name: fact for name, fact in known if fact.known}
    facts = overlaid(facts, probed)
    for said in (f"{key}:{known.entry}", reference) if known.match != "borrowed" else (reference,):
        facts = overlaid(facts, _user_facts(chosen.models.get(said, {})))
    return _put_together(known, facts)


def overlaid(older: Facts, newer: Mapping[str, Fact[JSON]]) -> Facts:
    """Return facts with others over them; what they replace stands among their conflicts, or confirms them."""
    facts = dict(older)
    for name, fact in newer.items():
        before = older.get(name)
        facts[name] = _over(before, fact) if before is not None else fact
    return facts


def _over(before: Fact[JSON], after: Fact[JSON]) -> Fact[JSON]:
    said = (Conflict(before.value, before.source, before.date, before.kind), *before.conflicts)
    agreeing = tuple(other.source for other in said if other.value == after.value)
    also = before.confirmed_by if before.value == after.value else ()
    return Fact(
        value=after.value,
        kind=after.kind,
        source=after.source,
        date=after.date,
        confirmed_by=tuple(dict.fromkeys((*after.confirmed_by, *agreeing, *also))),
        conflicts=tuple(other for other in (*after.conflicts, *said) if other.value != after.value),
    )


def _user_facts(said: Mapping[str, JSON]) -> Facts:
    return {
        name: Fact(value=convert_value(name, value), kind="declared", source=_SETTINGS) for name, value in said.items()
    }


def known_provider(name: str, more: Mapping[str, Provider]) -> Provider | None:
    """Return a provider's record, or `None` when only the data knows it.

    Raises:
        UnsupportedProviderError: nobody knows it.
    """
    try:
        return find_provider(name, more)
    except UnsupportedProviderError:
        record = load(PROVIDERS, name, Provider)
        if record is None and name not in providers_with_data():
            raise
        return record


@lru_cache(maxsize=_REMEMBERED)
def _of_data(name: str, model: str) -> Capabilities:
    """Return what is known of a model whose provider cannot be called."""
    record = lookup(name, model)
    return _put_together(_bare(name, model, record), declared(record))


@lru_cache(maxsize=_REMEMBERED)
def _of_record(provider: Provider, model: str) -> Capabilities:
    """Return what is known of a model without probes and settings."""
    record = lookup(provider.name, model)
    stated, following = declared(record), offered(provider, _chat(provider), model, record)
    deciding = {name: fact for name, fact in following.items() if name in stated and decides(provider, fact)}
    facts = overlaid({**following, **stated}, deciding)
    # The data tells what the model is for, the provider's record as what it can be asked here.
    facts.update({name: fact for name, fact in following.items() if name == "operations"})
    return _put_together(_bare(provider.name, model, record), facts)


def _chat(provider: Provider) -> Codec[JSON, JSON] | None:
    """Return chat completions in a provider's wire format; `None` when it has none, or the format is not installed."""
    dialect = builtin_dialect(provider.dialect) or load(DIALECTS, provider.dialect, Dialect)
    return dialect.operations.get(Operation.COMPLETION) if dialect else None


def _bare(provider: str, model: str, record: Record) -> Capabilities:
    return Capabilities(
        provider=provider,
        model=model,
        entry=record.entry,
        match=record.match,
        closest=closest(provider, model) if record is NOTHING else (),
    )


def _put_together(bare: Capabilities, facts: Facts) -> Capabilities:
    return Capabilities(
        provider=bare.provider,
        model=bare.model,
        entry=bare.entry,
        match=bare.match,
        closest=bare.closest,
        **facts,
    )
