"""How images, recordings, videos and documents may be handed to a provider."""

from __future__ import annotations

import msgspec


class MediaSupport(msgspec.Struct, frozen=True, kw_only=True):
    """The ways in which a wire format takes media of one kind.

    A dialect, or a provider's record, says it by kind (`image`, `audio`, `video`, `file`), by operation and kind where
    an operation differs (`responses.file`), or by operation alone for one that takes nothing but media (`ocr`). Parts
    of messages whose kind nobody speaks of are passed on as they are. Of the parameters of other operations nobody
    needs to speak: their encoder takes what it can of a `Media`, and what it asks for by `data` or `source` that is not
    in memory is fetched or read, and the request encoded once more.

    Attributes:
        url: the provider fetches `http` and `https` URLs by itself.
        inline: it takes the bytes within the request.
        file: it takes the id of a file that was uploaded to it.
        typed: the part that names an uploaded file says its media type too, as `format`.
        inline_limit: the most bytes that it takes within a request, before they are base64; `None` for no known limit.
        file_limit: the most bytes that a file uploaded to it may have; `None` for no known limit.
        purpose: what a file that is uploaded is for, in the provider's words.
    """

    url: bool = False
    inline: bool = False
    file: bool = False
    typed: bool = False
    inline_limit: int | None = None
    file_limit: int | None = None
    purpose: str = ""
