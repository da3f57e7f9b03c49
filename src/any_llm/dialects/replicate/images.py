"""Images from words and from images: https://replicate.com/docs/topics/predictions/output-files."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.replicate.predictions import follow_prediction, output_of, run, texts_of
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import read_object, seconds_of
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import place_of, size_of, split, take_stream
from any_llm.types.http import HttpResponse
from any_llm.types.image import Image, ImagesResponse
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_RENAMED: Mapping[str, str] = {"n": "num_outputs"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "input_fidelity": "say it in the model's own words",
    "partial_images": "images come whole",
    "response_format": "images are at the addresses that the model's host gives them",
    "user": "the API does not ask who is asking",
}


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; the model's own settings are sent as they are.

    Raises:
        InvalidRequestError: the size is not two numbers.
    """
    said, warnings = _said(options)
    return run(target, said, warnings)


def encode_image_edit(target: Target, options: Options) -> Encoded:
    """Encode a request: one image is `image`, several are `image_input`, unless the model's own words are said.

    Raises:
        InvalidRequestError: the size is not two numbers.
        MediaNotReadError: an image is neither at a URL nor in memory.
    """
    said, warnings = _said(options)
    given: JSON = said.pop("image")
    images = [place_of(image) for image in (given if is_list(given) else [given])]
    mask = said.pop("mask", None)
    said |= {"image": images[0]} if len(images) == 1 else {"image_input": images}
    return run(target, said | ({} if mask is None else {"mask": place_of(mask)}), warnings)


def _said(options: Options) -> tuple[JSONObject, list[CallWarning]]:
    reasons = dict(_INEXPRESSIBLE)
    if options.get("response_format") == "url":
        del reasons["response_format"]
    said, warnings = split(options, _RENAMED, reasons)
    said.pop("response_format", None)
    take_stream(said, warnings)
    size = size_of(said.pop("size", None))
    return said | ({} if size is None else {"width": size[0], "height": size[1]}), warnings


def decode_images(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode a prediction whose output is the addresses of images; the vendor's words for it stay readable.

    Raises:
        MalformedResponseError: the output is something else.
        ProviderError: the model failed, or was cancelled.
    """
    prediction = read_object(response, "status")
    places = texts_of(output_of(prediction))
    if not places:
        raise MalformedResponseError("an output without addresses of images")
    made = revive(ImagesResponse, prediction)
    made.created = seconds_of(prediction.get("created_at"))
    made.data = [_image(place) for place in places]
    return made


def _image(place: str) -> Image:
    return Image(b64_json=place.partition(",")[2]) if place.startswith("data:") else Image(url=place)


IMAGE_GENERATION: Codec[ImagesResponse, None] = Codec(
    encode=encode_image_generation, decode=decode_images, follow_up=follow_prediction
)
"""The operation `image_generation`."""

IMAGE_EDIT: Codec[ImagesResponse, None] = Codec(
    encode=encode_image_edit, decode=decode_images, follow_up=follow_prediction
)
"""The operation `image_edit`."""
