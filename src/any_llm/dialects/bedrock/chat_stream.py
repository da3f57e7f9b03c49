"""A streamed answer of Converse as the chunks of a chat completion.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.bedrock.chat_response import (
    add_facts,
    annotation,
    cited_text,
    dump_input,
    finish_reason,
    is_call,
    is_form,
    plain_block,
    reasoning_extra,
    vendor_extra,
)
from any_llm.dialects.bedrock.errors import EXCEPTION, frame_error
from any_llm.dialects.bedrock.stream_blocks import BlockFold
from any_llm.dialects.bedrock.wire import completion_usage, member, text_of
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.spec.dialect import Options, Target
from any_llm.types.completion import (
    ChatCompletionChunk,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
    ChunkChoice,
    Reasoning,
)
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject, decode_json


class ChatStream:
    """Turns frames into chunks.

    Text, thoughts and arguments of tools come as they are written; citations and the signatures of thoughts when their
    block is complete; the finish reason, the usage and what else must be sent back in the last chunk, when the vendor
    has said why the model stopped and what it took, or the bytes have ended after the first of these.
    """

    def __init__(self, target: Target, options: Options) -> None:
        asked = options.get("stream_options")
        self._usage_apart = is_mapping(asked) and bool(asked.get("include_usage"))
        self._model = target.model
        self._blocks: dict[int, BlockFold] = {}
        self._calls: dict[int, int] = {}
        self._length = 0
        self._begun = False
        self._stop: JSONObject | None = None
        self._metadata: JSONObject | None = None
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        if frame.event.startswith(EXCEPTION):
            raise frame_error(frame)
        event = _parse(frame)
        deltas: Sequence[ChoiceDelta] = ()
        match frame.event:
            case "contentBlockDelta":
                deltas = self._continue(event)
            case "contentBlockStart":
                deltas = self._begin_block(event)
            case "contentBlockStop":
                deltas = self._end_block(_index(event))
            case "messageStop":
                self._stop = event
                return self._end() if self._metadata is not None else ()
            case "metadata":
                self._metadata = event
                return self._end() if self._stop is not None else ()
            case _:
                deltas = (ChoiceDelta(),) if frame.event == "messageStart" else ()
        return [self._chunk(delta) for delta in deltas]

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Return the last chunk of a stream that ended without its metadata.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        if self._stop is None:
            raise StreamTruncatedError("The stream ended before the provider said why the model stopped")
        return () if self.complete else self._end()

    def _chunk(self, delta: ChoiceDelta, reason: str | None = None) -> ChatCompletionChunk:
        if not self._begun:
            self._begun = True
            delta.role = "assistant"
            delta.content = delta.content or ""
        return ChatCompletionChunk(model=self._model, choices=[ChunkChoice(delta=delta, finish_reason=reason)])

    def _begin_block(self, event: JSONObject) -> Sequence[ChoiceDelta]:
        index = _index(event)
        fold = self._blocks[index] = BlockFold(member(event, "start"))
        block = fold.result()
        if not is_call(block):
            return ()
        number = self._calls[index] = len(self._calls)
        call = block["toolUse"]
        function = ChoiceDeltaToolCallFunction(name=text_of(call, "name"), arguments="")
        piece = ChoiceDeltaToolCall(index=number, id=text_of(call, "toolUseId"), type="function", function=function)
        return (ChoiceDelta(tool_calls=[piece]),)

    def _continue(self, event: JSONObject) -> Sequence[ChoiceDelta]:
        index, delta = _index(event), member(event, "delta")
        fold = self._blocks.get(index)
        if fold is None:
            # Only tools and images announce their blocks.
            fold = self._blocks[index] = BlockFold({})
        fold.add(delta)
        if text := text_of(delta, "text"):
            self._length += len(text)
            return (ChoiceDelta(content=text),)
        if thought := text_of(delta.get("reasoningContent"), "text"):
            return (ChoiceDelta(reasoning=Reasoning(thought)),)
        if piece := text_of(delta.get("toolUse"), "input"):
            return self._written(index, fold, piece)
        return ()

    def _written(self, index: int, fold: BlockFold, piece: str) -> Sequence[ChoiceDelta]:
        if index in self._calls:
            return (self._arguments(index, piece),)
        if is_form(fold.begun):
            self._length += len(piece)
            return (ChoiceDelta(content=piece),)
        return ()

    def _arguments(self, index: int, piece: str) -> ChoiceDelta:
        function = ChoiceDeltaToolCallFunction(arguments=piece)
        return ChoiceDelta(tool_calls=[ChoiceDeltaToolCall(index=self._calls[index], function=function)])

    def _end_block(self, index: int) -> Sequence[ChoiceDelta]:
        fold = self._blocks.get(index)
        if fold is None:
            return ()
        block = fold.result()
        if index in self._calls and not fold.written:
            return (self._arguments(index, dump_input(block["toolUse"])),)
        if "reasoningContent" in block:
            extra = reasoning_extra(block)
            return (ChoiceDelta(extra_content=extra),) if extra else ()
        citations: list[JSON] = member(block, "citationsContent").get("citations", [])
        start = self._length - len(cited_text(block))
        annotations = [annotation(citation, start, self._length) for citation in citations]
        return (ChoiceDelta(annotations=annotations),) if annotations else ()

    def _end(self) -> Sequence[ChatCompletionChunk]:
        self.complete = True
        stop, metadata = self._stop or {}, self._metadata or {}
        blocks = [plain_block(fold.result()) for _, fold in sorted(self._blocks.items())]
        reason = text_of(stop, "stopReason") or None
        delta = ChoiceDelta(extra_content=vendor_extra([block for block in blocks if block], reason, None))
        last = self._chunk(delta, finish_reason(reason, called=bool(self._calls)))
        last.service_tier = text_of(metadata.get("serviceTier"), "type") or None
        add_facts(last, {**metadata, **stop})
        if not is_object(metadata.get("usage")):
            return (last,)
        usage = completion_usage(metadata["usage"])
        if self._usage_apart:
            return last, ChatCompletionChunk(model=self._model, usage=usage)
        last.usage = usage
        return (last,)


def _parse(frame: Frame) -> JSONObject:
    try:
        event = decode_json(frame.data)
    except msgspec.DecodeError as error:
        start = frame.data[:100].decode("utf-8", "replace")
        raise MalformedResponseError(
            f"an event of the stream is not JSON ({error}); it begins with {start!r}"
        ) from error
    if not is_object(event):
        raise MalformedResponseError(f"an event of the stream is not a JSON object: {event!r:.100}")
    return event


def _index(event: JSONObject) -> int:
    index: JSON = event.get("contentBlockIndex", 0)
    return index if isinstance(index, int) else 0
