"""A chat completion reads as a Messages answer, whole and streamed, in the vendor's own order of events."""

from __future__ import annotations

import pytest

from any_llm.bridges.message_answer import message_of
from any_llm.bridges.messages import bridge_messages
from any_llm.types.completion import ChatCompletion, Choice
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import (
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    ContentBlockStopEvent,
    MessageDeltaEvent,
    MessageStartEvent,
)
from tests.bridges.chat import CHAT, answered, call, chunk, folded, streamed

MESSAGES = bridge_messages(CHAT)
USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 5},
}


def told(events: list[JSON]) -> list[str]:
    """Return the events as short sentences: what happens, to which block, by what text."""
    sentences: list[str] = []
    for event in events:
        match event:
            case ContentBlockStartEvent():
                sentences.append(f"start {event.index} {event.content_block.type}")
            case ContentBlockDeltaEvent():
                names = ("text", "thinking", "partial_json", "signature")
                text = next(str(getattr(event.delta, name)) for name in names if hasattr(event.delta, name))
                sentences.append(f"{event.delta.type} {event.index} {text}")
            case ContentBlockStopEvent():
                sentences.append(f"stop {event.index}")
            case _:
                sentences.append(event.type)
    return sentences


def test_a_stream_is_told_block_by_block() -> None:
    events = streamed(
        MESSAGES,
        [
            chunk({"role": "assistant", "content": ""}),
            chunk({"reasoning": "Let me "}),
            chunk({"reasoning": "see.", "extra_content": {"anthropic": {"signature": "Sig"}}}),
            chunk({"content": "I will"}),
            chunk({"content": " look."}),
            chunk({"tool_calls": [call(0, call_id="c1", name="now")]}),
            chunk({"tool_calls": [call(0, '{"zone":')]}),
            chunk({"tool_calls": [call(0, '"CET"}')]}),
            chunk({"tool_calls": [call(1, "{}", call_id="c2", name="add")]}),
            chunk({}, "tool_calls"),
            chunk(usage=USAGE),
        ],
    )
    assert told(events) == [
        "message_start",
        "start 0 thinking",
        "thinking_delta 0 Let me ",
        "thinking_delta 0 see.",
        "signature_delta 0 Sig",
        "stop 0",
        "start 1 text",
        "text_delta 1 I will",
        "text_delta 1  look.",
        "stop 1",
        "start 2 tool_use",
        'input_json_delta 2 {"zone":',
        'input_json_delta 2 "CET"}',
        "stop 2",
        "start 3 tool_use",
        "input_json_delta 3 {}",
        "stop 3",
        "message_delta",
        "message_stop",
    ]
    start, end = events[0], events[-2]
    assert isinstance(start, MessageStartEvent)
    assert (start.message.id, start.message.model, start.message.content) == ("chat-1", "m-1", [])
    assert isinstance(end, MessageDeltaEvent)
    assert end.delta.stop_reason == "tool_use"
    whole = folded(MESSAGES, events)
    assert [block.input for block in whole.content[2:]] == [{"zone": "CET"}, {}]
    assert [(block.id, block.name) for block in whole.content[2:]] == [("c1", "now"), ("c2", "add")]


def test_input_and_cached_tokens_add_up_to_the_prompt() -> None:
    usage = answered(MESSAGES, {"content": "Hi"}, usage=USAGE).usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (60, 30, 10)
    assert (usage.output_tokens, usage.output_tokens_details.thinking_tokens) == (20, 5)
    plain = answered(MESSAGES, {"content": "Hi"}, usage={"prompt_tokens": 4, "completion_tokens": 2}).usage
    assert (plain.input_tokens, plain.output_tokens, plain.cache_read_input_tokens) == (4, 2, None)
    assert plain.output_tokens_details is None


@pytest.mark.parametrize(
    ("read", "written", "expected"), [(9, None, (0, 4, None)), (3, 3, (0, 3, 1)), (None, 3, (1, None, 3))]
)
def test_tokens_that_a_vendor_counts_twice_are_counted_once(
    read: int | None, written: int | None, expected: tuple[int | None, ...]
) -> None:
    details = {"cached_tokens": read, "cache_write_tokens": written}
    given = {"prompt_tokens": 4, "completion_tokens": 2, "prompt_tokens_details": details}
    usage = answered(MESSAGES, {"content": "Hi"}, usage=given).usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == expected


def test_usage_of_a_stream_stands_at_its_end() -> None:
    events = streamed(MESSAGES, [chunk({"content": "Hi"}, "stop"), chunk(usage=USAGE)])
    usage = events[-2].usage
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens) == (60, 20, 30)
    assert events[0].message.usage.output_tokens == 0


@pytest.mark.parametrize(
    ("finish_reason", "stop_reason"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("tool_calls", "tool_use"),
        ("function_call", "tool_use"),
        ("content_filter", "refusal"),
        ("something_new", "end_turn"),
    ],
)
def test_a_finish_reason_becomes_a_stop_reason(finish_reason: str, stop_reason: str) -> None:
    assert answered(MESSAGES, {"content": "Hi"}, finish_reason).stop_reason == stop_reason
    events = streamed(MESSAGES, [chunk({"content": "Hi"}, finish_reason)])
    assert events[-2].delta.stop_reason == stop_reason


