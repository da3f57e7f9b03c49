"""The events that hosted tools leave in a streamed Responses API answer.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from any_llm.types.decode import tagged
from any_llm.types.responses_events import ItemEvent, ResponseEvent
from any_llm.types.responses_parts import ResponsesValue, ShellOutput


class ShellOutputDelta(ResponsesValue):
    """A piece of what a command printed."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_shell_call_output_content_delta_event:Delta"

    stdout: str | None = None
    stderr: str | None = None


class ResponseFileSearchCallInProgressEvent(ItemEvent, tag="response.file_search_call.in_progress"):
    """A search of files has begun."""

    type: Literal["response.file_search_call.in_progress"] = tagged("response.file_search_call.in_progress")


class ResponseFileSearchCallSearchingEvent(ItemEvent, tag="response.file_search_call.searching"):
    """Files are being searched."""

    type: Literal["response.file_search_call.searching"] = tagged("response.file_search_call.searching")


class ResponseFileSearchCallCompletedEvent(ItemEvent, tag="response.file_search_call.completed"):
    """A search of files is complete."""

    type: Literal["response.file_search_call.completed"] = tagged("response.file_search_call.completed")


class ResponseWebSearchCallInProgressEvent(ItemEvent, tag="response.web_search_call.in_progress"):
    """A search of the web has begun."""

    type: Literal["response.web_search_call.in_progress"] = tagged("response.web_search_call.in_progress")


class ResponseWebSearchCallSearchingEvent(ItemEvent, tag="response.web_search_call.searching"):
    """The web is being searched."""

    type: Literal["response.web_search_call.searching"] = tagged("response.web_search_call.searching")


class ResponseWebSearchCallCompletedEvent(ItemEvent, tag="response.web_search_call.completed"):
    """A search of the web is complete."""

    type: Literal["response.web_search_call.completed"] = tagged("response.web_search_call.completed")


class ResponseCodeInterpreterCallInProgressEvent(ItemEvent, tag="response.code_interpreter_call.in_progress"):
    """The model begins to write code."""

    type: Literal["response.code_interpreter_call.in_progress"] = tagged("response.code_interpreter_call.in_progress")


class ResponseCodeInterpreterCallInterpretingEvent(ItemEvent, tag="response.code_interpreter_call.interpreting"):
    """Code is being run."""

    type: Literal["response.code_interpreter_call.interpreting"] = tagged("response.code_interpreter_call.interpreting")


class ResponseCodeInterpreterCallCompletedEvent(ItemEvent, tag="response.code_interpreter_call.completed"):
    """Code was run."""

    type: Literal["response.code_interpreter_call.completed"] = tagged("response.code_interpreter_call.completed")


class ResponseCodeInterpreterCallCodeDeltaEvent(ItemEvent, tag="response.code_interpreter_call_code.delta"):
    """A piece of code."""

    type: Literal["response.code_interpreter_call_code.delta"] = tagged("response.code_interpreter_call_code.delta")
    delta: str = ""


class ResponseCodeInterpreterCallCodeDoneEvent(ItemEvent, tag="response.code_interpreter_call_code.done"):
    """The code is complete."""

    type: Literal["response.code_interpreter_call_code.done"] = tagged("response.code_interpreter_call_code.done")
    code: str = ""


class ResponseImageGenCallInProgressEvent(ItemEvent, tag="response.image_generation_call.in_progress"):
    """An image is wanted."""

    type: Literal["response.image_generation_call.in_progress"] = tagged("response.image_generation_call.in_progress")


class ResponseImageGenCallGeneratingEvent(ItemEvent, tag="response.image_generation_call.generating"):
    """An image is being made."""

    type: Literal["response.image_generation_call.generating"] = tagged("response.image_generation_call.generating")


class ResponseImageGenCallPartialImageEvent(ItemEvent, tag="response.image_generation_call.partial_image"):
    """An image so far, as base64."""

    type: Literal["response.image_generation_call.partial_image"] = tagged(
        "response.image_generation_call.partial_image"
    )
    partial_image_b64: str = ""
    partial_image_index: int = 0
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None


