"""`any-llm audit`: checking, proving, exporting and reporting, each of it told in the log."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from typing_extensions import override

from any_llm import Audit
from any_llm.audit.event import Event
from any_llm.audit.log import AuditLog
from any_llm.cli.exits import Exit
from any_llm.pipeline.surroundings import PROCESS
from tests.audit.logs import changing
from tests.cli.conftest import Command


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


class Receiver(BaseHTTPRequestHandler):
    """An OTLP receiver that reads with the protocol's own types."""

    received: list[ExportLogsServiceRequest]
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert self.path == "/v1/logs"
        self.received.append(json_format.Parse(body, ExportLogsServiceRequest()))
        self.send_response(self.status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[HTTPServer]:
    Receiver.received, Receiver.status = [], 200
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_receiver_of_otlp_takes_the_log(any_llm: Command, place: str, receiver: HTTPServer) -> None:
    to = f"http://127.0.0.1:{receiver.server_port}"
    done = any_llm("audit", "export", "--format", "otlp", "--to", to, "--place", place)
    assert "5 events sent" in done.err
    records = Receiver.received[0].resource_logs[0].scope_logs[0].log_records
    assert [json.loads(record.body.string_value)["n"] for record in records] == [0, 1, 2, 3, 4]
    Receiver.status = 503
    assert "answered 503" in any_llm("audit", "export", "--format", "otlp", "--to", to, "--place", place).err


def test_a_receiver_of_syslog_takes_the_log(any_llm: Command, place: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        received: list[bytes] = []

        def receive() -> None:
            connection, _ = server.accept()
            with connection:
                while piece := connection.recv(65_536):
                    received.append(piece)

        thread = threading.Thread(target=receive)
        thread.start()
        done = any_llm("audit", "export", "--format", "syslog", "--to", f"tcp://127.0.0.1:{port}", "--place", place)
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
    assert (
        "tcp://HOST:PORT"
        in any_llm("audit", "export", "--format", "syslog", "--to", "tcp://nowhere", "--place", place).err
    )


def test_exports_go_to_files_and_folders(any_llm: Command, place: str, tmp_path: Path) -> None:
    any_llm("audit", "export", "--format", "otlp", "--to", str(tmp_path / "out.json"), "--place", place)
    assert json.loads((tmp_path / "out.json").read_text())["resourceLogs"]
    done = any_llm("audit", "export", "--windows", str(tmp_path / "windows"), "--place", place)
    assert done.out.startswith("2 windows written, 2 in")
    assert len(json.loads((tmp_path / "windows" / "manifest.json").read_text())["windows"]) == 2


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
