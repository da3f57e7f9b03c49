"""Streamed bodies: their bytes in small blocks, read from files at the moment they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from any_llm.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from typing import BinaryIO

    from any_llm.transport.watchdog import Watchdog
    from any_llm.types.http import FileSource, Upload

_BLOCK: Final = 128 * 1024


def read_blocks(upload: Upload) -> Generator[bytes | memoryview]:
    """Read a streamed body block by block; what is said of files in `FileSource` holds for every reading.

    The reading itself is done in the event loop: a block of a file is in memory, or a disk's, in less time than a
    thread would take to be asked.

    Raises:
        InvalidRequestError: a file cannot be read, is no longer what it was, or has been sent and cannot be again.
    """
    for piece in upload.pieces:
        if isinstance(piece, bytes):
            view = memoryview(piece)
            for start in range(0, len(view), _BLOCK):
                yield view[start : start + _BLOCK]
        else:
            try:
                yield from _file_blocks(piece)
            except OSError as error:
                raise InvalidRequestError(
                    f"{_named(piece)} cannot be read: {error.strerror or error}", error
                ) from error


async def iterate_blocks(upload: Upload, watchdog: Watchdog) -> AsyncGenerator[bytes]:
    """Give the blocks to a client that asks for them, and tell the watchdog how it goes."""
    with closing(read_blocks(upload)) as blocks:
        for block in blocks:
            watchdog.uploading()
            yield bytes(block)
            await asyncio.sleep(0)
    watchdog.awaiting()


def _file_blocks(source: FileSource) -> Generator[bytes]:
    if isinstance(source.file, Path):
        with source.file.open("rb", buffering=0) as file:
            file.seek(source.offset or 0)
            yield from _stretch(file, source)
        return
    if source.offset is not None:
        source.file.seek(source.offset)
    elif source.taken:
        raise InvalidRequestError(
            f"{_named(source)} has been sent and cannot be wound back to be sent again; open it anew, or give its path"
        )
    else:
        source.taken = True
    yield from _stretch(source.file, source)


def _stretch(file: BinaryIO, source: FileSource) -> Generator[bytes]:
    left = source.length
    while left is None or left > 0:
        block = file.read(_BLOCK if left is None else min(_BLOCK, left))
        if not isinstance(cast("object", block), bytes):
            raise InvalidRequestError(f"{_named(source)} gives {type(block).__name__}; open it in binary mode")
        if not block:
            break
        left = None if left is None else left - len(block)
        yield block
    if left:
        raise InvalidRequestError(f"{_named(source)} ended {left} bytes early: it was changed while it was sent")


def _named(source: FileSource) -> str:
    return f"The file {str(source.file)!r}" if isinstance(source.file, Path) else f"The open file {source.file!r:.100}"
