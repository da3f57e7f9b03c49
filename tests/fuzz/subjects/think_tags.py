"""Thoughts between tags: any split gives the same thoughts and the same text, and nothing else is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence

from any_llm.types.completion import ChatCompletionMessage, ChoiceDelta, ChunkChoice
from any_llm.types.think_tags import TAGS, Split, StreamedTags, TagSplitter, split_message


def split(pieces: Sequence[str]) -> Split:
    """Return what a text in pieces is split into."""
    splitter = TagSplitter()
    found = [*map(splitter.feed, pieces), splitter.finish()]
    return Split("".join(part.thought for part in found), "".join(part.text for part in found))


def streamed(pieces: Sequence[str]) -> Split:
    """Return what the pieces of a streamed answer are split into, the last of which says that it is."""
    tags = StreamedTags()
    choices = [
        ChunkChoice(index=0, delta=ChoiceDelta(content=piece), finish_reason="stop" if place == len(pieces) else None)
        for place, piece in enumerate(pieces, 1)
    ]
    for choice in choices:
        if 0 not in tags.decided:
            tags.split(choice)
    thoughts = "".join(str(choice.delta.reasoning or "") for choice in choices)
    return Split(thoughts, "".join(choice.delta.content or "" for choice in choices))


def check_split(pieces: Sequence[str]) -> None:
    """Whole, in pieces and as a message, a text is split alike, and what is left out is tags and empty lines only."""
    text = "".join(pieces)
    found = split([text])
    assert split(pieces) == found
    assert split(list(text)) == found
    if pieces:
        assert streamed(pieces) == found
    message = ChatCompletionMessage(content=text)
    split_message(message)
    assert (str(message.reasoning or ""), message.content) == (found.thought, found.text)
    assert text.endswith(found.text)
    before = text[: len(text) - len(found.text)]
    names = "|".join(TAGS)
    assert not before or re.fullmatch(rf"\s*<({names})>{re.escape(found.thought)}(</\1>\s*)?", before)


def check(data: bytes) -> None:
    """Take the text from the bytes; a zero byte cuts it."""
    check_split(data.decode("utf-8", "replace").split("\0"))
