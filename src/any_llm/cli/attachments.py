"""Images and files as parts of a message."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Sequence
from pathlib import Path

from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSONObject

_PDF = "application/pdf"
_IMAGES: Sequence[tuple[bytes, str]] = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)
"""How files of the image types that vendors accept begin."""


def image_part(reference: str) -> JSONObject:
    """Return an image, given by path or URL, as a part of a message.

    Raises:
        ConfigurationError: the file cannot be read, or is no image.
    """
    if reference.startswith(("http://", "https://", "data:")):
        return {"type": "image_url", "image_url": {"url": reference}}
    content = _read(reference, "--image")
    guessed = mimetypes.guess_type(reference)[0] or ""
    kind = next((kind for start, kind in _IMAGES if content.startswith(start)), guessed)
    if not kind.startswith("image/"):
        message = f"--image {reference!r} is no image that is known: give a PNG, JPEG, GIF or WebP file, or a URL"
        raise ConfigurationError(message)
    return {"type": "image_url", "image_url": {"url": _data_url(kind, content)}}


def file_part(path: str) -> JSONObject:
    """Return a file as a part of a message: a PDF as it is, anything else as text.

    Raises:
        ConfigurationError: the file cannot be read, or is neither.
    """
    content, name = _read(path, "--file"), Path(path).name
    if content.startswith(b"%PDF"):
        return {"type": "file", "file": {"filename": name, "file_data": _data_url(_PDF, content)}}
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"--file {path!r} is neither text nor a PDF: {error}; convert it, or give an image with --image"
        raise ConfigurationError(message) from error
    fence = "`" * max(3, _longest_run(text) + 1)
    return {"type": "text", "text": f"File {name}:\n{fence}\n{text.rstrip()}\n{fence}"}


def _longest_run(text: str) -> int:
    longest = current = 0
    for letter in text:
        current = current + 1 if letter == "`" else 0
        longest = max(longest, current)
    return longest


def _read(path: str, option: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        message = f"{option} {path!r} cannot be read: {error.strerror}"
        raise ConfigurationError(message) from error


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
