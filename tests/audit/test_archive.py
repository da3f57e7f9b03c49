"""Closed windows as files in a folder or a bucket, which can be checked without the log they are of."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from any_llm.audit.archive import MANIFEST, Folder, Manifest, archive, verify_archive
from any_llm.audit.bucket import UNLOCKED, Bucket, Lock
from any_llm.audit.chain import checkpoint_text
from any_llm.audit.event import Event
from any_llm.audit.handover import rotate
from any_llm.audit.log import AuditLog
from any_llm.audit.merkle import root
from any_llm.audit.reading import Query, Reader, rows_of
from any_llm.audit.signing import is_signed
from any_llm.audit.upkeep import erase
from any_llm.auth.access import TransportAccess
from any_llm.exceptions import ConfigurationError
from any_llm.refusals import AuditError
from any_llm.transport.pool import PoolSettings, shared_pool
from any_llm.types.auditing import Audit
from tests.audit.logs import SECONDS, Clock, asked
from tests.audit.storage import Storage, storage

READER = Reader(actor="auditor")


__all__ = ["storage"]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    made = AuditLog(Audit(place=f"sqlite:{tmp_path / 'audit.db'}", checkpoint_events=10), Clock(SECONDS))
    yield made
    made.close()


def bucket(storage: Storage, url: str, lock: Lock = UNLOCKED, **environment: str) -> Bucket:
    access = TransportAccess(shared_pool(PoolSettings()), environment={**storage.environment, **environment})
    return Bucket(url, access, lock)


def ten(start: int, tenant: str = "") -> list[Event]:
    return [asked(f"user-{start}-{number}", tenant=tenant) for number in range(10)]


async def test_closed_windows_are_files_and_the_manifest_tells_of_each(log: AuditLog, tmp_path: Path) -> None:
    for start in range(3):
        log.append(ten(start))
    log.append([asked("in no window yet")])
    manifest, written = await archive(log, Folder(tmp_path / "out"), READER)
    assert written == 3
    assert msgspec.json.decode((tmp_path / "out" / MANIFEST).read_bytes(), type=Manifest).windows == manifest.windows
    assert [(window.first, window.last) for window in manifest.windows] == [(1, 10), (11, 20), (21, 30)]
    for window in manifest.windows:
        text = (tmp_path / "out" / window.file).read_bytes()
        assert (hashlib.sha256(text).hexdigest(), len(text)) == (window.sha256, window.bytes)
        events = [msgspec.json.decode(line) for line in text.splitlines()]
        assert root([bytes.fromhex(event["hash"]) for event in events]).hex() == window.root
        signed = checkpoint_text("", window.first, window.last, bytes.fromhex(window.root), window.at)
        assert is_signed(base64.b64decode(manifest.public_key), base64.b64decode(window.signature), signed)
    assert (await archive(log, Folder(tmp_path / "none"), READER, "nobody"))[0].windows == []


async def test_what_was_archived_stays_and_what_was_closed_since_is_added(log: AuditLog, tmp_path: Path) -> None:
    place = Folder(tmp_path / "out")
    log.append(ten(0, "a"))
    assert (await archive(log, place, READER))[1] == 1
    (tmp_path / "out" / "left over.jsonl").write_text("what was cut off before its manifest was written")
    log.append(ten(1, "b"))
    log.append(ten(2, "a"))
    manifest, written = await archive(log, place, READER)
    assert (len(manifest.windows), written) == (3, 2)
    found = await verify_archive(place, [log.signer.public])
    # The event that tells of the first export is among them.
    assert (found.events, found.problems, sorted(found.heads)) == (31, [], ["a", "b"])
    with log.database.snapshot() as session:
        told = [row.told() for row in rows_of(session, Query(action="audit.export"))]
    assert [(event["tenant"], event["events"], event["to"]) for event in told] == [
        ("a", 10, place.shown), ("a", 11, place.shown), ("b", 10, place.shown),
    ]  # fmt: skip


async def test_a_window_that_is_open_for_long_since_nothing_happens_is_closed(log: AuditLog, tmp_path: Path) -> None:
    log.append([asked("the last one for hours")])
    assert (await archive(log, Folder(tmp_path / "out"), READER))[1] == 0
    assert isinstance(log.clock, Clock)
    log.clock.now += log.policy.checkpoint_seconds
    assert (await archive(log, Folder(tmp_path / "out"), READER))[1] == 1
    assert (await verify_archive(Folder(tmp_path / "out"), [log.signer.public])).events == 2


async def test_the_event_that_tells_of_an_export_may_close_a_window_itself(log: AuditLog, tmp_path: Path) -> None:
    log.append(ten(0))
    log.append(ten(1)[:9])
    place = Folder(tmp_path / "out")
    assert (await archive(log, place, READER))[1] == 1
    assert (await archive(log, place, READER))[1] == 1
    assert (await verify_archive(place, [log.signer.public])).problems == []


async def test_what_is_changed_in_an_archive_is_found(log: AuditLog, tmp_path: Path) -> None:
    log.append(ten(0))
    erase(log, "", "user-0-3", READER)
    log.append(ten(1))
    rotate(log, READER)
    folder = tmp_path / "out"
    manifest, _ = await archive(log, Folder(folder), READER)
    found = await verify_archive(Folder(folder), [log.signer.public])
    assert (found.removed, found.problems) == (1, [])
    first, second = manifest.windows[:2]

    async def wrong(name: str, change: Callable[[bytes], bytes]) -> bool:
        """Say whether a change is found; it is undone."""
        text = (folder / name).read_bytes()
        assert change(text) != text
        (folder / name).write_bytes(change(text))
        try:
            found = (await verify_archive(Folder(folder), [log.signer.public])).problems
        except AuditError:
            return True
        finally:
            (folder / name).write_bytes(text)
        return bool(found)

    lines = (folder / first.file).read_bytes().splitlines(keepends=True)
    for change in (
        lambda text: text.replace(b"user-0-1", b"user-0-9"),
        lambda text: text.replace(b'"removed":true', b'"removed":false'),
        lambda text: text.replace(lines[4], b""),
        lambda text: text + lines[-1],
        lambda text: text.replace(lines[1], lines[2]),
        lambda _text: b"",
        lambda text: text.replace(b"{", b"[", 1),
        lambda text: text.replace(b'"hash":"', b'"hash":"x', 1),
    ):
        assert await wrong(first.file, change)
    for change in (
        lambda text: text.replace(first.root.encode(), second.root.encode()),
        lambda text: text.replace(first.signature.encode(), second.signature.encode()),
        lambda text: text.replace(first.signature.encode(), b"=?"),
        lambda text: text.replace(first.key_id.encode(), b"0" * 16),
        lambda text: text.replace(b'"first": 1,', b'"first": 2,'),
        lambda text: text.replace(b'"at": "2026', b'"at": "2025'),
        lambda text: text.replace(b'"by_new"', b'"by_knew"'),
        lambda text: text.replace(b"windows", b"widows"),
        lambda text: text[:-9],
    ):
        assert await wrong(MANIFEST, change)
    assert (await verify_archive(Folder(folder), [bytes(32)])).problems
    assert await wrong(second.file, lambda text: text.replace(b"user", b"usar"))


async def test_a_bucket_holds_the_same_and_keeps_it_from_being_changed(log: AuditLog, storage: Storage) -> None:
    log.append(ten(0, "ä"))
    now = TransportAccess(shared_pool(PoolSettings())).now
    place = bucket(storage, "s3://audit/logs of ünits/~x+y", Lock(days=3, mode="GOVERNANCE", hold=True))
    assert (await archive(log, place, READER))[1] == 1
    assert (await archive(log, place, READER))[1] == 0
    found = await verify_archive(place, [log.signer.public])
    assert (found.events, found.problems) == (10, [])
    kept = storage.s3.list_objects_v2(Bucket="audit", Prefix="logs of ünits/~x+y/")["Contents"]
    assert sorted(each["Key"].rpartition("/")[2][-6:] for each in kept) == [".jsonl", "t.json"]
    for each in kept:
        head = storage.s3.head_object(Bucket="audit", Key=each["Key"])
        assert (head["ObjectLockMode"], head["ObjectLockLegalHoldStatus"]) == ("GOVERNANCE", "ON")
        assert abs(head["ObjectLockRetainUntilDate"].timestamp() - now - 3 * 86_400) < 60
        with pytest.raises(storage.s3.exceptions.ClientError, match="AccessDenied"):
            storage.s3.delete_object(Bucket="audit", Key=each["Key"], VersionId=head["VersionId"])


async def test_objects_are_not_locked_unless_it_is_wanted(log: AuditLog, storage: Storage) -> None:
    log.append(ten(0))
    await archive(log, bucket(storage, "s3://audit"), READER)
    head = storage.s3.head_object(Bucket="audit", Key=MANIFEST)
    assert "ObjectLockMode" not in head
    assert head["ContentType"] == "application/json"


async def test_what_a_bucket_refuses_is_said(log: AuditLog, storage: Storage) -> None:
    for place, said in (
        (bucket(storage, "s3://nobody", AWS_SECRET_ACCESS_KEY="wrong"), "403, SignatureDoesNotMatch"),
        (bucket(storage, "s3://nobody/x"), "404, NoSuchBucket"),
    ):
        with pytest.raises(AuditError, match=said):
            await archive(log, place, READER)
    nobody = bucket(storage, "s3://audit", AWS_ACCESS_KEY_ID="", AWS_EC2_METADATA_DISABLED="true")
    with pytest.raises(ConfigurationError, match="no credentials"):
        await archive(log, nobody, READER)
    for url in ("s3:audit", "s3://A/b", "s3://audit?x", "https://audit"):
        with pytest.raises(ConfigurationError, match="s3://BUCKET"):
            bucket(storage, url)
    with pytest.raises(AuditError, match="There is no archive"):
        await verify_archive(bucket(storage, "s3://audit/empty"), [log.signer.public])


def test_a_bucket_is_asked_where_amazon_has_it() -> None:
    def url(name: str, region: str) -> str:
        access = TransportAccess(shared_pool(PoolSettings()), environment={})
        return Bucket(f"s3://{name}/a b", access).url_of(region, "m")

    assert url("audit", "eu-central-1") == "https://audit.s3.eu-central-1.amazonaws.com/a%20b/m"
    assert url("audit", "cn-north-1") == "https://audit.s3.cn-north-1.amazonaws.com.cn/a%20b/m"
    assert url("a.b", "us-east-1") == "https://s3.us-east-1.amazonaws.com/a.b/a%20b/m"
