"""The segments of a streamed chat answer: what it says, call by call and text by text, one after the other.

A chat stream mixes reasoning, text and the pieces of several tool calls in one sequence of deltas. Messages and
Responses speak of one block or item after the other, each with a beginning and an end. This is what lies between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from any_llm.bridges.items import object_in
from any_llm.bridges.signatures import FIELDS, NATIVE, REPLAYED, Carried, joined_details, signed_blocks
from any_llm.types.completion import (
    ChatCompletionMessage,
    ChatCompletionMessageToolCall,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
    ChoiceLogprobs,
    ChunkChoice,
    Function,
    Reasoning,
)
from any_llm.types.completion_fold import merge_members
from any_llm.types.json import JSONObject, decode_json

REASONING, TEXT, REFUSAL, CALL, CUSTOM_CALL, IMAGE = "reasoning", "text", "refusal", "call", "custom_call", "image"
"""The kinds of segments."""

_CALLS = frozenset({CALL, CUSTOM_CALL})


class Segment:
    """One part of an answer, of which more may come until it is closed.

    Attributes:
        kind: one of the kinds above.
        number: its place among the segments, from 0.
        call_id: the id of a call; made from the answer's id and its place where the vendor sends none.
        name: the name of the function or tool that is called.
        extra: the message's `extra_content`, carried by a segment of reasoning.
        fields: the message's fields of the vendor's own, carried by a segment of reasoning.
        calls: the `extra_content` of calls by their ids, carried by a segment of reasoning.
        annotations: the annotations of a text.
        logprobs: the log probabilities of a text's tokens.
        image: an image, as the vendor sent it.
    """

    def __init__(self, kind: str, number: int) -> None:
        self.kind = kind
        self.number = number
        self.call_id = ""
        self.name = ""
        self.extra: JSONObject = {}
        self.fields: JSONObject = {}
        self.calls: dict[str, JSONObject] = {}
        self.annotations: list[JSONObject] = []
        self.logprobs: list[JSONObject] = []
        self.image: JSONObject = {}
        self.waiting: list[Step] = []
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """What was said so far: text, or the arguments of a call."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def carried(self, origin: str) -> Carried:
        """Return what a later turn must send back to the provider of this name."""
        fields = joined_details(self.fields)
        return Carried(origin=origin, message=self.extra, fields=fields, calls=self.calls)

    @property
    def sealed(self) -> bool:
        """Whether this is a thinking block that Anthropic has signed, to which nothing can be added."""
        return bool(signed_blocks(self.extra))

    @property
    def looks_complete(self) -> bool:
        """Whether nothing more is to be expected once another segment has begun."""
        return self.kind != CALL or _is_json(self.text)

    def grow(self, text: str, logprobs: Sequence[JSONObject] = ()) -> None:
        """Add a piece."""
        self.waiting.append(Grew(self, text, logprobs, not self._pieces))
        self._pieces.append(text)
        self.logprobs.extend(logprobs)

    def annotate(self, annotation: JSONObject) -> None:
        """Add an annotation."""
        self.waiting.append(Annotated(self, annotation, len(self.annotations)))
        self.annotations.append(annotation)


class Opened(NamedTuple):
    """A segment begins."""

    segment: Segment


class Grew(NamedTuple):
    """More text, or more of a call's arguments; `first` says that there was none before."""

    segment: Segment
    text: str
    logprobs: Sequence[JSONObject]
    first: bool


class Annotated(NamedTuple):
    """One more annotation of a text, the one with this number."""

    segment: Segment
    annotation: JSONObject
    number: int


class Closed(NamedTuple):
    """A segment is complete."""

    segment: Segment


Step: TypeAlias = Opened | Grew | Annotated | Closed
"""What happens to a segment."""


