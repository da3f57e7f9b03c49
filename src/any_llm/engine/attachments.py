"""Where the media of a call are: in the contents of messages, in each API's own shape, or in its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from any_llm.spec.provider import Operation
from any_llm.types.http import FileSource
from any_llm.types.json import DICT, JSON, is_list, is_mapping, is_sequence
from any_llm.types.media import Media, as_media
from any_llm.types.report import Delivery

if TYPE_CHECKING:
    from any_llm.spec.dialect import Options

Path: TypeAlias = tuple[str | int, ...]
"""The way to a part, from the options on."""

_CONVERSATIONS: Mapping[Operation, str] = {
    Operation.COMPLETION: "messages",
    Operation.MESSAGES: "messages",
    Operation.COUNT_TOKENS: "messages",
    Operation.RESPONSES: "input_data",
    Operation.COMPACT_RESPONSE: "input_data",
}
"""The parameter that holds the conversation, of the operations that have one."""

_KINDS = frozenset({
    "image_url", "input_audio", "file", "video_url", "audio_url",
    "image", "document", "input_image", "input_file",
})  # fmt: skip
"""The types of parts that hold media, of every API."""


class Place(msgspec.Struct, frozen=True):
    """Where a piece of media is: the way there, and what stands there. A `parameter` is not part of a message."""

    path: Path
    part: JSON
    parameter: bool = False

    @property
    def name(self) -> str:
        """The place as errors and reports say it, such as `messages[0].content[1]`."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(steps).removeprefix(".")


def has_media(operation: Operation, options: Options) -> bool:
    """Say whether there may be media in a call: all that a call without any pays for them."""
    where = _CONVERSATIONS.get(operation)
    if where is None:
        return any(type(value) is Media or (type(value) is list and _begins(value)) for value in options.values())
    turns: JSON = options.get(where)
    if not is_list(turns):
        return False
    for turn in turns:
        if type(turn) is DICT and type(turn.get("content")) is str:
            continue
        if is_mapping(turn) and (_within(turn.get("content")) or _within(turn.get("output"))):
            return True
    return False


def find_media(operation: Operation, options: Options) -> Sequence[Place]:
    """Return where the media of a call are, in order."""
    where = _CONVERSATIONS.get(operation)
    return list(_parameters(options) if where is None else _parts(options[where], (where,)))


def as_they_are(operation: Operation, options: Options, known: Sequence[Delivery]) -> Sequence[Delivery]:
    """Return the steps of the parameters that went as they are: those that no other step says how they went."""
    if operation in _CONVERSATIONS:
        return ()
    told = {step.part for step in known}
    return [_step(place) for place in _parameters(options) if place.name not in told]


def _step(place: Place) -> Delivery:
    media = as_media(place.part)
    how = "url" if media.file_id is None else "file_id"
    if media.content is not None:
        how = "streamed" if isinstance(media.content, FileSource) else "inline"
    return Delivery(part=place.name, kind=media.kind, how=how, bytes=media.size, media_type=media.media_type)


def put_back(options: Options, found: Mapping[Path, JSON]) -> Options:
    """Return the options with other parts at some places; nothing of the caller's is changed."""
    changed: JSON = dict(options)
    for path, part in found.items():
        changed = _put(changed, path, part)
    return changed


def _put(tree: JSON, path: Path, part: JSON) -> JSON:
    if not path:
        return part
    step, rest = path[0], path[1:]
    copied: JSON = dict(tree) if is_mapping(tree) else list(tree)
    copied[step] = _put(copied[step], rest, part)
    return copied


def _begins(values: Sequence[JSON]) -> bool:
    return bool(values) and type(values[0]) is Media


def _within(content: JSON) -> bool:
    return is_sequence(content) and any(
        _is_media(part) or (is_mapping(part) and _within(part.get("content"))) for part in content
    )


def _is_media(part: JSON) -> bool:
    if not is_mapping(part):
        return type(part) is Media
    kind = part.get("type")
    return type(kind) is str and kind in _KINDS


def _parts(tree: JSON, path: Path) -> Iterator[Place]:
    """Walk turns and their contents, tool results within contents included."""
    if not is_sequence(tree):
        return
    for index, item in enumerate(tree):
        here = (*path, index)
        if _is_media(item):
            yield Place(here, item)
        elif is_mapping(item):
            for name in ("content", "output"):
                yield from _parts(item.get(name), (*here, name))


def _parameters(options: Options) -> Iterator[Place]:
    for name, value in options.items():
        if isinstance(value, Media):
            yield Place((name,), value, parameter=True)
        elif is_sequence(value):
            for index, item in enumerate(value):
                if isinstance(item, Media):
                    yield Place((name, index), item, parameter=True)
