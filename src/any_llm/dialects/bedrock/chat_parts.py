"""The parts of a chat message as blocks of Converse."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from any_llm.dialects.bedrock.media import audio_block, file_block, image_block, video_block
from any_llm.schemas.shapes import is_list, is_mapping
from any_llm.types.conversation import invalid, plain
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_TTLS = frozenset({"5m", "1h"})


def encode_parts(parts: JSON, where: str, warnings: list[CallWarning]) -> list[JSONObject]:
    """Return the blocks of a content, a text or a list of parts; empty texts, which the API refuses, are left out.

    A part with a `cache_control` marker is followed by a cache point.

    Raises:
        InvalidMessageError: a part is malformed or cannot be expressed; the error's `param` is its path.
    """
    if isinstance(parts, str):
        return [{"text": parts}] if parts else []
    if not is_list(parts):
        raise invalid(where, f"a content is a text or a list of parts, not {parts!r:.100}")
    blocks: list[JSONObject] = []
    for index, part in enumerate(map(plain, parts)):
        block = _encode_part(part, f"{where}[{index}]", warnings)
        if block != {"text": ""}:
            blocks += [block, *cache_points(part.get("cache_control") if is_mapping(part) else None)]
    return blocks


def cache_points(marker: JSON) -> list[JSONObject]:
    """Return the cache point that a `cache_control` marker stands for, if there is one.

    https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
    """
    if not is_mapping(marker):
        return []
    lives: JSON = marker.get("ttl")
    return [{"cachePoint": {"type": "default"} | ({"ttl": lives} if lives in _TTLS else {})}]


def _encode_part(part: JSON, where: str, warnings: list[CallWarning]) -> JSONObject:
    """Return the block that one part becomes; one without a `type` is a block of Converse's own already."""
    if isinstance(part, str):
        return {"text": part}
    if not is_mapping(part):
        raise invalid(where, f"a part is an object with a 'type', not {part!r:.100}")
    kind: JSON = part.get("type")
    if kind is None and part:
        return {name: value for name, value in part.items() if name != "cache_control"}
    encode = _ENCODERS.get(kind) if isinstance(kind, str) else None
    if encode is None:
        raise invalid(f"{where}.type", f"one of {', '.join(_ENCODERS)} is needed, found {kind!r:.100}")
    return encode(part, where, warnings)


def _encode_text(part: Mapping[str, JSON], where: str, _warnings: list[CallWarning]) -> JSONObject:
    text = part.get("text")
    if not isinstance(text, str):
        raise invalid(f"{where}.text", f"a text is needed, found {text!r:.100}")
    return {"text": text}


def _encode_refusal(part: Mapping[str, JSON], _where: str, _warnings: list[CallWarning]) -> JSONObject:
    return {"text": str(part.get("refusal") or "")}


def _encode_image(part: Mapping[str, JSON], where: str, warnings: list[CallWarning]) -> JSONObject:
    image = part.get("image_url")
    detail = image.get("detail") if is_mapping(image) else None
    if detail not in (None, "auto"):
        warnings.append(CallWarning("dropped", f"{where}.image_url.detail", "images are seen at one level of detail"))
    return image_block(_url_of(image, f"{where}.image_url"), f"{where}.image_url")


def _encode_video(part: Mapping[str, JSON], where: str, _warnings: list[CallWarning]) -> JSONObject:
    return video_block(_url_of(part.get("video_url"), f"{where}.video_url"), f"{where}.video_url")


def _url_of(given: JSON, where: str) -> str:
    url = given.get("url") if is_mapping(given) else given
    if not isinstance(url, str) or not url:
        raise invalid(where, f"a URL is needed, found {url!r:.100}")
    return url


def _encode_audio(part: Mapping[str, JSON], where: str, _warnings: list[CallWarning]) -> JSONObject:
    audio: JSON = part.get("input_audio")
    data: JSON = audio.get("data") if is_mapping(audio) else None
    if not isinstance(data, str) or not data:
        raise invalid(f"{where}.input_audio", f"an object with 'data' and 'format' is needed, found {audio!r:.100}")
    return audio_block(data, str(audio.get("format", "")), f"{where}.input_audio.format")


def _encode_file(part: Mapping[str, JSON], where: str, _warnings: list[CallWarning]) -> JSONObject:
    file: JSON = part.get("file")
    if not is_mapping(file):
        raise invalid(f"{where}.file", f"an object is needed, found {file!r:.100}")
    data: JSON = file.get("file_data") or file.get("file_url")
    if not isinstance(data, str) or (not file.get("file_data") and not data.startswith("s3://")):
        raise invalid(
            f"{where}.file",
            "Converse fetches nothing and keeps no files: give file_data (a data: URI), or an s3:// URL as file_url",
        )
    return file_block(data, file.get("filename"), f"{where}.file.file_data")


_ENCODERS: Mapping[str, Callable[[Mapping[str, JSON], str, list[CallWarning]], JSONObject]] = {
    "text": _encode_text,
    "refusal": _encode_refusal,
    "image_url": _encode_image,
    "video_url": _encode_video,
    "file": _encode_file,
    "input_audio": _encode_audio,
}
"""How the parts of OpenAI's chat messages are encoded, by their types."""
