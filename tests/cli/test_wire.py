"""`any-llm wire` in this process, in a pipe and on a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from any_llm.cli.application import run
from any_llm.cli.exits import Exit

BODY = {
    "id": "chatcmpl-1",
    "model": "acme-1",
    "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}],
}


def write(folder: Path, name: str, **changes: object) -> None:
    content = {
        "id": name,
        "provider": "acme",
        "api": "openai.chat",
        "request": {
            "method": "POST",
            "url": "https://api.acme.test/v1/chat/completions",
            "headers": {},
            "body": {"model": "acme-1", "messages": [{"role": "user", "content": "Hi"}], "stream": False},
        },
        "response": {"status": 200, "headers": {}, "body": BODY},
    }
    (folder / f"{name}.json").write_text(json.dumps({**content, **changes}))


def test_a_folder_that_passes_is_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", request=None)
    assert run(["wire", str(tmp_path)]) == Exit.DONE
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "provider\tAPI\trecordings\tdecoded\tre-encoded\tnot said\tfailed",
        "acme\topenai.chat\t2\t2\t1\t1\t0",
        "all\t\t2\t2\t1\t1\t0",
        "0 of 2 failed",
    ]
    assert shown.err == ""


def test_a_recording_that_fails_is_named_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a", features=["stream"])
    (tmp_path / "b.json").write_text("{")
    assert run(["wire", str(tmp_path)]) == Exit.UNEXPECTED
    assert capsys.readouterr().out.splitlines()[3:] == [
        "a",
        "    recording: the features say stream, the answer does not",
        str(tmp_path / "b.json"),
        "    is no recording: Input data was truncated",
        "2 of 2 failed",
    ]


def test_json_holds_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a", features=["stream"])
    write(tmp_path, "b", api="acme.other")
    write(tmp_path, "c", request=None)
    assert run(["wire", str(tmp_path), "--json"]) == Exit.UNEXPECTED
    summary = json.loads(capsys.readouterr().out)
    counts = {"recordings": 2, "decoded": 2, "encoded": 1, "not_said": 1, "failed": 1}
    assert summary["rows"] == [{"provider": "acme", "api": "openai.chat", **counts}]
    reason = "the features say stream, the answer does not"
    assert summary["failures"] == [
        {"id": "a", "provider": "acme", "api": "openai.chat", "step": "recording", "reason": reason}
    ]
    assert summary["not_in_scope"] == {"acme.other": 1}
    assert summary["not_said"] == {"only the answer was recorded": 1}
    assert {rule["name"]: rule["recordings"] for rule in summary["equivalences"]}["stream false"] == 1
    assert summary["unreadable"] == []
    assert (summary["recordings"], summary["failed"]) == (2, 1)


def test_what_is_not_in_scope_is_counted_and_never_passed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a", api="acme.other")
    assert run(["wire", str(tmp_path), "--verbose"]) == Exit.USAGE
    told = capsys.readouterr().out.splitlines()
    assert told[1:3] == ["not in scope: 1 recordings of 1 other APIs", "    1 of acme.other"]
    assert any(line.startswith("does not count: stream false (in 0 requests): ") for line in told)


def test_a_folder_without_recordings_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["wire", str(tmp_path)]) == Exit.USAGE
    assert run(["wire", str(tmp_path / "nowhere")]) == Exit.USAGE
    assert "holds no recordings" in capsys.readouterr().err


def test_only_a_part_is_replayed_when_it_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", provider="zeta")
    assert run(["wire", str(tmp_path), "--provider", "zeta", "--api", "openai.chat"]) == Exit.DONE
    assert capsys.readouterr().out.splitlines()[1] == "zeta\topenai.chat\t1\t1\t1\t0\t0"


def test_fingerprints_show_later_what_was_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a")
    assert run(["wire", str(tmp_path), "--write-lock", str(tmp_path / "recordings.lock")]) == Exit.DONE
    assert run(["wire", str(tmp_path)]) == Exit.DONE
    write(tmp_path, "a", response={"status": 200, "headers": {}, "body": {**BODY, "id": "chatcmpl-2"}})
    assert run(["wire", str(tmp_path)]) == Exit.UNEXPECTED
    assert "recording: it was changed after its fingerprint was taken" in capsys.readouterr().out


def test_a_terminal_shows_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a")
    monkeypatch.setattr("any_llm.cli.wire.draws", lambda _stream=None: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(["wire", str(tmp_path)]) == Exit.DONE
    shown = capsys.readouterr()
    assert "replaying" in shown.err
    assert shown.out.endswith("0 of 1 failed\n")
