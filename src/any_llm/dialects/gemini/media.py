"""Files on their way to the vendor: as parts of a content, and as Imagen and Veo take them.

https://ai.google.dev/gemini-api/docs/file-input-methods
"""

from __future__ import annotations

from any_llm.dialects.gemini.chat_parts import encode_media
from any_llm.types.json import JSONObject
from any_llm.types.media import Media


def media_part(media: Media, param: str) -> JSONObject:
    """Return the part of a content that holds a file.

    Raises:
        MediaNotReadError: it is a file that has not been read yet.
    """
    url = media.url or media.file_id
    if url is not None:
        return encode_media(url, param, media.media_type)
    return {"inlineData": {"mimeType": media_type(media), "data": media.base64}}


def media_bytes(media: Media, param: str) -> JSONObject:
    """Return a file as the `predict` methods take it: its bytes, or its place in Cloud Storage.

    Raises:
        MediaNotReadError: it is a file that has not been read yet, or one that is elsewhere.
    """
    if media.url is not None and media.url.startswith("data:"):
        data = encode_media(media.url, param)["inlineData"]
        return {"bytesBase64Encoded": data["data"], "mimeType": data["mimeType"]}
    if media.url is not None and media.url.startswith("gs://"):
        return {"gcsUri": media.url, "mimeType": media_type(media)}
    return {"bytesBase64Encoded": media.base64, "mimeType": media_type(media)}


def media_type(media: Media) -> str:
    """Return what a file is, as far as it says so."""
    return media.media_type or "application/octet-stream"
