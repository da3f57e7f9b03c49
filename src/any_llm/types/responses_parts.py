"""The parts of a Responses API answer's items: texts, refusals, annotations, and what hosted tools did.

https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

import msgspec
from typing_extensions import override

from any_llm.types.decode import ANY_TYPE, tagged
from any_llm.types.json import JSON, JSONObject
from any_llm.types.value import Value

T = TypeVar("T")


class ResponsesValue(Value):
    """A value of the Responses API; the class of OpenAI's SDK has the same name unless `sdk_type` says otherwise."""

    @override
    def __init_subclass__(cls, **config: object) -> None:
        super().__init_subclass__()
        if "sdk_type" not in vars(cls):
            cls.sdk_type = f"openai.types.responses:{cls.__name__}"


class Logprob(ResponsesValue):
    """A token's log probability, and those of the likeliest tokens at its place."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_text:Logprob"

    token: str = ""
    bytes: list[int] | None = None
    logprob: float = 0.0
    top_logprobs: list[Logprob] | None = None


class AnnotationFileCitation(ResponsesValue, tag_field="type", tag="file_citation"):
    """A file that was searched; `index` is its place in the list of files."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_text:AnnotationFileCitation"

    type: Literal["file_citation"] = tagged("file_citation")
    file_id: str = ""
    filename: str = ""
    index: int = 0


class AnnotationURLCitation(ResponsesValue, tag_field="type", tag="url_citation"):
    """A web page that the text from character `start_index` to `end_index` rests on."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_text:AnnotationURLCitation"

    type: Literal["url_citation"] = tagged("url_citation")
    url: str = ""
    title: str = ""
    start_index: int = 0
    end_index: int = 0


class AnnotationContainerFileCitation(ResponsesValue, tag_field="type", tag="container_file_citation"):
    """A file that the code interpreter made in its container."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_text:AnnotationContainerFileCitation"

    type: Literal["container_file_citation"] = tagged("container_file_citation")
    container_id: str = ""
    file_id: str = ""
    filename: str = ""
    start_index: int = 0
    end_index: int = 0


class AnnotationFilePath(ResponsesValue, tag_field="type", tag="file_path"):
    """A file that was made; `index` is its place in the list of files."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_text:AnnotationFilePath"

    type: Literal["file_path"] = tagged("file_path")
    file_id: str = ""
    index: int = 0


class OtherAnnotation(ResponsesValue, tag_field="type", tag=ANY_TYPE):
    """An annotation of a type that has no class here; everything it holds is in `model_extra`."""

    sdk_type: ClassVar[str] = ""

    type: str = tagged("")


Annotation: TypeAlias = (
    AnnotationFileCitation
    | AnnotationURLCitation
    | AnnotationContainerFileCitation
    | AnnotationFilePath
    | OtherAnnotation
)
"""What a text refers to."""


class ResponseOutputText(ResponsesValue, tag_field="type", tag="output_text"):
    """Text of an answer."""

    type: Literal["output_text"] = tagged("output_text")
    text: str = ""
    annotations: list[Annotation] = []
    logprobs: list[Logprob] | None = None


class ParsedResponseOutputText(ResponseOutputText, Generic[T], tag="output_text"):
    """Text of an answer, and the value it was parsed into."""

    parsed: T | None = None


class ResponseOutputRefusal(ResponsesValue, tag_field="type", tag="refusal"):
    """The model's words for why it does not answer."""

    type: Literal["refusal"] = tagged("refusal")
    refusal: str = ""


class ResponseReasoningText(ResponsesValue, tag_field="type", tag="reasoning_text"):
    """Text of what the model thought."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_reasoning_item:Content"

    type: Literal["reasoning_text"] = tagged("reasoning_text")
    text: str = ""


class ResponseReasoningSummary(ResponsesValue, tag_field="type", tag="summary_text"):
    """A paragraph of a summary of what the model thought."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_reasoning_item:Summary"

    type: Literal["summary_text"] = tagged("summary_text")
    text: str = ""


class OtherPart(ResponsesValue, tag_field="type", tag=ANY_TYPE):
    """A part of a type that has no class here; everything it holds is in `model_extra`."""

    sdk_type: ClassVar[str] = ""

    type: str = tagged("")


ResponseOutputContent: TypeAlias = ResponseOutputText | ResponseOutputRefusal | ResponseReasoningText | OtherPart
"""A part of a message."""

ParsedResponseOutputContent: TypeAlias = (
    ParsedResponseOutputText[T] | ResponseOutputRefusal | ResponseReasoningText | OtherPart
)
"""A part of a message whose texts are parsed."""

ResponseReasoningContent: TypeAlias = ResponseReasoningText | ResponseReasoningSummary | OtherPart
"""A part of a reasoning item."""


