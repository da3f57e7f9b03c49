"""What the server says of the session, its conversation and its sound, in the Realtime API.

https://platform.openai.com/docs/api-reference/realtime-server-events
"""

from __future__ import annotations

from typing import Literal

import msgspec

from any_llm.types.decode import tagged
from any_llm.types.json import JSON, JSONObject
from any_llm.types.realtime_parts import RateLimit, RealtimeError, RealtimeServerEvent


class ConversationCreatedEvent(RealtimeServerEvent, tag="conversation.created"):
    """A conversation has begun."""

    type: Literal["conversation.created"] = tagged("conversation.created")
    conversation: JSONObject = msgspec.field(default_factory=dict[str, JSON])


class ConversationItemAdded(RealtimeServerEvent, tag="conversation.item.added"):
    """An item was added to the conversation."""

    type: Literal["conversation.item.added"] = tagged("conversation.item.added")
    item: JSONObject = msgspec.field(default_factory=dict[str, JSON])
    previous_item_id: str | None = None


class ConversationItemCreatedEvent(RealtimeServerEvent, tag="conversation.item.created"):
    """An item was made."""

    type: Literal["conversation.item.created"] = tagged("conversation.item.created")
    item: JSONObject = msgspec.field(default_factory=dict[str, JSON])
    previous_item_id: str | None = None


class ConversationItemDeletedEvent(RealtimeServerEvent, tag="conversation.item.deleted"):
    """An item was taken out of the conversation."""

    type: Literal["conversation.item.deleted"] = tagged("conversation.item.deleted")
    item_id: str = ""


class ConversationItemDone(RealtimeServerEvent, tag="conversation.item.done"):
    """An item of the conversation is complete."""

    type: Literal["conversation.item.done"] = tagged("conversation.item.done")
    item: JSONObject = msgspec.field(default_factory=dict[str, JSON])
    previous_item_id: str | None = None


class ConversationItemInputAudioTranscriptionCompletedEvent(
    RealtimeServerEvent, tag="conversation.item.input_audio_transcription.completed"
):
    """What the user said is written down."""

    type: Literal["conversation.item.input_audio_transcription.completed"] = tagged(
        "conversation.item.input_audio_transcription.completed"
    )
    content_index: int = 0
    item_id: str = ""
    transcript: str = ""
    usage: JSONObject = msgspec.field(default_factory=dict[str, JSON])
    languages: list[JSONObject] | None = None
    logprobs: list[JSONObject] | None = None


class ConversationItemInputAudioTranscriptionDeltaEvent(
    RealtimeServerEvent, tag="conversation.item.input_audio_transcription.delta"
):
    """A piece of what the user said."""

    type: Literal["conversation.item.input_audio_transcription.delta"] = tagged(
        "conversation.item.input_audio_transcription.delta"
    )
    item_id: str = ""
    content_index: int | None = None
    delta: str | None = None
    logprobs: list[JSONObject] | None = None


class ConversationItemInputAudioTranscriptionFailedEvent(
    RealtimeServerEvent, tag="conversation.item.input_audio_transcription.failed"
):
    """What the user said could not be written down."""

    type: Literal["conversation.item.input_audio_transcription.failed"] = tagged(
        "conversation.item.input_audio_transcription.failed"
    )
    content_index: int = 0
    error: RealtimeError = msgspec.field(default_factory=RealtimeError)
    item_id: str = ""


class ConversationItemInputAudioTranscriptionSegment(
    RealtimeServerEvent, tag="conversation.item.input_audio_transcription.segment"
):
    """A stretch of what the user said, in seconds, by whom."""

    type: Literal["conversation.item.input_audio_transcription.segment"] = tagged(
        "conversation.item.input_audio_transcription.segment"
    )
    id: str = ""
    content_index: int = 0
    end: float = 0.0
    item_id: str = ""
    speaker: str = ""
    start: float = 0.0
    text: str = ""


class ConversationItemRetrieved(RealtimeServerEvent, tag="conversation.item.retrieved"):
    """An item that was asked for."""

    type: Literal["conversation.item.retrieved"] = tagged("conversation.item.retrieved")
    item: JSONObject = msgspec.field(default_factory=dict[str, JSON])


class ConversationItemTruncatedEvent(RealtimeServerEvent, tag="conversation.item.truncated"):
    """Speech was cut off in the conversation."""

    type: Literal["conversation.item.truncated"] = tagged("conversation.item.truncated")
    audio_end_ms: int = 0
    content_index: int = 0
    item_id: str = ""


class InputAudioBufferClearedEvent(RealtimeServerEvent, tag="input_audio_buffer.cleared"):
    """The sound that was sent is forgotten."""

    type: Literal["input_audio_buffer.cleared"] = tagged("input_audio_buffer.cleared")


class InputAudioBufferCommittedEvent(RealtimeServerEvent, tag="input_audio_buffer.committed"):
    """The sound that was sent became a message."""

    type: Literal["input_audio_buffer.committed"] = tagged("input_audio_buffer.committed")
    item_id: str = ""
    previous_item_id: str | None = None


