"""Reading documents: https://docs.mistral.ai/api/endpoint/ocr."""

from __future__ import annotations

import msgspec

from any_llm.dialects.mistral.wire import read_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.media import Media
from any_llm.types.ocr import OcrResponse
from any_llm.types.value import revive


def encode_ocr(target: Target, options: Options) -> Encoded:
    """Encode a request; a document that is not elsewhere goes along as a data URI.

    Raises:
        InvalidRequestError: the document is neither in memory, nor at a URL, nor among Mistral's files.
    """
    body = {"model": target.model, **options, "document": _document(options["document"])}
    return Encoded("/ocr", msgspec.json.encode(body))


def _document(media: Media) -> JSONObject:
    if media.file_id is not None:
        return {"type": "file", "file_id": media.file_id}
    url = media.url if media.url is not None else media.data_uri
    if media.kind == "image" or (media.media_type or "").startswith("image/"):
        return {"type": "image_url", "image_url": url}
    return {"type": "document_url", "document_url": url}


def decode_ocr(_target: Target, response: HttpResponse) -> OcrResponse:
    """Decode the pages; what else is told of them (tables, headers, links, …) stays readable on them.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no pages.
    """
    return revive(OcrResponse, read_object(response, "pages"))


OCR: Codec[OcrResponse, None] = Codec(encode=encode_ocr, decode=decode_ocr)
"""The operation `ocr`."""
