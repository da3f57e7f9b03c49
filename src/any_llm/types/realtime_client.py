"""What a program says in a session of the Realtime API.

https://platform.openai.com/docs/api-reference/realtime-client-events
"""

from __future__ import annotations

from typing import Literal

import msgspec

from any_llm.types.decode import tagged
from any_llm.types.json import JSON, JSONObject
from any_llm.types.realtime_parts import RealtimeClientEvent


class ConversationItemCreateEvent(RealtimeClientEvent, tag="conversation.item.create"):
    """Add an item to the conversation: a message, a function call or its output."""

    type: Literal["conversation.item.create"] = tagged("conversation.item.create")
    item: JSONObject = msgspec.field(default_factory=dict[str, JSON])
    previous_item_id: str | None = None


class ConversationItemDeleteEvent(RealtimeClientEvent, tag="conversation.item.delete"):
    """Take an item out of the conversation."""

    type: Literal["conversation.item.delete"] = tagged("conversation.item.delete")
    item_id: str = ""


class ConversationItemRetrieveEvent(RealtimeClientEvent, tag="conversation.item.retrieve"):
    """Ask for an item as the server has it."""

    type: Literal["conversation.item.retrieve"] = tagged("conversation.item.retrieve")
    item_id: str = ""


class ConversationItemTruncateEvent(RealtimeClientEvent, tag="conversation.item.truncate"):
    """Cut speech off where the user stopped listening, so that the model knows what was heard."""

    type: Literal["conversation.item.truncate"] = tagged("conversation.item.truncate")
    audio_end_ms: int = 0
    content_index: int = 0
    item_id: str = ""


class InputAudioBufferAppendEvent(RealtimeClientEvent, tag="input_audio_buffer.append"):
    """Send a piece of sound, as base64."""

    type: Literal["input_audio_buffer.append"] = tagged("input_audio_buffer.append")
    audio: str = ""


class InputAudioBufferClearEvent(RealtimeClientEvent, tag="input_audio_buffer.clear"):
    """Forget the sound that was sent and not committed."""

    type: Literal["input_audio_buffer.clear"] = tagged("input_audio_buffer.clear")


class InputAudioBufferCommitEvent(RealtimeClientEvent, tag="input_audio_buffer.commit"):
    """Make a message of the sound that was sent."""

    type: Literal["input_audio_buffer.commit"] = tagged("input_audio_buffer.commit")


class OutputAudioBufferClearEvent(RealtimeClientEvent, tag="output_audio_buffer.clear"):
    """Stop the speech that is being played, over WebRTC and SIP."""

    type: Literal["output_audio_buffer.clear"] = tagged("output_audio_buffer.clear")


class ResponseCancelEvent(RealtimeClientEvent, tag="response.cancel"):
    """Stop an answer that is being made."""

    type: Literal["response.cancel"] = tagged("response.cancel")
    response_id: str | None = None


class ResponseCreateEvent(RealtimeClientEvent, tag="response.create"):
    """Let the model answer; `response` overrides the settings of the session for this answer."""

    type: Literal["response.create"] = tagged("response.create")
    response: JSONObject | None = None


class SessionUpdateEvent(RealtimeClientEvent, tag="session.update"):
    """Change the settings of the session."""

    type: Literal["session.update"] = tagged("session.update")
    session: JSONObject = msgspec.field(default_factory=dict[str, JSON])
