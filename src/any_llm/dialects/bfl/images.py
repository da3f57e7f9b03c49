"""Images from words and from images: https://docs.bfl.ai/quick_start/generating_images."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.bfl.errors import STATES
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import explained, members, pause_after, read_object, words_of
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.requests import segment, size_of, split, take_stream, with_query
from any_llm.types.http import HttpResponse
from any_llm.types.image import Image, ImagesResponse
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_INEXPRESSIBLE: Mapping[str, str] = {
    "background": "the model decides",
    "input_fidelity": "the model decides",
    "moderation": "say safety_tolerance",
    "n": "one image is given; call it several times",
    "output_compression": "the model decides",
    "partial_images": "images come whole",
    "quality": "the model's name says it",
    "response_format": "images are at addresses, for ten minutes",
    "style": "say it in words",
    "user": "the API does not ask who is asking",
}
_INPUTS = ("input_image", "input_image_2", "input_image_3", "input_image_4")


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; the model's own settings are sent as they are.

    Raises:
        InvalidRequestError: the size is not two numbers.
    """
    said, warnings = _said(options)
    return _job(target, said, warnings)


def encode_image_edit(target: Target, options: Options) -> Encoded:
    """Encode a request: with a mask, for the models that fill one, the image is `image`, else `input_image`.

    Raises:
        InvalidRequestError: the size is not two numbers.
        MediaNotReadError: an image is neither at a URL nor in memory.
    """
    said, warnings = _said(options)
    given: JSON = said.pop("image")
    images = [image.url or image.base64 for image in (given if is_list(given) else [given])]
    if "mask" in said:
        mask = said["mask"]
        return _job(target, {**said, "image": images[0], "mask": mask.url or mask.base64}, warnings)
    if len(images) > len(_INPUTS):
        warnings.append(CallWarning("dropped", "image", f"{len(_INPUTS)} images are taken, not {len(images)}"))
    return _job(target, said | dict(zip(_INPUTS, images, strict=False)), warnings)


def _said(options: Options) -> tuple[JSONObject, list[CallWarning]]:
    reasons = {name: why for name, why in _INEXPRESSIBLE.items() if (name, options.get(name)) not in _NEEDLESS}
    said, warnings = split(options, {}, reasons)
    for name, _ in _NEEDLESS:
        said.pop(name, None)
    take_stream(said, warnings)
    size = size_of(said.pop("size", None))
    return said | ({} if size is None else {"width": size[0], "height": size[1]}), warnings


_NEEDLESS = (("n", 1), ("response_format", "url"))
"""What is so anyway."""


def _job(target: Target, body: JSONObject, warnings: list[CallWarning]) -> Encoded:
    return Encoded(f"/v1/{segment(target.model)}", msgspec.json.encode(body), warnings=tuple(warnings))


def follow_job(_target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the question how far a job is, until it has ended.

    Raises:
        AnyLLMError: it has ended without an image.
        MalformedResponseError: the answer is about no job.
    """
    answer = read_object(response, "polling_url", "status", "id")
    status = words_of(answer.get("status"))
    if status in STATES:
        words = explained(answer["details"]) if answer.get("details") else f"the job ended: {status}"
        raise STATES[status](words, code=status)
    if status == "Ready":
        return None
    first = read_object(response.earlier[0]) if response.earlier else answer
    place = words_of(first.get("polling_url")) or with_query("/v1/get_result", {"id": answer.get("id")})
    return FollowUp(Encoded(place), pause_after(response))


def decode_images(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode a job that has ended with an image, which is at an address for ten minutes.

    Raises:
        MalformedResponseError: there is no image.
    """
    answer = read_object(response, "result")
    place = words_of(members(answer["result"]).get("sample"))
    if not place:
        raise MalformedResponseError(f"a job without an image: it has {sorted(answer)}")
    made = revive(ImagesResponse, answer)
    made.data = [Image(url=place)]
    return made


IMAGE_GENERATION: Codec[ImagesResponse, None] = Codec(
    encode=encode_image_generation, decode=decode_images, follow_up=follow_job
)
"""The operation `image_generation`."""

IMAGE_EDIT: Codec[ImagesResponse, None] = Codec(encode=encode_image_edit, decode=decode_images, follow_up=follow_job)
"""The operation `image_edit`."""
