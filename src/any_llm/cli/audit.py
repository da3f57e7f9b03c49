"""What `any-llm audit` does."""

from __future__ import annotations

import asyncio
import getpass
import platform
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from any_llm.audit.archive import Folder, Place, archive, read_manifest, verify_archive
from any_llm.audit.bucket import UNLOCKED, Bucket, Lock
from any_llm.audit.event import Row
from any_llm.audit.export import json_lines, otlp_logs, syslog_lines
from any_llm.audit.handover import rotate
from any_llm.audit.log import AuditLog
from any_llm.audit.proof import is_proved, prove
from any_llm.audit.reading import Query, Reader, each_event, tell_reading
from any_llm.audit.reports import report
from any_llm.audit.signing import public_key_of
from any_llm.audit.upkeep import erase, hold, holds, prune, release
from any_llm.audit.verification import Verdict, verify
from any_llm.auth.access import TransportAccess
from any_llm.cli.audit_sending import post_logs, send_syslog
from any_llm.cli.terminal import note, table, write, write_json
from any_llm.cli.wishes import AuditWish, LockWish, Verification
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import AnyLLMError, ConfigurationError
from any_llm.pipeline.surroundings import PROCESS
from any_llm.transport.pool import PoolSettings, shared_pool
from any_llm.types.auditing import Audit

_TIME = re.compile(r"(\d{4}(-\d\d(-\d\d([T ]\d\d(:\d\d.*)?)?)?)?)?")
"""https://www.rfc-editor.org/rfc/rfc3339#section-5.6, or its beginning; or nothing."""


def verify_audit(wanted: Verification, wish: AuditWish, *, json: bool) -> int:
    """Tell whether the log, or an archive of it, is as it was written."""
    if wanted.archive:
        trusted = [public_key_of(path) for path in wanted.public_keys] or [_own_key(wish)]
        verdict = asyncio.run(verify_archive(_place(wanted.archive), trusted))
    else:
        verdict = _verify(wanted, wish)
    if json:
        write_json(verdict)
        return int(bool(verdict.problems))
    for tenant, head in verdict.heads.items():
        write(f"{tenant or '(no tenant)'} ends at {head}\n")
    for problem in verdict.problems:
        write(f"{problem.tenant or '(no tenant)'} {problem.number}: {problem.what}\n")
    found = f"{len(verdict.problems)} problems" if verdict.problems else "nothing is wrong"
    write(f"{verdict.events} events, {verdict.checkpoints} checkpoints, {verdict.removed} removed: {found}\n")
    return int(bool(verdict.problems))


def _verify(wanted: Verification, wish: AuditWish) -> Verdict:
    log = _log(wish)
    owned = Path(log.policy.key_path).exists()
    trusted = [public_key_of(path) for path in wanted.public_keys] or [_own_key(wish)]
    expected = {wish.tenant: [_expected(text) for text in wanted.expect]} if wanted.expect else {}
    if wanted.manifest:
        for window in asyncio.run(read_manifest(_place(wanted.manifest))).windows:
            expected.setdefault(window.tenant, []).append((window.last, bytes.fromhex(window.last_hash)))
    with log.database.snapshot() as session:
        verdict = verify(session, trusted, wish.tenant or None, expected)
    try:
        if not owned:
            raise ConfigurationError("the key that signs is not here")
        tenants = {problem.tenant for problem in verdict.problems} | set(verdict.heads)
        wrong = Counter(problem.tenant for problem in verdict.problems)
        tell_reading(log, _reader(wish), "verify", {tenant: {"problems": wrong[tenant]} for tenant in sorted(tenants)})
    except AnyLLMError as error:
        # What a verification finds must be told, above all where the log is broken.
        note(f"this look at the log is not in it: {error}")
    return verdict


def _own_key(wish: AuditWish) -> bytes:
    """Return the public half of the key that signs."""
    policy = _policy(wish)
    if not Path(policy.key_path).exists():
        raise ConfigurationError(f"There is no key at {policy.key_path!r}; name the public one with --public-key")
    return AuditLog(policy, PROCESS.clock).signer.public


def prove_audit(number: int | None, check: Path | None, public_key: Path | None, wish: AuditWish) -> int:
    """Print a proof, or tell whether one holds."""
    if (check is None) == (number is None):
        raise ConfigurationError("any-llm audit prove needs the number of an event, or --check FILE")
    if number is not None:
        write_json(prove(_log(wish), wish.tenant, number, _reader(wish)))
        return 0
    assert check is not None
    proof = msgspec.json.decode(check.read_bytes())
    public = _own_key(wish) if public_key is None else public_key_of(public_key)
    holds_true = is_proved(proof, public)
    write("The proof holds\n" if holds_true else "The proof does not hold\n")
    return int(not holds_true)


def export_audit(form: str, to: str, query: Mapping[str, str], wish: AuditWish) -> None:
    """Write events out."""
    log, reader = _log(wish), _reader(wish)
    rows = each_event(log, _query(wish.tenant or None, query), reader, "export")
    if form == "otlp" and to.startswith(("http://", "https://")):
        note(f"{asyncio.run(post_logs(rows, to))} events sent")
        return
    lines = _LINES[form](rows)
    if to.startswith(("tcp://", "tls://")):
        note(f"{asyncio.run(send_syslog(lines, to))} events sent")
    elif to:
        _write_file(to, lines)
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)


