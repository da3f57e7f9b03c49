"""Whether what is sent has the shape that a vendor's answers have: which paths, and of which types.

The shapes are counted over recordings, a line for each path, in a file of tab-separated values: `provider`, `api`,
`class` (`ok`, `err404`), `unit` (`body`, or `ev:<event>` for one event of a stream), `samples`, `path` (`[]` is any
item of a list), `type`, and `share` (the part of the samples that have that path with that type).
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from any_llm.testing.reading.aws import BINARY, Event, inner_chunk, read_aws_events
from any_llm.testing.reading.frames import is_event_stream, read_events
from any_llm.types.json import JSON, is_list, is_mapping

ALWAYS = 0.9
"""From which share on a path counts as one that a vendor always sends."""

_OWN_DATA = frozenset({"input", "arguments", "args", "properties", "parameters", "metadata", "logit_bias"})
"""Below these names stands what users sent, so that nothing is known there."""

_TYPES: Mapping[type, str] = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    list: "list",
    dict: "obj",
    type(None): "null",
}
_LINES = ("application/x-ndjson", "application/jsonl", "application/stream+json")


class Sample(NamedTuple):
    """One whole body, or one event of a stream: its class and its unit, and what it says."""

    kind: str
    unit: str
    value: JSON


class Finding(NamedTuple):
    """One path in which what is sent differs from the recordings.

    Attributes:
        problem: `missing` (vendors always send it), `invented` (none ever did) or `type`.
        kind: the class, such as `ok` or `err404`.
        unit: `body`, or `ev:<event>`.
        path: where.
        said: what is wrong, in words.
    """

    problem: str
    kind: str
    unit: str
    path: str
    said: str


class Shape(NamedTuple):
    """One line of the file."""

    provider: str
    api: str
    kind: str
    unit: str
    samples: int
    path: str
    type: str
    share: float


class Shapes:
    """The shapes of all vendors.

    Attributes:
        rows: the lines.
    """

    def __init__(self, rows: Iterable[Shape]) -> None:
        self.rows: Sequence[Shape] = tuple(rows)
        self._shares: dict[tuple[str, str, str, str], dict[str, dict[str, float]]] = defaultdict(dict)
        self._known: dict[tuple[str, str, str], dict[str, set[str]]] = defaultdict(dict)
        for row in self.rows:
            unit = self._shares[row.provider, row.api, row.kind, row.unit]
            unit.setdefault(row.path, {})[row.type] = row.share
            self._known[row.api, _family(row.kind), row.unit].setdefault(row.path, set()).add(row.type)

    def units(self, provider: str, api: str, kind: str = "ok") -> Collection[str]:
        """Return the units that are known of a provider's answers of this class."""
        return {unit for name, way, family, unit in self._shares if (name, way, family) == (provider, api, kind)}

    def shares(self, provider: str, api: str, kind: str, unit: str) -> Mapping[str, Mapping[str, float]]:
        """Return the types of each path that the provider itself sent, with the share of each."""
        return self._shares.get((provider, api, kind, unit), {})

    def known(self, api: str, kind: str, unit: str) -> Mapping[str, Collection[str]]:
        """Return the types of each path that any provider sent; of errors, with any status."""
        return self._known.get((api, _family(kind), unit), {})


