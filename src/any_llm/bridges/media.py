"""Images and files as the parts of a chat message."""

from __future__ import annotations

from any_llm.types.json import JSON, JSONObject

_MARKERS = ("cache_control", "prompt_cache_breakpoint")


def text_part(text: str) -> JSONObject:
    """Return a part that is text."""
    return {"type": "text", "text": text}


def image_part(url: str, detail: JSON = None) -> JSONObject:
    """Return a part that is an image, by its URL or data URI."""
    image: JSONObject = {"url": url}
    if detail is not None:
        image["detail"] = detail
    return {"type": "image_url", "image_url": image}


def file_part(
    *, data: str | None = None, url: str | None = None, file_id: str | None = None, name: str | None = None
) -> JSONObject:
    """Return a part that is a file, by its data URI, its URL, or the id the vendor gave it."""
    members = {"file_data": data, "file_url": url, "file_id": file_id, "filename": name}
    return {"type": "file", "file": {member: value for member, value in members.items() if value is not None}}


def data_uri(media_type: str, data: str) -> str:
    """Return base64 data as a URI (RFC 2397)."""
    return f"data:{media_type};base64,{data}"


def split_data_uri(url: str) -> tuple[str, str] | None:
    """Return media type and base64 data of a data URI, `None` for any other URL."""
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return None
    return head.removeprefix("data:").removesuffix(";base64"), data


def with_marker(part: JSONObject, source: JSONObject) -> JSONObject:
    """Return a part with the prompt-cache marker that its source carries, Anthropic's or OpenAI's."""
    markers = {name: source[name] for name in _MARKERS if source.get(name) is not None}
    return {**part, **markers} if markers else part


def plain_text(parts: list[JSONObject]) -> str | None:
    """Return the text of parts that are nothing but text, `None` when there is more to them."""
    if any(set(part) != {"type", "text"} or part["type"] != "text" for part in parts):
        return None
    return "".join(part["text"] for part in parts)
