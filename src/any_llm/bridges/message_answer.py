"""A chat completion as a Messages answer, whole and in events.

https://platform.claude.com/docs/en/api/messages-streaming
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from any_llm.bridges.answer import Answer, whole_chunk
from any_llm.bridges.items import object_in
from any_llm.bridges.media import split_data_uri
from any_llm.bridges.segments import (
    CALL,
    CUSTOM_CALL,
    REASONING,
    REFUSAL,
    TEXT,
    Annotated,
    Closed,
    Grew,
    Opened,
    Segment,
    Step,
)
from any_llm.bridges.signatures import native_block, wrap
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, CompletionUsage
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import (
    Citation,
    CitationsDelta,
    ContentBlock,
    ContentBlockDelta,
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    ContentBlockStopEvent,
    InputJSONDelta,
    MessageDelta,
    MessageDeltaEvent,
    MessageDeltaUsage,
    MessageResponse,
    MessageStartEvent,
    MessageStopEvent,
    MessageStreamEvent,
    MessageUsage,
    OtherBlock,
    OutputTokensDetails,
    RedactedThinkingBlock,
    SignatureDelta,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
)
from any_llm.types.messages_fold import MessagesFold
from any_llm.types.value import revive

STOP_REASONS: Mapping[str, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
"""Chat's finish reasons in Anthropic's words; any other one is `end_turn`."""


class MessageEvents:
    """Makes the events of one Messages stream out of chunks; `origin` is the name of the provider that answers."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._answer = Answer()
        self._announced = False

    @property
    def started(self) -> bool:
        """Whether there was a chunk."""
        return self._answer.started

    def feed(self, chunk: ChatCompletionChunk) -> list[MessageStreamEvent]:
        """Return the events that one chunk stands for."""
        steps = self._answer.take(chunk)
        # Some vendors send a chunk ahead that has no id yet.
        return [*self._announce(), *self._render(steps)] if self._answer.id or steps else []

    def finish(self) -> list[MessageStreamEvent]:
        """Return the events with which the answer ends."""
        usage, facts = message_usage(self._answer.usage), self._answer.facts
        return [
            *self._announce(),
            *self._render(self._answer.finish()),
            MessageDeltaEvent(
                delta=MessageDelta(
                    stop_reason=facts.get("stop_reason") or self._stop_reason(),
                    stop_sequence=facts.get("stop_sequence"),
                    stop_details=facts.get("stop_details"),
                    container=facts.get("container"),
                ),
                context_management=facts.get("context_management"),
                usage=self._answer.billed(
                    MessageDeltaUsage(
                        input_tokens=usage.input_tokens,
                        output_tokens=usage.output_tokens,
                        cache_creation_input_tokens=usage.cache_creation_input_tokens,
                        cache_read_input_tokens=usage.cache_read_input_tokens,
                        output_tokens_details=usage.output_tokens_details,
                    )
                ),
            ),
            MessageStopEvent(),
        ]

    def _announce(self) -> list[MessageStreamEvent]:
        if self._announced:
            return []
        self._announced = True
        return [MessageStartEvent(message=MessageResponse(id=self._answer.id, model=self._answer.model))]

    def _stop_reason(self) -> str | None:
        """Return why the answer ended; some vendors say `stop` when they call tools."""
        reason = self._answer.finish_reason
        if reason is None:
            return None
        if reason == "stop" and self._answer.called:
            return "tool_use"
        return STOP_REASONS.get(reason, "end_turn")

    def _render(self, steps: list[Step]) -> list[MessageStreamEvent]:
        events: list[MessageStreamEvent] = []
        for step in steps:
            index = step.segment.number
            match step:
                case Opened(segment):
                    events.append(ContentBlockStartEvent(index=index, content_block=_beginning(segment)))
                case Grew(segment, text, _) if segment.kind != CUSTOM_CALL:
                    events.append(ContentBlockDeltaEvent(index=index, delta=_DELTAS[segment.kind](text)))
                case Annotated(segment, annotation):
                    delta = CitationsDelta(citation=_citation(segment, annotation))
                    events.append(ContentBlockDeltaEvent(index=index, delta=delta))
                case Closed(segment):
                    last = self._last_delta(segment)
                    if last is not None:
                        events.append(ContentBlockDeltaEvent(index=index, delta=last))
                    events.append(ContentBlockStopEvent(index=index))
                case _:
                    continue
        return events

    def _last_delta(self, segment: Segment) -> ContentBlockDelta | None:
        """Return what is known only when a segment ends: its signature, or the input of a tool that takes text."""
        if segment.kind == CUSTOM_CALL:
            return InputJSONDelta(partial_json=msgspec.json.encode({"input": segment.text}).decode())
        if segment.kind != REASONING:
            return None
        block = None if segment.calls or segment.fields else native_block(segment.extra, segment.text)
        if block is None:
            return SignatureDelta(signature=wrap(segment.carried(self._origin)))
        return SignatureDelta(signature=block["signature"]) if "signature" in block else None


