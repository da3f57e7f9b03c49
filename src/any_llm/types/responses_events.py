"""The events of a streamed Responses API answer.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from any_llm.types.decode import ANY_TYPE, tagged
from any_llm.types.json import JSONObject
from any_llm.types.responses_items import OtherItem, ResponseOutputItem
from any_llm.types.responses_parts import (
    Annotation,
    Logprob,
    OtherPart,
    ResponseOutputContent,
    ResponseReasoningSummary,
    ResponsesValue,
)
from any_llm.types.responses_whole import Response


class ResponseEvent(ResponsesValue, tag_field="type", tag=""):
    """An event; `sequence_number` counts from 0."""

    sdk_type: ClassVar[str] = ""

    sequence_number: int = 0


class ItemEvent(ResponseEvent, tag=""):
    """An event about the item number `output_index`."""

    sdk_type: ClassVar[str] = ""

    item_id: str = ""
    output_index: int = 0


class ContentEvent(ItemEvent, tag=""):
    """An event about the part number `content_index` of an item."""

    sdk_type: ClassVar[str] = ""

    content_index: int = 0


class SummaryEvent(ItemEvent, tag=""):
    """An event about the paragraph number `summary_index` of a summary."""

    sdk_type: ClassVar[str] = ""

    summary_index: int = 0


class OtherEvent(ResponseEvent, tag=ANY_TYPE):
    """An event of a type that has no class here; everything it holds is in `model_extra`."""

    sdk_type: ClassVar[str] = ""

    type: str = tagged("")


class ResponseCreatedEvent(ResponseEvent, tag="response.created"):
    """The answer has begun."""

    type: Literal["response.created"] = tagged("response.created")
    response: Response = msgspec.field(default_factory=Response)


class ResponseQueuedEvent(ResponseEvent, tag="response.queued"):
    """The answer waits for its turn."""

    type: Literal["response.queued"] = tagged("response.queued")
    response: Response = msgspec.field(default_factory=Response)


class ResponseInProgressEvent(ResponseEvent, tag="response.in_progress"):
    """The answer is being made."""

    type: Literal["response.in_progress"] = tagged("response.in_progress")
    response: Response = msgspec.field(default_factory=Response)


class ResponseCompletedEvent(ResponseEvent, tag="response.completed"):
    """The answer is complete; `response` holds all of it."""

    type: Literal["response.completed"] = tagged("response.completed")
    response: Response = msgspec.field(default_factory=Response)


class ResponseIncompleteEvent(ResponseEvent, tag="response.incomplete"):
    """The answer was cut; `response` holds what there is of it, and why."""

    type: Literal["response.incomplete"] = tagged("response.incomplete")
    response: Response = msgspec.field(default_factory=Response)


class ResponseFailedEvent(ResponseEvent, tag="response.failed"):
    """No answer came about; `response.error` says why."""

    type: Literal["response.failed"] = tagged("response.failed")
    response: Response = msgspec.field(default_factory=Response)


class ResponseErrorEvent(ResponseEvent, tag="error"):
    """The stream failed."""

    type: Literal["error"] = tagged("error")
    code: str | None = None
    message: str = ""
    param: str | None = None
    error: JSONObject | None = None


class ResponseOutputItemAddedEvent(ResponseEvent, tag="response.output_item.added"):
    """An item has begun."""

    type: Literal["response.output_item.added"] = tagged("response.output_item.added")
    output_index: int = 0
    item: ResponseOutputItem = msgspec.field(default_factory=OtherItem)


class ResponseOutputItemDoneEvent(ResponseEvent, tag="response.output_item.done"):
    """An item is complete."""

    type: Literal["response.output_item.done"] = tagged("response.output_item.done")
    output_index: int = 0
    item: ResponseOutputItem = msgspec.field(default_factory=OtherItem)


class ResponseContentPartAddedEvent(ContentEvent, tag="response.content_part.added"):
    """A part of a message has begun."""

    type: Literal["response.content_part.added"] = tagged("response.content_part.added")
    part: ResponseOutputContent = msgspec.field(default_factory=OtherPart)


class ResponseContentPartDoneEvent(ContentEvent, tag="response.content_part.done"):
    """A part of a message is complete."""

    type: Literal["response.content_part.done"] = tagged("response.content_part.done")
    part: ResponseOutputContent = msgspec.field(default_factory=OtherPart)


class ResponseTextDeltaEvent(ContentEvent, tag="response.output_text.delta"):
    """A piece of text."""

    type: Literal["response.output_text.delta"] = tagged("response.output_text.delta")
    delta: str = ""
    logprobs: list[Logprob] = []


class ResponseTextDoneEvent(ContentEvent, tag="response.output_text.done"):
    """A text is complete."""

    type: Literal["response.output_text.done"] = tagged("response.output_text.done")
    text: str = ""
    logprobs: list[Logprob] = []


class ResponseOutputTextAnnotationAddedEvent(ContentEvent, tag="response.output_text.annotation.added"):
    """A text got an annotation."""

    type: Literal["response.output_text.annotation.added"] = tagged("response.output_text.annotation.added")
    annotation_index: int = 0
    annotation: Annotation | None = None


class ResponseRefusalDeltaEvent(ContentEvent, tag="response.refusal.delta"):
    """A piece of a refusal."""

    type: Literal["response.refusal.delta"] = tagged("response.refusal.delta")
    delta: str = ""


class ResponseRefusalDoneEvent(ContentEvent, tag="response.refusal.done"):
    """A refusal is complete."""

    type: Literal["response.refusal.done"] = tagged("response.refusal.done")
    refusal: str = ""


class ResponseReasoningTextDeltaEvent(ContentEvent, tag="response.reasoning_text.delta"):
    """A piece of what the model thinks."""

    type: Literal["response.reasoning_text.delta"] = tagged("response.reasoning_text.delta")
    delta: str = ""


class ResponseReasoningTextDoneEvent(ContentEvent, tag="response.reasoning_text.done"):
    """A text of what the model thought is complete."""

    type: Literal["response.reasoning_text.done"] = tagged("response.reasoning_text.done")
    text: str = ""


class ResponseReasoningSummaryPartAddedEvent(SummaryEvent, tag="response.reasoning_summary_part.added"):
    """A paragraph of the summary of what the model thinks has begun."""

    type: Literal["response.reasoning_summary_part.added"] = tagged("response.reasoning_summary_part.added")
    part: ResponseReasoningSummary = msgspec.field(default_factory=ResponseReasoningSummary)


class ResponseReasoningSummaryPartDoneEvent(SummaryEvent, tag="response.reasoning_summary_part.done"):
    """A paragraph of the summary is complete."""

    type: Literal["response.reasoning_summary_part.done"] = tagged("response.reasoning_summary_part.done")
    part: ResponseReasoningSummary = msgspec.field(default_factory=ResponseReasoningSummary)
    status: str | None = None


class ResponseReasoningSummaryTextDeltaEvent(SummaryEvent, tag="response.reasoning_summary_text.delta"):
    """A piece of the summary of what the model thinks."""

    type: Literal["response.reasoning_summary_text.delta"] = tagged("response.reasoning_summary_text.delta")
    delta: str = ""


class ResponseReasoningSummaryTextDoneEvent(SummaryEvent, tag="response.reasoning_summary_text.done"):
    """A text of the summary is complete."""

    type: Literal["response.reasoning_summary_text.done"] = tagged("response.reasoning_summary_text.done")
    text: str = ""


class ResponseFunctionCallArgumentsDeltaEvent(ItemEvent, tag="response.function_call_arguments.delta"):
    """A piece of a function call's arguments."""

    type: Literal["response.function_call_arguments.delta"] = tagged("response.function_call_arguments.delta")
    delta: str = ""


