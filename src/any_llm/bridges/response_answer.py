"""A chat completion as an answer of the Responses API, whole and in events.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.bridges.answer import Answer, whole_chunk
from any_llm.bridges.response_items import ItemEvents
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


SERVICE_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
"""The service tiers of the Responses API; a vendor's own ones are left out."""


class ResponseEvents:
    """Makes the events of one Responses stream out of chunks; `origin` is the name of the provider that answers."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._answer = Answer()
        self._items: ItemEvents | None = None
        self._number = 0

    @property
    def started(self) -> bool:
        """Whether there was a chunk."""
        return self._answer.started

    def feed(self, chunk: ChatCompletionChunk) -> list[ResponseStreamEvent]:
        """Return the events that one chunk stands for."""
        steps = self._answer.take(chunk)
        if not self._answer.id and not steps:
            # Some vendors send a chunk ahead that has no id yet.
            return []
        items, events = self._announce()
        return self._numbered([*events, *items.render(steps)])

    def finish(self) -> list[ResponseStreamEvent]:
        """Return the events with which the answer ends; the last one holds all of it."""
        items, events = self._announce()
        reason = REASONS.get(self._answer.finish_reason or "")
        events += items.render(self._answer.finish(), cut=reason is not None)
        if reason is None:
            events.append(ResponseCompletedEvent(response=self._response("completed", items.done)))
        else:
            response = self._response("incomplete", items.done)
            response.incomplete_details = IncompleteDetails(reason=reason)
            events.append(ResponseIncompleteEvent(response=response))
        return self._numbered(events)

    def _announce(self) -> tuple[ItemEvents, list[ResponseStreamEvent]]:
        if self._items is not None:
            return self._items, []
        self._items = ItemEvents(self._answer.id, self._origin)
        created = ResponseCreatedEvent(response=self._response("in_progress", []))
        return self._items, [created, ResponseInProgressEvent(response=self._response("in_progress", []))]

    def _numbered(self, events: list[ResponseStreamEvent]) -> list[ResponseStreamEvent]:
        for event in events:
            event.sequence_number = self._number
            self._number += 1
        return events

    def _response(self, status: str, output: list[ResponseOutputItem]) -> Response:
        answer = self._answer
        ended = status != "in_progress"
        return Response(
            id=answer.id,
            created_at=float(answer.created),
            model=answer.model,
            output=output,
            status=status,
            service_tier=answer.service_tier if answer.service_tier in SERVICE_TIERS else None,
            usage=answer.billed(response_usage(answer.usage)) if ended and answer.usage is not None else None,
        )


def response_of(completion: ChatCompletion, origin: str) -> Response:
    """Return the answer of the Responses API that says what a completion says, as its stream would end."""
    events = ResponseEvents(origin)
    events.feed(whole_chunk(completion))
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
        output_tokens_details=OutputTokensDetails(reasoning_tokens=reasoning),
        total_tokens=usage.total_tokens or usage.prompt_tokens + usage.completion_tokens,
    )
