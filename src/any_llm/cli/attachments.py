"""Images and files as parts of a message."""

from __future__ import annotations

from pathlib import Path

from any_llm.exceptions import ConfigurationError, InvalidRequestError
from any_llm.types.json import JSONObject
from any_llm.types.media import Kind, Media, as_media, identified, image
from any_llm.types.media_types import HEAD

_TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/jsonl", "image/svg")


def image_part(reference: str) -> Media:
    """Return an image, given by path or URL, as a part of a message.

    Raises:
        ConfigurationError: the file cannot be read, or is no image.
    """
    if reference.startswith(("http://", "https://", "data:")):
        return image(reference)
    return _looked_at(reference, "image")


def file_part(path: str) -> Media | JSONObject:
    """Return a file as a part of a message: texts as text, anything else as what it is.

    Raises:
        ConfigurationError: the file cannot be read, or nobody knows what it is.
    """
    media = _looked_at(path, "file")
    kind = media.media_type or ""
    if kind.startswith(_TEXTS):
        return _text_part(path)
    if kind == "application/octet-stream":
        message = f"--file {path!r} is neither text nor of a kind that is known; convert it to text or PDF"
        raise ConfigurationError(message)
    family = kind.partition("/")[0]
    return as_media(media, kind="audio" if family == "audio" else "video" if family == "video" else None)


def _text_part(path: str) -> JSONObject:
    try:
        text = Path(path).expanduser().read_text("utf-8")
    except UnicodeDecodeError as error:
        message = f"--file {path!r} begins like a text in UTF-8, and is none: {error}; convert it"
        raise ConfigurationError(message) from error
    fence = "`" * max(3, _longest_run(text) + 1)
    return {"type": "text", "text": f"File {Path(path).name}:\n{fence}\n{text.rstrip()}\n{fence}"}


def _longest_run(text: str) -> int:
    longest = current = 0
    for letter in text:
        current = current + 1 if letter == "`" else 0
        longest = max(longest, current)
    return longest


def _looked_at(path: str, kind: Kind) -> Media:
    try:
        with Path(path).expanduser().open("rb") as opened:
            head = opened.read(HEAD)
        return identified(as_media(Path(path).expanduser(), kind=kind), head)
    except OSError as error:
        message = f"--{kind} {path!r} cannot be read: {error.strerror}"
        raise ConfigurationError(message) from error
    except InvalidRequestError as error:
        message = f"--{kind} {path!r} is no {kind} that is known: give a PNG, JPEG, GIF or WebP file, or a URL"
        raise ConfigurationError(message) from error
