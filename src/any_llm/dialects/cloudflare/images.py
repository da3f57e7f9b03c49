"""Images from words: https://developers.cloudflare.com/workers-ai/models/flux-1-schnell."""

from __future__ import annotations

import binascii
from collections.abc import Mapping

import msgspec

from any_llm.dialects.cloudflare.wire import dropped, refuse, result_of, run_path
from any_llm.exceptions import InvalidRequestError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.image import Image, ImagesResponse
from any_llm.types.json import JSON, JSONObject

_INEXPRESSIBLE: Mapping[str, str] = {
    "aspect_ratio": "say `size`",
    "background": "images have the background that the model gives them",
    "moderation": "the models do not moderate",
    "output_compression": "the model chooses the format",
    "output_format": "the model chooses the format",
    "partial_images": "images come whole",
    "quality": "say `steps`",
    "style": "say it in words",
    "user": "the API does not ask who the user is",
}
_NOT_SENT = frozenset({"n", "response_format", "size", "stream", *_INEXPRESSIBLE})


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; parameters that are not OpenAI's (`steps`, `guidance`, …) are sent as they are.

    Raises:
        InvalidRequestError: the size is not two numbers.
    """
    body: JSONObject = {name: value for name, value in options.items() if name not in _NOT_SENT and value is not None}
    size = options.get("size")
    if size not in (None, "auto"):
        width, _, height = str(size).partition("x")
        if not (width.isdecimal() and height.isdecimal()):
            raise InvalidRequestError(f"size is {size!r}; two numbers are needed, as in '1024x1024'", param="size")
        body |= {"width": int(width), "height": int(height)}
    reasons = dict(_INEXPRESSIBLE)
    if options.get("n") not in (None, 1):
        reasons["n"] = "one image is given; call it several times"
    if options.get("response_format") == "url":
        reasons["response_format"] = "the image itself is sent"
    return Encoded(run_path(target), msgspec.json.encode(body), warnings=dropped(options, reasons))


def decode_image_generation(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode an answer: the image itself, or its base64 in an envelope.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no image.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.startswith("image/"):
        packed = binascii.b2a_base64(response.body, newline=False).decode()
        return ImagesResponse(data=[Image(b64_json=packed)], output_format=media_type.partition("/")[2])
    result = result_of(response)
    image: JSON = result.get("image")
    if not isinstance(image, str):
        raise refuse(result)
    return ImagesResponse(data=[Image(b64_json=image)])


IMAGE_GENERATION: Codec[ImagesResponse, None] = Codec(encode=encode_image_generation, decode=decode_image_generation)
"""The operation `image_generation`."""
