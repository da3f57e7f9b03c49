"""Whether an audit log is as it was written: every event in its place, every signature one of a key that is trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from any_llm.audit.canonical import canonical
from any_llm.audit.chain import GENESIS, about_text, body_digest, checkpoint_text, link, roster_text
from any_llm.audit.database import Session, as_bytes
from any_llm.audit.event import Row
from any_llm.audit.handover import Keys, handovers_of, keys_from
from any_llm.audit.heads import head_of, signed_of
from any_llm.audit.merkle import root
from any_llm.audit.reading import Query, rows_of
from any_llm.audit.signing import is_signed
from any_llm.types.json import JSON, JSONObject, decode_json, is_object

REMOVERS = frozenset({"audit.prune", "audit.erase"})
"""The actions that take bodies away, and tell the numbers of which."""


_COLUMNS = ("tenant", "number", "at", "stream", "class", "action", "actor")
_FOREIGN = (AttributeError, KeyError, OverflowError, TypeError, ValueError)
"""What comes of values that are of other types than those that are written: somebody has changed them."""


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
        self.gone: list[int] = []
        self.told = Told()
        self.problems: list[Problem] = []

    def wrong(self, number: int, what: str) -> None:
        """Note what is wrong."""
        self.problems.append(Problem(self.tenant, number, what))

    def take(self, row: Row) -> None:
        """Look at the next event."""
        try:
            self._take(row)
        except _FOREIGN:
            self.wrong(self.number, "The event behind this one is none that was written by this library")
            self.number += 1
            self.hashes.append(row.hash)

    def _take(self, row: Row) -> None:
        if row.number != self.number + 1:
            what = "stands twice" if row.number <= self.number else f"comes after {self.number}: events are missing"
            self.wrong(row.number, f"The event {what}")
        if row.body is None:
            self.gone.append(row.number)
        else:
            self._look_into(row, row.body)
        if link(self.last, row.digest, about_text(row.about)) != row.hash:
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
        columns = (*row.about, row.actor)
        if columns != tuple(told.get(name) for name in _COLUMNS):
            self.wrong(row.number, "The columns say something else than the body")
        self.told.note(row, told)

    def check_what_is_gone(self) -> None:
        """See that an event tells of each body that is gone."""
        let_go = sorted(self.told.let_go)
        reached, place = 0, 0
        for number in self.gone:
            while place < len(let_go) and let_go[place][0] <= number:
                reached = max(reached, let_go[place][1])
                place += 1
            if number > reached:
                self.wrong(number, "The body is gone, and no event of the log tells why")


class Told:
    """What a chain tells of what was done to the log itself, and of subjects with keys."""

    def __init__(self) -> None:
        self.let_go: list[tuple[int, int]] = []
        self.holds: dict[str, tuple[str, str]] = {}
        self.locked: dict[str, int] = {}
        self.erased: set[str] = set()

    def note(self, row: Row, told: JSONObject) -> None:
        """Note what an event tells."""
        if row.stream == "access":
            if any(is_object(part) and "encrypted" in part for part in told.values()):
                self.locked.setdefault(row.actor, row.number)
        elif row.kind == "audit":
            if row.action in REMOVERS:
                self.let_go += [(start, end) for start, end in told.get("numbers", ())]
            if row.action == "audit.erase":
                self.erased.add(told.get("subject", ""))
            elif row.action == "audit.hold":
                self.holds[told["hold"]] = (told.get("subject", ""), told.get("class_held", ""))
            elif row.action == "audit.release":
                self.holds.pop(told["hold"], None)


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
        trusted: the public keys whose signatures count, and those of the keys that took over from them or before them.
        tenant: whose chain; `None` for everybody's.
        expected: by tenants the number and the hash of an event that was seen there before, such as the end of an
            export: a log that was set back to an earlier state does not have it.
    """
    keys = keys_from(trusted, handovers_of(session))
    problems: list[Problem] = [] if tenant is not None else list(_check_roster(session, keys))
    checkpoints = events = removed = 0
    heads: dict[str, str] = {}
    for name in _tenants(session, expected) if tenant is None else [tenant]:
        chain = _Chain(name, GENESIS, 1)
        for row in rows_of(session, Query(tenant=name)):
            chain.take(row)
        try:
            chain.check_what_is_gone()
            checkpoints += _check_checkpoints(session, chain, keys)
            _check_head(session, chain, keys)
            _check_holds(session, chain)
            _check_subjects(session, chain)
        except _FOREIGN:
            chain.wrong(chain.number, "What is written about the chain was not written by this library")
        for number, last in expected.get(name, ()):
            if chain.hashes[number - 1 : number] != [last]:
                chain.wrong(number, "The event expected here is not there: the log was set back or written anew")
        events += len(chain.hashes)
        removed += len(chain.gone)
        problems += chain.problems
        heads[str(name)] = f"{chain.number}:{chain.last.hex()}"
    return Verdict(events=events, checkpoints=checkpoints, removed=removed, heads=heads, problems=problems)


