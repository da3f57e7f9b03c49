"""How the media of a call come to its provider: as they are, fetched, read or uploaded, by what the provider takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.engine.attachments import Place, find_media, put_back
from any_llm.engine.codecs import is_native
from any_llm.engine.fetching import fetch, fetching_pool
from any_llm.engine.forms import measure
from any_llm.engine.media_parts import Said, describe, read, write
from any_llm.exceptions import AnyLLMError, InvalidRequestError, RequestTooLargeError, UnsupportedParameterError
from any_llm.pipeline.call import Call, Handler
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation
from any_llm.transport.uploads import read_blocks
from any_llm.types.http import FileSource, Upload
from any_llm.types.media import Media, MediaNotReadError, identified
from any_llm.types.media_types import HEAD
from any_llm.types.report import Delivery

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings
    from any_llm.spec.dialect import Dialect
    from any_llm.types.json import JSON

_UNSAID = MediaSupport(url=True, inline=True)
_PASSED = MediaSupport(url=True)
_EASY = 16 * 1024 * 1024
"""More bytes than this are rather uploaded than sent within a request, where no limit is known."""
_MOST_FETCHED = 100 * 1024 * 1024


class Result(NamedTuple):
    """What stands at a place in the end, and the steps there."""

    place: Place
    part: JSON
    steps: Sequence[Delivery]


class Means(NamedTuple):
    """By what media are brought: the policy of the settings, the dialect of an operation, and further calls."""

    settings: Settings
    dialect_for: Callable[[Operation], Dialect]
    handler: Handler


async def deliver(
    call: Call, means: Means, needed: MediaNotReadError | None = None
) -> tuple[Call, tuple[Delivery, ...]]:
    """Return a call whose media its provider takes, and the steps that this needed.

    Args:
        call: what the caller asks.
        means: by what they are brought.
        needed: what the encoder asked for and did not find in memory: only that is brought.

    Raises:
        InvalidRequestError: a file or URL cannot be had; the error's `param` is the part's path.
        RequestTooLargeError: a piece is larger than the provider takes.
        UnsupportedParameterError: the provider takes it in no way, or in none that the policy allows.
    """
    trip = _Trip(call, means)
    places = find_media(call.operation, call.options)
    if needed is not None:
        places = [place for place in places if place.part == needed.media]
        if not places:
            raise needed
    results = await _together([_Courier(trip, place).carry(needed) for place in places])
    changed = {result.place.path: result.part for result in results if result.part is not result.place.part}
    steps = tuple(step for result in results for step in result.steps)
    return (msgspec.structs.replace(call, options=put_back(call.options, changed)) if changed else call), steps


class _Trip(NamedTuple):
    """What all the media of a call share."""

    call: Call
    means: Means

    def has(self, operation: Operation) -> bool:
        """Say whether the provider itself has an operation."""
        return is_native(self.call.target.provider, operation)

    def support_for(self, kind: str, *, parameter: bool) -> MediaSupport | None:
        """Return how the provider takes media of a kind, `None` where nobody says."""
        # An API that the provider lacks is carried over its chat completions.
        operation = self.call.operation if self.has(self.call.operation) else Operation.COMPLETION
        keys = (f"{operation}.{kind}", operation.value if parameter else kind)
        tables = (self.call.target.provider.media, self.means.dialect_for(operation).media)
        return next((table[key] for table in tables for key in keys if key in table), None)


class _Courier:
    """Carries one piece of media."""

    def __init__(self, trip: _Trip, place: Place) -> None:
        self._trip = trip
        self._call = trip.call
        self._settings = trip.means.settings
        self._place = place
        self._steps: list[Delivery] = []

    async def carry(self, needed: MediaNotReadError | None) -> Result:
        """Return what stands at the place in the end."""
        said = describe(self._place.part)
        if said is None:
            return Result(self._place, self._place.part, ())
        try:
            part = await (self._carry(said) if needed is None else self._supply(said, needed))
        except (InvalidRequestError, RequestTooLargeError) as error:
            raise error.with_facts(param=self._place.name) from error.__cause__
        return Result(self._place, part, self._steps)

    async def _carry(self, said: Said) -> JSON:
        place = self._place
        found = self._trip.support_for(said.kind, parameter=place.parameter)
        # Where nobody says what an operation takes, its encoder asks for what it needs.
        return await self._negotiate(said, found or (_PASSED if place.parameter else _UNSAID))

    async def _negotiate(self, said: Said, support: MediaSupport) -> JSON:
        if said.file_id is not None:
            return self._as_it_is(said, support, "file_id")
        if said.url is None:
            return await self._bring(said, support)
        ours = said.url.startswith(("http://", "https://"))
        if not ours or (support.url and self._settings.media != "inline"):
            return self._as_it_is(said, support, "url")
        return await self._hand_over(await self._fetch(said, support), support)

    async def _bring(self, said: Said, support: MediaSupport) -> JSON:
        part = self._place.part
        if not isinstance(part, Media) and _fits(said.size, support, can_upload=self._can_upload(support)):
            return self._as_it_is(said, support, "inline")
        return await self._hand_over(_looked_at(read(part, said)), support)

    async def _supply(self, said: Said, needed: MediaNotReadError) -> JSON:
        if said.file_id is not None:
            raise needed
        media = self._place.part if said.url is None else await self._fetch(said, _UNSAID)
        if needed.whole:
            media = _read_whole(media)
            self._note("inline", media)
        return media

    async def _hand_over(self, media: Media, support: MediaSupport) -> JSON:
        if support is _PASSED:
            return media
        if support.inline and _fits(media.size, support, can_upload=self._can_upload(support)):
            media = _read_whole(media)
            if _fits(media.size, support, can_upload=False):
                self._note("inline", media)
                return self._written(media, support)
        if not self._can_upload(support):
            raise self._refusal(media, support)
        return self._written(await self._upload(media, support), support)

    def _as_it_is(self, said: Said, support: MediaSupport, how: str) -> JSON:
        part = self._place.part
        if support is _PASSED:
            # How it went is known when its encoder has taken it.
            return part
        if isinstance(part, Media):
            self._note(how, part)
            return self._written(part, support)
        self._steps.append(Delivery(part=self._place.name, kind=said.kind, how=how, bytes=said.size))
        return part

    def _written(self, media: Media, support: MediaSupport) -> JSON:
        if self._place.parameter:
            return media
        return write(media, self._call.operation, support, self._place.part)

    def _can_upload(self, support: MediaSupport) -> bool:
        return support.file and self._settings.media == "auto" and self._trip.has(Operation.UPLOAD_FILE)

    async def _fetch(self, said: Said, support: MediaSupport) -> Media:
        name = self._call.target.provider.name
        if self._settings.media == "strict":
            detail = "the provider takes no URL here, and media='strict' lets nothing be fetched; give the bytes"
            raise UnsupportedParameterError(self._place.name, name, detail)
        limit = support.file_limit if self._can_upload(support) else support.inline_limit
        pool = fetching_pool(self._settings)
        media = _looked_at(await fetch(pool, read(self._place.part, said), limit or _MOST_FETCHED))
        self._note("fetched", media)
        return media

    async def _upload(self, media: Media, support: MediaSupport) -> Media:
        if support.file_limit is not None and media.size is not None and media.size > support.file_limit:
            raise self._refusal(media, support)
        call = self._call
        purpose = {"purpose": support.purpose} if support.purpose else {}
        asked = Call(
            operation=Operation.UPLOAD_FILE,
            target=msgspec.structs.replace(call.target, model=""),
            options={"file": media, **purpose},
            timeouts=call.timeouts,
            headers=call.headers,
            request_id=call.request_id,
        )
        uploaded = (await self._trip.means.handler(asked)).value
        self._note("uploaded", media)
        return msgspec.structs.replace(media, content=None, file_id=uploaded.uri or uploaded.id)

    def _note(self, how: str, media: Media) -> None:
        self._steps.append(
            Delivery(part=self._place.name, kind=media.kind, how=how, bytes=media.size, media_type=media.media_type)
        )

    def _refusal(self, media: Media, support: MediaSupport) -> AnyLLMError:
        name, where, size = self._call.target.provider.name, self._place.name, media.size
        most = support.file_limit if self._can_upload(support) else support.inline_limit
        if size is not None and most is not None and size > most:
            remedy = ", or give a URL" if support.url else ""
            return RequestTooLargeError(
                f"{where} has {size} bytes, and {name} takes {most} of {media.kind}; make it smaller{remedy}"
            )
        ways = [way for way, taken in (("a URL", support.url), ("the id of an upload", support.file)) if taken]
        return UnsupportedParameterError(
            where, name, f"it takes {media.kind} as {' or '.join(ways) or 'nothing'}, and not its bytes"
        )


def _fits(size: int | None, support: MediaSupport, *, can_upload: bool) -> bool:
    limit = support.inline_limit
    if limit is None and can_upload:
        limit = _EASY
    return limit is None or (size is not None and size <= limit) or (size is None and not can_upload)


def _looked_at(media: Media) -> Media:
    """Return media with its type and size, told by the beginning of its file."""
    source = media.content
    if not isinstance(source, FileSource):
        return identified(media, media.data[:HEAD])
    known = measure(source)
    assert isinstance(known, FileSource)
    length = min(known.length or 0, HEAD)
    head = b"" if known.offset is None else _read(msgspec.structs.replace(known, length=length))
    return identified(msgspec.structs.replace(media, content=known), head)


def _read_whole(media: Media) -> Media:
    if isinstance(media.content, FileSource):
        return msgspec.structs.replace(media, content=_read(media.content))
    return media


def _read(source: FileSource) -> bytes:
    return b"".join(map(bytes, read_blocks(Upload((source,)))))


async def _together(couriers: Sequence[Coroutine[None, None, Result]]) -> Sequence[Result]:
    """Wait for all; when one fails, the others are not waited for."""
    tasks = [asyncio.create_task(courier) for courier in couriers]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