class Segmenter:
    """Turns deltas into steps.

    Each segment is closed before the next is opened. Vendors that send the pieces of parallel calls in turn are
    understood: what belongs to a later call waits until the arguments of the earlier one are complete.
    """

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._by_index: dict[int, Segment] = {}
        self._answer_id = ""
        self._head = 0
        self._opened = False
        self._late: JSONObject = {}
        self._late_fields: JSONObject = {}
        self._late_calls: dict[str, JSONObject] = {}

    @property
    def called(self) -> bool:
        """Whether a tool was called so far."""
        return any(segment.kind in _CALLS for segment in self._segments)

    def feed(self, choice: ChunkChoice, answer_id: str = "") -> list[Step]:
        """Take one delta of the answer with this id into account."""
        self._answer_id = answer_id
        delta = choice.delta
        if delta.reasoning:
            self._reasoning().grow(delta.reasoning.content)
        if delta.extra_content:
            self._take_extra(delta.extra_content)
        unnamed = delta.model_extra
        if unnamed:
            self._take_fields({name: unnamed[name] for name in FIELDS if unnamed.get(name)})
        if delta.content:
            logprobs = choice.logprobs.content if choice.logprobs else None
            self._last(TEXT).grow(delta.content, logprobs or ())
        if delta.refusal:
            self._last(REFUSAL).grow(delta.refusal)
        self._take_rest(delta)
        return self._advance(ended=False)

    def finish(self) -> list[Step]:
        """Close what is open; signatures that came too late for their segment get one of their own."""
        if self._late or self._late_fields or self._late_calls:
            last = self._begin(REASONING)
            last.extra, last.fields, last.calls = self._late, self._late_fields, self._late_calls
        return self._advance(ended=True)

    def _take_rest(self, delta: ChoiceDelta) -> None:
        for annotation in delta.annotations or ():
            self._last(TEXT).annotate(annotation)
        for image in delta.images or ():
            self._begin(IMAGE).image = image
        if delta.function_call is not None:
            self._take_call(ChoiceDeltaToolCall(index=-1, function=delta.function_call))
        for piece in delta.tool_calls or ():
            self._take_call(piece)

    def _begin(self, kind: str) -> Segment:
        segment = Segment(kind, len(self._segments))
        self._segments.append(segment)
        return segment

    def _last(self, kind: str) -> Segment:
        if self._segments and self._segments[-1].kind == kind:
            return self._segments[-1]
        return self._begin(kind)

    def _reasoning(self) -> Segment:
        last = self._last(REASONING)
        return self._begin(REASONING) if last.sealed else last

    def _take_extra(self, extra: JSONObject) -> None:
        own = {name: member for name, member in object_in(extra.get(NATIVE)).items() if name in REPLAYED}
        extra = {name: member for name, member in {**extra, NATIVE: own}.items() if member}
        if not extra:
            return
        if not self._segments or self._segments[-1].kind == REASONING or signed_blocks(extra):
            segment = self._reasoning()
            segment.extra = merge_members(segment.extra, extra)
        else:
            self._late = merge_members(self._late, extra)

    def _take_fields(self, fields: JSONObject) -> None:
        if fields and (not self._segments or self._segments[-1].kind == REASONING):
            segment = self._reasoning()
            segment.fields = merge_members(segment.fields, fields)
        else:
            self._late_fields = merge_members(self._late_fields, fields)

    def _take_call(self, piece: ChoiceDeltaToolCall) -> None:
        custom = object_in(piece.model_extra.get("custom"))
        segment = self._by_index.get(piece.index)
        if segment is None:
            segment = self._begin_call(piece, CUSTOM_CALL if custom else CALL)
        elif piece.extra_content:
            held = self._late_calls.get(segment.call_id, {})
            self._late_calls[segment.call_id] = merge_members(held, piece.extra_content)
        function = piece.function
        if custom:
            function = ChoiceDeltaToolCallFunction(name=custom.get("name"), arguments=custom.get("input"))
        if function is not None:
            segment.name += function.name or ""
            if function.arguments:
                segment.grow(function.arguments)

    def _begin_call(self, piece: ChoiceDeltaToolCall, kind: str) -> Segment:
        call_id = piece.id or f"call_{self._answer_id}_{len(self._by_index)}"
        if piece.extra_content:
            self._reasoning().calls[call_id] = piece.extra_content
        segment = self._by_index[piece.index] = self._begin(kind)
        segment.call_id = call_id
        return segment

    def _advance(self, *, ended: bool) -> list[Step]:
        steps: list[Step] = []
        while self._head < len(self._segments):
            segment = self._segments[self._head]
            if not self._opened:
                if segment.kind in _CALLS and not segment.name and not ended:
                    break
                self._opened = True
                steps.append(Opened(segment))
            steps += segment.waiting
            segment.waiting = []
            if not ended and (segment is self._segments[-1] or not segment.looks_complete):
                break
            steps.append(Closed(segment))
            self._head, self._opened = self._head + 1, False
        return steps


def whole_choices(message: ChatCompletionMessage, logprobs: ChoiceLogprobs | None = None) -> Iterable[ChunkChoice]:
    """Return the deltas that add up to a whole message, in the order in which a stream would say it.

    Thinking that Anthropic signed comes block by block, and the rest of what it wants to see again at the end.
    """
    extra = message.extra_content or {}
    own, blocks = object_in(extra.get(NATIVE)), signed_blocks(extra)
    for block in blocks:
        thought: str | None = block.get("thinking")
        signed = {"thinking_blocks": [block]} | {name: block[name] for name in ("signature",) if name in block}
        delta = ChoiceDelta(reasoning=Reasoning(thought) if thought else None, extra_content={NATIVE: signed})
        yield ChunkChoice(delta=delta)
    early = {name: own[name] for name in ("signature",) if name in own and not blocks}
    late = {name: member for name, member in own.items() if name not in {"thinking_blocks", "signature"}}
    function = message.function_call
    delta = ChoiceDelta(
        content=message.content,
        refusal=message.refusal,
        reasoning=None if blocks else message.reasoning,
        annotations=message.annotations,
        images=message.images,
        extra_content={**extra, NATIVE: early},
        function_call=_piece(function) if function else None,
        tool_calls=[_whole_call(index, call) for index, call in enumerate(message.tool_calls or ())],
    )
    vars(delta).update({name: member for name, member in message.model_extra.items() if name in FIELDS})
    yield ChunkChoice(delta=delta, logprobs=logprobs)
    yield ChunkChoice(delta=ChoiceDelta(extra_content={NATIVE: late}))


def _piece(function: Function) -> ChoiceDeltaToolCallFunction:
    return ChoiceDeltaToolCallFunction(name=function.name, arguments=function.arguments)


def _whole_call(index: int, call: ChatCompletionMessageToolCall) -> ChoiceDeltaToolCall:
    piece = ChoiceDeltaToolCall(
        index=index, id=call.id, function=_piece(call.function), extra_content=call.extra_content
    )
    if call.custom is not None:
        vars(piece)["custom"] = call.custom
    return piece


def _is_json(text: str) -> bool:
    try:
        decode_json(text)
    except msgspec.DecodeError:
        return False
    return True
