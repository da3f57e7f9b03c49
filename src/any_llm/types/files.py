"""Files that a provider keeps for later requests. OpenAI's shape.

https://platform.openai.com/docs/api-reference/files
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Self

import msgspec
from typing_extensions import override

from any_llm.types.downloads import AsyncFileDownload, FileDownload
from any_llm.types.json import JSON, is_mapping
from any_llm.types.media import FileInput
from any_llm.types.provider import FileOperation
from any_llm.types.report import Reported

__all__ = ["AsyncFileDownload", "FileDeleted", "FileDownload", "FileInput", "FileMetadata", "FileOperation", "FilePage"]


class FileMetadata(Reported):
    """One file that a provider keeps.

    Attributes:
        id: by what requests name it; for Gemini its `uri` goes into requests.
        bytes: its size.
        created_at: when the provider got it, with a time zone, as `expires_at`; `None` where the provider does not say.
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
    created_at: datetime | None = None
    expires_at: datetime | None = None
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

    @override
    @classmethod
    def model_validate(cls, obj: JSON, **_options: JSON) -> Self:
        """Make one of plain values; times may be seconds, texts or moments."""
        if not is_mapping(obj):
            return super().model_validate(obj)
        return super().model_validate({**obj, **{name: moment_of(obj[name]) for name in _TIMES if name in obj}})

    @override
    def to_openai(self) -> JSON:
        """Return it as OpenAI's own type, which tells times in seconds."""
        file: JSON = super().to_openai()
        for name in _TIMES:
            moment: datetime | None = getattr(self, name)
            setattr(file, name, None if moment is None else int(moment.timestamp()))
        return file


_TIMES = ("created_at", "expires_at")


def moment_of(told: JSON) -> datetime | None:
    """Return the moment that seconds since 1970 or an RFC 3339 date mean (in UTC, if it does not say), if either."""
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else datetime.fromtimestamp(told, UTC)
    except (OSError, OverflowError, TypeError, ValueError):
        return told if isinstance(told, datetime) else None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def set_times(file: FileMetadata, created: JSON, expires: JSON) -> FileMetadata:
    """Set when a file was made and will be gone, as a provider tells it, and return the file."""
    file.created_at, file.expires_at = moment_of(created), moment_of(expires)
    return file


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
