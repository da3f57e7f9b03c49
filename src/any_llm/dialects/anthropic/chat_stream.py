"""A streamed answer of the Messages API as the chunks of a chat completion."""

from __future__ import annotations

from collections.abc import Sequence

from any_llm.dialects.anthropic.chat_response import (
    annotation,
    dump_arguments,
    finish_reason,
    refusal_of,
    thinking_extra,
    vendor_extra,
)
from any_llm.dialects.anthropic.messages import check_complete, check_same, parse_event
from any_llm.dialects.anthropic.wire import completion_usage
from any_llm.schemas.shapes import is_mapping
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
from any_llm.types.messages import (
    ContentBlock,
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    ContentBlockStopEvent,
    InputJSONDelta,
    MessageResponse,
    MessageStartEvent,
    MessageStopEvent,
    MessageStreamEvent,
    RedactedThinkingBlock,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
)
from any_llm.types.messages_fold import MessagesFold
from any_llm.types.source import Source
from any_llm.types.value import link

_NAMED_IN_FULL = (TextDelta, InputJSONDelta, ThinkingDelta)


class ChatStream:
    """Turns frames into chunks.

    Text, thinking and arguments of tools come as they are written; citations and the signatures of thinking when their
    block is complete; the finish reason, the usage and what else must be sent back in the last chunk, which comes only
    when the vendor said that the answer is complete.
    """

    def __init__(self, _target: Target, options: Options) -> None:
        asked = options.get("stream_options")
        self._usage_apart = is_mapping(asked) and bool(asked.get("include_usage"))
        self._fold = MessagesFold()
        self._id: str | None = None
        self._model = ""
        self._calls: dict[int, int] = {}
        self._written: set[int] = set()
        self._length = 0
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        event = None if self.complete else parse_event(frame)
        if event is None:
            return ()
        if isinstance(event, ContentBlockDeltaEvent):
            if not isinstance(event.delta, _NAMED_IN_FULL):
                link(event, Source(frame.data))
            self._fold.add(event)
            delta = self._continue(event)
            return (self._chunk(delta),) if delta is not None else ()
        link(event, Source(frame.data))
        match event:
            case MessageStartEvent(message=message):
                return self._begin(message, event)
            case MessageStopEvent():
                self.complete = True
                return self._end()
            case _:
                self._fold.add(event)
                return [self._chunk(delta) for delta in self._tell(event)]

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        check_complete(complete=self.complete)
        return ()

    def _begin(self, message: MessageResponse, event: MessageStartEvent) -> Sequence[ChatCompletionChunk]:
        begun, self._id = self._id, check_same(self._id, message.id)
        if begun is not None:
            return ()
        self._model = message.model
        self._fold.add(event)
        deltas = [ChoiceDelta(role="assistant", content="")]
        for index, block in enumerate(message.content):
            deltas += [*self._begin_block(index, block), *self._end_block(index)]
        return [self._chunk(delta) for delta in deltas]

    def _tell(self, event: MessageStreamEvent) -> Sequence[ChoiceDelta]:
        match event:
            case ContentBlockStartEvent(index=index, content_block=block):
                return self._begin_block(index, block)
            case ContentBlockStopEvent(index=index):
                return self._end_block(index)
            case _:
                return ()

    def _chunk(self, delta: ChoiceDelta, reason: str | None = None) -> ChatCompletionChunk:
        return ChatCompletionChunk(
            id=self._id or "", model=self._model, choices=[ChunkChoice(delta=delta, finish_reason=reason)]
        )

    def _continue(self, event: ContentBlockDeltaEvent) -> ChoiceDelta | None:
        delta = event.delta
        match delta:
            case TextDelta(text=text) if text:
                self._length += len(text)
                return ChoiceDelta(content=text)
            case ThinkingDelta(thinking=thinking) if thinking:
                return ChoiceDelta(reasoning=Reasoning(thinking))
            case InputJSONDelta(partial_json=piece) if piece and event.index in self._calls:
                self._written.add(event.index)
                return self._arguments(event.index, piece)
            case _:
                return None

    def _begin_block(self, index: int, block: ContentBlock) -> Sequence[ChoiceDelta]:
        match block:
            case ToolUseBlock():
                number = self._calls[index] = len(self._calls)
                function = ChoiceDeltaToolCallFunction(name=block.name, arguments="")
                call = ChoiceDeltaToolCall(index=number, id=block.id, type="function", function=function)
                return (ChoiceDelta(tool_calls=[call]),)
            case TextBlock(text=text) if text:
                self._length += len(text)
                return (ChoiceDelta(content=text),)
            case ThinkingBlock(thinking=thinking) if thinking:
                return (ChoiceDelta(reasoning=Reasoning(thinking)),)
            case _:
                return ()

    def _arguments(self, index: int, piece: str) -> ChoiceDelta:
        function = ChoiceDeltaToolCallFunction(arguments=piece)
        return ChoiceDelta(tool_calls=[ChoiceDeltaToolCall(index=self._calls[index], function=function)])

    def _end_block(self, index: int) -> Sequence[ChoiceDelta]:
        block = self._fold.block(index)
        match block:
            case ToolUseBlock() if index in self._calls and index not in self._written:
                return (self._arguments(index, dump_arguments(block)),)
            case ThinkingBlock() | RedactedThinkingBlock():
                return (ChoiceDelta(extra_content=thinking_extra(block)),)
            case TextBlock(citations=list() as citations) if citations:
                start = self._length - len(block.text)
                return (ChoiceDelta(annotations=[annotation(citation, start, self._length) for citation in citations]),)
            case _:
                return ()

    def _end(self) -> Sequence[ChatCompletionChunk]:
        whole = self._fold.result()
        delta = ChoiceDelta(extra_content=vendor_extra(whole, None), refusal=refusal_of(whole))
        last = self._chunk(delta, finish_reason(whole.stop_reason))
        last.service_tier = whole.usage.service_tier
        usage = completion_usage(whole.usage)
        if self._usage_apart:
            return last, ChatCompletionChunk(id=self._id or "", model=self._model, usage=usage)
        last.usage = usage
        return (last,)
