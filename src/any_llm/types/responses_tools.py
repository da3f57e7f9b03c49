"""The items that hosted tools leave in a Responses API answer: searches, code, shells, patches, images, MCP.

https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from any_llm.types.decode import tagged
from any_llm.types.json import JSON, JSONObject
from any_llm.types.responses_parts import (
    Caller,
    CodeInterpreterOutput,
    ComputerAction,
    FileSearchResult,
    LocalShellCallAction,
    McpListToolsTool,
    PatchOperation,
    ResponseComputerToolCallOutputScreenshot,
    ResponsesValue,
    SafetyCheck,
    ShellAction,
    ShellOutput,
    WebSearchAction,
)


class ResponseFileSearchToolCall(ResponsesValue, tag_field="type", tag="file_search_call"):
    """A search of files by the vendor."""

    type: Literal["file_search_call"] = tagged("file_search_call")
    id: str = ""
    queries: list[str] = []
    status: str = "completed"
    results: list[FileSearchResult] | None = None


class ResponseFunctionWebSearch(ResponsesValue, tag_field="type", tag="web_search_call"):
    """A search of the web by the vendor."""

    type: Literal["web_search_call"] = tagged("web_search_call")
    id: str = ""
    action: WebSearchAction | None = None
    status: str = "completed"


class ResponseComputerToolCall(ResponsesValue, tag_field="type", tag="computer_call"):
    """Something to be done at a computer: one `action`, or several `actions`."""

    type: Literal["computer_call"] = tagged("computer_call")
    id: str = ""
    call_id: str = ""
    pending_safety_checks: list[SafetyCheck] = []
    status: str = "completed"
    action: ComputerAction | None = None
    actions: list[ComputerAction] | None = None


class ResponseComputerToolCallOutputItem(ResponsesValue, tag_field="type", tag="computer_call_output"):
    """How the screen looks after an action."""

    type: Literal["computer_call_output"] = tagged("computer_call_output")
    id: str = ""
    call_id: str = ""
    output: ResponseComputerToolCallOutputScreenshot = msgspec.field(
        default_factory=ResponseComputerToolCallOutputScreenshot
    )
    status: str = "completed"
    acknowledged_safety_checks: list[SafetyCheck] | None = None
    created_by: str | None = None


class Program(ResponsesValue, tag_field="type", tag="program"):
    """A program the model wrote to call tools; `fingerprint` must be sent back unchanged."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:Program"

    type: Literal["program"] = tagged("program")
    id: str = ""
    call_id: str = ""
    code: str = ""
    fingerprint: str = ""


class ProgramOutput(ResponsesValue, tag_field="type", tag="program_output"):
    """What the model's program gave."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:ProgramOutput"

    type: Literal["program_output"] = tagged("program_output")
    id: str = ""
    call_id: str = ""
    result: str = ""
    status: str = "completed"


class ResponseToolSearchCall(ResponsesValue, tag_field="type", tag="tool_search_call"):
    """A search for tools; `execution` says whether the `server` or the `client` carries it out."""

    type: Literal["tool_search_call"] = tagged("tool_search_call")
    id: str = ""
    arguments: JSON = None
    call_id: str | None = None
    execution: str = "server"
    status: str = "completed"
    created_by: str | None = None


class ResponseToolSearchOutputItem(ResponsesValue, tag_field="type", tag="tool_search_output"):
    """The tools that a search found."""

    type: Literal["tool_search_output"] = tagged("tool_search_output")
    id: str = ""
    call_id: str | None = None
    execution: str = "server"
    status: str = "completed"
    tools: list[JSONObject] = []
    created_by: str | None = None


class AdditionalTools(ResponsesValue, tag_field="type", tag="additional_tools"):
    """Tools that are available from here on."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:AdditionalTools"

    type: Literal["additional_tools"] = tagged("additional_tools")
    id: str = ""
    role: str = "unknown"
    tools: list[JSONObject] = []


