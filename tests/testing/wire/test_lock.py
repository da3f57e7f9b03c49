from __future__ import annotations

import json
from pathlib import Path

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.testing.recordings import Recording, parse_recording
from any_llm.testing.wire.lock import changed, fingerprint, load_lock, write_lock
from tests.testing.wire.recorded import chat_stream, completion, recording, request, with_body, with_status


def locked(tmp_path: Path, *recordings: Recording) -> dict[str, str]:
    write_lock(tmp_path / "recordings.lock", recordings)
    return dict(load_lock(tmp_path))


def test_a_recording_that_was_changed_is_known_by_its_fingerprint(tmp_path: Path) -> None:
    original = recording(request=request(), body=completion())
    lock = locked(tmp_path, original)
    assert not changed(original, lock)
    assert changed(with_status(original, 201), lock)
    assert changed(with_body(original, original.response.body.replace(b"9", b"8")), lock)
    assert changed(recording(request=request({"model": "other"}), body=completion()), lock)


def test_a_stream_has_a_fingerprint_too(tmp_path: Path) -> None:
    original = recording(sse=chat_stream("a"))
    assert changed(with_body(original, original.response.body + b"\n"), locked(tmp_path, original))


def test_a_recording_that_nobody_has_a_fingerprint_of_has_not_changed(tmp_path: Path) -> None:
    assert not changed(recording(id="another", body=completion()), locked(tmp_path))


def test_a_fingerprint_does_not_depend_on_how_the_file_is_laid_out() -> None:
    content = {
        "id": "a",
        "provider": "b",
        "api": "openai.chat",
        "response": {"status": 200, "headers": {}, "body": {"text": "Grüße", "number": 1.50}},
    }
    laid_out = [
        json.dumps(content, indent=1),
        json.dumps(content, sort_keys=True),
        json.dumps(content, ensure_ascii=False).replace("1.5", "1.50"),
    ]
    assert len({fingerprint(parse_recording(text.encode(), Path("x"))) for text in laid_out}) == 1


@pytest.mark.parametrize("text", ["one\n", "a b\na b c\n"])
def test_a_list_that_is_none_is_refused_with_its_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "recordings.lock").write_text(text)
    with pytest.raises(ConfigurationError, match=r"recordings\.lock' is no list of fingerprints: line [12] is"):
        load_lock(tmp_path)
