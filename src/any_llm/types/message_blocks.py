"""The blocks that an answer in Anthropic's shape is made of.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias, Union

import msgspec

from any_llm.types.decode import ANY_TYPE, tagged
from any_llm.types.json import JSON, JSONObject
from any_llm.types.value import Value


class Citation(Value):
    """Where a text comes from; `type` says which kind of place, and further fields name it."""

    type: str = ""
    cited_text: str | None = None
    title: str | None = None
    url: str | None = None
    document_index: int | None = None
    document_title: str | None = None


class TextBlock(Value, tag_field="type", tag="text"):
    """Text of an answer, with the citations that support it."""

    sdk_type: ClassVar[str] = "anthropic.types:TextBlock"
    type: Literal["text"] = tagged("text")

    text: str = ""
    citations: list[Citation] | None = None


class ThinkingBlock(Value, tag_field="type", tag="thinking"):
    """What the model thought; `signature` must be sent back unchanged in a later turn."""

    sdk_type: ClassVar[str] = "anthropic.types:ThinkingBlock"
    type: Literal["thinking"] = tagged("thinking")

    thinking: str = ""
    signature: str = ""


class RedactedThinkingBlock(Value, tag_field="type", tag="redacted_thinking"):
    """Encrypted thinking; `data` must be sent back unchanged in a later turn."""

    sdk_type: ClassVar[str] = "anthropic.types:RedactedThinkingBlock"
    type: Literal["redacted_thinking"] = tagged("redacted_thinking")

    data: str = ""


class ToolUseBlock(Value, tag_field="type", tag="tool_use"):
    """A call of one of the caller's tools."""

    sdk_type: ClassVar[str] = "anthropic.types:ToolUseBlock"
    type: Literal["tool_use"] = tagged("tool_use")

    id: str = ""
    name: str = ""
    input: JSONObject = msgspec.field(default_factory=dict[str, JSON])
    caller: JSONObject | None = None
    toolset_name: str | None = None


class ServerToolUseBlock(Value, tag_field="type", tag="server_tool_use"):
    """A call of one of the vendor's tools, which the vendor runs itself."""

    sdk_type: ClassVar[str] = "anthropic.types:ServerToolUseBlock"
    type: Literal["server_tool_use"] = tagged("server_tool_use")

    id: str = ""
    name: str = ""
    input: JSONObject = msgspec.field(default_factory=dict[str, JSON])
    caller: JSONObject | None = None


class MCPToolUseBlock(Value, tag_field="type", tag="mcp_tool_use"):
    """A call of a remote MCP server's tool, which the vendor makes itself."""

    sdk_type: ClassVar[str] = "anthropic.types.beta:BetaMCPToolUseBlock"
    type: Literal["mcp_tool_use"] = tagged("mcp_tool_use")

    id: str = ""
    name: str = ""
    server_name: str = ""
    input: JSONObject = msgspec.field(default_factory=dict[str, JSON])


class MCPToolResultBlock(Value, tag_field="type", tag="mcp_tool_result"):
    """What a remote MCP server's tool returned."""

    sdk_type: ClassVar[str] = "anthropic.types.beta:BetaMCPToolResultBlock"
    type: Literal["mcp_tool_result"] = tagged("mcp_tool_result")

    tool_use_id: str = ""
    content: JSON = None
    is_error: bool = False


class WebSearchToolResultBlock(Value, tag_field="type", tag="web_search_tool_result"):
    """What the vendor's web search found."""

    sdk_type: ClassVar[str] = "anthropic.types:WebSearchToolResultBlock"
    type: Literal["web_search_tool_result"] = tagged("web_search_tool_result")

    tool_use_id: str = ""
    content: JSON = None


class WebFetchToolResultBlock(Value, tag_field="type", tag="web_fetch_tool_result"):
    """What the vendor fetched from the web."""

    sdk_type: ClassVar[str] = "anthropic.types:WebFetchToolResultBlock"
    type: Literal["web_fetch_tool_result"] = tagged("web_fetch_tool_result")

    tool_use_id: str = ""
    content: JSON = None


class CodeExecutionToolResultBlock(Value, tag_field="type", tag="code_execution_tool_result"):
    """What code printed and returned that the vendor ran."""

    sdk_type: ClassVar[str] = "anthropic.types:CodeExecutionToolResultBlock"
    type: Literal["code_execution_tool_result"] = tagged("code_execution_tool_result")

    tool_use_id: str = ""
    content: JSON = None


class BashCodeExecutionToolResultBlock(Value, tag_field="type", tag="bash_code_execution_tool_result"):
    """What a shell command printed and returned that the vendor ran."""

    sdk_type: ClassVar[str] = "anthropic.types:BashCodeExecutionToolResultBlock"
    type: Literal["bash_code_execution_tool_result"] = tagged("bash_code_execution_tool_result")

    tool_use_id: str = ""
    content: JSON = None


class TextEditorCodeExecutionToolResultBlock(Value, tag_field="type", tag="text_editor_code_execution_tool_result"):
    """What the vendor's text editor did to a file of its container."""

    sdk_type: ClassVar[str] = "anthropic.types:TextEditorCodeExecutionToolResultBlock"
    type: Literal["text_editor_code_execution_tool_result"] = tagged("text_editor_code_execution_tool_result")

    tool_use_id: str = ""
    content: JSON = None


class ToolSearchToolResultBlock(Value, tag_field="type", tag="tool_search_tool_result"):
    """Which of the caller's tools the vendor's tool search found."""

    sdk_type: ClassVar[str] = "anthropic.types:ToolSearchToolResultBlock"
    type: Literal["tool_search_tool_result"] = tagged("tool_search_tool_result")

    tool_use_id: str = ""
    content: JSON = None


class ContainerUploadBlock(Value, tag_field="type", tag="container_upload"):
    """A file that was put into the vendor's container."""

    sdk_type: ClassVar[str] = "anthropic.types:ContainerUploadBlock"
    type: Literal["container_upload"] = tagged("container_upload")

    file_id: str = ""


class CompactionBlock(Value, tag_field="type", tag="compaction"):
    """What the vendor made of the conversation so far to shorten it; to be sent back instead of what it stands for."""

    sdk_type: ClassVar[str] = "anthropic.types.beta:BetaCompactionBlock"
    type: Literal["compaction"] = tagged("compaction")

    content: str | None = None
    encrypted_content: str | None = None


class OtherBlock(Value, tag_field="type", tag=ANY_TYPE):
    """A block of a type that is not named here; everything it says but its `type` is in `model_extra`."""

    # At run time any text; typed so that `.type == "text"` tells the type checkers which class is meant.
    type: Literal["*"] = tagged("*")


ContentBlock: TypeAlias = Union[  # noqa: UP007  # an alias is evaluated, and `|` would read worse over so many lines
    TextBlock,
    ThinkingBlock,
    RedactedThinkingBlock,
    ToolUseBlock,
    ServerToolUseBlock,
    MCPToolUseBlock,
    MCPToolResultBlock,
    WebSearchToolResultBlock,
    WebFetchToolResultBlock,
    CodeExecutionToolResultBlock,
    BashCodeExecutionToolResultBlock,
    TextEditorCodeExecutionToolResultBlock,
    ToolSearchToolResultBlock,
    ContainerUploadBlock,
    CompactionBlock,
    OtherBlock,
]
"""One block of an answer."""
