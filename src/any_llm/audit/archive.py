"""Closed windows of the log as files, with a manifest that is written last; in a folder, or in object storage."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from any_llm.audit.canonical import canonical
from any_llm.audit.chain import GENESIS, body_digest, checkpoint_text
from any_llm.audit.database import as_bytes
from any_llm.audit.event import Row
from any_llm.audit.export import json_lines
from any_llm.audit.handover import handovers_of, keys_from, read_handover
from any_llm.audit.log import AuditLog
from any_llm.audit.merkle import root
from any_llm.audit.reading import Query, Reader, rows_of, tell_reading
from any_llm.audit.signing import is_signed
from any_llm.audit.verification import Problem, Verdict, check_rows
from any_llm.refusals import AuditError
from any_llm.types.json import JSON

MANIFEST = "manifest.json"


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the events between two checkpoints, as its manifest tells of it."""

    tenant: str
    first: int
    last: int
    file: str
    sha256: str
    bytes: int
    root: str
    at: str
    key_id: str
    signature: str
    last_hash: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive of closed windows holds. It is written last: what it does not tell of is not in the archive."""

    version: int = 1
    public_key: str = ""
    handovers: Sequence[Mapping[str, str]] = ()
    windows: Sequence[Window] = ()


class Place(Protocol):
    """Where an archive is."""

    @property
    def shown(self) -> str:
        """The place as a text may show it."""
        ...

    async def read(self, name: str) -> bytes | None:
        """Return a file; `None` where it is not there."""
        ...

    async def write(self, name: str, text: bytes) -> None:
        """Write a file, whole or not at all."""
        ...


class Folder:
    """An archive in a folder.

    Args:
        path: which one; it is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def shown(self) -> str:
        """The place as a text may show it."""
        return str(self._path)

    async def read(self, name: str) -> bytes | None:
        """Return a file; `None` where it is not there."""
        path = self._path / name
        return path.read_bytes() if path.exists() else None

    async def write(self, name: str, text: bytes) -> None:
        """Write a file, whole or not at all."""
        self._path.mkdir(parents=True, exist_ok=True)
        made = self._path / f"{name}.new"
        made.write_bytes(text)
        made.replace(self._path / name)


class _Point(NamedTuple):
    """A checkpoint as the log has it."""

    tenant: str
    first: int
    last: int
    root: bytes
    at: str
    key_id: str
    signature: bytes


