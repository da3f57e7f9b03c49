"""A whole answer of the Responses API.

https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar, cast

import msgspec

from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Reported
from any_llm.types.responses_items import ParsedResponseOutputMessage, ResponseOutputItem, ResponseOutputMessage
from any_llm.types.responses_parts import (
    ParsedResponseOutputContent,
    ParsedResponseOutputText,
    ResponseOutputContent,
    ResponseOutputText,
    ResponsesValue,
)
from any_llm.types.value import Value

T = TypeVar("T")
V = TypeVar("V", bound=Value)


class ResponseError(ResponsesValue):
    """Why no answer came about; `code` is the vendor's, such as `server_error` or `rate_limit_exceeded`."""

    code: str = ""
    message: str = ""
    param: str | None = None
    type: str | None = None


class IncompleteDetails(ResponsesValue):
    """Why an answer is not complete: `max_output_tokens`, `content_filter` or another."""

    sdk_type: ClassVar[str] = "openai.types.responses.response:IncompleteDetails"

    reason: str | None = None


class InputTokensDetails(ResponsesValue):
    """Parts of the input tokens: read from the cache, written to the cache."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_usage:InputTokensDetails"

    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_tokens_details: JSONObject | None = None


class OutputTokensDetails(ResponsesValue):
    """Parts of the output tokens."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_usage:OutputTokensDetails"

    reasoning_tokens: int = 0


class ResponseUsage(ResponsesValue):
    """Tokens of one answer. `input_tokens` is the whole input, cached tokens included."""

    input_tokens: int = 0
    input_tokens_details: InputTokensDetails = msgspec.field(default_factory=InputTokensDetails)
    output_tokens: int = 0
    output_tokens_details: OutputTokensDetails = msgspec.field(default_factory=OutputTokensDetails)
    total_tokens: int = 0


class Conversation(ResponsesValue):
    """The conversation that an answer belongs to, kept by the vendor."""

    sdk_type: ClassVar[str] = "openai.types.responses.response:Conversation"

    id: str = ""


class ReasoningSettings(ResponsesValue):
    """How the model was told to think."""

    sdk_type: ClassVar[str] = "openai.types.shared:Reasoning"

    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None
    context: str | None = None
    mode: str | None = None


class ResponseTextFormat(ResponsesValue):
    """The form the text had to have: `type` is `text`, `json_object`, or `json_schema` with a name and `schema_`."""

    sdk_type: ClassVar[str] = ""

    type: str = "text"
    name: str | None = None
    description: str | None = None
    schema_: JSONObject | None = msgspec.field(default=None, name="schema")
    strict: bool | None = None


class ResponseTextConfig(ResponsesValue):
    """How the text had to be."""

    format: ResponseTextFormat | None = None
    verbosity: str | None = None


class ResponseTool(ResponsesValue):
    """A tool that was offered to the model; what a type of tool has beyond these fields is in `model_extra`."""

    sdk_type: ClassVar[str] = ""

    type: str = "function"
    name: str | None = None
    description: str | None = None
    parameters: JSONObject | None = None
    strict: bool | None = None


class ResponseToolChoice(ResponsesValue):
    """Which tool the model had to use; what a type of choice has beyond these fields is in `model_extra`."""

    sdk_type: ClassVar[str] = ""

    type: str = ""
    name: str | None = None
    mode: str | None = None
    tools: list[JSONObject] | None = None
    server_label: str | None = None


class Response(Reported):
    """A whole answer.

    `status` is `completed`, `incomplete` (see `incomplete_details`), `failed` (see `error`), `cancelled`, and for an
    answer that is made in the background `queued` or `in_progress`. `created_at` is seconds since 1970.
    """

    sdk_type: ClassVar[str] = "openai.types.responses:Response"

    id: str = ""
    created_at: float = 0
    error: ResponseError | None = None
    incomplete_details: IncompleteDetails | None = None
    instructions: str | list[JSONObject] | None = None
    metadata: dict[str, str] | None = None
    model: str = ""
    object: str = "response"
    output: list[ResponseOutputItem] = []
    parallel_tool_calls: bool = True
    temperature: float | None = None
    tool_choice: str | ResponseToolChoice = "auto"
    tools: list[ResponseTool] = []
    top_p: float | None = None
    background: bool | None = None
    completed_at: float | None = None
    conversation: Conversation | None = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    moderation: JSONObject | None = None
    previous_response_id: str | None = None
    prompt: JSONObject | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    reasoning: ReasoningSettings | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    status: str | None = None
    text: ResponseTextConfig | None = None
    tool_usage: JSON = None
    top_logprobs: int | None = None
    truncation: str | None = None
    usage: ResponseUsage | None = None
    user: str | None = None
    access_programs: JSON = None
    image: JSON = None
    input_transformations: JSON = None
    prompt_cache_diagnostics: JSON = None
    prompt_cache_options: JSON = None

    @property
    def output_text(self) -> str:
        """The text of all messages, joined."""
        return "".join(part.text for part in texts(self))


class ParsedResponse(Response, Generic[T]):
    """A whole answer whose texts are parsed into the type given as `response_format`; made by `parse_response`."""

    sdk_type: ClassVar[str] = "openai.types.responses:ParsedResponse"

    @property
    def output_parsed(self) -> T | None:
        """The first text as the type that was asked for."""
        parts = cast("list[ParsedResponseOutputText[T]]", texts(self))
        return next((part.parsed for part in parts if part.parsed is not None), None)


def texts(response: Response) -> list[ResponseOutputText]:
    """Return the text parts of all messages, in order."""
    messages = [item for item in response.output if isinstance(item, ResponseOutputMessage)]
    return [part for message in messages for part in message.content if isinstance(part, ResponseOutputText)]


def parse_response(response: Response, parse: Callable[[str], T]) -> ParsedResponse[T]:
    """Return the answer with every text of its messages parsed; refusals and everything else stay as they are.

    What `parse` raises about a text that does not fit is passed on.
    """

    def parsed_part(part: ResponseOutputContent) -> ParsedResponseOutputContent[T]:
        if not isinstance(part, ResponseOutputText):
            return part
        text = _become(ParsedResponseOutputText[T], part)
        text.parsed = parse(part.text)
        return text

    def parsed_item(item: ResponseOutputItem) -> ResponseOutputItem:
        if not isinstance(item, ResponseOutputMessage):
            return item
        message = _become(ParsedResponseOutputMessage[T], item)
        message.content = [parsed_part(part) for part in item.content]
        return message

    parsed = _become(ParsedResponse[T], response)
    parsed.output = [parsed_item(item) for item in response.output]
    return parsed


def _become(kind: type[V], value: Value) -> V:
    """Return the value as one of its type's subclasses."""
    become = kind(**{name: getattr(value, name) for name in value.__struct_fields__})
    vars(become).update(vars(value))
    return become