class ResponseFunctionCallArgumentsDoneEvent(ItemEvent, tag="response.function_call_arguments.done"):
    """A function call's arguments are complete."""

    type: Literal["response.function_call_arguments.done"] = tagged("response.function_call_arguments.done")
    arguments: str = ""
    name: str | None = None


class ResponseCustomToolCallInputDeltaEvent(ItemEvent, tag="response.custom_tool_call_input.delta"):
    """A piece of a custom tool's input."""

    type: Literal["response.custom_tool_call_input.delta"] = tagged("response.custom_tool_call_input.delta")
    delta: str = ""


class ResponseCustomToolCallInputDoneEvent(ItemEvent, tag="response.custom_tool_call_input.done"):
    """A custom tool's input is complete."""

    type: Literal["response.custom_tool_call_input.done"] = tagged("response.custom_tool_call_input.done")
    input: str = ""


class ResponseAudioDeltaEvent(ResponseEvent, tag="response.audio.delta"):
    """A piece of speech, as base64."""

    type: Literal["response.audio.delta"] = tagged("response.audio.delta")
    delta: str = ""


class ResponseAudioDoneEvent(ResponseEvent, tag="response.audio.done"):
    """The speech is complete."""

    type: Literal["response.audio.done"] = tagged("response.audio.done")


class ResponseAudioTranscriptDeltaEvent(ResponseEvent, tag="response.audio.transcript.delta"):
    """A piece of the speech's transcript."""

    type: Literal["response.audio.transcript.delta"] = tagged("response.audio.transcript.delta")
    delta: str = ""


class ResponseAudioTranscriptDoneEvent(ResponseEvent, tag="response.audio.transcript.done"):
    """The speech's transcript is complete."""

    type: Literal["response.audio.transcript.done"] = tagged("response.audio.transcript.done")
