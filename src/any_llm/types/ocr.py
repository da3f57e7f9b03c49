"""Reading documents: text, tables and pictures from scanned pages. Mistral's shape.

https://docs.mistral.ai/api/endpoint/ocr
"""

from __future__ import annotations

import msgspec

from any_llm.types.report import Reported
from any_llm.types.value import Value


class OcrImage(Value):
    """A picture on a page, and where it is, in pixels."""

    id: str = ""
    top_left_x: int | None = None
    top_left_y: int | None = None
    bottom_right_x: int | None = None
    bottom_right_y: int | None = None
    image_base64: str | None = None
    image_annotation: str | None = None


class OcrDimensions(Value):
    """How large a page is: pixels, and dots per inch."""

    dpi: int | None = None
    height: int | None = None
    width: int | None = None


class OcrPage(Value):
    """One page, as Markdown; `index` counts from 0."""

    index: int = 0
    markdown: str = ""
    images: list[OcrImage] = msgspec.field(default_factory=list[OcrImage])
    dimensions: OcrDimensions | None = None


class OcrUsage(Value):
    """How much was read."""

    pages_processed: int = 0
    doc_size_bytes: int | None = None


class OcrResponse(Reported):
    """The pages that were asked for, in order."""

    pages: list[OcrPage] = msgspec.field(default_factory=list[OcrPage])
    model: str = ""
    usage_info: OcrUsage | None = None
    document_annotation: str | None = None

    @property
    def text(self) -> str:
        """All pages as one Markdown text."""
        return "\n\n".join(page.markdown for page in self.pages)