def load_shapes(path: Path) -> Shapes:
    """Read a file of shapes.

    Raises:
        OSError: it cannot be read.
        ValueError: a line is none.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows, None)
        return Shapes(
            Shape(provider, api, kind, unit, int(samples), place, type_, float(share))
            for provider, api, kind, unit, samples, place, type_, share in rows
        )


def compare(shapes: Shapes, provider: str, api: str, samples: Iterable[Sample]) -> tuple[Finding, ...]:
    """Compare what was sent with what a provider sends, each unit of it by itself.

    Missing is a path that no sample of its unit has, though the provider has it in nine samples of ten. Invented is a
    path that no provider has with this api. A type is wrong if the provider never sends it in that place; where the
    provider lacks the place, if nobody does. Samples of a unit that the provider never sent are held against what
    other providers sent. Where the provider only ever sent `null`, the types of the others will do, and any type where
    nobody sent anything else. JSON has no two kinds of number: 1 passes for 1.0.
    """
    groups: dict[tuple[str, str], list[JSON]] = defaultdict(list)
    for sample in samples:
        groups[sample.kind, sample.unit].append(sample.value)
    findings: list[Finding] = []
    for (kind, unit), values in groups.items():
        sent: dict[str, set[str]] = defaultdict(set)
        for value in values:
            for place, type_ in paths(value):
                sent[place].add(type_)
        own = shapes.shares(provider, api, kind, unit)
        known = shapes.known(api, kind, unit)
        said = [*_missing(own, sent), *_wrong(own, known, sent)]
        findings.extend(Finding(problem, kind, unit, place, words) for problem, place, words in said)
    return tuple(sorted(findings))


def _missing(own: Mapping[str, Mapping[str, float]], sent: Mapping[str, set[str]]) -> list[tuple[str, str, str]]:
    return [
        ("missing", place, f"{share:.0%} of the recorded ones have it, as {' or '.join(sorted(types))}")
        for place, types in own.items()
        if (share := min(sum(types.values()), 1.0)) >= ALWAYS and place not in sent
    ]


def _wrong(
    own: Mapping[str, Mapping[str, float]], known: Mapping[str, Collection[str]], sent: Mapping[str, set[str]]
) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for place, types in sent.items():
        anybody = known.get(place)
        if anybody is None:
            found.append(("invented", place, f"no provider has it; it was sent as {' or '.join(sorted(types))}"))
            continue
        listed = set(own.get(place, ())) or set(anybody)
        found.extend(
            ("type", place, f"sent as {type_}, recorded as {' or '.join(sorted(listed))}")
            for type_ in sorted(types)
            if not _fits(type_, listed, anybody)
        )
    return found


def _fits(type_: str, listed: Collection[str], anybody: Collection[str]) -> bool:
    if type_ in listed or (type_ == "int" and "float" in listed):
        return True
    if type_ == "null":
        return "null" in anybody
    return set(listed) == {"null"} and (type_ in anybody or set(anybody) == {"null"})


def paths(value: JSON, place: str = "") -> Sequence[tuple[str, str]]:
    """Return every path of a value with its type, each once, the root left out."""
    found: dict[tuple[str, str], None] = {}
    if is_mapping(value):
        for name, inner in value.items():
            at = f"{place}.{name}"
            found[at, _TYPES[type(inner)]] = None
            if name not in _OWN_DATA:
                found.update(dict.fromkeys(paths(inner, at)))
    elif is_list(value):
        for inner in value:
            found.update(dict.fromkeys(paths(inner, f"{place}[]")))
    return tuple(found)


def count_shapes(samples: Iterable[tuple[str, str, Sample]]) -> Shapes:
    """Count the shapes of samples, each with its provider and its api: how the file itself comes to be."""
    totals: Counter[tuple[str, str, str, str]] = Counter()
    counts: Counter[tuple[tuple[str, str, str, str], str, str]] = Counter()
    for provider, api, sample in samples:
        group = (provider, api, sample.kind, sample.unit)
        totals[group] += 1
        counts.update((group, place, type_) for place, type_ in paths(sample.value))
    return Shapes(
        Shape(*group, totals[group], place, type_, count / totals[group])
        for (group, place, type_), count in counts.items()
    )


def samples_of(status: int, content_type: str, body: bytes) -> Sequence[Sample]:
    """Cut an answer into samples: its body, or each event of its stream; what is no JSON object gives none.

    An event is called by its `type`, `object` or `event_type`, whichever it has first, else `chunk`; a line of JSON by
    its `event_type`, else `done` or `line`; a message of Amazon's by its type, and `chunk` is opened.
    """
    kind = "ok" if status < 400 else f"err{status}"
    if content_type.startswith(BINARY):
        return [Sample(kind, *_message(event)) for event in read_aws_events(BINARY, body).events]
    whole = _decode(body)
    if is_mapping(whole):
        return [Sample(kind, _line(whole) if content_type.startswith(_LINES) else "body", whole)]
    if is_list(whole):
        return [Sample(kind, "body", whole)]
    if is_event_stream("", body):
        told = [_decode(event.data.encode()) for event in read_events(body)]
        return [Sample(kind, f"ev:{_name(value)}", value) for value in told if is_mapping(value)]
    told = [_decode(line) for line in body.splitlines()]
    return [Sample(kind, _line(value), value) for value in told if is_mapping(value)]


def _decode(text: bytes) -> JSON:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _name(value: Mapping[str, JSON]) -> str:
    return str(value.get("type") or value.get("object") or value.get("event_type") or "chunk")


def _line(value: Mapping[str, JSON]) -> str:
    return f"ev:{value.get('event_type') or ('done' if value.get('done') else 'line')}"


def _message(event: Event) -> tuple[str, JSON]:
    return f"ev:{event.name}", inner_chunk(event) if "bytes" in event.payload else event.payload


def _family(kind: str) -> str:
    return kind[:3]
