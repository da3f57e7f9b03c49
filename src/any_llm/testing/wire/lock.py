"""Fingerprints of recordings, by which a recording that was changed after it was made is known.

Whatever a replay compares with is read from the same file, so a change that leaves a file in agreement with itself (of
a word in a text) cannot be seen by comparing. A list of fingerprints can tell. One stands beside this module, for the
recordings that this project is checked with; another one may stand in the folder itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.testing.recordings import Recording
from any_llm.types.json import JSON

NAME = "recordings.lock"
"""The name of a list of fingerprints in a folder."""

_KNOWN = Path(__file__).with_name(NAME)
_PAYLOAD = b"data:"
_NAME_DIGITS, _CONTENT_DIGITS = 12, 16


def load_lock(folder: Path) -> Mapping[str, str]:
    """Return the fingerprints in force for a folder: those known here, and those in the folder before them.

    Raises:
        ConfigurationError: the folder's list is not one.
    """
    own = folder / NAME
    return {**_known(), **(_read(own) if own.is_file() else {})}


def write_lock(path: Path, recordings: Iterable[Recording]) -> None:
    """Write the fingerprints of recordings into a file."""
    lines = sorted(f"{_name(recording)} {fingerprint(recording)}\n" for recording in recordings)
    path.write_text("".join(lines), "ascii")


def changed(recording: Recording, lock: Mapping[str, str]) -> bool:
    """Say whether a recording is not what it was when its fingerprint was taken."""
    return lock.get(_name(recording), fingerprint(recording)) != fingerprint(recording)


def fingerprint(recording: Recording) -> str:
    """Return a recording's fingerprint, which does not depend on how its file is laid out."""
    request, response = recording.request, recording.response
    asked: JSON = None
    if request is not None:
        asked = [request.method, request.url, dict(request.headers), _settle(request.body), list(request.multipart)]
    content: JSON = [
        [recording.id, recording.provider, recording.api, recording.model, recording.grade],
        sorted(recording.features),
        asked,
        [response.status, dict(response.headers), _settle(response.body), _settle(response.told)],
    ]
    encoded = msgspec.json.encode(content, order="sorted")
    return hashlib.sha256(encoded).hexdigest()[:_CONTENT_DIGITS]


def _settle(body: bytes) -> JSON:
    """Return a body in a form that two writers of the same JSON agree on."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return [_settle_line(line) for line in body.split(b"\n")]


def _settle_line(line: bytes) -> JSON:
    """Return a line of a stream, the JSON of its payload decoded."""
    head, mark, payload = line.partition(_PAYLOAD)
    try:
        return [head, msgspec.json.decode(payload)] if mark else msgspec.json.decode(line)
    except msgspec.DecodeError:
        return line


def _name(recording: Recording) -> str:
    return hashlib.sha256(recording.id.encode()).hexdigest()[:_NAME_DIGITS]


@cache
def _known() -> Mapping[str, str]:
    return _read(_KNOWN)


def _read(path: Path) -> Mapping[str, str]:
    lines = path.read_text("ascii", errors="replace").splitlines()
    rows = [line.split() for line in lines]
    wrong = next((number for number, row in enumerate(rows, 1) if len(row) != 2), None)
    if wrong:
        raise ConfigurationError(
            f"{str(path)!r} is no list of fingerprints: line {wrong} is {lines[wrong - 1]!r}; "
            "write it anew with --write-lock"
        )
    return dict(rows)