class ResponseImageGenCallCompletedEvent(ItemEvent, tag="response.image_generation_call.completed"):
    """An image is complete."""

    type: Literal["response.image_generation_call.completed"] = tagged("response.image_generation_call.completed")


class ResponseMcpCallArgumentsDeltaEvent(ItemEvent, tag="response.mcp_call_arguments.delta"):
    """A piece of the arguments of an MCP server's tool."""

    type: Literal["response.mcp_call_arguments.delta"] = tagged("response.mcp_call_arguments.delta")
    delta: str = ""


class ResponseMcpCallArgumentsDoneEvent(ItemEvent, tag="response.mcp_call_arguments.done"):
    """The arguments of an MCP server's tool are complete."""

    type: Literal["response.mcp_call_arguments.done"] = tagged("response.mcp_call_arguments.done")
    arguments: str = ""


class ResponseMcpCallInProgressEvent(ItemEvent, tag="response.mcp_call.in_progress"):
    """An MCP server's tool is being called."""

    type: Literal["response.mcp_call.in_progress"] = tagged("response.mcp_call.in_progress")


class ResponseMcpCallCompletedEvent(ItemEvent, tag="response.mcp_call.completed"):
    """An MCP server's tool has answered."""

    type: Literal["response.mcp_call.completed"] = tagged("response.mcp_call.completed")


class ResponseMcpCallFailedEvent(ItemEvent, tag="response.mcp_call.failed"):
    """An MCP server's tool has failed."""

    type: Literal["response.mcp_call.failed"] = tagged("response.mcp_call.failed")


class ResponseMcpListToolsInProgressEvent(ItemEvent, tag="response.mcp_list_tools.in_progress"):
    """An MCP server is asked for its tools."""

    type: Literal["response.mcp_list_tools.in_progress"] = tagged("response.mcp_list_tools.in_progress")


class ResponseMcpListToolsCompletedEvent(ItemEvent, tag="response.mcp_list_tools.completed"):
    """An MCP server has listed its tools."""

    type: Literal["response.mcp_list_tools.completed"] = tagged("response.mcp_list_tools.completed")


class ResponseMcpListToolsFailedEvent(ItemEvent, tag="response.mcp_list_tools.failed"):
    """An MCP server could not list its tools."""

    type: Literal["response.mcp_list_tools.failed"] = tagged("response.mcp_list_tools.failed")


class ResponseShellCallCommandAddedEvent(ResponseEvent, tag="response.shell_call_command.added"):
    """A shell command has begun."""

    type: Literal["response.shell_call_command.added"] = tagged("response.shell_call_command.added")
    output_index: int = 0
    command: str = ""
    command_index: int = 0


class ResponseShellCallCommandDeltaEvent(ResponseEvent, tag="response.shell_call_command.delta"):
    """A piece of a shell command."""

    type: Literal["response.shell_call_command.delta"] = tagged("response.shell_call_command.delta")
    output_index: int = 0
    delta: str = ""
    command_index: int = 0
    obfuscation: str | None = None


class ResponseShellCallCommandDoneEvent(ResponseEvent, tag="response.shell_call_command.done"):
    """A shell command is complete."""

    type: Literal["response.shell_call_command.done"] = tagged("response.shell_call_command.done")
    output_index: int = 0
    command: str = ""
    command_index: int = 0


class ResponseShellCallOutputContentDeltaEvent(ItemEvent, tag="response.shell_call_output_content.delta"):
    """A piece of what a shell command printed."""

    type: Literal["response.shell_call_output_content.delta"] = tagged("response.shell_call_output_content.delta")
    delta: ShellOutputDelta = msgspec.field(default_factory=ShellOutputDelta)
    command_index: int = 0


class ResponseShellCallOutputContentDoneEvent(ItemEvent, tag="response.shell_call_output_content.done"):
    """What a shell command printed is complete."""

    type: Literal["response.shell_call_output_content.done"] = tagged("response.shell_call_output_content.done")
    output: list[ShellOutput] = []
    command_index: int = 0


class ResponseCompactionCompactingEvent(ItemEvent, tag="response.compaction.compacting"):
    """The conversation so far is being made shorter."""

    type: Literal["response.compaction.compacting"] = tagged("response.compaction.compacting")
