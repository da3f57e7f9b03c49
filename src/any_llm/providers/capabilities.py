"""What the data in this package says about models: found by name, read on first use, offline.

The data is one ZIP archive with a JSON file for each provider, made by `scripts/capabilities.py`. A provider's file is
read when it is first asked for, and a model's record is decoded when it is found.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from any_llm.providers.model_names import bare, is_snapshot_of, other_names
from any_llm.types.json import JSON

DATA = Path(__file__).parent / "data" / "capabilities.zip"
"""The file with the data."""

FORMAT = 1
"""The version of the file's format."""

OF_THE_MODEL = frozenset({
    "name", "family", "context_window", "max_input_tokens", "input_modalities", "output_modalities", "operations",
    "embedding_dimensions", "tools", "parallel_tools", "structured_output", "reasoning", "reasoning_efforts",
    "system_messages", "temperature", "tokenizer", "open_weights", "knowledge_cutoff", "release_date",
})  # fmt: skip
"""What a model can wherever it runs; prices, dates of retirement and the like belong to who offers it."""

_CLOSEST, _LONGEST = 3, 100
_REMEMBERED = 16_384


class SourceOfData(msgspec.Struct, frozen=True):
    """Where values were read: what users are told, and of which day it is."""

    title: str
    date: dt.date
    licence: str
    url: str


class _Index(msgspec.Struct, frozen=True):
    format: int
    sources: dict[str, SourceOfData]
    sha256: str


class Statement(NamedTuple):
    """A value and the letters of the sources that state it."""

    value: JSON
    letters: str


class Record(NamedTuple):
    """What is known about one model: how its name was found, and what is stated of each field, the chosen value first.

    `entry` is the name in the data, `provider:model` when it is another provider's; `match` is as in `Capabilities`.
    """

    entry: str
    match: str
    stated: Mapping[str, tuple[Statement, ...]]

    def get(self, field: str) -> JSON:
        """Return the chosen value of a field as the data has it, `None` when nothing is known. Prices are texts."""
        said = self.stated.get(field)
        return said[0].value if said else None


NOTHING = Record("", "none", {})
"""The record of a model that the data does not know."""


@lru_cache(maxsize=_REMEMBERED)
def lookup(provider: str, model: str) -> Record:
    """Return what the data says about a model: the cheap question for code that needs a limit or a flag.

    It touches no network; the file is read once for each provider. Answers are remembered.

    Args:
        provider: the provider's name; one that the data does not list has what is known of the model itself.
        model: the model's name there, in any of its spellings: with a date, a region, a vendor, as an ARN.
    """
    table = _table(provider)
    names = tuple(other_names(model))
    for name, match in names:
        if name in table.records:
            return _record(provider, name, match)
    for name, match in names:
        found = table.find(name)
        if found:
            return _record(provider, found, "alias" if match == "exact" else match)
    return _borrowed(model) if model else NOTHING


def models_of(provider: str) -> tuple[str, ...]:
    """Return the names of a provider's models that the data knows."""
    return tuple(_table(provider).records)


def providers_with_data() -> frozenset[str]:
    """Return the names of the providers that the data lists."""
    return frozenset(name.removesuffix(".json") for name in _members()) - {"index", "names"}


@lru_cache(maxsize=_REMEMBERED)
def closest(provider: str, model: str) -> tuple[str, ...]:
    """Return the names of a provider's models that are spelled most like a name."""
    names = {name.lower(): name for name in _table(provider).records}
    return tuple(names[found] for found in difflib.get_close_matches(model.lower()[:_LONGEST], names, _CLOSEST))


def sources() -> Mapping[str, SourceOfData]:
    """Return the sources by the letters that stand for them."""
    return _index().sources


class _Table:
    """The models of one provider: their records as JSON, and their names in other spellings."""

    __slots__ = ("_bare", "records")

    def __init__(self, records: dict[str, msgspec.Raw]) -> None:
        self.records = records
        self._bare: dict[str, str] | None = None

    def find(self, name: str) -> str | None:
        """Return the model whose name is this one in another spelling, or the newest snapshot of it."""
        if self._bare is None:
            self._bare = {bare(model): model for model in reversed(self.records)}
        if bare(name) in self._bare:
            return self._bare[bare(name)]
        return max((model for model in self.records if is_snapshot_of(model, name)), default=None)


@cache
def _table(provider: str) -> _Table:
    member = f"{provider}.json"
    if member not in _members():
        member = _spellings().get(_plain(provider), "")
    return _Table(_RECORDS.decode(_read(member)) if member else {})


@cache
def _members() -> Mapping[str, zipfile.ZipInfo]:
    with zipfile.ZipFile(DATA) as archive:
        return {info.filename: info for info in archive.infolist()}


@cache
def _spellings() -> Mapping[str, str]:
    return {_plain(name.removesuffix(".json")): name for name in _members() if name not in {"index.json", "names.json"}}


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _read(member: str) -> bytes:
    with zipfile.ZipFile(DATA) as archive:
        return archive.read(_members()[member])


@cache
def _index() -> _Index:
    return msgspec.json.decode(_read("index.json"), type=_Index)


@cache
def _homes() -> Mapping[str, str]:
    return msgspec.json.decode(_read("names.json"), type=dict[str, str])


_RECORDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RECORD = msgspec.json.Decoder(dict[str, list[JSON]])


def _record(provider: str, entry: str, match: str) -> Record:
    told = _RECORD.decode(_table(provider).records[entry])
    return Record(entry, match, {field: tuple(_statements(values)) for field, values in told.items()})


def _statements(values: list[JSON]) -> Iterator[Statement]:
    value, letters, *others = values
    yield Statement(value, letters)
    for other in others:
        yield Statement(*other)


def _borrowed(model: str) -> Record:
    """Return what another provider's data says about the model itself."""
    homes = _homes()
    for name, _ in other_names(model):
        reference = homes.get(bare(name))
        if reference:
            provider, _, entry = reference.partition(":")
            stated = _record(provider, entry, "borrowed").stated
            return Record(
                reference, "borrowed", {field: said for field, said in stated.items() if field in OF_THE_MODEL}
            )
    return NOTHING
