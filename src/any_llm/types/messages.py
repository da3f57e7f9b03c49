"""Messages: what a model answers in Anthropic's shape, whole and in events.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

import msgspec

from any_llm.types.decode import ANY_TYPE, tagged
from any_llm.types.json import JSONObject
from any_llm.types.message_blocks import (
    BashCodeExecutionToolResultBlock,
    Citation,
    CodeExecutionToolResultBlock,
    CompactionBlock,
    ContainerUploadBlock,
    ContentBlock,
    MCPToolResultBlock,
    MCPToolUseBlock,
    OtherBlock,
    RedactedThinkingBlock,
    ServerToolUseBlock,
    TextBlock,
    TextEditorCodeExecutionToolResultBlock,
    ThinkingBlock,
    ToolSearchToolResultBlock,
    ToolUseBlock,
    WebFetchToolResultBlock,
    WebSearchToolResultBlock,
)
from any_llm.types.params import MessagesParams
from any_llm.types.report import Reported
from any_llm.types.shown import (
    BetaContainer,
    BetaContextManagementResponse,
    BetaDiagnostics,
    MessageIterationUsage,
)
from any_llm.types.value import Value

__all__ = [
    "BashCodeExecutionToolResultBlock",
    "BetaContainer",
    "BetaContextManagementResponse",
    "BetaDiagnostics",
    "CacheCreation",
    "Citation",
    "CitationsDelta",
    "CodeExecutionToolResultBlock",
    "CompactionBlock",
    "CompactionDelta",
    "ContainerUploadBlock",
    "ContentBlock",
    "ContentBlockDelta",
    "ContentBlockDeltaEvent",
    "ContentBlockStartEvent",
    "ContentBlockStopEvent",
    "InputJSONDelta",
    "IterationsUsage",
    "MCPToolResultBlock",
    "MCPToolUseBlock",
    "MessageContentBlock",
    "MessageDelta",
    "MessageDeltaEvent",
    "MessageDeltaUsage",
    "MessageIterationUsage",
    "MessageResponse",
    "MessageStartEvent",
    "MessageStopEvent",
    "MessageStreamEvent",
    "MessageUsage",
    "MessagesParams",
    "OtherBlock",
    "OtherDelta",
    "OtherEvent",
    "OutputTokensDetails",
    "ParsedBetaMessage",
    "ParsedBetaTextBlock",
    "ParsedMessage",
    "ParsedTextBlock",
    "PingEvent",
    "RedactedThinkingBlock",
    "ServerToolUsage",
    "ServerToolUseBlock",
    "SignatureDelta",
    "StopReason",
    "TextBlock",
    "TextDelta",
    "TextEditorCodeExecutionToolResultBlock",
    "ThinkingBlock",
    "ThinkingDelta",
    "ToolSearchToolResultBlock",
    "ToolUseBlock",
    "WebFetchToolResultBlock",
    "WebSearchToolResultBlock",
]

T = TypeVar("T")

StopReason: TypeAlias = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "compaction",
    "refusal",
    "model_context_window_exceeded",
]
"""Why a model stopped, as far as the vendor names reasons today."""


class CacheCreation(Value):
    """Tokens written to the cache, by how long they stay there."""

    sdk_type: ClassVar[str] = "anthropic.types:CacheCreation"

    ephemeral_1h_input_tokens: int = 0
    ephemeral_5m_input_tokens: int = 0


class ServerToolUsage(Value):
    """How often the vendor's own tools ran."""

    sdk_type: ClassVar[str] = "anthropic.types:ServerToolUsage"

    web_fetch_requests: int = 0
    web_search_requests: int = 0


class OutputTokensDetails(Value):
    """Parts of the output tokens."""

    sdk_type: ClassVar[str] = "anthropic.types:OutputTokensDetails"

    thinking_tokens: int = 0


IterationsUsage: TypeAlias = list[MessageIterationUsage]
"""The rounds that an answer took at the vendor."""


class MessageUsage(Value):
    """Tokens of one answer. `input_tokens` leaves out what was read from the cache or written to it."""

    sdk_type: ClassVar[str] = "anthropic.types:Usage"

    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: CacheCreation | None = None
    inference_geo: str | None = None
    iterations: list[MessageIterationUsage] | None = None
    output_tokens_details: OutputTokensDetails | None = None
    server_tool_use: ServerToolUsage | None = None
    service_tier: str | None = None
    speed: str | None = None


