"""Adding up the events of a stream of messages to the whole answer."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.types.json import JSON, JSONObject, decode_json
from any_llm.types.messages import (
    CitationsDelta,
    CompactionBlock,
    CompactionDelta,
    ContentBlock,
    ContentBlockDelta,
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    InputJSONDelta,
    MessageDeltaEvent,
    MessageResponse,
    MessageStartEvent,
    MessageStreamEvent,
    OtherDelta,
    SignatureDelta,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
)
from any_llm.types.value import Value


class MessagesFold:
    """Adds up events; `result()` is the answer so far, equal to the whole answer once the stream has ended.

    A tool's input whose JSON text is not complete (yet) stays as that text in the block's extra field `partial_json`;
    deltas of unknown types stay in its extra field `deltas`.
    """

    def __init__(self) -> None:
        self._whole = MessageResponse()
        self._blocks: dict[int, BlockFold] = {}

    def add(self, item: MessageStreamEvent) -> None:
        """Take one event into account."""
        match item:
            case ContentBlockDeltaEvent():
                self._started(item.index, item.delta).add(item.delta)
            case ContentBlockStartEvent():
                self._blocks[item.index] = BlockFold(item.content_block)
            case MessageStartEvent() if item.message.id != self._whole.id or not self._blocks:
                self._whole = item.message.model_copy(deep=True)
                self._blocks = {index: BlockFold(block) for index, block in enumerate(item.message.content)}
            case MessageDeltaEvent():
                self._end(item)
            case _:
                pass

    def result(self) -> MessageResponse:
        """Return the answer so far."""
        self._whole.content = [self._blocks[index].result() for index in sorted(self._blocks)]
        return self._whole

    def block(self, index: int) -> ContentBlock | None:
        """Return the block number `index` so far, `None` when nothing was said of it."""
        fold = self._blocks.get(index)
        return None if fold is None else fold.result()

    def _started(self, index: int, delta: ContentBlockDelta) -> BlockFold:
        fold = self._blocks.get(index)
        if fold is None:
            fold = self._blocks[index] = BlockFold(_BEGINNINGS.get(type(delta), TextBlock)())
        return fold

    def _end(self, event: MessageDeltaEvent) -> None:
        whole = self._whole
        for source, target in ((event.delta, whole), (event.usage, whole.usage), (event, whole)):
            for name, value in sent_fields(source).items():
                if name not in {"delta", "usage"} and value is not None:
                    setattr(target, name, value)
        billed = vars(event.usage).get("_billed")
        if billed is not None:
            vars(whole.usage)["_billed"] = billed


def sent_fields(value: Value) -> JSONObject:
    """Return what differs from a value's defaults, and what was sent beyond its fields."""
    fields: JSONObject = {
        name: getattr(value, name) for name in value.model_fields_set if name in value.__struct_fields__
    }
    return fields | value.model_extra


class BlockFold:
    """Adds up the deltas of one block."""

    def __init__(self, start: ContentBlock) -> None:
        self._block: JSON = start.model_copy(deep=True)
        self._pieces: dict[str, list[str]] = {}

    def add(self, delta: ContentBlockDelta) -> None:
        """Take one delta into account."""
        match delta:
            case TextDelta():
                self._append("text", delta.text)
            case ThinkingDelta():
                self._append("thinking", delta.thinking)
            case InputJSONDelta():
                self._append("partial_json", delta.partial_json)
            case _:
                self._set(delta)

    def result(self) -> ContentBlock:
        """Return the block so far."""
        for name, pieces in self._pieces.items():
            joined = "".join(pieces)
            pieces[:] = [joined]
            if name == "partial_json":
                self._parse_input(joined)
            else:
                setattr(self._block, name, joined)
        block: ContentBlock = self._block
        return block

    def _append(self, name: str, piece: str) -> None:
        pieces = self._pieces.get(name)
        if pieces is None:
            pieces = self._pieces[name] = [getattr(self._block, name, None) or ""]
        pieces.append(piece)

    def _set(self, delta: SignatureDelta | CitationsDelta | CompactionDelta | OtherDelta) -> None:
        match delta:
            case SignatureDelta():
                self._block.signature = delta.signature
            case CitationsDelta():
                self._block.citations = [*(self._block.citations or ()), delta.citation]
            case CompactionDelta():
                for name, value in sent_fields(delta).items():
                    setattr(self._block, name, value)
            case _:
                self._block.deltas = [*getattr(self._block, "deltas", ()), delta.model_dump()]

    def _parse_input(self, text: str) -> None:
        """Set the input that the text says, or keep the text while it says none."""
        if not text.strip():
            return
        try:
            value = decode_json(text)
        except msgspec.DecodeError:
            value = None
        if isinstance(value, dict):
            self._block.input = value
            self._block.__dict__.pop("partial_json", None)
        else:
            self._block.partial_json = text


_BEGINNINGS: Mapping[type[ContentBlockDelta], type[ContentBlock]] = {
    ThinkingDelta: ThinkingBlock,
    SignatureDelta: ThinkingBlock,
    InputJSONDelta: ToolUseBlock,
    CompactionDelta: CompactionBlock,
}
"""What a block is when a delta comes without the event that should have begun it; a text when it is not here."""
