"""Contents of messages as Ollama takes them: one text, and images as base64 beside it.

https://docs.ollama.com/capabilities/vision
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from any_llm.schemas.shapes import is_list, is_mapping
from any_llm.types.conversation import invalid, plain_part
from any_llm.types.json import JSON
from any_llm.types.report import Warning as CallWarning


class Content(NamedTuple):
    """What a message says: its text, and the images that go with it."""

    text: str
    images: tuple[str, ...] = ()


def read_content(content: JSON, where: str, warnings: list[CallWarning]) -> Content:
    """Read a content, a text or a list of parts; several texts become lines of one.

    Raises:
        InvalidMessageError: a part is malformed or cannot be expressed; the error's `param` is its path.
    """
    if content is None or isinstance(content, str):
        return Content(content or "")
    if not is_list(content):
        raise invalid(where, f"a content is a text or a list of parts, not {content!r:.100}")
    pieces = [_read_part(part, f"{where}[{index}]", warnings) for index, part in enumerate(content)]
    return Content(
        "\n".join(piece.text for piece in pieces if piece.text),
        tuple(image for piece in pieces for image in piece.images),
    )


def _read_part(given: JSON, where: str, warnings: list[CallWarning]) -> Content:
    part = plain_part(given, where)
    read = _READERS.get(part["type"])
    if read is None:
        raise invalid(where, f"Ollama takes texts and images, not a part of type {part['type']!r}")
    return read(part, where, warnings)


def _read_text(part: Mapping[str, JSON], _where: str, _warnings: list[CallWarning]) -> Content:
    return Content(part["text"])


def _read_refusal(part: Mapping[str, JSON], _where: str, _warnings: list[CallWarning]) -> Content:
    return Content(str(part.get("refusal") or ""))


def _read_image(part: Mapping[str, JSON], where: str, warnings: list[CallWarning]) -> Content:
    image = part.get("image_url")
    url = image.get("url") if is_mapping(image) else image
    if not isinstance(url, str) or not url.startswith("data:"):
        raise invalid(
            f"{where}.image_url",
            f"Ollama fetches nothing; give the image itself (data:image/png;base64,…), not {url!r:.100}",
        )
    if is_mapping(image) and image.get("detail") not in (None, "auto"):
        warnings.append(CallWarning("dropped", f"{where}.image_url.detail", "images are seen at one level of detail"))
    head, comma, data = url.partition(",")
    if not comma:
        raise invalid(f"{where}.image_url", f"a data: URI needs data after a comma, found {url!r:.60}")
    return Content("", (data if head.endswith(";base64") else base64.b64encode(unquote_to_bytes(data)).decode(),))


def _read_file(part: Mapping[str, JSON], where: str, warnings: list[CallWarning]) -> Content:
    """Return a plain text as text; other files Ollama does not read."""
    file = part.get("file")
    facts: Mapping[str, JSON] = file if is_mapping(file) else {}
    head, comma, body = str(facts.get("file_data") or "").partition(",")
    if not comma or not head.startswith("data:text/"):
        raise invalid(f"{where}.file", "Ollama takes plain text (data:text/plain;base64,…); convert it first")
    warnings.append(CallWarning("emulated", f"{where}.file", "the text of the file was sent as a part of the message"))
    try:
        raw = base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote_to_bytes(body)
        text = raw.decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid(f"{where}.file.file_data", f"the text is not base64 of UTF-8: {error}") from error
    name = facts.get("filename")
    return Content(f"{name}:\n{text}" if name else text)


_READERS: Mapping[str, Callable[[Mapping[str, JSON], str, list[CallWarning]], Content]] = {
    "text": _read_text,
    "refusal": _read_refusal,
    "image_url": _read_image,
    "file": _read_file,
}
"""How the parts of OpenAI's chat messages are read, by their types."""