class MessageResponse(Reported):
    """A whole answer in Anthropic's shape; `stop_reason` is a `StopReason` or a newer one of the vendor's."""

    sdk_type: ClassVar[str] = "anthropic.types:Message"

    id: str = ""
    type: str = "message"
    role: str = "assistant"
    model: str = ""
    content: list[ContentBlock] = msgspec.field(default_factory=list[ContentBlock])
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: JSONObject | None = None
    usage: MessageUsage = msgspec.field(default_factory=MessageUsage)
    container: BetaContainer | None = None
    context_management: BetaContextManagementResponse | None = None
    diagnostics: BetaDiagnostics | None = None


class ParsedMessage(MessageResponse, Generic[T]):
    """A whole answer with its text as the type that was asked for."""

    parsed_output: T | None = None


ParsedBetaMessage = ParsedMessage
"""The drop-in's name for the answers of beta features: here they are the same."""

MessageContentBlock: TypeAlias = ContentBlock
"""The drop-in's name for a block of an answer."""


class TextDelta(Value, tag_field="type", tag="text_delta"):
    """Text to append."""

    sdk_type: ClassVar[str] = "anthropic.types:TextDelta"
    type: Literal["text_delta"] = tagged("text_delta")

    text: str = ""


class InputJSONDelta(Value, tag_field="type", tag="input_json_delta"):
    """A piece of the JSON text of a tool's input."""

    sdk_type: ClassVar[str] = "anthropic.types:InputJSONDelta"
    type: Literal["input_json_delta"] = tagged("input_json_delta")

    partial_json: str = ""


class ThinkingDelta(Value, tag_field="type", tag="thinking_delta"):
    """Thinking to append."""

    sdk_type: ClassVar[str] = "anthropic.types:ThinkingDelta"
    type: Literal["thinking_delta"] = tagged("thinking_delta")

    thinking: str = ""


class SignatureDelta(Value, tag_field="type", tag="signature_delta"):
    """The signature of a thinking block."""

    sdk_type: ClassVar[str] = "anthropic.types:SignatureDelta"
    type: Literal["signature_delta"] = tagged("signature_delta")

    signature: str = ""


class CitationsDelta(Value, tag_field="type", tag="citations_delta"):
    """One more citation of a text block."""

    sdk_type: ClassVar[str] = "anthropic.types:CitationsDelta"
    type: Literal["citations_delta"] = tagged("citations_delta")

    citation: Citation = msgspec.field(default_factory=Citation)


class CompactionDelta(Value, tag_field="type", tag="compaction_delta"):
    """The whole content of a compaction block."""

    sdk_type: ClassVar[str] = "anthropic.types.beta:BetaCompactionContentBlockDelta"
    type: Literal["compaction_delta"] = tagged("compaction_delta")

    content: str | None = None
    encrypted_content: str | None = None


class OtherDelta(Value, tag_field="type", tag=ANY_TYPE):
    """A delta of a type that is not named here; everything it says but its `type` is in `model_extra`."""

    # At run time any text; typed so that `.type == "text"` tells the type checkers which class is meant.
    type: Literal["*"] = tagged("*")


ContentBlockDelta: TypeAlias = (
    TextDelta | InputJSONDelta | ThinkingDelta | SignatureDelta | CitationsDelta | CompactionDelta | OtherDelta
)
"""What an event adds to a block."""


class MessageDelta(Value):
    """What is known of a message at its end."""

    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: JSONObject | None = None
    container: BetaContainer | None = None


class MessageDeltaUsage(Value):
    """Tokens so far, counted from the start of the message; what is absent has not changed since then."""

    sdk_type: ClassVar[str] = "anthropic.types:MessageDeltaUsage"

    output_tokens: int = 0
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens_details: OutputTokensDetails | None = None
    server_tool_use: ServerToolUsage | None = None
    iterations: list[MessageIterationUsage] | None = None


class MessageStartEvent(Value, tag_field="type", tag="message_start"):
    """An answer begins; `message` is what is known of it, still without content."""

    sdk_type: ClassVar[str] = "anthropic.types:RawMessageStartEvent"
    type: Literal["message_start"] = tagged("message_start")

    message: MessageResponse = msgspec.field(default_factory=MessageResponse)


