"""Adding up the events of a streamed answer."""

from __future__ import annotations

import pytest

from any_llm.types.json import JSONObject
from any_llm.types.responses import (
    AnnotationURLCitation,
    OtherEvent,
    OtherItem,
    Response,
    ResponseCodeInterpreterCallCodeDeltaEvent,
    ResponseCompletedEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseCustomToolCallInputDeltaEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionToolCall,
    ResponseIncompleteEvent,
    ResponseInProgressEvent,
    ResponseMcpCallArgumentsDeltaEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseOutputTextAnnotationAddedEvent,
    ResponseReasoningItem,
    ResponseReasoningSummary,
    ResponseReasoningSummaryPartAddedEvent,
    ResponseReasoningSummaryPartDoneEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningTextDeltaEvent,
    ResponseRefusalDeltaEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
    ResponseWebSearchCallSearchingEvent,
)
from any_llm.types.responses_fold import ResponsesFold


def fold(*events: ResponseStreamEvent) -> Response:
    """Return what some events amount to."""
    folded = ResponsesFold()
    for event in events:
        folded.add(event)
    return folded.result()


def outputs(answer: Response) -> list[JSONObject]:
    """Return the items of an answer as plain values."""
    return [item.model_dump(exclude_none=True) for item in answer.output]


def test_nothing_amounts_to_an_empty_answer() -> None:
    """Before the first event there is an answer without output."""
    assert fold() == Response()


def test_the_final_event_is_the_answer() -> None:
    """Whatever the deltas said, the final event's response is taken as it is."""
    whole = Response(id="r", status="completed", output=[ResponseOutputMessage(id="m")])
    answer = fold(ResponseCreatedEvent(response=Response(id="r")), ResponseTextDeltaEvent(delta="x"), completed(whole))
    assert answer is whole


def completed(whole: Response) -> ResponseCompletedEvent:
    """Return the event that ends a stream."""
    return ResponseCompletedEvent(response=whole)


def test_a_final_event_without_output_is_completed_from_the_items() -> None:
    """Some servers leave the output out of their last event."""
    item = ResponseOutputMessage(id="m", content=[ResponseOutputText(text="Hi")])
    answer = fold(ResponseOutputItemDoneEvent(item=item), completed(Response(id="r", status="completed")))
    assert (answer.status, answer.output) == ("completed", [item])


def test_before_the_end_the_pieces_are_added_up_without_touching_the_events() -> None:
    """The answer so far holds what has come; the events stay as they were."""
    added = ResponseOutputItemAddedEvent(item=ResponseOutputMessage(id="m", status="in_progress"))
    part = ResponseContentPartAddedEvent(item_id="m", part=ResponseOutputText())
    created = ResponseCreatedEvent(response=Response(id="r", status="queued"))
    folded = ResponsesFold()
    for event in (created, added, part, ResponseTextDeltaEvent(delta="Par"), ResponseTextDeltaEvent(delta="i")):
        folded.add(event)
    assert folded.result().output_text == "Pari"
    folded.add(ResponseInProgressEvent(response=Response(id="r", status="in_progress")))
    folded.add(ResponseTextDeltaEvent(delta="s"))
    answer = folded.result()
    assert (answer.output_text, answer.status, answer.output[0].id) == ("Paris", "in_progress", "m")
    assert added.item == ResponseOutputMessage(id="m", status="in_progress")
    assert part.part == ResponseOutputText()
    assert created.response == Response(id="r", status="queued")


def test_items_and_parts_that_no_event_announced_are_made_from_their_pieces() -> None:
    """Deltas alone say what they belong to."""
    answer = fold(
        ResponseReasoningSummaryTextDeltaEvent(item_id="rs", output_index=0, summary_index=1, delta="Because."),
        ResponseReasoningTextDeltaEvent(item_id="rs", output_index=0, delta="Hm."),
        ResponseTextDeltaEvent(item_id="m", output_index=1, delta="Hi"),
        ResponseRefusalDeltaEvent(item_id="m", output_index=1, content_index=1, delta="No."),
        ResponseFunctionCallArgumentsDeltaEvent(item_id="f", output_index=2, delta='{"a"'),
        ResponseFunctionCallArgumentsDeltaEvent(item_id="f", output_index=2, delta=": 1}"),
        ResponseCustomToolCallInputDeltaEvent(item_id="c", output_index=3, delta="ls"),
        ResponseMcpCallArgumentsDeltaEvent(item_id="p", output_index=4, delta="{}"),
        ResponseCodeInterpreterCallCodeDeltaEvent(item_id="i", output_index=5, delta="1+1"),
    )
    thought, message, call, custom, mcp, code = outputs(answer)
    assert thought["summary"] == [{"type": "summary_text", "text": ""}, {"type": "summary_text", "text": "Because."}]
    assert thought["content"] == [{"type": "reasoning_text", "text": "Hm."}]
    assert [message["id"], message["content"][0]["text"], message["content"][1]["refusal"]] == ["m", "Hi", "No."]
    assert (call["type"], call["arguments"]) == ("function_call", '{"a": 1}')
    assert (custom["type"], custom["input"]) == ("custom_tool_call", "ls")
    assert (mcp["type"], mcp["arguments"]) == ("mcp_call", "{}")
    assert (code["type"], code["code"]) == ("code_interpreter_call", "1+1")


