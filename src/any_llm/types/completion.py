"""Chat completions: what a model answers, whole and in chunks. OpenAI's shapes and names, which the whole field reads.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from typing import ClassVar, Generic, Literal, Self, TypeAlias, TypeVar

import msgspec

from any_llm.types.embedding import CreateEmbeddingResponse, Embedding
from any_llm.types.embedding import EmbeddingUsage as Usage
from any_llm.types.json import JSONObject
from any_llm.types.media import Media, as_media
from any_llm.types.params import CompletionParams
from any_llm.types.report import Reported
from any_llm.types.shown import ChoiceDeltaAudio, ImageContent, ImageURL
from any_llm.types.value import Value

__all__ = [
    "CacheCreationTokenDetails",
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionMessage",
    "ChatCompletionMessageFunctionToolCall",
    "ChatCompletionMessageToolCall",
    "Choice",
    "ChoiceDelta",
    "ChoiceDeltaAudio",
    "ChoiceDeltaToolCall",
    "ChoiceDeltaToolCallFunction",
    "ChoiceLogprobs",
    "ChunkChoice",
    "CompletionParams",
    "CompletionTokensDetails",
    "CompletionUsage",
    "ContentType",
    "CreateEmbeddingResponse",
    "Embedding",
    "Function",
    "ImageContent",
    "ImageURL",
    "ParsedChatCompletion",
    "ParsedChatCompletionMessage",
    "ParsedChoice",
    "PromptTokensDetails",
    "Reasoning",
    "ReasoningEffort",
    "Usage",
]

ReasoningEffort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max", "auto"]
"""How much a model should think; `auto` leaves it to the provider."""

ContentType = TypeVar("ContentType")


class Reasoning(str):
    """What the model thought: text, with `content` as Mozilla's `any_llm` has it; JSON shows it as a plain string."""

    __slots__ = ()

    def __new__(cls, content: str | JSONObject = "") -> Self:
        """Make it of a text, or of Mozilla's `{"content": text}`."""
        return super().__new__(cls, content["content"] if isinstance(content, dict) else content)

    @property
    def content(self) -> str:
        """The text as a plain string."""
        return str.__str__(self)


class CacheCreationTokenDetails(Value):
    """Parts of the tokens that were written to a cache: for five minutes, and for an hour."""

    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class PromptTokensDetails(Value):
    """Parts of the input tokens: from the cache, written to the cache, audio, images, text."""

    audio_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_creation_token_details: CacheCreationTokenDetails | None = None
    image_tokens: int | None = None
    text_tokens: int | None = None


class CompletionTokensDetails(Value):
    """Parts of the output tokens: reasoning, audio, images, text, predicted and used or not."""

    accepted_prediction_tokens: int | None = None
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    image_tokens: int | None = None
    text_tokens: int | None = None


class CompletionUsage(Value):
    """Tokens of one answer. `prompt_tokens` is the whole input, cached tokens included."""

    sdk_type: ClassVar[str] = "openai.types:CompletionUsage"

    completion_tokens: int = 0
    prompt_tokens: int = 0
    total_tokens: int = 0
    completion_tokens_details: CompletionTokensDetails | None = None
    prompt_tokens_details: PromptTokensDetails | None = None


class Function(Value):
    """A function the model wants called; `arguments` is JSON text as the model wrote it."""

    arguments: str = ""
    name: str = ""


class ChatCompletionMessageToolCall(Value):
    """One tool call of an answer: a `function`, or for custom tools a `custom` object."""

    sdk_type: ClassVar[str] = "openai.types.chat:ChatCompletionMessageFunctionToolCall"

    id: str = ""
    function: Function = msgspec.field(default_factory=Function)
    type: str = "function"
    custom: JSONObject | None = None
    extra_content: JSONObject | None = None


ChatCompletionMessageFunctionToolCall = ChatCompletionMessageToolCall


class ChatCompletionMessage(Value):
    """The message a model answered with.

    `reasoning` is what it thought, from whichever field the provider uses. `extra_content` holds by vendor what a later
    turn must send back unchanged, such as `{"anthropic": {"signature": …}}`.
    """

    sdk_type: ClassVar[str] = "openai.types.chat:ChatCompletionMessage"

    role: str = "assistant"
    content: str | None = None
    refusal: str | None = None
    annotations: list[JSONObject] | None = None
    audio: ChoiceDeltaAudio | None = None
    function_call: Function | None = None
    tool_calls: list[ChatCompletionMessageToolCall] | None = None
    reasoning: Reasoning | None = None
    reasoning_content: str | None = None
    extra_content: JSONObject | None = None
    images: list[ImageContent] | None = None

    @property
    def media(self) -> list[Media]:
        """The images and the sound of the answer, each with its `data` and `save(path)`, or its `url`."""
        found = [as_media(image) for image in self.images or ()]
        if self.audio is not None and isinstance(self.audio.get("data"), str):
            found.append(as_media(f"data:;base64,{self.audio['data']}", kind="audio"))
        return found