class ContentBlockStartEvent(Value, tag_field="type", tag="content_block_start"):
    """The block number `index` begins."""

    sdk_type: ClassVar[str] = "anthropic.types:RawContentBlockStartEvent"
    type: Literal["content_block_start"] = tagged("content_block_start")

    index: int = 0
    content_block: ContentBlock = msgspec.field(default_factory=TextBlock)


class ContentBlockDeltaEvent(Value, tag_field="type", tag="content_block_delta"):
    """More of the block number `index`."""

    sdk_type: ClassVar[str] = "anthropic.types:RawContentBlockDeltaEvent"
    type: Literal["content_block_delta"] = tagged("content_block_delta")

    index: int = 0
    delta: ContentBlockDelta = msgspec.field(default_factory=TextDelta)


class ContentBlockStopEvent(Value, tag_field="type", tag="content_block_stop"):
    """The block number `index` is complete; `content_block` is the whole of it, where whoever made the event says."""

    sdk_type: ClassVar[str] = "anthropic.types:RawContentBlockStopEvent"
    type: Literal["content_block_stop"] = tagged("content_block_stop")

    index: int = 0
    content_block: ContentBlock | None = None


class MessageDeltaEvent(Value, tag_field="type", tag="message_delta"):
    """The answer is about to end: why, and how many tokens it took."""

    sdk_type: ClassVar[str] = "anthropic.types:RawMessageDeltaEvent"
    type: Literal["message_delta"] = tagged("message_delta")

    delta: MessageDelta = msgspec.field(default_factory=MessageDelta)
    usage: MessageDeltaUsage = msgspec.field(default_factory=MessageDeltaUsage)
    context_management: BetaContextManagementResponse | None = None


class MessageStopEvent(Value, tag_field="type", tag="message_stop"):
    """The answer is complete; `message` is the whole of it, where whoever made the event says."""

    sdk_type: ClassVar[str] = "anthropic.types:RawMessageStopEvent"
    type: Literal["message_stop"] = tagged("message_stop")

    message: MessageResponse | None = None


class PingEvent(Value, tag_field="type", tag="ping"):
    """Nothing new; the stream is alive."""

    type: Literal["ping"] = tagged("ping")


class OtherEvent(Value, tag_field="type", tag=ANY_TYPE):
    """An event of a type that is not named here; everything it says but its `type` is in `model_extra`."""

    # At run time any text; typed so that `.type == "text"` tells the type checkers which class is meant.
    type: Literal["*"] = tagged("*")


MessageStreamEvent: TypeAlias = (
    MessageStartEvent
    | ContentBlockStartEvent
    | ContentBlockDeltaEvent
    | ContentBlockStopEvent
    | MessageDeltaEvent
    | MessageStopEvent
    | PingEvent
    | OtherEvent
)
"""One item of a stream of messages."""

ParsedTextBlock = ParsedBetaTextBlock = TextBlock

AnthropicContentBlock: TypeAlias = ContentBlock
AnthropicContentBlockDeltaEvent = ContentBlockDeltaEvent
AnthropicContentBlockStartEvent = ContentBlockStartEvent
AnthropicContentBlockStopEvent = ContentBlockStopEvent
AnthropicMessage = MessageResponse
AnthropicMessageDelta = MessageDelta
AnthropicMessageDeltaEvent = MessageDeltaEvent
AnthropicMessageDeltaUsage = MessageDeltaUsage
AnthropicMessageStartEvent = MessageStartEvent
AnthropicMessageStopEvent = MessageStopEvent
AnthropicTextBlock = TextBlock
AnthropicThinkingBlock = BetaThinkingBlock = ThinkingBlock
AnthropicToolUseBlock = ToolUseBlock
AnthropicUsage = MessageUsage
BetaCompactionBlock = CompactionBlock
BetaCompactionContentBlockDelta = CompactionDelta
BetaContentBlock: TypeAlias = ContentBlock
BetaMessageIterationUsage = MessageIterationUsage
BetaStopReason: TypeAlias = StopReason
RawContentBlockDelta: TypeAlias = ContentBlockDelta
