"""Images in OpenAI's format: made, changed, varied, and streamed while they are made.

https://platform.openai.com/docs/api-reference/images · https://docs.x.ai/docs/guides/image-generations
"""

from __future__ import annotations

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import TypedEvents, read
from any_llm.dialects.openai.forms import form, link_of
from any_llm.dialects.openai.places import place
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.image import ImageEvent, ImagesFold, ImagesResponse, ImagesUsage
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media

JSON_IMAGES = "json_images"
"""The quirk of a provider that takes images inside JSON, each with its type, and no forms."""

IMAGE_REFERENCES = "image_references"
"""The quirk of a provider that changes images by making new ones after `input_references`, as OpenRouter does."""

_COMPLETED = frozenset({"image_generation.completed", "image_edit.completed"})


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    body = {**_named(target), **options}
    warnings = adapt(body, target.provider, Operation.IMAGE_GENERATION)
    path = place(target, Operation.IMAGE_GENERATION, "/images/generations")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def encode_image_edit(target: Target, options: Options) -> Encoded:
    """Encode a request: a form where all images are files, JSON where one is given by URL or id.

    Raises:
        InvalidRequestError: an image has to go into JSON, but is not in memory.
    """
    body = {**_named(target), **options}
    images: list[Media] = list(body.pop("image"))
    mask: Media | None = body.get("mask")
    warnings = adapt(body, target.provider, Operation.IMAGE_EDIT)
    path = place(target, Operation.IMAGE_EDIT, "/images/edits")
    if JSON_IMAGES in target.provider.quirks:
        links: list[JSON] = [{"type": "image_url", "url": link_of(image)} for image in images]
        body |= {"image": links[0]} if len(links) == 1 else {"images": links}
    elif IMAGE_REFERENCES in target.provider.quirks:
        parts = [{"type": "image_url", "image_url": {"url": link_of(image)}} for image in images]
        body["input_references"] = parts
    elif all(media.content is not None for media in (*images, *([mask] if mask is not None else ()))):
        files: JSONObject = {"image": images[0] if len(images) == 1 else images}
        return Encoded(path, form=form({**files, **body}), warnings=tuple(warnings))
    else:
        body["images"] = [_reference(image) for image in images]
        if mask is not None:
            body["mask"] = _reference(mask)
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def encode_image_variation(target: Target, options: Options) -> Encoded:
    """Encode a request.

    Raises:
        InvalidRequestError: the image is no file.
    """
    body = {**_named(target), **options}
    warnings = adapt(body, target.provider, Operation.IMAGE_VARIATION)
    path = place(target, Operation.IMAGE_VARIATION, "/images/variations")
    return Encoded(path, form=form(body), warnings=tuple(warnings))


def decode_images(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode images; a vendor that counts tokens by chat's names is read too.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no images.
    """
    answer = read(ImagesResponse, response, "data")
    usage = answer.usage
    if isinstance(usage, ImagesUsage) and not usage.input_tokens:
        sent = usage.model_extra
        usage.input_tokens = sent.get("prompt_tokens") or 0
        usage.output_tokens = usage.output_tokens or sent.get("completion_tokens") or 0
    return answer


class ImageStream(TypedEvents[ImageEvent]):
    """Turns frames into events; the stream is complete when all images are.

    https://platform.openai.com/docs/api-reference/images-streaming
    """

    def __init__(self, _target: Target, options: Options) -> None:
        super().__init__(ImageEvent, _COMPLETED, options.get("n") or 1)


def _named(target: Target) -> JSONObject:
    return {"model": target.model} if target.model else {}


def _reference(media: Media) -> JSONObject:
    """Return what JSON says of an image: https://platform.openai.com/docs/api-reference/images/createEdit."""
    return {"file_id": media.file_id} if media.file_id else {"image_url": link_of(media)}


IMAGE_GENERATION: Codec[ImagesResponse, ImageEvent] = Codec(
    encode=encode_image_generation, decode=decode_images, stream=ImageStream, fold=ImagesFold
)
"""The operation `image_generation`."""

IMAGE_EDIT: Codec[ImagesResponse, ImageEvent] = Codec(
    encode=encode_image_edit, decode=decode_images, stream=ImageStream, fold=ImagesFold
)
"""The operation `image_edit`."""

IMAGE_VARIATION: Codec[ImagesResponse, None] = Codec(encode=encode_image_variation, decode=decode_images)
"""The operation `image_variation`."""