def message_of(completion: ChatCompletion, origin: str) -> MessageResponse:
    """Return the Messages answer that says what a completion says, as its stream would add up."""
    events, fold = MessageEvents(origin), MessagesFold()
    for event in (*events.feed(whole_chunk(completion)), *events.finish()):
        fold.add(event)
    return fold.result()


def message_usage(usage: CompletionUsage | None) -> MessageUsage:
    """Return the tokens as Anthropic counts them: input that was read from the cache or written to it stands apart.

    The three add up to the prompt's tokens, also where a vendor counts the same tokens as read and as written.
    """
    if usage is None:
        return MessageUsage()
    parts, thought = usage.prompt_tokens_details, usage.completion_tokens_details
    read = _at_most(usage.prompt_tokens, parts.cached_tokens if parts else None)
    written = _at_most(usage.prompt_tokens - (read or 0), parts.cache_write_tokens if parts else None)
    thinking = thought.reasoning_tokens if thought else None
    return MessageUsage(
        input_tokens=usage.prompt_tokens - (read or 0) - (written or 0),
        output_tokens=usage.completion_tokens,
        cache_read_input_tokens=read,
        cache_creation_input_tokens=written,
        output_tokens_details=None if thinking is None else OutputTokensDetails(thinking_tokens=thinking),
    )


def _at_most(limit: int, tokens: int | None) -> int | None:
    return None if tokens is None else min(tokens, limit)


def _beginning(segment: Segment) -> ContentBlock:
    match segment.kind:
        case "reasoning":
            block = native_block(segment.extra, segment.text) or {}
            return RedactedThinkingBlock(data=block["data"]) if "data" in block else ThinkingBlock()
        case "call" | "custom_call":
            return ToolUseBlock(id=segment.call_id, name=segment.name)
        case "image":
            return _image(segment.image)
        case _:
            return TextBlock()


def _image(image: JSONObject) -> ContentBlock:
    url: str = object_in(image.get("image_url")).get("url", "")
    data = split_data_uri(url)
    source: JSON = {"type": "url", "url": url}
    if data is not None:
        source = {"type": "base64", "media_type": data[0], "data": data[1]}
    return OtherBlock.model_construct(type="image", source=source)


def _citation(segment: Segment, annotation: JSONObject) -> Citation:
    kind = annotation.get("type", "")
    place = object_in(annotation.get(kind)) or annotation
    if kind != "url_citation":
        # Anthropic's own citations, or another vendor's, stand below their type, beside the characters they support.
        return revive(
            Citation,
            {"type": kind, "cited_text": ""} | {name: place[name] for name in place if name not in _CHARACTERS},
        )
    start, end, content = place.get("start_index"), place.get("end_index"), place.get("content")
    cited = segment.text[start:end] if isinstance(start, int) and isinstance(end, int) else ""
    return Citation.model_construct(
        type="web_search_result_location",
        cited_text=content if isinstance(content, str) else cited,
        title=place.get("title"),
        url=place.get("url", ""),
        encrypted_index="",
    )


_CHARACTERS = frozenset({"start_index", "end_index"})
_DELTAS: Mapping[str, Callable[[str], ContentBlockDelta]] = {
    REASONING: lambda text: ThinkingDelta(thinking=text),
    TEXT: lambda text: TextDelta(text=text),
    REFUSAL: lambda text: TextDelta(text=text),
    CALL: lambda text: InputJSONDelta(partial_json=text),
}
