"""Generated and edited images. OpenAI's shape.

https://platform.openai.com/docs/api-reference/images
"""

from __future__ import annotations

import binascii
from pathlib import Path
from typing import ClassVar, TypeAlias

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.types.json import JSONObject
from any_llm.types.media import FileInput
from any_llm.types.params import ImageEditParams, ImageGenerationParams
from any_llm.types.report import Reported
from any_llm.types.value import Value

__all__ = [
    "Image",
    "ImageEditParams",
    "ImageEvent",
    "ImageGenerationParams",
    "ImageInput",
    "ImagesFold",
    "ImagesResponse",
    "ImagesUsage",
    "ImagesUsageDetails",
]


ImageInput: TypeAlias = FileInput | list[FileInput]
"""One image to change, or several, in any form that `any_llm.image` takes."""


class Image(Value):
    """One image: as base64 (`b64_json`) or by its address (`url`), which providers keep for about an hour."""

    sdk_type: ClassVar[str] = "openai.types:Image"

    b64_json: str | None = None
    url: str | None = None
    revised_prompt: str | None = None

    @property
    def data(self) -> bytes | None:
        """The image's bytes; `None` when only its address is known."""
        if self.b64_json is not None:
            return binascii.a2b_base64(self.b64_json)
        if self.url is not None and self.url.startswith("data:"):
            return binascii.a2b_base64(self.url.partition(",")[2])
        return None

    def save(self, path: str | Path) -> Path:
        """Write the image to a file and return its path.

        Raises:
            InvalidRequestError: only the image's address is known; fetch it, or ask with `response_format="b64_json"`.
        """
        data = self.data
        if data is None:
            raise InvalidRequestError(f"The image is at {self.url!r}; only one given as base64 can be saved")
        file = Path(path)
        file.write_bytes(data)
        return file


class ImagesUsageDetails(Value):
    """Tokens of a request for images, by kind."""

    image_tokens: int = 0
    text_tokens: int = 0


class ImagesUsage(Value):
    """Tokens that images took, where the provider counts them."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_tokens_details: ImagesUsageDetails | None = None
    output_tokens_details: ImagesUsageDetails | None = None


class ImagesResponse(Reported):
    """The images; `created` is seconds since 1970, 0 where the provider does not say."""

    sdk_type: ClassVar[str] = "openai.types:ImagesResponse"

    created: int = 0
    data: list[Image] = msgspec.field(default_factory=list[Image])
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None
    usage: ImagesUsage | None = None
    safety_identifier: str | None = None
    svg_usage: JSONObject | None = None


OpenAIImage = Image
OpenAIImagesResponse = ImagesResponse


class ImageEvent(Value):
    """One event of streamed images: a partial image, or a finished one; `type` is the vendor's name for it.

    https://platform.openai.com/docs/api-reference/images-streaming
    """

    type: str = ""
    b64_json: str | None = None
    partial_image_index: int | None = None
    created_at: int | None = None
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None
    usage: ImagesUsage | None = None


class ImagesFold:
    """Adds up the events of streamed images: those that are finished, else the newest partial one."""

    def __init__(self) -> None:
        self._finished: list[ImageEvent] = []
        self._last: ImageEvent | None = None

    def add(self, item: ImageEvent) -> None:
        """Take one event into account."""
        self._last = item
        if item.type.endswith(".completed"):
            self._finished.append(item)

    def result(self) -> ImagesResponse:
        """Return the images so far."""
        last = self._last
        if last is None:
            return ImagesResponse()
        shown = self._finished or [last]
        return ImagesResponse(
            created=last.created_at or 0,
            data=[Image(b64_json=event.b64_json) for event in shown if event.b64_json],
            background=last.background,
            output_format=last.output_format,
            quality=last.quality,
            size=last.size,
            usage=last.usage,
        )