def test_without_a_finish_reason_there_is_no_stop_reason() -> None:
    assert message_of(ChatCompletion(choices=[Choice()]), "acme").stop_reason is None


def test_a_vendor_that_says_stop_when_it_calls_a_tool_is_understood() -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "now", "arguments": ""}}]
    answer = answered(MESSAGES, {"tool_calls": calls}, "stop")
    assert answer.stop_reason == "tool_use"
    assert answer.content[0].input == {}


def test_facts_that_anthropic_told_are_told_again() -> None:
    facts = {
        "stop_reason": "stop_sequence",
        "stop_sequence": "END",
        "container": {"id": "c"},
        "context_management": {"applied_edits": []},
    }
    answer = answered(MESSAGES, {"content": "Hi", "extra_content": {"anthropic": facts}})
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "END")
    assert (answer.container, answer.context_management) == ({"id": "c"}, {"applied_edits": []})
    assert [block.type for block in answer.content] == ["text"]


def test_an_input_that_is_no_json_stays_as_text() -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "now", "arguments": '{"zone": "C'}}]
    block = answered(MESSAGES, {"tool_calls": calls}, "length").content[0]
    assert block.input == {}
    assert block.model_extra == {"partial_json": '{"zone": "C'}


def test_a_refusal_is_text_and_nothing_is_nothing() -> None:
    assert answered(MESSAGES, {"refusal": "No."}).content[0].text == "No."
    assert answered(MESSAGES, {"content": ""}).content == []
    assert answered(MESSAGES, {}, choices=[]).content == []


def test_a_free_text_tool_gets_its_text_as_input() -> None:
    custom = {"id": "c", "type": "custom", "custom": {"name": "sql", "input": 'SELECT "a"'}}
    assert answered(MESSAGES, {"tool_calls": [custom]}).content[0].input == {"input": 'SELECT "a"'}
    pieces = [
        {"index": 0, "id": "c", "custom": {"name": "sql", "input": "SELECT "}},
        {"index": 0, "custom": {"input": "1"}},
    ]
    events = streamed(MESSAGES, [chunk({"tool_calls": [piece]}) for piece in pieces])
    assert folded(MESSAGES, events).content[0].input == {"input": "SELECT 1"}


def test_images_of_an_answer_become_blocks() -> None:
    urls = ["data:image/png;base64,aGk=", "https://i"]
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    blocks = [block.model_dump() for block in answered(MESSAGES, {"images": images}).content]
    assert blocks == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {"type": "image", "source": {"type": "url", "url": "https://i"}},
    ]


def citation(annotation: JSONObject) -> JSONObject:
    """Return the citation that an annotation of the text `Sky is blue.` becomes."""
    answer = answered(MESSAGES, {"content": "Sky is blue.", "annotations": [annotation]})
    dumped: JSONObject = answer.content[0].citations[0].model_dump(exclude_none=True)
    return dumped


def test_annotations_become_citations() -> None:
    url = {"url": "https://e", "title": "T", "start_index": 0, "end_index": 3}
    expected = {
        "type": "web_search_result_location",
        "cited_text": "Sky",
        "title": "T",
        "url": "https://e",
        "encrypted_index": "",
    }
    assert citation({"type": "url_citation", "url_citation": url}) == expected
    assert citation({"type": "url_citation", **url}) == expected
    assert (
        citation({"type": "url_citation", "url_citation": {"url": "https://e", "content": "So"}})["cited_text"] == "So"
    )
    own = {"type": "char_location", "cited_text": "x", "document_index": 0}
    assert citation({"type": "char_location", "char_location": {**own, "start_index": 0, "end_index": 3}}) == own
    file = citation({"type": "file", "file": {"hash": "x", "content": []}})
    assert file == {"type": "file", "cited_text": "", "hash": "x", "content": []}


def test_only_the_first_of_several_answers_counts() -> None:
    second = {"index": 1, "delta": {"content": "No"}, "finish_reason": "length"}
    both = chunk({"content": "Yes"}, "stop")
    both["choices"].append(second)
    answer = folded(MESSAGES, streamed(MESSAGES, [both]))
    assert [block.text for block in answer.content] == ["Yes"]
    assert answer.stop_reason == "end_turn"


def test_the_id_of_a_later_chunk_is_waited_for() -> None:
    """Azure sends a chunk about content filters ahead, with neither id nor model."""
    ahead = {"id": "", "model": "", "choices": [], "prompt_filter_results": []}
    events = streamed(MESSAGES, [ahead, chunk({"content": "Hi"}, "stop")])
    assert [event.message.id for event in events if isinstance(event, MessageStartEvent)] == ["chat-1"]
    nameless = streamed(MESSAGES, [{"id": "", "choices": []}])
    assert [event.type for event in nameless] == ["message_start", "message_delta", "message_stop"]
