"""Files that a provider keeps for later requests. OpenAI's shape.

https://platform.openai.com/docs/api-reference/files
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from any_llm.types.downloads import AsyncFileDownload, FileDownload
from any_llm.types.media import FileInput
from any_llm.types.provider import FileOperation
from any_llm.types.report import Reported

__all__ = ["AsyncFileDownload", "FileDeleted", "FileDownload", "FileInput", "FileMetadata", "FileOperation", "FilePage"]


class FileMetadata(Reported):
    """One file that a provider keeps.

    Attributes:
        id: by what requests name it; for Gemini its `uri` goes into requests.
        bytes: its size.
        created_at: seconds since 1970, as `expires_at`.
        purpose: what it is for, in the provider's words.
        status: the provider's word for whether it can be used.
        media_type: what it is, such as `application/pdf`.
        uri: the address by which the provider's own requests name it, where that is not the id.
        downloadable: whether its content can be had, where the provider says so.
    """

    sdk_type: ClassVar[str] = "openai.types:FileObject"

    id: str = ""
    object: str = "file"
    bytes: int = 0
    created_at: int = 0
    expires_at: int | None = None
    filename: str = ""
    purpose: str = ""
    status: str | None = None
    media_type: str | None = None
    uri: str | None = None
    downloadable: bool | None = None

    @property
    def size_bytes(self) -> int:
        """Its size: the same as `bytes`."""
        return self.bytes

    @property
    def mime_type(self) -> str | None:
        """What it is: the same as `media_type`."""
        return self.media_type


class FilePage(Reported):
    """A page of a list of files; `after=page.last_id` asks for the next one while `has_more`."""

    object: str = "list"
    data: list[FileMetadata] = msgspec.field(default_factory=list[FileMetadata])
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False

    @property
    def next_cursor(self) -> str | None:
        """What `after` has to be for the next page; `None` on the last one."""
        return self.last_id if self.has_more else None


class FileDeleted(Reported):
    """A file that the provider keeps no longer."""

    sdk_type: ClassVar[str] = "openai.types:FileDeleted"

    id: str = ""
    object: str = "file"
    deleted: bool = False
