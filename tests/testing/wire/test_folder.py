from __future__ import annotations

import json
from pathlib import Path

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.testing.wire.folder import open_folder, replay_all
from any_llm.testing.wire.lock import write_lock
from any_llm.testing.wire.summary import Counts, summarise
from any_llm.testing.wire.verdict import Fault
from tests.testing.wire.recorded import completion, request


def write(folder: Path, name: str, **changes: object) -> Path:
    content = {
        "id": name,
        "provider": "acme",
        "api": "openai.chat",
        "features": [],
        "request": request(),
        "response": {"status": 200, "headers": {}, "body": completion()},
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**content, **changes}))
    return path


async def test_recordings_are_replayed_and_counted_by_provider_and_api(tmp_path: Path) -> None:
    write(tmp_path, "b", provider="zeta")
    write(tmp_path, "a")
    write(tmp_path, "c", request=None)
    write(tmp_path, "d", api="acme.other")
    write(tmp_path, "e", api="acme.other")
    folder = open_folder(tmp_path)
    summary = summarise(folder, await replay_all(folder))
    assert summary.rows == [
        Counts(provider="acme", api="openai.chat", recordings=2, decoded=2, encoded=1, not_said=1, failed=0),
        Counts(provider="zeta", api="openai.chat", recordings=1, decoded=1, encoded=1, not_said=0, failed=0),
    ]
    assert summary.failures == []
    assert summary.not_in_scope == {"acme.other": 2}
    assert summary.not_said == {"only the answer was recorded": 1}
    assert (summary.recordings, summary.failed) == (3, 0)


async def test_a_folder_can_be_read_in_part(tmp_path: Path) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", provider="zeta")
    write(tmp_path, "c", provider="zeta", api="openai.models")
    assert [one.id for one in open_folder(tmp_path, provider="zeta", api="openai.chat").recordings] == ["b"]
    assert [one.id for one in open_folder(tmp_path / "a.json").recordings] == ["a"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no recordings"):
        open_folder(tmp_path)


def test_a_part_that_is_not_there_is_refused_with_what_is(tmp_path: Path) -> None:
    write(tmp_path, "a")
    wanted = "no recording of provider 'x' and API 'y'; it holds acme openai.chat"
    with pytest.raises(ConfigurationError, match=wanted):
        open_folder(tmp_path, provider="x", api="y")


async def test_a_file_that_is_no_recording_counts_as_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    folder = open_folder(tmp_path)
    summary = summarise(folder, await replay_all(folder))
    assert summary.failed == 1
    assert [file["path"] for file in summary.unreadable] == [str(tmp_path / "a.json")]


async def test_a_recording_that_was_changed_fails(tmp_path: Path) -> None:
    write(tmp_path, "a")
    write_lock(tmp_path / "recordings.lock", open_folder(tmp_path).recordings)
    assert [verdict.faults for verdict in await replay_all(open_folder(tmp_path))] == [()]
    content = {"status": 200, "headers": {}, "body": completion(id="chatcmpl-2")}
    write(tmp_path, "a", response=content)
    [verdict] = await replay_all(open_folder(tmp_path))
    assert verdict.faults == (Fault("recording", "it was changed after its fingerprint was taken"),)
    assert (verdict.decoded, verdict.encoded) == (True, True)


async def test_what_a_recording_contradicts_is_a_fault_of_it(tmp_path: Path) -> None:
    write(tmp_path, "a", features=["stream"])
    folder = open_folder(tmp_path)
    summary = summarise(folder, await replay_all(folder))
    [failure] = summary.failures
    assert (failure.id, failure.step) == ("a", "recording")
    assert summary.rows[0].failed == summary.failed == 1


async def test_an_exception_of_one_recording_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a", request={"method": "POST", "url": "https://[", "headers": {}, "body": {}})
    write(tmp_path, "b")
    found = await replay_all(open_folder(tmp_path))
    assert [bool(verdict.faults) for verdict in found] == [True, False]
    assert found[0].faults[0].reason.startswith("ValueError: Invalid IPv6 URL (in parse.py, line ")
    assert not found[0].decoded
