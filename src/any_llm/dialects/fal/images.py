"""Images from words and from images: https://fal.ai/docs/model-api-reference/image-generation-api/overview."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.fal.queue import follow_queue, submit
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import members, objects, read_object, words_of
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import place_of, size_of, split, take_stream
from any_llm.types.http import HttpResponse
from any_llm.types.image import Image, ImagesResponse
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_RENAMED: Mapping[str, str] = {"n": "num_images"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "input_fidelity": "the model decides",
    "moderation": "say enable_safety_checker",
    "output_compression": "the model decides",
    "partial_images": "images come whole",
    "user": "the API does not ask who is asking",
}


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; the model's own settings are sent as they are.

    Raises:
        InvalidRequestError: the size is not two numbers.
    """
    said, warnings = _said(options)
    return submit(target, said, warnings)


def encode_image_edit(target: Target, options: Options) -> Encoded:
    """Encode a request; one image is an `image_url`, several are `image_urls`.

    Raises:
        InvalidRequestError: the size is not two numbers.
        MediaNotReadError: an image is neither at a URL nor in memory.
    """
    said, warnings = _said(options)
    given: JSON = said.pop("image")
    images = [place_of(image) for image in (given if is_list(given) else [given])]
    mask = said.pop("mask", None)
    named: JSONObject = {"image_url": images[0]} if len(images) == 1 else {"image_urls": images}
    if mask is not None:
        named["mask_url"] = place_of(mask)
    return submit(target, {**said, **named}, warnings)


def _said(options: Options) -> tuple[JSONObject, list[CallWarning]]:
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    take_stream(said, warnings)
    size = size_of(said.pop("size", None))
    if size is not None:
        said["image_size"] = {"width": size[0], "height": size[1]}
    if said.pop("response_format", None) == "b64_json":
        said["sync_mode"] = True
    return said, warnings


def decode_images(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode a model's answer, which is one image or several; the rest of it stays readable.

    Raises:
        MalformedResponseError: there is no image.
    """
    answer = read_object(response)
    told = objects(answer.get("images")) or [members(answer.get("image"))]
    images = [_image(one) for one in told if one.get("url")]
    if not images:
        raise MalformedResponseError(f"an answer without images: it has {sorted(answer)}")
    known = ("images", "image", "data", "created", "usage", "size", "quality", "background", "output_format")
    made = revive(ImagesResponse, {name: value for name, value in answer.items() if name not in known})
    made.data = images
    return made


def _image(told: JSONObject) -> Image:
    """Return an image at its address, or its bytes where they stand there."""
    url = words_of(told.get("url"))
    image = revive(Image, told)
    if url.startswith("data:"):
        image.b64_json, image.url = url.partition(",")[2], None
    return image


IMAGE_GENERATION: Codec[ImagesResponse, None] = Codec(
    encode=encode_image_generation, decode=decode_images, follow_up=follow_queue
)
"""The operation `image_generation`."""

IMAGE_EDIT: Codec[ImagesResponse, None] = Codec(encode=encode_image_edit, decode=decode_images, follow_up=follow_queue)
"""The operation `image_edit`."""
