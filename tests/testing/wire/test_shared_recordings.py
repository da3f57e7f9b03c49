"""The command over the folder of real recordings, as it is and changed."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from any_llm.testing.reading import read_answer_of
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.testing.wire.folder import open_folder, replay_all
from any_llm.testing.wire.replaying import replay
from any_llm.testing.wire.scopes import SCOPES
from tests.testing.reading.shared_folder import WIRE
from tests.testing.wire.recorded import with_body, with_status

pytestmark = (
    pytest.mark.unmeasured
)  # each operation's recordings are replayed, and measured, in test_recorded_operations.py

COMMAND = (sys.executable, "-c", "from any_llm.cli import main; main()", "wire")
SAMPLES = 40
# What a person would change in a recording: the last byte of a match.
CHANGES = {
    "text": re.compile(rb'"(?:text|content)": ?"()[A-Za-z]'),
    "arguments": re.compile(rb'"(?:arguments|partial_json)": ?"()[^"]'),
    "usage": re.compile(rb'"\w+_tokens": ?()\d'),
    "finish": re.compile(rb'"(?:finish_reason|stop_reason|status)": ?"()[a-z]'),
    "code": re.compile(rb'"(?:code|type)": ?"()[a-z]'),
}


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Return the recordings that are replayed."""
    return [recording for recording in load_recordings(WIRE)[0] if recording.api in SCOPES]


@pytest.mark.takes_long
def test_every_recording_passes_in_time() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*COMMAND, str(WIRE), "--json"], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    summary = json.loads(done.stdout)
    assert summary["failures"] == []
    assert done.returncode == 0
    assert summary["recordings"] > 1_600
    assert sum(row["decoded"] for row in summary["rows"]) == summary["recordings"]
    # The limit that is promised is 50 s; what other programs on the machine take does not count here.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 50


def shuffled(recordings: list[Recording], salt: str) -> list[Recording]:
    """Return the recordings in an order that depends on nothing but them and the salt."""
    return sorted(recordings, key=lambda recording: zlib.crc32(f"{salt} {recording.id}".encode()))


def other_than(byte: int) -> bytes:
    """Return another digit, which may stand in a number and in a text alike."""
    return b"8" if byte == ord("7") else b"7"


def meaningful(recording: Recording, pattern: re.Pattern[bytes]) -> Iterator[Recording]:
    """Yield a recording changed in one place, such that its answer says something else."""
    body, read = recording.response.body, read_answer_of(recording)
    if read.streamed and read.failure:
        # Of an answer that failed on the way, some of what came first is in no value.
        return
    for match in list(pattern.finditer(body))[:20]:
        at = match.end() - 1
        mutant = with_body(recording, body[:at] + other_than(body[at]) + body[at + 1 :])
        if msgspec.structs.replace(read_answer_of(mutant), notes=read.notes) != read:
            yield mutant
            return


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_answer_fails_against_the_reading_of_the_original(
    change: str, recordings: list[Recording]
) -> None:
    tried, missed = 0, []
    for recording in shuffled(recordings, change):
        for mutant in meaningful(recording, CHANGES[change]):
            tried += 1
            if not (await replay(mutant, read_answer_of(recording))).faults:
                missed.append(recording.id)
        if tried >= SAMPLES:
            break
    assert tried == SAMPLES
    assert missed == []


async def test_a_changed_status_fails_against_the_reading_of_the_original(recordings: list[Recording]) -> None:
    missed = []
    for recording in shuffled(recordings, "status")[:SAMPLES]:
        mutant = with_status(recording, 500 if recording.response.status == 200 else 418)
        if not (await replay(mutant, read_answer_of(recording))).faults:
            missed.append(recording.id)
    assert missed == []


@pytest.mark.parametrize("change", CHANGES)
async def test_a_recording_that_was_changed_on_disk_fails(
    change: str, recordings: list[Recording], tmp_path: Path
) -> None:
    """Both halves read the changed file, so only what was known of it before can tell."""
    tried = 0
    for recording in shuffled(recordings, change):
        content = recording.path.read_bytes()
        match = CHANGES[change].search(content)
        if match is None:
            continue
        at = match.end() - 1
        (tmp_path / recording.path.name).write_bytes(content[:at] + other_than(content[at]) + content[at + 1 :])
        tried += 1
        if tried == SAMPLES:
            break
    folder = open_folder(tmp_path)
    found = await replay_all(folder)
    assert len(found) + len(folder.unreadable) == SAMPLES
    assert [verdict.id for verdict in found if not verdict.faults] == []


async def test_recordings_that_are_laid_out_anew_still_pass(recordings: list[Recording], tmp_path: Path) -> None:
    for recording in shuffled(recordings, "layout")[:SAMPLES]:
        content = json.loads(recording.path.read_bytes())
        (tmp_path / recording.path.name).write_text(json.dumps(content))
    assert [verdict.faults for verdict in await replay_all(open_folder(tmp_path))] == [()] * SAMPLES
