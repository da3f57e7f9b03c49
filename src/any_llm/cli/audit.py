"""What `any-llm audit` does."""

from __future__ import annotations

import asyncio
import getpass
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from any_llm.audit.event import Row
from any_llm.audit.export import export_windows, json_lines, otlp_logs, syslog_lines
from any_llm.audit.log import AuditLog
from any_llm.audit.proof import is_proved, prove
from any_llm.audit.reading import Query, Reader, read_events, tell_reading
from any_llm.audit.reports import report
from any_llm.audit.signing import public_key_of
from any_llm.audit.upkeep import erase, hold, holds, prune, release
from any_llm.audit.verification import verify
from any_llm.cli.terminal import note, table, write, write_json
from any_llm.cli.wishes import AuditWish
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.surroundings import PROCESS
from any_llm.transport.pool import PoolSettings, shared_pool
from any_llm.types.auditing import Audit
from any_llm.types.http import HttpRequest, Timeouts

_SECONDS = 30.0
_BATCH = 500


def verify_audit(public_keys: Sequence[Path], expect: Sequence[str], wish: AuditWish, *, json: bool) -> int:
    """Tell whether the log is as it was written."""
    log = _log(wish)
    owned = Path(log.policy.key_path).exists()
    if not public_keys and not owned:
        raise ConfigurationError(f"There is no key at {log.policy.key_path!r}; name the public one with --public-key")
    trusted = [public_key_of(path) for path in public_keys] or [log.signer.public]
    with log.database.snapshot() as session:
        verdict = verify(session, trusted, expected={wish.tenant: [_expected(text) for text in expect]})
    if owned:
        tell_reading(log, _reader(wish), "verify", wish.tenant, {"problems": len(verdict.problems)})
    else:
        note("this look at the log is not in it: the key that signs is not here")
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


def prove_audit(number: int | None, check: Path | None, public_key: Path | None, wish: AuditWish) -> int:
    """Print a proof, or tell whether one holds."""
    if (check is None) == (number is None):
        raise ConfigurationError("any-llm audit prove needs the number of an event, or --check FILE")
    if number is not None:
        write_json(prove(_log(wish), wish.tenant, number, _reader(wish)))
        return 0
    assert check is not None
    proof = msgspec.json.decode(check.read_bytes())
    if public_key is None:
        key = _policy(wish).key_path
        if not Path(key).exists():
            raise ConfigurationError(f"There is no key at {key!r}; name the public one with --public-key")
        public = AuditLog(_policy(wish), PROCESS.clock).signer.public
    else:
        public = public_key_of(public_key)
    holds_true = is_proved(proof, public)
    write("The proof holds\n" if holds_true else "The proof does not hold\n")
    return int(not holds_true)


def export_audit(form: str, to: str, windows: Path | None, query: Mapping[str, str], wish: AuditWish) -> None:
    """Write events out."""
    log, reader = _log(wish), _reader(wish)
    if windows is not None:
        manifest = export_windows(log, windows, reader, wish.tenant or None)
        write(f"{len(manifest.windows)} windows in {str(windows)!r}\n")
        return
    rows = read_events(log, Query(tenant=wish.tenant or None, **query), reader, "export")
    if form == "otlp" and to.startswith(("http://", "https://")):
        asyncio.run(_post_logs(rows, to))
        note(f"{len(rows)} events sent")
        return
    lines = [msgspec.json.encode(otlp_logs(rows)).decode()] if form == "otlp" else list(_LINES[form](rows))
    if to.startswith("tcp://"):
        asyncio.run(_send_syslog(lines, to))
    elif to:
        Path(to).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)


def report_audit(name: str, query: Mapping[str, str], wish: AuditWish) -> None:
    """Print a report."""
    if name == "subject" and not query["actor"]:
        raise ConfigurationError("The report 'subject' is about somebody; name them with --subject")
    write_json(report(_log(wish), name, Query(tenant=wish.tenant, **query), _reader(wish)))


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
    placed = holds(log, wish.tenant)
    if json:
        write_json([dict(zip(("name", "subject", "class", "reason"), row, strict=True)) for row in placed])
    else:
        table("", ("name", "subject", "class", "reason"), placed)


def prune_audit(wish: AuditWish) -> None:
    """Let go of what is older than it is kept."""
    write(f"{prune(_log(wish), _reader(wish))} events removed\n")


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


def _syslog(rows: Sequence[Row]) -> Sequence[str]:
    return list(syslog_lines(rows, platform.node()))


_LINES: Mapping[str, Callable[[Sequence[Row]], Iterable[str]]] = {"jsonl": json_lines, "syslog": _syslog}


async def _send_syslog(lines: Sequence[str], to: str) -> None:
    """Send messages over TCP, each with its length before it (RFC 6587, section 3.4.1)."""
    where = urlsplit(to)
    if not where.hostname or not where.port:
        raise ConfigurationError(f"--to is {to!r}; give tcp://HOST:PORT")
    async with asyncio.timeout(_SECONDS):
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        for line in lines:
            message = line.encode()
            writer.write(b"%d %b" % (len(message), message))
            await writer.drain()
        writer.close()
        await writer.wait_closed()


async def _post_logs(rows: Sequence[Row], to: str) -> None:
    """Send logs to an OTLP receiver: https://opentelemetry.io/docs/specs/otlp/#otlphttp-request ."""
    url = to if urlsplit(to).path.strip("/") else f"{to.rstrip('/')}/v1/logs"
    pool = shared_pool(PoolSettings())
    for start in range(0, len(rows), _BATCH):
        body = msgspec.json.encode(otlp_logs(rows[start : start + _BATCH]))
        request = HttpRequest("POST", url, {"Content-Type": "application/json"}, body)
        exchange = await pool.send(request, Timeouts(total=_SECONDS))
        answer = await exchange.read()
        if exchange.status >= 300:
            raise ConfigurationError(
                f"The receiver at {url!r} answered {exchange.status}: {answer[:200].decode('utf-8', 'replace')}"
            )
