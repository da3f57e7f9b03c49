"""The items of a Responses API answer: messages, calls of functions, and what was thought.

https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

import msgspec

from any_llm.types.decode import ANY_TYPE, tagged
from any_llm.types.json import JSONObject
from any_llm.types.responses_parts import (
    Caller,
    ParsedResponseOutputContent,
    ResponseOutputContent,
    ResponseReasoningContent,
    ResponsesValue,
)
from any_llm.types.responses_tools import (
    AdditionalTools,
    ImageGenerationCall,
    LocalShellCall,
    LocalShellCallOutput,
    McpApprovalRequest,
    McpApprovalResponse,
    McpCall,
    McpListTools,
    Program,
    ProgramOutput,
    ResponseApplyPatchToolCall,
    ResponseApplyPatchToolCallOutput,
    ResponseCodeInterpreterToolCall,
    ResponseComputerToolCall,
    ResponseComputerToolCallOutputItem,
    ResponseFileSearchToolCall,
    ResponseFunctionShellToolCall,
    ResponseFunctionShellToolCallOutput,
    ResponseFunctionWebSearch,
    ResponseToolSearchCall,
    ResponseToolSearchOutputItem,
)

T = TypeVar("T")


class ResponseOutputMessage(ResponsesValue, tag_field="type", tag="message"):
    """A message of the model's; `phase` tells a remark on the way (`commentary`) from the `final_answer`."""

    type: Literal["message"] = tagged("message")
    id: str = ""
    content: list[ResponseOutputContent] = []
    role: str = "assistant"
    status: str = "completed"
    phase: str | None = None


class ParsedResponseOutputMessage(ResponseOutputMessage, Generic[T], tag="message"):
    """A message whose texts are parsed."""

    content: list[ParsedResponseOutputContent[T]] = []  # type: ignore[assignment]  # narrower, on purpose


class ResponseFunctionToolCall(ResponsesValue, tag_field="type", tag="function_call"):
    """A function the model wants called; `arguments` is JSON text as the model wrote it."""

    type: Literal["function_call"] = tagged("function_call")
    arguments: str = ""
    call_id: str = ""
    name: str = ""
    id: str | None = None
    async_: bool | None = msgspec.field(default=None, name="async")
    caller: Caller | None = None
    namespace: str | None = None
    status: str | None = None


class ResponseFunctionToolCallOutputItem(ResponsesValue, tag_field="type", tag="function_call_output"):
    """What a function gave back: text, or parts."""

    type: Literal["function_call_output"] = tagged("function_call_output")
    id: str = ""
    output: str | list[JSONObject] = ""
    status: str = "completed"
    call_id: str | None = None
    caller: Caller | None = None
    created_by: str | None = None
    name: str | None = None
    namespace: str | None = None


class ResponseReasoningItem(ResponsesValue, tag_field="type", tag="reasoning"):
    """What the model thought: a summary, the text, or an encrypted form to be sent back unchanged in a later turn."""

    type: Literal["reasoning"] = tagged("reasoning")
    id: str = ""
    summary: list[ResponseReasoningContent] = []
    content: list[ResponseReasoningContent] | None = None
    encrypted_content: str | None = None
    status: str | None = None


class ResponseCompactionItem(ResponsesValue, tag_field="type", tag="compaction"):
    """What stands for the conversation so far, to be sent back unchanged."""

    type: Literal["compaction"] = tagged("compaction")
    id: str = ""
    encrypted_content: str = ""
    created_by: str | None = None


class ResponseCustomToolCall(ResponsesValue, tag_field="type", tag="custom_tool_call"):
    """A custom tool the model wants called; `input` is free text."""

    type: Literal["custom_tool_call"] = tagged("custom_tool_call")
    call_id: str = ""
    input: str = ""
    name: str = ""
    id: str | None = None
    async_: bool | None = msgspec.field(default=None, name="async")
    caller: Caller | None = None
    namespace: str | None = None


class ResponseCustomToolCallOutputItem(ResponsesValue, tag_field="type", tag="custom_tool_call_output"):
    """What a custom tool gave back: text, or parts."""

    type: Literal["custom_tool_call_output"] = tagged("custom_tool_call_output")
    id: str = ""
    call_id: str = ""
    output: str | list[JSONObject] = ""
    status: str = "completed"
    caller: Caller | None = None
    created_by: str | None = None


class OtherItem(ResponsesValue, tag_field="type", tag=ANY_TYPE):
    """An item of a type that has no class here; everything it holds is in `model_extra`."""

    sdk_type: ClassVar[str] = ""

    type: str = tagged("")
    id: str | None = None


ResponseOutputItem: TypeAlias = (
    ResponseOutputMessage
    | ResponseFileSearchToolCall
    | ResponseFunctionToolCall
    | ResponseFunctionToolCallOutputItem
    | ResponseFunctionWebSearch
    | ResponseComputerToolCall
    | ResponseComputerToolCallOutputItem
    | ResponseReasoningItem
    | Program
    | ProgramOutput
    | ResponseToolSearchCall
    | ResponseToolSearchOutputItem
    | AdditionalTools
    | ResponseCompactionItem
    | ImageGenerationCall
    | ResponseCodeInterpreterToolCall
    | LocalShellCall
    | LocalShellCallOutput
    | ResponseFunctionShellToolCall
    | ResponseFunctionShellToolCallOutput
    | ResponseApplyPatchToolCall
    | ResponseApplyPatchToolCallOutput
    | McpCall
    | McpListTools
    | McpApprovalRequest
    | McpApprovalResponse
    | ResponseCustomToolCall
    | ResponseCustomToolCallOutputItem
    | OtherItem
)
"""An item of an answer."""
