from __future__ import annotations

import copy
import pickle
from typing import cast

import anthropic.types
import msgspec
import pytest

from any_llm.types.decode import decoder
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import (
    BetaContextManagementResponse,
    Citation,
    CitationsDelta,
    CompactionBlock,
    CompactionDelta,
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    InputJSONDelta,
    MessageDelta,
    MessageDeltaEvent,
    MessageDeltaUsage,
    MessageResponse,
    MessageStartEvent,
    MessageStopEvent,
    MessageStreamEvent,
    MessageUsage,
    OtherBlock,
    OtherDelta,
    OtherEvent,
    ParsedMessage,
    PingEvent,
    SignatureDelta,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
)
from any_llm.types.messages_fold import MessagesFold
from any_llm.types.value import decode, revive

BODY: JSONObject = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "text", "text": "Paris", "citations": [{"type": "page_location", "cited_text": "P", "start_page": 2}]},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"city": "Paris"}},
        {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 5, "service_tier": "standard", "new_count": 7},
    "new_field": {"a": 1},
}
EVENT = cast("type[MessageStreamEvent]", MessageStreamEvent)


def parse() -> MessageResponse:
    return decode(MessageResponse, msgspec.json.encode(BODY))


def fold(*events: MessageStreamEvent) -> MessageResponse:
    folding = MessagesFold()
    for event in events:
        folding.add(event)
    return folding.result()


def delta(index: int, value: JSON) -> ContentBlockDeltaEvent:
    return ContentBlockDeltaEvent(index=index, delta=value)


def test_a_message_loses_nothing_that_was_sent() -> None:
    message = parse()
    assert message.to_dict() == BODY
    assert message.model_extra == {"new_field": {"a": 1}}
    assert message.usage.model_extra == {"new_count": 7}


def test_blocks_have_the_classes_and_types_of_what_they_are() -> None:
    thinking, text, call, other = parse().content
    assert isinstance(thinking, ThinkingBlock)
    assert isinstance(text, TextBlock)
    assert text.citations is not None
    assert text.citations[0].model_extra == {"start_page": 2}
    assert isinstance(call, ToolUseBlock)
    assert call.input == {"city": "Paris"}
    assert isinstance(other, OtherBlock)
    assert [block.type for block in parse().content] == ["thinking", "text", "tool_use", "fallback"]
    assert other.model_extra == {"from": {"model": "a"}, "to": {"model": "b"}}


def test_a_block_can_be_made_as_with_the_vendors_sdk() -> None:
    assert TextBlock(type="text", text="Hi") == TextBlock(text="Hi")
    assert TextBlock(text="Hi").model_dump() == {"type": "text", "text": "Hi", "citations": None}


def pickled(message: MessageResponse) -> MessageResponse:
    restored: MessageResponse = pickle.loads(pickle.dumps(message))  # noqa: S301  # it was pickled on this line
    return restored


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_keep_types_and_extra_fields(copied: JSON) -> None:
    message = copied(parse())
    assert message == parse()
    assert message.content[3].type == "fallback"
    assert message.model_dump() == parse().model_dump()


def test_a_message_becomes_the_vendors_sdks_own() -> None:
    message = parse().to_openai()
    assert isinstance(message, anthropic.types.Message)
    assert isinstance(message.content[2], anthropic.types.ToolUseBlock)


def test_a_parsed_message_holds_what_was_asked_for() -> None:
    message: ParsedMessage[int] = ParsedMessage(content=[TextBlock(text="4")], parsed_output=4)
    assert message.parsed_output == 4


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"type": "message_start", "message": BODY}, MessageStartEvent),
        ({"type": "message_stop"}, MessageStopEvent),
        ({"type": "ping"}, PingEvent),
        (
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "a"}},
            ContentBlockDeltaEvent,
        ),
        ({"type": "later_invented", "index": 1, "value": 2}, OtherEvent),
        ({"type": "content_block_delta", "index": 1, "delta": {"type": "odd_delta", "x": 1}}, ContentBlockDeltaEvent),
    ],
)
def test_events_come_back_as_they_were_sent(sent: JSONObject, kind: type) -> None:
    event = revive(EVENT, sent)
    assert isinstance(event, kind)
    assert event.to_dict() == sent
    assert event.type == sent["type"]


def test_known_events_need_no_second_reading() -> None:
    raw = b'{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{"}}'
    event = decoder(EVENT).decode(raw)
    assert event == ContentBlockDeltaEvent(index=2, delta=InputJSONDelta(partial_json="{"))