def _tenants(session: Session, expected: Mapping[str, object]) -> list[str]:
    tables = ("audit_events", "audit_heads", "audit_checkpoints")
    found = session.rows(" UNION ".join(f"SELECT tenant FROM {table}" for table in tables))  # noqa: S608  # names of ours
    # Who changes the log by hand may leave names that are no texts.
    return sorted({row[0] for row in found} | set(expected), key=str)


def _check_roster(session: Session, keys: Keys) -> Iterator[Problem]:
    """Yield what is wrong with which chains there are: one that was dropped as a whole leaves its place empty."""
    if keys.doubtful:
        yield Problem("", 0, "A handover of keys is told for which no key that is trusted vouches")
    rows = session.rows("SELECT tenants, key_id, signature FROM audit_roster")
    places = [row[0] for row in session.rows("SELECT place FROM audit_heads")]
    if not rows:
        if places:
            yield Problem("", 0, "What signs how many chains there are is missing")
        return
    tenants, key, signature = rows[0]
    try:
        wrong = _wrong_signature(keys, key, as_bytes(signature), roster_text(tenants))
        missing = sorted(set(range(1, tenants + 1)) - set(places)) if wrong is None else []
    except _FOREIGN:
        wrong, missing = "What signs how many chains there are was not written by this library", []
    if wrong:
        yield Problem("", 0, f"Of how many chains there are: {wrong}")
    for place in missing:
        yield Problem("", 0, f"A whole chain is gone: of the {tenants} that were begun, number {place}")


def _check_checkpoints(session: Session, chain: _Chain, keys: Keys) -> int:
    statement = "SELECT first, last, root, at, key_id, signature FROM audit_checkpoints WHERE tenant = ? ORDER BY last"
    rows = session.rows(statement, chain.tenant)
    reached = 0
    for first, last, over, at, key, signature in rows:
        if first != reached + 1 or last < first:
            chain.wrong(first, f"The checkpoint of {first} to {last} does not follow the one before")
        if root(chain.hashes[first - 1 : last]) != as_bytes(over):
            chain.wrong(last, f"The checkpoint of {first} to {last} is not that of these events")
        wrong = _wrong_signature(
            keys, key, as_bytes(signature), checkpoint_text(chain.tenant, first, last, as_bytes(over), at), old=True
        )
        if wrong:
            chain.wrong(last, wrong)
        reached = last
    told = session.rows("SELECT checked FROM audit_heads WHERE tenant = ?", chain.tenant)
    if reached != (told[0][0] if told else 0):
        chain.wrong(reached, "Checkpoints are missing, or there are too many")
    return len(rows)


def _check_head(session: Session, chain: _Chain, keys: Keys) -> None:
    head = head_of(session, chain.tenant)
    if not head.place:
        chain.wrong(
            chain.number,
            "What signs the end of the chain is missing" if chain.hashes else "There is no chain of this tenant",
        )
        return
    if (head.number, head.hash) != (chain.number, chain.last):
        chain.wrong(head.number, f"The chain ends at {chain.number}, but its signed end is {head.number}")
    rows = session.rows("SELECT signature FROM audit_heads WHERE tenant = ?", chain.tenant)
    wrong = _wrong_signature(keys, head.key_id, as_bytes(rows[0][0]), signed_of(chain.tenant, head))
    if wrong:
        chain.wrong(head.number, wrong)


def _check_holds(session: Session, chain: _Chain) -> None:
    """See that the holds are those that were placed, and not released."""
    rows = session.rows("SELECT name, told, class FROM audit_holds WHERE tenant = ?", chain.tenant)
    there = {name: (told, kind) for name, told, kind in rows}
    for name in sorted({*there, *chain.told.holds}):
        if there.get(name) != chain.told.holds.get(name):
            chain.wrong(chain.number, f"The hold {name!r} was placed, changed or released, and no event tells of it")


def _check_subjects(session: Session, chain: _Chain) -> None:
    """See that who is encrypted has a key, or was erased."""
    there = {row[0] for row in session.rows("SELECT ref FROM audit_subjects WHERE tenant = ?", chain.tenant)}
    for ref, number in chain.told.locked.items():
        if ref not in there and ref not in chain.told.erased:
            chain.wrong(number, f"The key of {ref} is gone, and no event of the log tells why")


def _wrong_signature(keys: Keys, key: str, signature: bytes, text: bytes, *, old: bool = False) -> str | None:
    """Say what is wrong with a signature; `None` if nothing is. An `old` one may be by a key that was retired since."""
    public = keys.trusted.get(key)
    if public is None:
        return "The signature is by a key that is not trusted"
    if not is_signed(public, signature, text):
        return "The signature is wrong"
    return "The signature is by a key that has handed over to another one" if key in keys.retired and not old else None
