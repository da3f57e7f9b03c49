"""Thoughts that a model writes into its text, between tags, as many servers of open models hand them on.

An answer that begins with `<think>` has its thoughts until `</think>`. A tag anywhere else is text like any other.
"""

from __future__ import annotations

from typing import NamedTuple

from any_llm.types.completion import ChatCompletionMessage, ChoiceDelta, ChunkChoice, Reasoning

TAGS = ("think", "thinking", "reasoning_content", "chain_of_thought")
"""The tags by their names."""

_OPENING = tuple(f"<{name}>" for name in TAGS)


class Split(NamedTuple):
    """What a piece of text adds to the thoughts and to the answer."""

    thought: str = ""
    text: str = ""


class TagSplitter:
    """Splits one answer's text, however it is cut into pieces; what may be the beginning of a tag is held back."""

    __slots__ = ("_closing", "_held", "_stage")

    def __init__(self) -> None:
        self._held = ""
        self._closing = ""
        self._stage = self._begin

    def feed(self, piece: str) -> Split:
        """Take the next piece of the text."""
        return self._stage(piece)

    @property
    def passing(self) -> bool:
        """Whether all that comes is text of the answer."""
        return self._stage == self._pass

    def finish(self) -> Split:
        """Return what was held back, at the text's end."""
        held, self._held = self._held, ""
        return Split(thought=held) if self._closing else Split(text=held)

    def _begin(self, piece: str) -> Split:
        self._held += piece
        start = self._held.lstrip()
        opening = next((tag for tag in _OPENING if start.startswith(tag)), "")
        if not opening and (not start or any(tag.startswith(start) for tag in _OPENING)):
            return Split()
        held, self._held = self._held, ""
        if not opening:
            self._stage = self._pass
            return Split(text=held)
        self._closing = f"</{opening[1:]}"
        self._stage = self._think
        return self._think(start[len(opening) :])

    def _think(self, piece: str) -> Split:
        thought, tag, rest = (self._held + piece).partition(self._closing)
        if tag:
            self._held = self._closing = ""
            self._stage = self._resume
            return Split(thought, self._resume(rest).text)
        safe = len(thought) - _overlap(thought, self._closing)
        self._held = thought[safe:]
        return Split(thought=thought[:safe])

    def _resume(self, piece: str) -> Split:
        """Leave out the empty lines between the thoughts and the answer."""
        text = piece.lstrip()
        if text:
            self._stage = self._pass
        return Split(text=text)

    def _pass(self, piece: str) -> Split:
        return Split(text=piece)


def _overlap(text: str, tag: str) -> int:
    """Return how many characters at the text's end may begin the tag."""
    return next((size for size in range(min(len(text), len(tag) - 1), 0, -1) if text.endswith(tag[:size])), 0)


def split_message(message: ChatCompletionMessage) -> None:
    """Move the thoughts of a whole message from its text to where thoughts belong."""
    content = message.content
    # Most texts are told by their first character; only what begins with spaces is looked at further.
    if not content or not (content[0] == "<" or content[0].isspace()):
        return
    if message.reasoning or not content.lstrip().startswith("<"):
        return
    splitter = TagSplitter()
    first, last = splitter.feed(content), splitter.finish()
    if first.thought or last.thought or first.text + last.text != content:
        message.content = first.text + last.text
        message.reasoning = Reasoning(first.thought + last.thought)


def split_delta(delta: ChoiceDelta, splitter: TagSplitter, *, last: bool) -> None:
    """Move the thoughts in a piece of a message to where thoughts belong; `last` says that no more text comes."""
    if delta.content is None and not last:
        return
    split = splitter.feed(delta.content) if delta.content else Split()
    if last:
        end = splitter.finish()
        split = Split(split.thought + end.thought, split.text + end.text)
    if split.thought:
        delta.reasoning = Reasoning((delta.reasoning or "") + split.thought)
    if split.text or delta.content:
        delta.content = split.text or None


class StreamedTags:
    """Moves the thoughts in the pieces of streamed answers to where thoughts belong.

    Attributes:
        decided: the numbers of the answers in which no tag can come any more.
    """

    __slots__ = ("_splitters", "decided")

    def __init__(self) -> None:
        self.decided: set[int] = set()
        self._splitters: dict[int, TagSplitter] = {}

    def split(self, choice: ChunkChoice) -> None:
        """Move the thoughts of one piece."""
        delta, index = choice.delta, choice.index
        splitter = self._splitters.get(index)
        if splitter is None:
            if delta.content is None:
                return
            if delta.reasoning:
                self.decided.add(index)
                return
            splitter = self._splitters[index] = TagSplitter()
        split_delta(delta, splitter, last=choice.finish_reason is not None)
        if splitter.passing:
            self.decided.add(index)
