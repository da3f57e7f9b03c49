"""A folder of recordings: what of it is replayed, and the replaying of all of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.testing.reading import read_answer_of
from any_llm.testing.recordings import MalformedRecording, Recording, load_recordings
from any_llm.testing.wire.consistency import contradictions
from any_llm.testing.wire.index import Row, load_index
from any_llm.testing.wire.lock import changed, load_lock
from any_llm.testing.wire.replaying import replay, tell
from any_llm.testing.wire.scopes import SCOPES
from any_llm.testing.wire.verdict import Fault, Verdict

_CHANGED = "it was changed after its fingerprint was taken"


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """The recordings of a folder.

    `recordings` are those to replay. `outside` counts those of other APIs by name; they are neither replayed nor
    passed. `unreadable` are the files that are no recordings.
    """

    path: Path
    recordings: list[Recording]
    outside: Mapping[str, int]
    unreadable: list[MalformedRecording]
    index: Mapping[Path, Row]
    lock: Mapping[str, str]


def open_folder(path: Path, *, provider: str | None = None, api: str | None = None) -> Folder:
    """Read a folder, and keep of it what is of a provider and an API, when they are given.

    Raises:
        ConfigurationError: there is no such folder, no recording in it, or none of this provider and API.
    """
    found, unreadable = load_recordings(path)
    if not found and not unreadable:
        raise ConfigurationError(f"{str(path)!r} holds no recordings: no file of it, or below it, ends in .json")
    kept = [recording for recording in found if provider in {None, recording.provider} and api in {None, recording.api}]
    if not kept and not unreadable:
        wanted = " and ".join(filter(None, (provider and f"provider {provider!r}", api and f"API {api!r}")))
        there = ", ".join(sorted({f"{recording.provider} {recording.api}" for recording in found}))
        raise ConfigurationError(f"{str(path)!r} holds no recording of {wanted}; it holds {there}")
    return Folder(
        path=path,
        recordings=[recording for recording in kept if recording.api in SCOPES],
        outside=Counter(recording.api for recording in kept if recording.api not in SCOPES),
        unreadable=unreadable,
        index=load_index(path),
        lock=load_lock(path if path.is_dir() else path.parent),
    )


async def replay_all(folder: Folder, on_verdict: Callable[[Verdict], object] | None = None) -> list[Verdict]:
    """Replay the recordings one after the other; `on_verdict` is told what came of each."""
    verdicts: list[Verdict] = []
    for recording in folder.recordings:
        try:
            verdict = await _replay(folder, recording)
        except Exception as error:  # noqa: BLE001  # whatever a recording provokes must not stop the others
            verdict = Verdict(
                id=recording.id,
                provider=recording.provider,
                api=recording.api,
                decoded=False,
                encoded=None,
                faults=(Fault("recording", tell(error)),),
            )
        verdicts.append(verdict)
        if on_verdict:
            on_verdict(verdict)
    return verdicts


async def _replay(folder: Folder, recording: Recording) -> Verdict:
    read = read_answer_of(recording)
    reasons = contradictions(recording, read, folder.index.get(recording.path.absolute()))
    if changed(recording, folder.lock):
        reasons.append(_CHANGED)
    verdict = await replay(recording, read)
    faults = (*(Fault("recording", reason) for reason in reasons), *verdict.faults)
    return msgspec.structs.replace(verdict, faults=faults)