def _write_file(to: str, lines: Iterable[str]) -> None:
    try:
        with Path(to).open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise ConfigurationError(f"--to {to!r} cannot be written: {error.strerror}") from error


def _query(tenant: str | None, said: Mapping[str, str]) -> Query:
    for name in ("since", "until"):
        if not _TIME.fullmatch(said.get(name, "")):
            raise ConfigurationError(
                f"--{name} is {said[name]!r}; give a time as RFC 3339 writes it, or its beginning, such as 2026-11"
            )
    actor, since, until = (said.get(name, "") for name in ("actor", "since", "until"))
    return Query(tenant=tenant, action=said.get("action", ""), actor=actor, since=since, until=until)


def archive_audit(to: str, lock: LockWish, wish: AuditWish) -> None:
    """Write closed windows to a folder or a bucket."""
    place = _place(to, Lock(days=lock.days, mode=lock.mode, hold=lock.hold))
    manifest, written = asyncio.run(archive(_log(wish), place, _reader(wish), wish.tenant or None))
    write(f"{written} windows written, {len(manifest.windows)} in {to!r}\n")


def _place(where: str, lock: Lock = UNLOCKED) -> Place:
    if where.startswith("s3:"):
        return Bucket(where, TransportAccess(shared_pool(PoolSettings())), lock)
    if lock != UNLOCKED:
        raise ConfigurationError(f"A folder locks nothing; --to is {where!r}, and may be s3://BUCKET/PREFIX")
    return Folder(Path(where))


def rotate_audit(wish: AuditWish, *, lost: bool) -> None:
    """Hand over to a new key."""
    write(f"{rotate(_log(wish), _reader(wish), lost=lost)} signs from now on\n")


def report_audit(name: str, query: Mapping[str, str], wish: AuditWish) -> None:
    """Print a report."""
    if name == "subject" and not query["actor"]:
        raise ConfigurationError("The report 'subject' is about somebody; name them with --subject")
    # A person of one tenant is not one of another who has the same name.
    tenant = wish.tenant if name == "subject" else wish.tenant or None
    write_json(report(_log(wish), name, _query(tenant, query), _reader(wish)))


def erase_audit(subject: str, wish: AuditWish) -> None:
    """Have the log forget somebody."""
    gone = erase(_log(wish), wish.tenant, subject, _reader(wish))
    write(f"Their key is dropped; {gone} events told of them in clear, and are removed\n")


def hold_audit(name: str, subject: str, kind: str, wish: AuditWish, *, release: bool, json: bool) -> None:
    """Place a hold, release it, or list the holds."""
    log, reader = _log(wish), _reader(wish)
    if release:
        _release(log, name, wish)
    elif name:
        hold(log, name, reader, tenant=wish.tenant, subject=subject, kind=kind)
    else:
        tell_reading(log, reader, "holds", {wish.tenant: {}})
    placed = holds(log, wish.tenant)
    if json:
        write_json([dict(zip(("name", "subject", "class", "reason"), row, strict=True)) for row in placed])
    else:
        table("", ("name", "subject", "class", "reason"), placed)


def prune_audit(wish: AuditWish) -> None:
    """Let go of what is older than it is kept."""
    write(f"{prune(_log(wish), _reader(wish), wish.tenant or None)} events removed\n")


def _release(log: AuditLog, name: str, wish: AuditWish) -> None:
    release(log, name, _reader(wish), tenant=wish.tenant)


def _policy(wish: AuditWish) -> Audit:
    known = default_settings().audit
    policy = known if isinstance(known, Audit) else Audit()
    if wish.place:
        policy = msgspec.structs.replace(policy, place=wish.place, key=wish.key)
    return msgspec.structs.replace(policy, key=wish.key) if wish.key else policy


def _log(wish: AuditWish) -> AuditLog:
    log = AuditLog(_policy(wish), PROCESS.clock)
    path = log.database.path
    if path is not None and not path.exists():
        raise ConfigurationError(
            f"There is no audit log at {str(path)!r}; name its place, as in --place sqlite:audit.db"
        )
    return log


def _reader(wish: AuditWish) -> Reader:
    if wish.reader:
        return Reader(actor=wish.reader, reason=wish.reason)
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        # A container may run as somebody who has no name.
        name = "unknown"
    return Reader(actor=f"{name}@{platform.node()}", reason=wish.reason)


def _expected(text: str) -> tuple[int, bytes]:
    number, _, digits = text.partition(":")
    try:
        return int(number), bytes.fromhex(digits)
    except ValueError as error:
        raise ConfigurationError(
            f"--expect is {text!r}; give NUMBER:HASH as an earlier verification printed it"
        ) from error


def _syslog(rows: Iterable[Row]) -> Iterable[str]:
    return syslog_lines(rows, platform.node())


def _otlp(rows: Iterable[Row]) -> Iterable[str]:
    yield msgspec.json.encode(otlp_logs(list(rows))).decode()


_LINES: Mapping[str, Callable[[Iterable[Row]], Iterable[str]]] = {
    "jsonl": json_lines,
    "syslog": _syslog,
    "otlp": _otlp,
}