class InputAudioBufferDtmfEventReceivedEvent(RealtimeServerEvent, tag="input_audio_buffer.dtmf_event_received"):
    """A key of a telephone was pressed; `received_at` is seconds since 1970."""

    type: Literal["input_audio_buffer.dtmf_event_received"] = tagged("input_audio_buffer.dtmf_event_received")
    event: str = ""
    received_at: int = 0


class InputAudioBufferSpeechStartedEvent(RealtimeServerEvent, tag="input_audio_buffer.speech_started"):
    """The user has begun to speak."""

    type: Literal["input_audio_buffer.speech_started"] = tagged("input_audio_buffer.speech_started")
    audio_start_ms: int = 0
    item_id: str = ""


class InputAudioBufferSpeechStoppedEvent(RealtimeServerEvent, tag="input_audio_buffer.speech_stopped"):
    """The user has stopped speaking."""

    type: Literal["input_audio_buffer.speech_stopped"] = tagged("input_audio_buffer.speech_stopped")
    audio_end_ms: int = 0
    item_id: str = ""


class InputAudioBufferTimeoutTriggered(RealtimeServerEvent, tag="input_audio_buffer.timeout_triggered"):
    """The user has said nothing for as long as the session allows."""

    type: Literal["input_audio_buffer.timeout_triggered"] = tagged("input_audio_buffer.timeout_triggered")
    audio_end_ms: int = 0
    audio_start_ms: int = 0
    item_id: str = ""


class McpListToolsCompleted(RealtimeServerEvent, tag="mcp_list_tools.completed"):
    """An MCP server's tools are listed."""

    type: Literal["mcp_list_tools.completed"] = tagged("mcp_list_tools.completed")
    item_id: str = ""


class McpListToolsFailed(RealtimeServerEvent, tag="mcp_list_tools.failed"):
    """An MCP server's tools could not be listed."""

    type: Literal["mcp_list_tools.failed"] = tagged("mcp_list_tools.failed")
    item_id: str = ""


class McpListToolsInProgress(RealtimeServerEvent, tag="mcp_list_tools.in_progress"):
    """An MCP server's tools are being listed."""

    type: Literal["mcp_list_tools.in_progress"] = tagged("mcp_list_tools.in_progress")
    item_id: str = ""


class OutputAudioBufferCleared(RealtimeServerEvent, tag="output_audio_buffer.cleared"):
    """Speech was stopped, over WebRTC and SIP."""

    type: Literal["output_audio_buffer.cleared"] = tagged("output_audio_buffer.cleared")
    response_id: str = ""


class OutputAudioBufferStarted(RealtimeServerEvent, tag="output_audio_buffer.started"):
    """Speech begins to be played, over WebRTC and SIP."""

    type: Literal["output_audio_buffer.started"] = tagged("output_audio_buffer.started")
    response_id: str = ""


class OutputAudioBufferStopped(RealtimeServerEvent, tag="output_audio_buffer.stopped"):
    """All speech was played, over WebRTC and SIP."""

    type: Literal["output_audio_buffer.stopped"] = tagged("output_audio_buffer.stopped")
    response_id: str = ""


class RateLimitsUpdatedEvent(RealtimeServerEvent, tag="rate_limits.updated"):
    """What is left of the limits."""

    type: Literal["rate_limits.updated"] = tagged("rate_limits.updated")
    rate_limits: list[RateLimit] = msgspec.field(default_factory=list[RateLimit])


class RealtimeErrorEvent(RealtimeServerEvent, tag="error"):
    """Something went wrong; the session goes on, as a rule."""

    type: Literal["error"] = tagged("error")
    error: RealtimeError = msgspec.field(default_factory=RealtimeError)


class SessionCreatedEvent(RealtimeServerEvent, tag="session.created"):
    """The session has begun, with these settings."""

    type: Literal["session.created"] = tagged("session.created")
    session: JSONObject = msgspec.field(default_factory=dict[str, JSON])


class SessionUpdatedEvent(RealtimeServerEvent, tag="session.updated"):
    """The settings of the session were changed to these."""

    type: Literal["session.updated"] = tagged("session.updated")
    session: JSONObject = msgspec.field(default_factory=dict[str, JSON])


class SessionClosedEvent(RealtimeServerEvent, tag="session.closed"):
    """The session has ended."""

    type: Literal["session.closed"] = tagged("session.closed")


class SessionInputTranscriptDeltaEvent(RealtimeServerEvent, tag="session.input_transcript.delta"):
    """A piece of what is heard, while it is translated; `elapsed_ms` counts from the beginning of the session."""

    type: Literal["session.input_transcript.delta"] = tagged("session.input_transcript.delta")
    delta: str = ""
    elapsed_ms: int | None = None


class SessionOutputTranscriptDeltaEvent(RealtimeServerEvent, tag="session.output_transcript.delta"):
    """A piece of the translation, as text."""

    type: Literal["session.output_transcript.delta"] = tagged("session.output_transcript.delta")
    delta: str = ""
    elapsed_ms: int | None = None


class SessionOutputAudioDeltaEvent(RealtimeServerEvent, tag="session.output_audio.delta"):
    """A piece of the spoken translation, as base64."""

    type: Literal["session.output_audio.delta"] = tagged("session.output_audio.delta")
    delta: str = ""
    sample_rate: int | None = None
    channels: int | None = None
    format: str | None = None
    elapsed_ms: int | None = None
