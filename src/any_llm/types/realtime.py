"""The events of OpenAI's Realtime API, as they go over a WebSocket or a data channel: one JSON object each.

A session is made elsewhere: `request("POST", "/realtime/client_secrets", body=…)` returns a secret for a browser, and
`request("POST", "/realtime/calls", …)` begins a call.
https://platform.openai.com/docs/api-reference/realtime
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar, cast

import msgspec

from any_llm.types.decode import decoder
from any_llm.types.json import JSONObject
from any_llm.types.realtime_answers import (
    ResponseAudioDeltaEvent,
    ResponseAudioDoneEvent,
    ResponseAudioTranscriptDeltaEvent,
    ResponseAudioTranscriptDoneEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseDoneEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseMcpCallArgumentsDelta,
    ResponseMcpCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseMcpCallInProgress,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)
from any_llm.types.realtime_client import (
    ConversationItemCreateEvent,
    ConversationItemDeleteEvent,
    ConversationItemRetrieveEvent,
    ConversationItemTruncateEvent,
    InputAudioBufferAppendEvent,
    InputAudioBufferClearEvent,
    InputAudioBufferCommitEvent,
    OutputAudioBufferClearEvent,
    ResponseCancelEvent,
    ResponseCreateEvent,
    SessionUpdateEvent,
)
from any_llm.types.realtime_parts import OtherRealtimeEvent
from any_llm.types.realtime_session import (
    ConversationCreatedEvent,
    ConversationItemAdded,
    ConversationItemCreatedEvent,
    ConversationItemDeletedEvent,
    ConversationItemDone,
    ConversationItemInputAudioTranscriptionCompletedEvent,
    ConversationItemInputAudioTranscriptionDeltaEvent,
    ConversationItemInputAudioTranscriptionFailedEvent,
    ConversationItemInputAudioTranscriptionSegment,
    ConversationItemRetrieved,
    ConversationItemTruncatedEvent,
    InputAudioBufferClearedEvent,
    InputAudioBufferCommittedEvent,
    InputAudioBufferDtmfEventReceivedEvent,
    InputAudioBufferSpeechStartedEvent,
    InputAudioBufferSpeechStoppedEvent,
    InputAudioBufferTimeoutTriggered,
    McpListToolsCompleted,
    McpListToolsFailed,
    McpListToolsInProgress,
    OutputAudioBufferCleared,
    OutputAudioBufferStarted,
    OutputAudioBufferStopped,
    RateLimitsUpdatedEvent,
    RealtimeErrorEvent,
    SessionClosedEvent,
    SessionCreatedEvent,
    SessionInputTranscriptDeltaEvent,
    SessionOutputAudioDeltaEvent,
    SessionOutputTranscriptDeltaEvent,
    SessionUpdatedEvent,
)
from any_llm.types.source import Source
from any_llm.types.value import Value, link, revive

E = TypeVar("E", bound=Value)

ClientEvent: TypeAlias = (
    OtherRealtimeEvent
    | ConversationItemCreateEvent
    | ConversationItemDeleteEvent
    | ConversationItemRetrieveEvent
    | ConversationItemTruncateEvent
    | InputAudioBufferAppendEvent
    | InputAudioBufferClearEvent
    | InputAudioBufferCommitEvent
    | OutputAudioBufferClearEvent
    | ResponseCancelEvent
    | ResponseCreateEvent
    | SessionUpdateEvent
)
"""Any event that a program sends; an unknown type is an `OtherRealtimeEvent`."""

ServerEvent: TypeAlias = (
    OtherRealtimeEvent
    | ResponseAudioDeltaEvent
    | ResponseAudioDoneEvent
    | ResponseAudioTranscriptDeltaEvent
    | ResponseAudioTranscriptDoneEvent
    | ResponseContentPartAddedEvent
    | ResponseContentPartDoneEvent
    | ResponseCreatedEvent
    | ResponseDoneEvent
    | ResponseFunctionCallArgumentsDeltaEvent
    | ResponseFunctionCallArgumentsDoneEvent
    | ResponseMcpCallArgumentsDelta
    | ResponseMcpCallArgumentsDone
    | ResponseMcpCallCompleted
    | ResponseMcpCallFailed
    | ResponseMcpCallInProgress
    | ResponseOutputItemAddedEvent
    | ResponseOutputItemDoneEvent
    | ResponseTextDeltaEvent
    | ResponseTextDoneEvent
    | ConversationCreatedEvent
    | ConversationItemAdded
    | ConversationItemCreatedEvent
    | ConversationItemDeletedEvent
    | ConversationItemDone
    | ConversationItemInputAudioTranscriptionCompletedEvent
    | ConversationItemInputAudioTranscriptionDeltaEvent
    | ConversationItemInputAudioTranscriptionFailedEvent
    | ConversationItemInputAudioTranscriptionSegment
    | ConversationItemRetrieved
    | ConversationItemTruncatedEvent
    | InputAudioBufferClearedEvent
    | InputAudioBufferCommittedEvent
    | InputAudioBufferDtmfEventReceivedEvent
    | InputAudioBufferSpeechStartedEvent
    | InputAudioBufferSpeechStoppedEvent
    | InputAudioBufferTimeoutTriggered
    | McpListToolsCompleted
    | McpListToolsFailed
    | McpListToolsInProgress
    | OutputAudioBufferCleared
    | OutputAudioBufferStarted
    | OutputAudioBufferStopped
    | RateLimitsUpdatedEvent
    | RealtimeErrorEvent
    | SessionClosedEvent
    | SessionCreatedEvent
    | SessionInputTranscriptDeltaEvent
    | SessionOutputAudioDeltaEvent
    | SessionOutputTranscriptDeltaEvent
    | SessionUpdatedEvent
)
"""Any event that the server sends; an unknown type is an `OtherRealtimeEvent`."""


def decode_server_event(raw: str | bytes) -> ServerEvent:
    """Decode one message of the server; what deviates from its type is kept as it was sent.

    Raises:
        msgspec.DecodeError: it is not a JSON object.
    """
    return _decode(cast("type[ServerEvent]", ServerEvent), raw)


def decode_client_event(raw: str | bytes) -> ClientEvent:
    """Decode one message of a program, for servers and for tests.

    Raises:
        msgspec.DecodeError: it is not a JSON object.
    """
    return _decode(cast("type[ClientEvent]", ClientEvent), raw)


def encode_client_event(event: ClientEvent | JSONObject) -> str:
    """Return the message that says an event; what was not set is left out."""
    plain = event.model_dump(exclude_none=True) if isinstance(event, Value) else event
    return msgspec.json.encode(plain).decode()


def _decode(kind: type[E], raw: str | bytes) -> E:
    body = raw.encode() if isinstance(raw, str) else raw
    try:
        event: E = decoder(kind).decode(body)
        link(event, Source(body))
    except msgspec.ValidationError:
        event = revive(kind, msgspec.json.decode(body))
    return event