class Caller(ResponsesValue):
    """Who called a tool: the model itself (`direct`), or a program it wrote (`program`, item `caller_id`)."""

    sdk_type: ClassVar[str] = ""

    type: str = "direct"
    caller_id: str | None = None


class FileSearchResult(ResponsesValue):
    """A passage that a file search found; `score` is from 0 to 1."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_file_search_tool_call:Result"

    attributes: JSONObject | None = None
    file_id: str | None = None
    filename: str | None = None
    score: float | None = None
    text: str | None = None


class ActionSearchSource(ResponsesValue):
    """A page that a search used."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_function_web_search:ActionSearchSource"

    type: str = "url"
    url: str = ""


class ActionSearch(ResponsesValue, tag_field="type", tag="search"):
    """A search of the web."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_function_web_search:ActionSearch"

    type: Literal["search"] = tagged("search")
    query: str | None = None
    queries: list[str] | None = None
    sources: list[ActionSearchSource] | None = None


class ActionOpenPage(ResponsesValue, tag_field="type", tag="open_page"):
    """A page was opened."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_function_web_search:ActionOpenPage"

    type: Literal["open_page"] = tagged("open_page")
    url: str | None = None


class ActionFind(ResponsesValue, tag_field="type", tag="find_in_page"):
    """A page was searched for a pattern."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_function_web_search:ActionFind"

    type: Literal["find_in_page"] = tagged("find_in_page")
    pattern: str = ""
    url: str = ""


class OtherAction(ResponsesValue, tag_field="type", tag=ANY_TYPE):
    """An action of a type that has no class here; everything it holds is in `model_extra`."""

    sdk_type: ClassVar[str] = ""

    type: str = tagged("")


WebSearchAction: TypeAlias = ActionSearch | ActionOpenPage | ActionFind | OtherAction
"""What a web search did."""


class Coordinate(ResponsesValue):
    """A point of the screen, in pixels."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_computer_tool_call:ActionDragPath"

    x: int = 0
    y: int = 0


class ComputerAction(ResponsesValue):
    """What is to be done at a computer: `type` is `click`, `double_click`, `drag`, `keypress`, `move`, or another.

    Positions and scroll distances are pixels.
    """

    sdk_type: ClassVar[str] = ""

    type: str = ""
    button: str | None = None
    x: int | None = None
    y: int | None = None
    scroll_x: int | None = None
    scroll_y: int | None = None
    keys: list[str] | None = None
    path: list[Coordinate] | None = None
    text: str | None = None


class SafetyCheck(ResponsesValue):
    """A safety check that the caller must acknowledge before an action is carried out."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_computer_tool_call:PendingSafetyCheck"

    id: str = ""
    code: str | None = None
    message: str | None = None


class ResponseComputerToolCallOutputScreenshot(ResponsesValue):
    """A picture of a screen: a file of the vendor's, or a URL (also a `data:` one)."""

    type: str = "computer_screenshot"
    file_id: str | None = None
    image_url: str | None = None


class CodeInterpreterOutput(ResponsesValue):
    """What code left behind: `type` is `logs` with the text it printed, or `image` with the URL of a picture."""

    sdk_type: ClassVar[str] = ""

    type: str = ""
    logs: str | None = None
    url: str | None = None


class LocalShellCallAction(ResponsesValue):
    """A command to run on the caller's machine."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:LocalShellCallAction"

    type: str = "exec"
    command: list[str] = []
    env: dict[str, str] = {}
    timeout_ms: int | None = None
    user: str | None = None
    working_directory: str | None = None


class ShellAction(ResponsesValue):
    """Commands to run in a shell; `max_output_length` is in characters."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_function_shell_tool_call:Action"

    commands: list[str] = []
    max_output_length: int | None = None
    timeout_ms: int | None = None


class ShellOutcome(ResponsesValue):
    """How a command ended: `type` is `exit` (with its code) or `timeout`."""

    sdk_type: ClassVar[str] = ""

    type: str = "exit"
    exit_code: int | None = None


class ShellOutput(ResponsesValue):
    """What a command printed, and how it ended."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_function_shell_tool_call_output:Output"

    stdout: str = ""
    stderr: str = ""
    outcome: ShellOutcome = msgspec.field(default_factory=ShellOutcome)
    created_by: str | None = None


class PatchOperation(ResponsesValue):
    """A change of a file: `type` is `create_file`, `update_file` or `delete_file`."""

    sdk_type: ClassVar[str] = ""

    type: str = ""
    path: str = ""
    diff: str | None = None


class McpListToolsTool(ResponsesValue):
    """A tool that an MCP server offers."""

    sdk_type: ClassVar[str] = "openai.types.responses.response_output_item:McpListToolsTool"

    name: str = ""
    input_schema: JSON = None
    description: str | None = None
    annotations: JSON = None
