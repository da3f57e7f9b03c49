"""Contents of messages as the blocks of Cohere's format: https://docs.cohere.com/docs/image-inputs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from urllib.parse import unquote_to_bytes

from any_llm.schemas.shapes import is_list, is_mapping
from any_llm.types.conversation import invalid, plain_part
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning


def encode_content(content: JSON, where: str, warnings: list[CallWarning]) -> str | list[JSONObject]:
    """Return a content, a text or a list of parts; nothing at all is an empty text.

    Raises:
        InvalidMessageError: a part is malformed or cannot be expressed; the error's `param` is its path.
    """
    if content is None or isinstance(content, str):
        return content or ""
    if not is_list(content):
        raise invalid(where, f"a content is a text or a list of parts, not {content!r:.100}")
    return [_encode_part(part, f"{where}[{index}]", warnings) for index, part in enumerate(content)]


def _encode_part(given: JSON, where: str, warnings: list[CallWarning]) -> JSONObject:
    """Return the block that one part becomes; a part of a type that is not OpenAI's is passed on as it is."""
    part = plain_part(given, where)
    encode = _ENCODERS.get(part["type"])
    return part if encode is None else encode(part, where, warnings)


def _encode_refusal(part: Mapping[str, JSON], _where: str, _warnings: list[CallWarning]) -> JSONObject:
    return {"type": "text", "text": str(part.get("refusal") or "")}


def _encode_image(part: Mapping[str, JSON], where: str, _warnings: list[CallWarning]) -> JSONObject:
    given = part.get("image_url")
    image = dict(given) if is_mapping(given) else {"url": given}
    if not isinstance(image.get("url"), str) or not image["url"]:
        raise invalid(f"{where}.image_url", f"a URL is needed, found {given!r:.100}")
    return {"type": "image_url", "image_url": image}


def _encode_file(part: Mapping[str, JSON], where: str, warnings: list[CallWarning]) -> JSONObject:
    """Return a plain text as text; other files Cohere does not read."""
    file = part.get("file")
    facts: Mapping[str, JSON] = file if is_mapping(file) else {}
    head, comma, body = str(facts.get("file_data") or "").partition(",")
    if not comma or not head.startswith("data:text/"):
        raise invalid(f"{where}.file", "the Chat API takes plain text (data:text/plain;base64,…); convert it first")
    warnings.append(CallWarning("emulated", f"{where}.file", "the text of the file was sent as a part of the message"))
    text = _text(body, f"{where}.file.file_data", encoded=head.endswith(";base64"))
    name = facts.get("filename")
    return {"type": "text", "text": f"{name}:\n{text}" if name else text}


def _text(body: str, where: str, *, encoded: bool) -> str:
    try:
        raw = base64.b64decode(body, validate=True) if encoded else unquote_to_bytes(body)
        return raw.decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid(where, f"the text is not base64 of UTF-8: {error}") from error


def _encode_audio(_part: Mapping[str, JSON], where: str, _warnings: list[CallWarning]) -> JSONObject:
    raise invalid(where, "the Chat API takes no audio; transcribe it first and send the text")


_ENCODERS: Mapping[str, Callable[[Mapping[str, JSON], str, list[CallWarning]], JSONObject]] = {
    "refusal": _encode_refusal,
    "image_url": _encode_image,
    "file": _encode_file,
    "input_audio": _encode_audio,
}
"""How the parts of OpenAI's chat messages are encoded, by their types, where Cohere's are different."""