class ChoiceLogprobs(Value):
    """Log probabilities of the answer's tokens, as the vendor writes them."""

    content: list[JSONObject] | None = None
    refusal: list[JSONObject] | None = None


class Choice(Value):
    """One of the answers; `finish_reason` is `stop`, `length`, `tool_calls`, `content_filter` or a vendor's own."""

    sdk_type: ClassVar[str] = "openai.types.chat.chat_completion:Choice"

    finish_reason: str | None = None
    index: int = 0
    logprobs: ChoiceLogprobs | None = None
    message: ChatCompletionMessage = msgspec.field(default_factory=ChatCompletionMessage)


class ChatCompletion(Reported):
    """A whole answer to a chat."""

    sdk_type: ClassVar[str] = "openai.types.chat:ChatCompletion"

    id: str = ""
    choices: list[Choice] = []
    created: int = 0
    model: str = ""
    object: str = "chat.completion"
    service_tier: str | None = None
    system_fingerprint: str | None = None
    usage: CompletionUsage | None = None
    metadata: JSONObject | None = None
    moderation: JSONObject | None = None


class ChoiceDeltaToolCallFunction(Value):
    """A piece of a function call; `arguments` is to be appended."""

    arguments: str | None = None
    name: str | None = None


class ChoiceDeltaToolCall(Value):
    """A piece of the tool call number `index`."""

    index: int = 0
    id: str | None = None
    function: ChoiceDeltaToolCallFunction | None = None
    type: str | None = None
    extra_content: JSONObject | None = None


class ChoiceDelta(Value):
    """What a chunk adds to a message."""

    content: str | None = None
    role: str | None = None
    refusal: str | None = None
    function_call: ChoiceDeltaToolCallFunction | None = None
    tool_calls: list[ChoiceDeltaToolCall] | None = None
    reasoning: Reasoning | None = None
    reasoning_content: str | None = None
    annotations: list[JSONObject] | None = None
    audio: ChoiceDeltaAudio | None = None
    extra_content: JSONObject | None = None
    images: list[ImageContent] | None = None


class ChunkChoice(Value):
    """What a chunk adds to the answer number `index`."""

    sdk_type: ClassVar[str] = "openai.types.chat.chat_completion_chunk:Choice"

    delta: ChoiceDelta = msgspec.field(default_factory=ChoiceDelta)
    finish_reason: str | None = None
    index: int = 0
    logprobs: ChoiceLogprobs | None = None


class ChatCompletionChunk(Value):
    """One item of a completion stream."""

    sdk_type: ClassVar[str] = "openai.types.chat:ChatCompletionChunk"

    id: str = ""
    choices: list[ChunkChoice] = []
    created: int = 0
    model: str = ""
    object: str = "chat.completion.chunk"
    service_tier: str | None = None
    system_fingerprint: str | None = None
    usage: CompletionUsage | None = None
    moderation: JSONObject | None = None
    obfuscation: str | None = None


class ParsedChatCompletionMessage(ChatCompletionMessage, Generic[ContentType]):
    """A message with its content as the type that was asked for."""

    parsed: ContentType | None = None


class ParsedChoice(Choice, Generic[ContentType]):
    """A choice with a parsed message."""

    # Narrower than the whole answer's, on purpose, as in the vendor's SDK.
    message: ParsedChatCompletionMessage[ContentType] = msgspec.field(  # pyright: ignore[reportIncompatibleVariableOverride]
        default_factory=ParsedChatCompletionMessage[ContentType]
    )


class ParsedChatCompletion(ChatCompletion, Generic[ContentType]):
    """A whole answer whose messages are parsed into the type given as `response_format`."""

    choices: list[ParsedChoice[ContentType]] = []  # type: ignore[assignment]  # narrower than the whole answer's, on purpose

    @property
    def parsed(self) -> ContentType | None:
        """The first choice's content as the type that was asked for."""
        return self.choices[0].message.parsed if self.choices else None


OpenAIChatCompletion = ChatCompletion
OpenAIChatCompletionChunk = ChatCompletionChunk
OpenAIChatCompletionMessage = ChatCompletionMessage
OpenAIChatCompletionMessageFunctionToolCall = ChatCompletionMessageFunctionToolCall
OpenAIChatCompletionMessageToolCall = ChatCompletionMessageToolCall
OpenAIChoice = Choice
OpenAIChoiceDelta = ChoiceDelta
OpenAIChoiceDeltaToolCall = ChoiceDeltaToolCall
OpenAIChoiceDeltaToolCallFunction = ChoiceDeltaToolCallFunction
OpenAIChunkChoice = ChunkChoice
OpenAICompletionTokensDetails = CompletionTokensDetails
OpenAICompletionUsage = CompletionUsage
OpenAICreateEmbeddingResponse = CreateEmbeddingResponse
OpenAIEmbedding = Embedding
OpenAIFunction = Function
OpenAIPromptTokensDetails = PromptTokensDetails
OpenAIUsage = Usage
