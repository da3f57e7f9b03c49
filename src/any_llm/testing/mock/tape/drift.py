"""What two requests have different, told by path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit

import msgspec

from any_llm.testing.mock.tape.scrubbing import scrub_url
from any_llm.testing.recordings import Recording
from any_llm.types.json import JSON, is_list, is_mapping

_MOST = 20
"""How many differences are told; more would hide the first ones."""

_LONGEST = 120
_ABSENT = object()


def is_same(recording: Recording, method: str, url: str, body: bytes) -> bool:
    """Say whether a request is the recorded one: method, path, parameters and body, whatever the host and the key."""
    return next(_differences(recording, method, url, body), None) is None


def differences(recording: Recording, method: str, url: str, body: bytes) -> list[str]:
    """Return what a request has otherwise than the recorded one, each with its path and both values."""
    found: list[str] = []
    for difference in _differences(recording, method, url, body):
        if len(found) == _MOST:
            found.append("and more")
            break
        found.append(difference)
    return found


def closest(recordings: Sequence[Recording], method: str, url: str, body: bytes) -> Recording | None:
    """Return the recording with the fewest differences among those of the same method and path."""
    path = urlsplit(url).path
    same = [
        recording
        for recording in recordings
        if recording.request is not None
        and recording.request.method == method
        and path.endswith(urlsplit(recording.request.url).path)
    ]
    return min(same, key=lambda recording: len(differences(recording, method, url, body)), default=None)


def _differences(recording: Recording, method: str, url: str, body: bytes) -> Iterator[str]:
    recorded = recording.request
    assert recorded is not None, "only recordings with a request are compared"
    if recorded.method != method:
        yield f"method: recorded {recorded.method}, now {method}"
    # Others may have scrubbed a recording less than is done here.
    before, now = urlsplit(scrub_url(recorded.url, ())), urlsplit(scrub_url(url, ()))
    if before.path != now.path:
        yield f"path: recorded {before.path}, now {now.path}"
    # A key in the query is scrubbed from recordings, and is not what a request says.
    yield from _compare("query", _parameters(before.query), _parameters(now.query))
    if not recorded.multipart:
        yield from _compare("body", _read(recorded.body), _read(body))


def _parameters(query: str) -> dict[str, str]:
    return {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name not in {"key", "sig"}}


def _read(body: bytes) -> JSON:
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body


def _compare(path: str, before: JSON, now: JSON) -> Iterator[str]:
    if is_mapping(before) and is_mapping(now):
        for name in sorted({*before, *now}):
            yield from _compare(f"{path}.{name}", before.get(name, _ABSENT), now.get(name, _ABSENT))
    elif is_list(before) and is_list(now):
        for index in range(max(len(before), len(now))):
            yield from _compare(f"{path}[{index}]", _item(before, index), _item(now, index))
    elif before != now:
        yield f"{path}: recorded {_shown(before)}, now {_shown(now)}"


def _item(items: list[JSON], index: int) -> JSON:
    return items[index] if index < len(items) else _ABSENT


def _shown(value: JSON) -> str:
    if value is _ABSENT:
        return "nothing"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
