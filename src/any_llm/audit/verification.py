"""Whether an audit log is as it was written: every event in its place, every signature one of a key that is trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from any_llm.audit.canonical import canonical
from any_llm.audit.chain import GENESIS, body_digest, checkpoint_text, head_text, link
from any_llm.audit.database import Session
from any_llm.audit.event import Row
from any_llm.audit.merkle import root
from any_llm.audit.reading import Query, rows_of
from any_llm.audit.signing import is_signed, key_id
from any_llm.types.json import JSON, decode_json, is_object

REMOVERS = frozenset({"audit.prune", "audit.erase"})
"""The actions that take bodies away, and tell the numbers of which."""


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a tenant's chain, and at which number."""

    tenant: str
    number: int
    what: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a verification: how much was looked at, where chains end (`number:hash`), and what is wrong."""

    events: int = 0
    checkpoints: int = 0
    removed: int = 0
    heads: Mapping[str, str] = {}
    problems: Sequence[Problem] = ()


class _Chain:
    """What is known of a chain while its events are looked at."""

    def __init__(self, tenant: str, before: bytes, first: int) -> None:
        self.tenant = tenant
        self.last = before
        self.number = first - 1
        self.hashes: list[bytes] = []
        self.gone: set[int] = set()
        self.let_go: set[int] = set()
        self.problems: list[Problem] = []

    def wrong(self, number: int, what: str) -> None:
        """Note what is wrong."""
        self.problems.append(Problem(self.tenant, number, what))

    def take(self, row: Row) -> None:
        """Look at the next event."""
        if row.number != self.number + 1:
            what = "stands twice" if row.number <= self.number else f"comes after {self.number}: events are missing"
            self.wrong(row.number, f"The event {what}")
        if row.body is None:
            self.gone.add(row.number)
        else:
            self._look_into(row, row.body)
        if link(self.last, row.digest) != row.hash:
            self.wrong(row.number, "The hash does not follow from the event before and this one")
        self.number, self.last = row.number, row.hash
        self.hashes.append(row.hash)

    def _look_into(self, row: Row, body: bytes) -> None:
        if body_digest(body) != row.digest:
            self.wrong(row.number, "The body is not what it was: its digest differs")
            return
        try:
            told: JSON = decode_json(body)
            same = canonical(told) == body
        except msgspec.DecodeError:
            same, told = False, {}
        if not same or not is_object(told):
            self.wrong(row.number, "The body is no canonical JSON")
            return
        columns = (row.tenant, row.number, row.at, row.stream, row.kind, row.actor, row.action)
        if columns != tuple(
            told.get(name) for name in ("tenant", "number", "at", "stream", "class", "actor", "action")
        ):
            self.wrong(row.number, "The columns say something else than the body")
        if row.action in REMOVERS and row.stream == "admin":
            for start, end in told.get("numbers", ()):
                self.let_go.update(range(start, end + 1))


def check_rows(tenant: str, rows: Iterable[Row], before: bytes = GENESIS, first: int = 1) -> list[Problem]:
    """Return what is wrong with events that follow each other, the first of them after the hash `before`."""
    chain = _Chain(tenant, before, first)
    for row in rows:
        chain.take(row)
    return chain.problems


def verify(
    session: Session,
    trusted: Sequence[bytes],
    tenant: str | None = None,
    expected: Mapping[str, Sequence[tuple[int, bytes]]] = {},
) -> Verdict:
    """Look at everything that is in the log.

    Args:
        session: where it is read.
        trusted: the public keys whose signatures count.
        tenant: whose chain; `None` for everybody's.
        expected: by tenants the number and the hash of an event that was seen there before, such as the end of an
            export: a log that was set back to an earlier state does not have it.
    """
    keys = {key_id(public): public for public in trusted}
    if tenant is None:
        tables = ("audit_events", "audit_heads", "audit_checkpoints")
        found = session.rows(" UNION ".join(f"SELECT tenant FROM {table}" for table in tables))  # noqa: S608  # names of ours
        tenants = sorted({row[0] for row in found} | set(expected))
    else:
        tenants = [tenant]
    events = checkpoints = removed = 0
    problems: list[Problem] = []
    heads: dict[str, str] = {}
    for name in tenants:
        chain = _Chain(name, GENESIS, 1)
        for row in rows_of(session, Query(tenant=name)):
            chain.take(row)
        for number in sorted(chain.gone - chain.let_go):
            chain.wrong(number, "The body is gone, and no event of the log tells why")
        checkpoints += _check_checkpoints(session, chain, keys)
        _check_head(session, chain, keys)
        for number, last in expected.get(name, ()):
            if chain.hashes[number - 1 : number] != [last]:
                chain.wrong(number, "The event expected here is not there: the log was set back or written anew")
        events += len(chain.hashes)
        removed += len(chain.gone)
        problems += chain.problems
        heads[name] = f"{chain.number}:{chain.last.hex()}"
    return Verdict(events=events, checkpoints=checkpoints, removed=removed, heads=heads, problems=problems)


def _check_checkpoints(session: Session, chain: _Chain, keys: Mapping[str, bytes]) -> int:
    statement = "SELECT first, last, root, at, key_id, signature FROM audit_checkpoints WHERE tenant = ? ORDER BY last"
    rows = session.rows(statement, chain.tenant)
    reached = 0
    for first, last, over, at, key, signature in rows:
        if first != reached + 1 or last < first:
            chain.wrong(first, f"The checkpoint of {first} to {last} does not follow the one before")
        if root(chain.hashes[first - 1 : last]) != bytes(over):
            chain.wrong(last, f"The checkpoint of {first} to {last} is not that of these events")
        _check_signature(
            chain, last, keys.get(key), bytes(signature), checkpoint_text(chain.tenant, first, last, bytes(over), at)
        )
        reached = last
    told = session.rows("SELECT checked FROM audit_heads WHERE tenant = ?", chain.tenant)
    if reached != (told[0][0] if told else 0):
        chain.wrong(reached, "Checkpoints are missing, or there are too many")
    return len(rows)


def _check_head(session: Session, chain: _Chain, keys: Mapping[str, bytes]) -> None:
    rows = session.rows(
        "SELECT number, hash, key_id, signature, checked FROM audit_heads WHERE tenant = ?", chain.tenant
    )
    if not rows:
        chain.wrong(chain.number, "What signs the end of the chain is missing")
        return
    number, last, key, signature, checked = rows[0]
    if (number, bytes(last)) != (chain.number, chain.last):
        chain.wrong(number, f"The chain ends at {chain.number}, but its signed end is {number}")
    _check_signature(
        chain, number, keys.get(key), bytes(signature), head_text(chain.tenant, number, bytes(last), checked)
    )


def _check_signature(chain: _Chain, number: int, public: bytes | None, signature: bytes, text: bytes) -> None:
    if public is None:
        chain.wrong(number, "The signature is by a key that is not trusted")
    elif not is_signed(public, signature, text):
        chain.wrong(number, "The signature is wrong")
