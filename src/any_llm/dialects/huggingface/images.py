"""Images from words: https://huggingface.co/docs/inference-providers/tasks/text-to-image."""

from __future__ import annotations

import binascii
from collections.abc import Mapping

import msgspec

from any_llm.dialects.huggingface.wire import dropped, parse, path, refuse
from any_llm.exceptions import InvalidRequestError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.image import Image, ImagesResponse
from any_llm.types.json import JSON, JSONObject, is_mapping

_INEXPRESSIBLE: Mapping[str, str] = {
    "aspect_ratio": "say `size`",
    "background": "images have the background that the model gives them",
    "moderation": "the server does not moderate",
    "output_compression": "the server chooses the format",
    "output_format": "the server chooses the format",
    "partial_images": "images come whole",
    "quality": "say `num_inference_steps`",
    "style": "say it in words",
    "user": "the server does not ask who the user is",
}
_PARAMETERS = ("guidance_scale", "negative_prompt", "num_inference_steps", "scheduler", "seed")
_NOT_SENT = frozenset({"n", "parameters", "prompt", "response_format", "size", "stream", *_INEXPRESSIBLE, *_PARAMETERS})


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; `parameters`, and members of a body that are not OpenAI's, are sent as they are.

    Raises:
        InvalidRequestError: the size is not two numbers.
    """
    own: JSON = options.get("parameters")
    parameters: JSONObject = dict(own) if is_mapping(own) else {}
    parameters |= {name: options[name] for name in _PARAMETERS if options.get(name) is not None}
    size = options.get("size")
    if size not in (None, "auto"):
        width, _, height = str(size).partition("x")
        if not (width.isdecimal() and height.isdecimal()):
            raise InvalidRequestError(f"size is {size!r}; two numbers are needed, as in '1024x1024'", param="size")
        parameters |= {"width": int(width), "height": int(height)}
    body = {"inputs": options["prompt"]} | ({"parameters": parameters} if parameters else {})
    body |= {name: value for name, value in options.items() if name not in _NOT_SENT and value is not None}
    reasons = dict(_INEXPRESSIBLE)
    if options.get("n") not in (None, 1):
        reasons["n"] = "one image is given; call it several times"
    if options.get("response_format") == "url":
        reasons["response_format"] = "the image itself is sent"
    encoded = msgspec.json.encode(body)
    headers = {"Accept": "image/png"}
    return Encoded(path(target, "text-to-image"), encoded, headers, dropped(options, reasons))


def decode_image_generation(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode an answer, which is the image itself.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no image.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not response.body or not media_type.startswith(("image/", "application/octet-stream")):
        raise refuse(parse(response.body))
    image = Image(b64_json=binascii.b2a_base64(response.body, newline=False).decode())
    kind = media_type.partition("/")[2]
    return ImagesResponse(data=[image], output_format=None if kind == "octet-stream" else kind)


IMAGE_GENERATION: Codec[ImagesResponse, None] = Codec(encode=encode_image_generation, decode=decode_image_generation)
"""The operation `image_generation`."""