class ImageGenerationCall(ResponsesValue, tag_field="type", tag="image_generation_call"):
    """An image the vendor made; `result` is base64."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:ImageGenerationCall"

    type: Literal["image_generation_call"] = tagged("image_generation_call")
    id: str = ""
    result: str | None = None
    status: str = "completed"
    action: str | None = None
    background: str | None = None
    error: JSONObject | None = None
    output_format: str | None = None
    quality: str | None = None
    revised_prompt: str | None = None
    size: str | None = None
    svg_usage: JSONObject | None = None


class ResponseCodeInterpreterToolCall(ResponsesValue, tag_field="type", tag="code_interpreter_call"):
    """Code that the vendor ran."""

    type: Literal["code_interpreter_call"] = tagged("code_interpreter_call")
    id: str = ""
    code: str | None = None
    container_id: str = ""
    outputs: list[CodeInterpreterOutput] | None = None
    status: str = "completed"


class LocalShellCall(ResponsesValue, tag_field="type", tag="local_shell_call"):
    """A command to run on the caller's machine."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:LocalShellCall"

    type: Literal["local_shell_call"] = tagged("local_shell_call")
    id: str = ""
    action: LocalShellCallAction = msgspec.field(default_factory=LocalShellCallAction)
    call_id: str = ""
    status: str = "completed"


class LocalShellCallOutput(ResponsesValue, tag_field="type", tag="local_shell_call_output"):
    """What a command on the caller's machine printed, as JSON text."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:LocalShellCallOutput"

    type: Literal["local_shell_call_output"] = tagged("local_shell_call_output")
    id: str = ""
    output: str = ""
    status: str | None = None


class ResponseFunctionShellToolCall(ResponsesValue, tag_field="type", tag="shell_call"):
    """Commands to run in a shell."""

    type: Literal["shell_call"] = tagged("shell_call")
    id: str = ""
    action: ShellAction = msgspec.field(default_factory=ShellAction)
    call_id: str = ""
    environment: JSONObject | None = None
    status: str = "completed"
    caller: Caller | None = None
    created_by: str | None = None


class ResponseFunctionShellToolCallOutput(ResponsesValue, tag_field="type", tag="shell_call_output"):
    """What commands in a shell printed."""

    type: Literal["shell_call_output"] = tagged("shell_call_output")
    id: str = ""
    call_id: str = ""
    max_output_length: int | None = None
    output: list[ShellOutput] = []
    status: str = "completed"
    caller: Caller | None = None
    created_by: str | None = None


class ResponseApplyPatchToolCall(ResponsesValue, tag_field="type", tag="apply_patch_call"):
    """A change of a file that the model wants made."""

    type: Literal["apply_patch_call"] = tagged("apply_patch_call")
    id: str = ""
    call_id: str = ""
    operation: PatchOperation = msgspec.field(default_factory=PatchOperation)
    status: str = "completed"
    caller: Caller | None = None
    created_by: str | None = None


class ResponseApplyPatchToolCallOutput(ResponsesValue, tag_field="type", tag="apply_patch_call_output"):
    """How a change of a file went."""

    type: Literal["apply_patch_call_output"] = tagged("apply_patch_call_output")
    id: str = ""
    call_id: str = ""
    status: str = "completed"
    caller: Caller | None = None
    created_by: str | None = None
    output: str | None = None


class McpCall(ResponsesValue, tag_field="type", tag="mcp_call"):
    """A call of an MCP server's tool by the vendor; `arguments` is JSON text."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:McpCall"

    type: Literal["mcp_call"] = tagged("mcp_call")
    id: str = ""
    arguments: str = ""
    name: str = ""
    server_label: str = ""
    approval_request_id: str | None = None
    error: JSON = None
    output: str | None = None
    status: str | None = None


class McpListTools(ResponsesValue, tag_field="type", tag="mcp_list_tools"):
    """The tools that an MCP server offers."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:McpListTools"

    type: Literal["mcp_list_tools"] = tagged("mcp_list_tools")
    id: str = ""
    server_label: str = ""
    tools: list[McpListToolsTool] = []
    error: JSON = None


class McpApprovalRequest(ResponsesValue, tag_field="type", tag="mcp_approval_request"):
    """A call of an MCP server's tool that waits for the caller's approval."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:McpApprovalRequest"

    type: Literal["mcp_approval_request"] = tagged("mcp_approval_request")
    id: str = ""
    arguments: str = ""
    name: str = ""
    server_label: str = ""


class McpApprovalResponse(ResponsesValue, tag_field="type", tag="mcp_approval_response"):
    """Whether the caller approved of a call."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:McpApprovalResponse"

    type: Literal["mcp_approval_response"] = tagged("mcp_approval_response")
    id: str = ""
    approval_request_id: str = ""
    approve: bool = False
    reason: str | None = None