def test_items_stand_in_the_order_of_their_index() -> None:
    """Events may interleave."""
    answer = fold(
        ResponseOutputItemDoneEvent(output_index=1, item=ResponseFunctionToolCall(name="b")),
        ResponseOutputItemDoneEvent(output_index=0, item=ResponseFunctionToolCall(name="a")),
    )
    assert [item["name"] for item in outputs(answer)] == ["a", "b"]


def test_a_complete_item_or_part_replaces_its_pieces() -> None:
    """What is done says all; pieces before it do not count twice."""
    answer = fold(
        ResponseOutputItemAddedEvent(item=ResponseReasoningItem(id="rs")),
        ResponseReasoningSummaryPartAddedEvent(part=ResponseReasoningSummary(text="")),
        ResponseReasoningSummaryTextDeltaEvent(delta="Be"),
        ResponseReasoningSummaryPartDoneEvent(part=ResponseReasoningSummary(text="Because.")),
        ResponseOutputItemAddedEvent(output_index=1, item=ResponseOutputMessage(id="m")),
        ResponseTextDeltaEvent(output_index=1, delta="P"),
        ResponseContentPartDoneEvent(output_index=1, part=ResponseOutputText(text="Paris")),
        ResponseTextDoneEvent(output_index=1, text="Paris"),
        ResponseOutputItemAddedEvent(output_index=2, item=ResponseFunctionToolCall(id="f", arguments="")),
        ResponseFunctionCallArgumentsDeltaEvent(output_index=2, delta="{"),
        ResponseOutputItemDoneEvent(output_index=2, item=ResponseFunctionToolCall(id="f", arguments="{}")),
    )
    thought, message, call = outputs(answer)
    assert (thought["summary"], answer.output_text) == ([{"type": "summary_text", "text": "Because."}], "Paris")
    assert len(message["content"]) == 1
    assert call["arguments"] == "{}"


def test_annotations_are_collected() -> None:
    """A text has the annotations that were added to it."""
    cited = AnnotationURLCitation(url="https://a.example")
    answer = fold(
        ResponseTextDeltaEvent(delta="Paris"),
        ResponseOutputTextAnnotationAddedEvent(annotation=cited),
        ResponseOutputTextAnnotationAddedEvent(annotation=None),
        ResponseOutputTextAnnotationAddedEvent(annotation_index=1, annotation=cited),
    )
    message = answer.output[0]
    assert isinstance(message, ResponseOutputMessage)
    text = message.content[0]
    assert isinstance(text, ResponseOutputText)
    assert (text.text, text.annotations) == ("Paris", [cited, cited])


def test_events_that_add_nothing_are_passed_over() -> None:
    """Progress of hosted tools and unknown events are no part of an answer."""
    assert fold(ResponseWebSearchCallSearchingEvent(item_id="w"), OtherEvent(type="response.cheered")) == Response()


@pytest.mark.parametrize("content", [None, [], [{"type": "dream_text", "text": "Z", "depth": 1}]])
def test_pieces_of_an_unknown_item_are_kept_with_it(content: list[JSONObject] | None) -> None:
    """An item without a class gets the text all the same."""
    made = OtherItem.model_construct(type="dream", content=content)
    answer = fold(ResponseOutputItemAddedEvent(item=made), ResponseTextDeltaEvent(delta="zz"))
    (item,) = outputs(answer)
    assert item["type"] == "dream"
    assert item["content"][0]["text"] in {"zz", "Zzz"}
    assert made.model_dump()["content"] == content


def test_the_answer_of_an_unknown_final_event_is_taken_too() -> None:
    """`response.cancelled` has no class, and its response is plain JSON."""
    event = OtherEvent(type="response.cancelled")
    event.__dict__["response"] = {"id": "r", "status": "cancelled", "output": [{"type": "message", "id": "m"}]}
    answer = fold(ResponseTextDeltaEvent(delta="Pa"), event)
    assert (answer.status, answer.output[0].id) == ("cancelled", "m")


def test_an_incomplete_answer_keeps_its_reason() -> None:
    """The final event of a cut answer is final too."""
    whole = Response(status="incomplete", output=[ResponseOutputMessage(id="m")])
    assert fold(ResponseIncompleteEvent(response=whole)) is whole
