"""What the server says of an answer in a session of the Realtime API.

https://platform.openai.com/docs/api-reference/realtime-server-events
"""

from __future__ import annotations

from typing import Literal

import msgspec

from any_llm.types.decode import tagged
from any_llm.types.json import JSON, JSONObject
from any_llm.types.realtime_parts import (
    RealtimeContentEvent,
    RealtimeOutputEvent,
    RealtimeResponse,
    RealtimeServerEvent,
)


class ResponseAudioDeltaEvent(RealtimeContentEvent, tag="response.output_audio.delta"):
    """A piece of speech, as base64."""

    type: Literal["response.output_audio.delta"] = tagged("response.output_audio.delta")
    delta: str = ""


class ResponseAudioDoneEvent(RealtimeContentEvent, tag="response.output_audio.done"):
    """The speech is complete."""

    type: Literal["response.output_audio.done"] = tagged("response.output_audio.done")


class ResponseAudioTranscriptDeltaEvent(RealtimeContentEvent, tag="response.output_audio_transcript.delta"):
    """A piece of what is spoken, as text."""

    type: Literal["response.output_audio_transcript.delta"] = tagged("response.output_audio_transcript.delta")
    delta: str = ""


class ResponseAudioTranscriptDoneEvent(RealtimeContentEvent, tag="response.output_audio_transcript.done"):
    """All that was spoken, as text."""

    type: Literal["response.output_audio_transcript.done"] = tagged("response.output_audio_transcript.done")
    transcript: str = ""


class ResponseContentPartAddedEvent(RealtimeContentEvent, tag="response.content_part.added"):
    """A part of a message has begun."""

    type: Literal["response.content_part.added"] = tagged("response.content_part.added")
    part: JSONObject = msgspec.field(default_factory=dict[str, JSON])


class ResponseContentPartDoneEvent(RealtimeContentEvent, tag="response.content_part.done"):
    """A part of a message is complete."""

    type: Literal["response.content_part.done"] = tagged("response.content_part.done")
    part: JSONObject = msgspec.field(default_factory=dict[str, JSON])


class ResponseCreatedEvent(RealtimeServerEvent, tag="response.created"):
    """An answer has begun."""

    type: Literal["response.created"] = tagged("response.created")
    response: RealtimeResponse = msgspec.field(default_factory=RealtimeResponse)


class ResponseDoneEvent(RealtimeServerEvent, tag="response.done"):
    """An answer has ended, however it did; see its `status`."""

    type: Literal["response.done"] = tagged("response.done")
    response: RealtimeResponse = msgspec.field(default_factory=RealtimeResponse)


class ResponseFunctionCallArgumentsDeltaEvent(RealtimeOutputEvent, tag="response.function_call_arguments.delta"):
    """A piece of a function call's arguments."""

    type: Literal["response.function_call_arguments.delta"] = tagged("response.function_call_arguments.delta")
    call_id: str = ""
    delta: str = ""


class ResponseFunctionCallArgumentsDoneEvent(RealtimeOutputEvent, tag="response.function_call_arguments.done"):
    """A function call's arguments are complete."""

    type: Literal["response.function_call_arguments.done"] = tagged("response.function_call_arguments.done")
    arguments: str = ""
    call_id: str = ""
    name: str = ""


class ResponseMcpCallArgumentsDelta(RealtimeOutputEvent, tag="response.mcp_call_arguments.delta"):
    """A piece of an MCP call's arguments."""

    type: Literal["response.mcp_call_arguments.delta"] = tagged("response.mcp_call_arguments.delta")
    delta: str = ""
    obfuscation: str | None = None


class ResponseMcpCallArgumentsDone(RealtimeOutputEvent, tag="response.mcp_call_arguments.done"):
    """An MCP call's arguments are complete."""

    type: Literal["response.mcp_call_arguments.done"] = tagged("response.mcp_call_arguments.done")
    arguments: str = ""


class ResponseMcpCallCompleted(RealtimeServerEvent, tag="response.mcp_call.completed"):
    """An MCP call was answered."""

    type: Literal["response.mcp_call.completed"] = tagged("response.mcp_call.completed")
    item_id: str = ""
    output_index: int = 0


class ResponseMcpCallFailed(RealtimeServerEvent, tag="response.mcp_call.failed"):
    """An MCP call has failed."""

    type: Literal["response.mcp_call.failed"] = tagged("response.mcp_call.failed")
    item_id: str = ""
    output_index: int = 0


class ResponseMcpCallInProgress(RealtimeServerEvent, tag="response.mcp_call.in_progress"):
    """An MCP call has begun."""

    type: Literal["response.mcp_call.in_progress"] = tagged("response.mcp_call.in_progress")
    item_id: str = ""
    output_index: int = 0


class ResponseOutputItemAddedEvent(RealtimeServerEvent, tag="response.output_item.added"):
    """An item of an answer has begun."""

    type: Literal["response.output_item.added"] = tagged("response.output_item.added")
    item: JSONObject = msgspec.field(default_factory=dict[str, JSON])
    output_index: int = 0
    response_id: str = ""


class ResponseOutputItemDoneEvent(RealtimeServerEvent, tag="response.output_item.done"):
    """An item of an answer is complete."""

    type: Literal["response.output_item.done"] = tagged("response.output_item.done")
    item: JSONObject = msgspec.field(default_factory=dict[str, JSON])
    output_index: int = 0
    response_id: str = ""


class ResponseTextDeltaEvent(RealtimeContentEvent, tag="response.output_text.delta"):
    """A piece of text."""

    type: Literal["response.output_text.delta"] = tagged("response.output_text.delta")
    delta: str = ""


class ResponseTextDoneEvent(RealtimeContentEvent, tag="response.output_text.done"):
    """A text is complete."""

    type: Literal["response.output_text.done"] = tagged("response.output_text.done")
    text: str = ""