def test_a_fold_adds_up_text_thinking_and_tool_input() -> None:
    message = fold(
        MessageStartEvent(message=MessageResponse(id="msg_1", usage=MessageUsage(input_tokens=3, output_tokens=1))),
        ContentBlockStartEvent(index=0, content_block=ThinkingBlock()),
        delta(0, ThinkingDelta(thinking="Let ")),
        delta(0, ThinkingDelta(thinking="me.")),
        delta(0, SignatureDelta(signature="EqQ+/=")),
        ContentBlockStartEvent(index=1, content_block=TextBlock(text="A")),
        delta(1, TextDelta(text="b")),
        delta(1, CitationsDelta(citation=Citation(type="page_location", cited_text="x"))),
        ContentBlockStartEvent(index=2, content_block=ToolUseBlock(id="t", name="n")),
        delta(2, InputJSONDelta(partial_json="")),
        delta(2, InputJSONDelta(partial_json='{"a":')),
        delta(2, InputJSONDelta(partial_json="1}")),
        MessageDeltaEvent(
            delta=MessageDelta(stop_reason="tool_use"),
            usage=MessageDeltaUsage(output_tokens=9),
            context_management=BetaContextManagementResponse(e=1),
        ),
        MessageStopEvent(),
    )
    assert message.content == [
        ThinkingBlock(thinking="Let me.", signature="EqQ+/="),
        TextBlock(text="Ab", citations=[Citation(type="page_location", cited_text="x")]),
        ToolUseBlock(id="t", name="n", input={"a": 1}),
    ]
    assert (message.id, message.stop_reason, message.context_management) == ("msg_1", "tool_use", {"e": 1})
    assert (message.usage.input_tokens, message.usage.output_tokens) == (3, 9)


def test_a_fold_keeps_input_that_is_not_yet_complete_as_text() -> None:
    folding = MessagesFold()
    folding.add(ContentBlockStartEvent(content_block=ToolUseBlock(id="t", name="n")))
    folding.add(delta(0, InputJSONDelta(partial_json='{"a":')))
    assert folding.result().content[0].model_extra == {"partial_json": '{"a":'}
    folding.add(delta(0, InputJSONDelta(partial_json="1}")))
    assert folding.result().content == [ToolUseBlock(id="t", name="n", input={"a": 1})]


def test_a_fold_keeps_input_that_is_no_object_as_text() -> None:
    message = fold(delta(0, InputJSONDelta(partial_json="[1]")))
    assert message.content[0].model_extra == {"partial_json": "[1]"}


def test_a_fold_keeps_prefilled_input_when_no_text_of_it_comes() -> None:
    call = ToolUseBlock(id="t", name="n", input={"a": 1})
    assert fold(ContentBlockStartEvent(content_block=call), delta(0, InputJSONDelta(partial_json=""))).content == [call]


def test_a_fold_keeps_prefilled_content_and_ignores_a_repeated_beginning() -> None:
    start = MessageStartEvent(message=MessageResponse(id="m", content=[TextBlock(text="A")]))
    message = fold(start, delta(0, TextDelta(text="b")), start, delta(0, TextDelta(text="c")))
    assert message.content == [TextBlock(text="Abc")]


def test_a_fold_does_not_change_what_it_was_given() -> None:
    start = MessageStartEvent(message=MessageResponse(id="m", content=[TextBlock(text="A")]))
    fold(start, delta(0, TextDelta(text="b")), MessageDeltaEvent(delta=MessageDelta(stop_reason="end_turn")))
    assert start.message == MessageResponse(id="m", content=[TextBlock(text="A")])


def test_a_fold_keeps_unknown_deltas_and_extra_fields() -> None:
    odd = revive(EVENT, {"type": "content_block_delta", "index": 0, "delta": {"type": "odd_delta", "x": 1}})
    end = revive(
        EVENT,
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "new": 1},
            "usage": {"output_tokens": 2, "n": 3},
        },
    )
    message = fold(ContentBlockStartEvent(content_block=TextBlock()), odd, odd, end)
    assert message.content[0].model_extra == {"deltas": [{"type": "odd_delta", "x": 1}] * 2}
    assert message.model_extra == {"new": 1}
    assert message.usage.model_extra == {"n": 3}


@pytest.mark.parametrize(
    ("first", "block"),
    [
        (TextDelta(text="a"), TextBlock(text="a")),
        (ThinkingDelta(thinking="a"), ThinkingBlock(thinking="a")),
        (SignatureDelta(signature="s"), ThinkingBlock(signature="s")),
        (InputJSONDelta(partial_json='{"a":1}'), ToolUseBlock(input={"a": 1})),
        (CitationsDelta(citation=Citation(url="u")), TextBlock(citations=[Citation(url="u")])),
    ],
)
def test_a_fold_reads_deltas_of_a_block_that_never_began(first: JSON, block: JSON) -> None:
    assert fold(delta(0, first)).content == [block]


def test_a_fold_takes_the_whole_content_of_a_compaction() -> None:
    event = revive(
        EVENT,
        {"type": "content_block_delta", "index": 0, "delta": {"type": "compaction_delta", "content": "S", "more": "e"}},
    )
    assert isinstance(event, ContentBlockDeltaEvent)
    assert isinstance(event.delta, CompactionDelta)
    (block,) = fold(ContentBlockStartEvent(content_block=CompactionBlock()), event).content
    assert block.model_dump(exclude_none=True) == {"type": "compaction", "content": "S", "more": "e"}


def test_a_fold_of_nothing_is_an_empty_message() -> None:
    assert fold() == MessageResponse()
    assert MessagesFold().block(0) is None


def test_a_block_that_only_began_is_as_it_began() -> None:
    folding = MessagesFold()
    folding.add(ContentBlockStartEvent(index=3, content_block=TextBlock(text="A")))
    assert folding.block(3) == TextBlock(text="A")
    assert isinstance(OtherDelta().type, str)