async def archive(log: AuditLog, place: Place, reader: Reader, tenant: str | None = None) -> tuple[Manifest, int]:
    """Write the events under each checkpoint to a file of its own, and then the manifest; only whole windows go.

    Those that are open for longer than the policy's `checkpoint_seconds`, since nothing was written, are closed first.
    Windows that an earlier manifest tells of stay as they are, so that this can be done again and again.

    Returns:
        The manifest, and how many windows were written now.

    Raises:
        AuditError: the log cannot be read, or what stands there is no archive.
        OSError: the folder cannot be written.
        AnyLLMError: the object storage cannot be reached, or refuses.
    """
    before = await read_manifest(place)
    known = {(window.tenant, window.last): window for window in before.windows}
    with log.transaction() as transaction:
        transaction.close_windows(older=log.policy.checkpoint_seconds)
    with log.database.snapshot() as session:
        statement = (
            "SELECT tenant, first, last, root, at, key_id, signature FROM audit_checkpoints ORDER BY tenant, last"
        )
        points = [_point(row) for row in session.rows(statement)]
        handovers = handovers_of(session)
    new = [point for point in points if tenant in (None, point.tenant) and (point.tenant, point.last) not in known]
    counts: Counter[str] = Counter()
    for point in new:
        counts[point.tenant] += point.last - point.first + 1
    about = {whose: {"query": {"tenant": whose}, "events": count, "to": place.shown} for whose, count in counts.items()}
    tell_reading(log, reader, "export", about or {tenant or "": {"events": 0, "to": place.shown}})
    for point in new:
        window, text = _window(log, point)
        await place.write(window.file, text)
        known[window.tenant, window.last] = window
    manifest = Manifest(
        public_key=base64.b64encode(log.signer.public).decode(),
        handovers=[handover.told() for handover in handovers],
        windows=[known[name] for name in sorted(known)],
    )
    await place.write(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    return manifest, len(new)


def _point(row: JSON) -> _Point:
    tenant, first, last, over, at, key_id, signature = row
    return _Point(tenant, first, last, as_bytes(over), at, key_id, as_bytes(signature))


def _window(log: AuditLog, point: _Point) -> tuple[Window, bytes]:
    query = Query(tenant=point.tenant, first=point.first, last=point.last)
    with log.database.snapshot() as session:
        rows = list(rows_of(session, query))
    text = "".join(f"{line}\n" for line in json_lines(rows)).encode()
    window = Window(
        tenant=point.tenant,
        first=point.first,
        last=point.last,
        file=f"{hashlib.sha256(point.tenant.encode()).hexdigest()[:16]}-{point.first:012}-{point.last:012}.jsonl",
        sha256=hashlib.sha256(text).hexdigest(),
        bytes=len(text),
        root=point.root.hex(),
        at=point.at,
        key_id=point.key_id,
        signature=base64.b64encode(point.signature).decode(),
        last_hash=rows[-1].hash.hex() if rows else "",
    )
    return window, text


async def read_manifest(place: Place) -> Manifest:
    """Return the manifest of an archive; an empty one where there is none yet.

    Raises:
        AuditError: what stands there is none.
    """
    text = await place.read(MANIFEST)
    if text is None:
        return Manifest()
    try:
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise AuditError(f"{MANIFEST!r} in {place.shown!r} is no manifest of an archive: {error}") from error


async def verify_archive(place: Place, trusted: Sequence[bytes]) -> Verdict:
    """Look at everything that is in an archive, for which the log is not needed.

    Args:
        place: where it is.
        trusted: the public keys whose signatures count, and those of the keys that took over from them or before them.

    Raises:
        AuditError: there is no manifest, or it cannot be read.
    """
    manifest = await read_manifest(place)
    if not manifest.windows:
        raise AuditError(f"There is no archive in {place.shown!r}: {MANIFEST!r} is missing, or tells of no window")
    problems: list[Problem] = []
    try:
        keys = keys_from(trusted, [read_handover(told) for told in manifest.handovers])
    except ValueError as error:
        raise AuditError(f"{MANIFEST!r} in {place.shown!r} tells of a handover that is none: {error}") from error
    heads: dict[str, str] = {}
    ends: dict[str, tuple[int, bytes]] = {}
    events = removed = 0
    for window in manifest.windows:
        reached, before = ends.get(window.tenant, (0, GENESIS))
        text = await place.read(window.file) or b""
        rows = list(_rows_in(window.tenant, text))
        problems += [
            Problem(window.tenant, window.first, what) for what in _wrong_with(window, text, rows, keys.trusted)
        ]
        if window.first != reached + 1:
            problems.append(Problem(window.tenant, window.first, f"The window does not follow on {reached}"))
        problems += check_rows(window.tenant, rows, before, window.first)
        events += len(rows)
        removed += sum(row.body is None for row in rows)
        ends[window.tenant] = window.last, rows[-1].hash if rows else before
        heads[window.tenant] = f"{window.last}:{window.last_hash}"
    return Verdict(events=events, checkpoints=len(manifest.windows), removed=removed, heads=heads, problems=problems)


def _wrong_with(window: Window, text: bytes, rows: Sequence[Row], keys: Mapping[str, bytes]) -> Iterator[str]:
    if hashlib.sha256(text).hexdigest() != window.sha256:
        yield f"The file {window.file!r} is not the one that the manifest tells of"
    if len(rows) != window.last - window.first + 1 or root([row.hash for row in rows]).hex() != window.root:
        yield f"The events in {window.file!r} are not those that were signed"
    public = keys.get(window.key_id)
    if public is None:
        yield "The signature is by a key that is not trusted"
    elif not _is_signed(window, public):
        yield "The signature is wrong"


def _is_signed(window: Window, public: bytes) -> bool:
    try:
        text = checkpoint_text(window.tenant, window.first, window.last, bytes.fromhex(window.root), window.at)
        return is_signed(public, base64.b64decode(window.signature), text)
    except (OverflowError, ValueError):
        return False


def _rows_in(tenant: str, text: bytes) -> Iterator[Row]:
    """Yield the events of a file; what is no event is left out, and is missed."""
    for line in text.splitlines():
        try:
            told: JSON = msgspec.json.decode(line)
            hashed = _from_hex(told.pop("hash"))
            body = canonical(told) if "v" in told else None
            yield Row(
                tenant=tenant,
                number=told["number"],
                digest=_from_hex(told["digest"]) if body is None else body_digest(body),
                hash=hashed,
                body=body,
                stream=told["stream"],
                kind=told["class"],
                at=told["at"],
                actor=told.get("actor", ""),
                action=told["action"],
            )
        except (AttributeError, KeyError, TypeError, msgspec.DecodeError):
            continue


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
