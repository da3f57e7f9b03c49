"""`any-llm audit`: checking, proving, exporting and reporting, each of it told in the log."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme
from typing_extensions import override

from any_llm import Audit
from any_llm.audit.event import Event
from any_llm.audit.log import AuditLog
from any_llm.cli.exits import Exit
from any_llm.pipeline.surroundings import PROCESS
from tests.audit.logs import asked, changing
from tests.audit.storage import Storage, storage
from tests.cli.conftest import Command
from tests.observers.collector import Collector, told

__all__ = ["storage"]


@pytest.fixture
def place(any_llm: Command, tmp_path: Path) -> str:
    """A log with five events."""
    place = f"sqlite:{tmp_path / 'audit.db'}"
    log = AuditLog(Audit(place=place, checkpoint_events=2), PROCESS.clock)
    for number in range(5):
        contents = {"request": b'"hello"'}
        log.append([Event(action="completion", stream="access", actor="ann", details={"n": number}, contents=contents)])
    log.close()
    return place


def changed(place: str, statement: str) -> None:
    database = changing(Path(place.removeprefix("sqlite:")))
    database.execute(statement)
    database.close()


def test_a_log_is_verified_and_what_was_changed_is_told(any_llm: Command, place: str) -> None:
    done = any_llm("audit", "verify", "--place", place)
    assert done.code == Exit.DONE
    assert done.out.splitlines()[-1] == "5 events, 2 checkpoints, 0 removed: nothing is wrong"
    told = json.loads(any_llm("audit", "--place", place, "--json").out)
    assert told["events"] == 6
    assert any_llm("audit", "verify", "--place", place, "--expect", told["heads"][""]).code == Exit.DONE
    changed(place, "UPDATE audit_events SET actor = 'bob' WHERE number = 3")
    done = any_llm("audit", "verify", "--place", place)
    assert done.code == 1
    assert "(no tenant) 3: The columns say something else than the body" in done.out


def test_who_has_the_public_key_alone_can_verify(any_llm: Command, place: str, tmp_path: Path) -> None:
    public, key = tmp_path / "audit.pub", tmp_path / "audit.db.key"
    subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout", "-out", str(public)], check=True)
    proof = tmp_path / "proof.json"
    proof.write_text(any_llm("audit", "prove", "4", "--place", place).out)
    key.unlink()
    done = any_llm("audit", "verify", "--place", place, "--public-key", str(public))
    assert done.code == Exit.DONE
    assert "is not in it" in done.err
    checked = any_llm("audit", "prove", "--check", str(proof), "--public-key", str(public))
    assert (checked.code, checked.out) == (Exit.DONE, "The proof holds\n")
    proof.write_text(proof.read_text().replace('\\"n\\":3', '\\"n\\":4'))
    assert any_llm("audit", "prove", "--check", str(proof), "--public-key", str(public)).code == 1
    assert "--public-key" in any_llm("audit", "prove", "--check", str(proof), "--place", place).err
    assert "--public-key" in any_llm("audit", "verify", "--place", place).err
    assert "cannot be used" in any_llm("audit", "verify", "--place", place, "--public-key", str(proof)).err


def test_each_use_is_in_the_log_with_who_and_why(any_llm: Command, place: str) -> None:
    any_llm("audit", "report", "eu-ai-act", "--place", place, "--reader", "auditor", "--reason", "the yearly review")
    *_, last = map(json.loads, any_llm("audit", "export", "--place", place).out.splitlines())
    assert (last["action"], last["actor"], last["reason"]) == ("audit.report.eu-ai-act", "auditor", "the yearly review")
    *_, last = map(json.loads, any_llm("audit", "export", "--place", place).out.splitlines())
    assert last["action"] == "audit.export"


def test_somebody_is_held_released_and_erased(any_llm: Command, place: str) -> None:
    assert "case-7" in any_llm("audit", "hold", "case-7", "--subject", "ann", "--place", place).out
    assert "forbids" in any_llm("audit", "erase", "ann", "--place", place).err
    assert json.loads(any_llm("audit", "hold", "--place", place, "--json").out)[0]["subject"] == "ann"
    any_llm("audit", "hold", "case-7", "--release", "--place", place)
    assert "5 events" in any_llm("audit", "erase", "ann", "--place", place).out
    assert any_llm("audit", "prune", "--place", place).out == "0 events removed\n"
    assert "5 removed: nothing is wrong" in any_llm("audit", "verify", "--place", place).out
    assert json.loads(any_llm("audit", "report", "subject", "--subject", "ann", "--place", place).out)["events"] == 0


def test_a_real_collector_takes_the_log_attribute_by_attribute(any_llm: Command, place: str) -> None:
    with Collector() as collector:
        to = f"http://127.0.0.1:{collector.http}"
        done = any_llm("audit", "export", "--format", "otlp", "--to", to, "--place", place)
        assert "5 events sent" in done.err
        collector.await_until(lambda: len(collector.events()) == 5)
        records = sorted(collector.events(), key=lambda record: int(told(record.attributes)["any_llm.audit.number"]))
    assert [json.loads(record.body.string_value)["n"] for record in records] == [0, 1, 2, 3, 4]
    first = json.loads(records[0].body.string_value)
    assert told(records[0].attributes) == {
        "any_llm.audit.number": 1,
        "any_llm.audit.tenant": "",
        "any_llm.audit.stream": "access",
        "any_llm.audit.class": "access",
        "any_llm.audit.actor": "ann",
        "any_llm.audit.hash": first["hash"],
    }
    assert {(record.event_name, record.severity_text) for record in records} == {
        ("any_llm.audit.completion", "INFO")
    }  # fmt: skip
    moments = {record.time_unix_nano // 1_000: datetime.fromisoformat(first["at"]) for record in records[:1]}
    assert all(micro == round(at.timestamp() * 1_000_000) for micro, at in moments.items())


class Receiver(BaseHTTPRequestHandler):
    """A receiver of OTLP that answers as it is told."""

    status, answer = 200, b"{}"
    headers_seen: str | None = None

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        type(self).headers_seen = self.headers["x-api-key"]
        self.send_response(self.status)
        self.send_header("content-length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[HTTPServer]:
    Receiver.status, Receiver.answer = 200, b"{}"
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_a_receiver_of_otlp_does_not_take_is_told(
    any_llm: Command, place: str, receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=a%20key, other=1")
    to = f"http://127.0.0.1:{receiver.server_port}"
    for status, answer, said in (
        (200, b"", "events sent"),
        (200, b"taken", "events sent"),
        (503, b"busy", "answered 503: busy"),
        (200, b'{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}', "rejected 2 events: too old"),
    ):
        Receiver.status, Receiver.answer = status, answer
        assert said in any_llm("audit", "export", "--format", "otlp", "--to", to, "--place", place).err
    assert Receiver.headers_seen == "a key"


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_a_receiver_of_syslog_takes_the_log(
    any_llm: Command, place: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context: ssl.SSLContext | None = None
    if scheme == "tls":
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        received: list[bytes] = []

        def receive() -> None:
            connection, _ = server.accept()
            connection = context.wrap_socket(connection, server_side=True) if context else connection
            with connection:
                while piece := connection.recv(65_536):
                    received.append(piece)

        thread = threading.Thread(target=receive)
        thread.start()
        to = f"{scheme}://127.0.0.1:{port}"
        done = any_llm("audit", "export", "--format", "syslog", "--to", to, "--place", place)
        thread.join()
    assert done.code == Exit.DONE
    text = b"".join(received)
    messages: list[bytes] = []
    while text:
        length, _, rest = text.partition(b" ")
        messages.append(rest[: int(length)])
        text = rest[int(length) :]
    assert len(messages) == 5
    assert all(message.startswith(b"<109>1 ") for message in messages)


def test_where_syslog_goes_must_be_a_host_and_a_port(any_llm: Command, place: str) -> None:
    done = any_llm("audit", "export", "--format", "syslog", "--to", "tcp://nowhere", "--place", place)
    assert "tcp://HOST:PORT" in done.err


def test_exports_go_to_files_and_folders(any_llm: Command, place: str, tmp_path: Path) -> None:
    any_llm("audit", "export", "--format", "otlp", "--to", str(tmp_path / "out.json"), "--place", place)
    assert json.loads((tmp_path / "out.json").read_text())["resourceLogs"]
    folder = str(tmp_path / "windows")
    done = any_llm("audit", "export", "--windows", folder, "--place", place)
    assert done.out.startswith("2 windows written, 2 in")
    assert len(json.loads((tmp_path / "windows" / "manifest.json").read_text())["windows"]) == 2
    assert "A folder locks nothing" in any_llm("audit", "export", "--windows", folder, "--lock.days", "3").err
    done = any_llm("audit", "verify", "--archive", folder, "--place", place)
    assert (done.code, done.out.splitlines()[-1]) == (0, "4 events, 2 checkpoints, 0 removed: nothing is wrong")
    changed(place, "DELETE FROM audit_events WHERE number >= 4")
    changed(place, "DELETE FROM audit_checkpoints WHERE last >= 4")
    assert any_llm("audit", "verify", "--manifest", folder, "--place", place).out.count("the log was set back") == 1


def test_windows_go_to_a_bucket_and_are_locked_there(
    any_llm: Command, place: str, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in storage.environment.items():
        monkeypatch.setenv(name, value)
    arguments = ("--lock.days", "7", "--lock.mode", "GOVERNANCE", "--place", place)
    done = any_llm("audit", "export", "--windows", "s3://audit/of the command", *arguments)
    assert done.out == "2 windows written, 2 in 's3://audit/of the command'\n"
    assert any_llm("audit", "verify", "--archive", "s3://audit/of the command", "--place", place).code == Exit.DONE
    kept = storage.s3.head_object(Bucket="audit", Key="of the command/manifest.json")
    assert kept["ObjectLockMode"] == "GOVERNANCE"


def test_a_key_hands_over_and_both_are_trusted(any_llm: Command, place: str, tmp_path: Path) -> None:
    public, key = tmp_path / "audit.pub", tmp_path / "audit.db.key"
    subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout", "-out", str(public)], check=True)
    assert any_llm("audit", "rotate", "--place", place, "--reason", "once a year").out.endswith("signs from now on\n")
    for trusted in ((), ("--public-key", str(public))):
        assert any_llm("audit", "verify", "--place", place, *trusted).code == Exit.DONE


def test_what_is_broken_is_told_also_where_the_look_at_it_cannot_be_written(any_llm: Command, place: str) -> None:
    changed(place, "DELETE FROM audit_heads")
    done = any_llm("audit", "verify", "--place", place)
    assert "What signs the end of the chain is missing" in done.out
    assert "this look at the log is not in it" in done.err
    assert done.code == 1


def test_a_log_of_several_tenants_is_verified_and_reported_as_a_whole(any_llm: Command, tmp_path: Path) -> None:
    place = f"sqlite:{tmp_path / 'audit.db'}"
    log = AuditLog(Audit(place=place), PROCESS.clock)
    log.append([asked("ann", tenant="a"), asked("ann", tenant="b"), asked("bob", tenant="b")])
    log.close()
    done = any_llm("audit", "verify", "--place", place)
    assert (done.code, done.out.splitlines()[-1]) == (0, "3 events, 0 checkpoints, 0 removed: nothing is wrong")
    assert "no chain of this tenant" in any_llm("audit", "verify", "--place", place, "--tenant", "c").out
    told = json.loads(any_llm("audit", "report", "soc2", "--place", place).out)["tenants"]
    assert {name: review["people"].get("ann", {}).get("calls") for name, review in told.items()} == {
        "": None, "a": 1, "b": 1,
    }  # fmt: skip
    about = ("audit", "report", "subject", "--subject", "ann", "--tenant", "b", "--place", place)
    assert json.loads(any_llm(*about).out)["events"] == 1


def test_who_looks_at_the_holds_is_told_too(any_llm: Command, place: str) -> None:
    any_llm("audit", "hold", "--place", place, "--reader", "eve")
    *_, last = map(json.loads, any_llm("audit", "export", "--place", place).out.splitlines())
    assert (last["action"], last["actor"]) == ("audit.holds", "eve")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify",), "There is no audit log at 'audit.db'"),
        (("prove",), "needs the number of an event"),
        (("verify", "--expect", "7"), "There is no audit log"),
        (("report", "subject"), "There is no audit log|name them with --subject"),
    ],
)
def test_it_must_be_said_what_and_where(any_llm: Command, arguments: tuple[str, ...], said: str) -> None:
    done = any_llm("audit", *arguments)
    assert done.code == Exit.USAGE
    assert any(part in done.err for part in said.split("|"))


def test_what_is_expected_must_be_a_number_and_a_hash(any_llm: Command, place: str) -> None:
    assert "NUMBER:HASH" in any_llm("audit", "verify", "--expect", "x:y", "--place", place).err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("export", "--since", "soon"), Exit.USAGE, "--since is 'soon'; give a time as RFC 3339 writes it"),
        (("report", "soc2", "--until", "11/2026"), Exit.USAGE, "--until is '11/2026'"),
        (("export", "--to", "none/here.jsonl"), Exit.USAGE, "--to 'none/here.jsonl' cannot be written: No such file"),
        (
            ("export", "--format", "syslog", "--to", "tcp://127.0.0.1:1"),
            Exit.NETWORK,
            "--to 'tcp://127.0.0.1:1' does not take the events",
        ),
    ],
)
def test_when_and_where_to_must_make_sense(
    any_llm: Command, place: str, arguments: tuple[str, ...], code: Exit, said: str
) -> None:
    done = any_llm("audit", *arguments, "--place", place)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_time_may_be_the_beginning_of_one(any_llm: Command, place: str) -> None:
    for since in ("2026", "2026-01", "2026-01-02T03", "2026-01-02T03:04:05Z"):
        assert any_llm("audit", "export", "--since", since, "--place", place).code == Exit.DONE
