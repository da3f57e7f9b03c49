"""What came of a whole folder, counted by provider and API."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec

from any_llm.testing.wire.equivalence import EQUIVALENCES
from any_llm.testing.wire.folder import Folder
from any_llm.testing.wire.verdict import Verdict
from any_llm.types.json import JSONObject


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The recordings of one provider and API: how many were read right, said right, could not be said, and failed."""

    provider: str
    api: str
    recordings: int
    decoded: int
    encoded: int
    not_said: int
    failed: int


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of one recording."""

    id: str
    provider: str
    api: str
    step: str
    reason: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a folder.

    `rows` are sorted by provider and API. `not_in_scope` counts the recordings of APIs that are not replayed,
    `not_said` the reasons why requests were not said again. `equivalences` are the declared differences between
    requests: how often each was found, and why it does not count. `unreadable` are files that are no recordings, each
    of which counts as a failure.
    """

    rows: list[Counts]
    failures: list[Failure]
    not_in_scope: dict[str, int]
    not_said: dict[str, int]
    equivalences: list[JSONObject]
    unreadable: list[JSONObject]
    recordings: int
    failed: int


def summarise(folder: Folder, verdicts: Sequence[Verdict]) -> Summary:
    """Count what came of a folder."""
    groups: defaultdict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.provider, verdict.api].append(verdict)
    found = Counter(name for verdict in verdicts for name in verdict.equivalences)
    return Summary(
        rows=[_count(provider, api, group) for (provider, api), group in sorted(groups.items())],
        failures=[
            Failure(id=verdict.id, provider=verdict.provider, api=verdict.api, step=fault.step, reason=fault.reason)
            for verdict in verdicts
            for fault in verdict.faults
        ],
        not_in_scope=dict(sorted(folder.outside.items())),
        not_said=dict(Counter(verdict.unsaid for verdict in verdicts if verdict.unsaid).most_common()),
        equivalences=[
            {"name": rule.name, "reason": rule.reason, "recordings": found[rule.name]} for rule in EQUIVALENCES
        ],
        unreadable=[{"path": str(file.path), "reason": file.reason} for file in folder.unreadable],
        recordings=len(verdicts),
        failed=sum(bool(verdict.faults) for verdict in verdicts) + len(folder.unreadable),
    )


def _count(provider: str, api: str, verdicts: Sequence[Verdict]) -> Counts:
    return Counts(
        provider=provider,
        api=api,
        recordings=len(verdicts),
        decoded=sum(verdict.decoded for verdict in verdicts),
        encoded=sum(verdict.encoded is True for verdict in verdicts),
        not_said=sum(verdict.encoded is None for verdict in verdicts),
        failed=sum(bool(verdict.faults) for verdict in verdicts),
    )
