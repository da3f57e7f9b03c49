"""What `any-llm audit` takes, and its help. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from any_llm.cli import bodies
from any_llm.cli.wishes import AuditWish, LockWish, Verification

audit = App(
    name="audit",
    help="Check, prove, export and report what the audit log tells; without a command, check it. Uses are in it, too.",
)

_Wish = Annotated[AuditWish | None, Parameter(name="*")]
_Lock = Annotated[LockWish | None, Parameter(name="lock")]


@audit.default
def audit_overview(*, wish: _Wish = None, json: bool = False) -> int:
    """Look at every event, checkpoint and signature; the exit code is 1 where anything is not as it was written.

    Args:
        wish: Which log.
        json: Print one JSON object: events, checkpoints, removed, heads, problems (tenant, number, what).
    """
    return bodies.verify_audit(Verification(), wish or AuditWish(), json=json)


@audit.command(name="verify")
def audit_verify(
    *,
    public_key: list[Path] | None = None,
    expect: list[str] | None = None,
    manifest: str = "",
    archive: str = "",
    wish: _Wish = None,
    json: bool = False,
) -> int:
    """Look at every event, checkpoint and signature; the exit code is 1 where anything is not as it was written.

    Args:
        public_key: Files of the public keys to trust, PEM; without one, that of the key that signs.
        expect: An event that must be there, as NUMBER:HASH of an earlier verification: a log set back lacks it.
        manifest: An archive, a folder or s3://BUCKET/PREFIX, whose windows must be in the log.
        archive: Look at an archive instead of the log: a folder or s3://BUCKET/PREFIX.
        wish: Which log.
        json: Print one JSON object: events, checkpoints, removed, heads, problems (tenant, number, what).
    """
    wanted = Verification(public_key or [], expect or [], manifest, archive)
    return bodies.verify_audit(wanted, wish or AuditWish(), json=json)


@audit.command(name="prove")
def audit_prove(
    number: int | None = None, *, check: Path | None = None, public_key: Path | None = None, wish: _Wish = None
) -> int:
    """Print the proof that an event is in the log, as JSON; or check one, for which the log is not needed.

    Args:
        number: The event's number.
        check: A file with a proof; the exit code is 1 where it does not hold.
        public_key: The file of the public key to trust, PEM; without one, that of the key that signs.
        wish: Which log.
    """
    return bodies.prove_audit(number, check, public_key, wish or AuditWish())


@audit.command(name="export")
def audit_export(
    *,
    format: Literal["jsonl", "syslog", "otlp"] = "jsonl",  # noqa: A002  # the flag's name
    to: str = "",
    windows: str = "",
    lock: _Lock = None,
    since: str = "",
    until: str = "",
    actor: str = "",
    action: str = "",
    wish: _Wish = None,
) -> None:
    """Write events out: as lines of JSON, as syslog (RFC 5424), as OTLP logs, or whole windows with a manifest.

    Args:
        format: jsonl, syslog or otlp.
        to: Where to: a file, tcp://HOST:PORT or tls://HOST:PORT for syslog, http://HOST:PORT for OTLP; standard output
            without it.
        windows: A folder, or s3://BUCKET/PREFIX; each window that a checkpoint closed becomes a file of lines of JSON,
            and manifest.json, written last, tells of all. What an earlier one tells of stays as it is.
        lock: How objects in a bucket are locked.
        since: Only events from this time on, as RFC 3339 writes it, or its beginning, such as 2026-11.
        until: Only events before this time.
        actor: Only what this one did.
        action: Only what was done, such as completion or key.create.
        wish: Which log.
    """
    if windows:
        bodies.archive_audit(windows, lock or LockWish(), wish or AuditWish())
        return
    query = {"since": since, "until": until, "actor": actor, "action": action}
    bodies.export_audit(format, to, query, wish or AuditWish())


@audit.command(name="report")
def audit_report(
    name: Literal["eu-ai-act", "soc2", "subject"],
    *,
    subject: str = "",
    since: str = "",
    until: str = "",
    wish: _Wish = None,
) -> None:
    """Print a report as JSON; but for that about a subject, of every tenant where none is named.

    Args:
        name: eu-ai-act (each use, as the EU's AI Act has it logged), soc2 (who had access to what), or subject
            (everything about one person).
        subject: Whom it is about.
        since: Only events from this time on, as RFC 3339 writes it, or its beginning, such as 2026-11.
        until: Only events before this time.
        wish: Which log.
    """
    bodies.report_audit(name, {"actor": subject, "since": since, "until": until}, wish or AuditWish())


@audit.command(name="erase")
def audit_erase(subject: str, *, wish: _Wish = None) -> None:
    """Have the log forget somebody: their key is dropped, what is told of them in clear goes; the chain stays valid.

    Args:
        subject: Whom: the user as calls named them.
        wish: Which log.
    """
    bodies.erase_audit(subject, wish or AuditWish())


@audit.command(name="hold")
def audit_hold(
    name: str = "", *, subject: str = "", kind: str = "", release: bool = False, wish: _Wish = None, json: bool = False
) -> None:
    """Keep events from being erased or let go, until the hold is released; without a name list the holds.

    Args:
        name: What the hold is called, such as the number of a case.
        subject: Only what is told of this one.
        kind: Only events of this class.
        release: Release the hold.
        wish: Which log.
        json: Print the holds as a JSON array of objects: name, subject, class, reason.
    """
    bodies.hold_audit(name, subject, kind, wish or AuditWish(), release=release, json=json)


@audit.command(name="rotate")
def audit_rotate(*, lost: bool = False, wish: _Wish = None) -> None:
    """Have a new key sign from now on; the old one vouches for it, so that who trusts either can check everything.

    Args:
        lost: The old key is lost: that in the file takes over, and nobody vouches for it.
        wish: Which log.
    """
    bodies.rotate_audit(wish or AuditWish(), lost=lost)


@audit.command(name="prune")
def audit_prune(*, wish: _Wish = None) -> None:
    """Let go of events that are older than the configuration's audit.retention says; their digests stay.

    Args:
        wish: Which log.
    """
    bodies.prune_audit(wish or AuditWish())
