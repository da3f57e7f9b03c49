"""A chat completion as an answer of the Responses API, whole and in events.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.bridges.response_items import ItemEvents
from any_llm.bridges.segments import Segmenter, whole_choices
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, CompletionUsage
from any_llm.types.responses import (
    IncompleteDetails,
    InputTokensDetails,
    OutputTokensDetails,
    Response,
    ResponseCompletedEvent,
    ResponseCreatedEvent,
    ResponseIncompleteEvent,
    ResponseInProgressEvent,
    ResponseOutputItem,
    ResponseStreamEvent,
    ResponseUsage,
)

REASONS: Mapping[str, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""The finish reasons of a chat that mean that the answer is incomplete, and how Responses says so."""


class ResponseEvents:
    """Makes the events of one Responses stream out of chunks; `origin` is the name of the provider that answers."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._segmenter = Segmenter()
        self._head: ChatCompletionChunk | None = None
        self._items: ItemEvents | None = None
        self._finish_reason: str | None = None
        self._usage: CompletionUsage | None = None
        self._service_tier: str | None = None
        self._number = 0

    @property
    def started(self) -> bool:
        """Whether there was a chunk."""
        return self._head is not None

    def feed(self, chunk: ChatCompletionChunk) -> list[ResponseStreamEvent]:
        """Return the events that one chunk stands for. Only the first answer of several counts."""
        events: list[ResponseStreamEvent] = []
        self._usage = chunk.usage or self._usage
        self._service_tier = chunk.service_tier or self._service_tier
        if self._items is None:
            self._head = chunk
            self._items = ItemEvents(chunk.id, self._origin)
            events = [
                ResponseCreatedEvent(response=self._response("in_progress", [])),
                ResponseInProgressEvent(response=self._response("in_progress", [])),
            ]
        for choice in chunk.choices:
            if choice.index == 0:
                self._finish_reason = choice.finish_reason or self._finish_reason
                events += self._items.render(self._segmenter.feed(choice))
        return self._numbered(events)

    def finish(self) -> list[ResponseStreamEvent]:
        """Return the events with which the answer ends; the last one holds all of it."""
        reason = REASONS.get(self._finish_reason or "")
        items = self._items or ItemEvents("", self._origin)
        events = items.render(self._segmenter.finish(), cut=reason is not None)
        if reason is None:
            events.append(ResponseCompletedEvent(response=self._response("completed", items.done)))
        else:
            response = self._response("incomplete", items.done)
            response.incomplete_details = IncompleteDetails(reason=reason)
            events.append(ResponseIncompleteEvent(response=response))
        return self._numbered(events)

    def _numbered(self, events: list[ResponseStreamEvent]) -> list[ResponseStreamEvent]:
        for event in events:
            event.sequence_number = self._number
            self._number += 1
        return events

    def _response(self, status: str, output: list[ResponseOutputItem]) -> Response:
        head = self._head or ChatCompletionChunk()
        return Response(
            id=head.id,
            created_at=float(head.created),
            model=head.model,
            output=list(output),
            status=status,
            service_tier=self._service_tier,
            usage=None if self._usage is None or status == "in_progress" else response_usage(self._usage),
        )


def response_of(completion: ChatCompletion, origin: str) -> Response:
    """Return the answer of the Responses API that says what a completion says, as its stream would end."""
    events = ResponseEvents(origin)
    chunk = ChatCompletionChunk(
        id=completion.id,
        created=completion.created,
        model=completion.model,
        service_tier=completion.service_tier,
        usage=completion.usage,
    )
    for choice in completion.choices[:1]:
        chunk.choices = list(whole_choices(choice.message, choice.logprobs))
        chunk.choices[-1].finish_reason = choice.finish_reason
    events.feed(chunk)
    last = events.finish()[-1]
    assert isinstance(last, ResponseCompletedEvent | ResponseIncompleteEvent)
    return last.response


def response_usage(usage: CompletionUsage) -> ResponseUsage:
    """Return the tokens as the Responses API counts them."""
    parts, thought = usage.prompt_tokens_details, usage.completion_tokens_details
    reasoning = (thought.reasoning_tokens if thought else None) or 0
    return ResponseUsage(
        input_tokens=usage.prompt_tokens,
        input_tokens_details=InputTokensDetails(
            cached_tokens=(parts.cached_tokens if parts else None) or 0,
            cache_write_tokens=(parts.cache_write_tokens if parts else None) or 0,
        ),
        output_tokens=usage.completion_tokens,
        output_tokens_details=OutputTokensDetails(
            reasoning_tokens=(thought.reasoning_tokens if thought else None) or 0
        ),
        total_tokens=usage.total_tokens or usage.prompt_tokens + usage.completion_tokens,
    )
