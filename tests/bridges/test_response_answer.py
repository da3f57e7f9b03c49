"""A chat completion reads as a Responses answer, whole and streamed, in the vendor's own order of events."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from any_llm.bridges.responses import bridge_responses
from any_llm.types.json import JSON
from any_llm.types.responses import ResponseCompletedEvent, ResponseIncompleteEvent
from tests.bridges.chat import CHAT, answered, call, chunk, folded, streamed

RESPONSES = bridge_responses(CHAT)
LOGPROB = {"token": "Hi", "bytes": [72, 105], "logprob": -0.5, "top_logprobs": [{"token": "Hi", "logprob": -0.5}]}
USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 5},
}


def told(events: Iterable[JSON]) -> list[str]:
    """Return the events as short sentences: what happens, to which item, by what text."""
    sentences: list[str] = []
    for event in events:
        name = event.type.removeprefix("response.")
        place = [str(event.output_index)] if hasattr(event, "output_index") else []
        kind = [event.item.type] if hasattr(event, "item") else []
        names = ("delta", "text", "arguments", "refusal", "input")
        text = [str(getattr(event, member)) for member in names if hasattr(event, member)]
        sentences.append(" ".join([name, *place, *kind, *text]))
    return sentences


def test_a_stream_is_told_item_by_item() -> None:
    events = streamed(
        RESPONSES,
        [
            chunk({"role": "assistant", "content": ""}),
            chunk({"reasoning": "Let me "}),
            chunk({"reasoning": "see.", "extra_content": {"vendor": {"token": "T"}}}),
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
        "created",
        "in_progress",
        "output_item.added 0 reasoning",
        "reasoning_summary_part.added 0",
        "reasoning_summary_text.delta 0 Let me ",
        "reasoning_summary_text.delta 0 see.",
        "reasoning_summary_text.done 0 Let me see.",
        "reasoning_summary_part.done 0",
        "output_item.done 0 reasoning",
        "output_item.added 1 message",
        "content_part.added 1",
        "output_text.delta 1 I will",
        "output_text.delta 1  look.",
        "output_text.done 1 I will look.",
        "content_part.done 1",
        "output_item.done 1 message",
        "output_item.added 2 function_call",
        'function_call_arguments.delta 2 {"zone":',
        'function_call_arguments.delta 2 "CET"}',
        'function_call_arguments.done 2 {"zone":"CET"}',
        "output_item.done 2 function_call",
        "output_item.added 3 function_call",
        "function_call_arguments.delta 3 {}",
        "function_call_arguments.done 3 {}",
        "output_item.done 3 function_call",
        "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.response.status for event in (events[0], events[1], events[-1])] == [
        "in_progress",
        "in_progress",
        "completed",
    ]
    assert events[0].response.output == []
    assert events[0].response.usage is None


def test_an_item_keeps_its_id() -> None:
    events = streamed(RESPONSES, [chunk({"content": "Hi"}), chunk({"content": "!"}, "stop")])
    ids = {event.item_id for event in events if hasattr(event, "item_id")}
    ids |= {event.item.id for event in events if hasattr(event, "item")}
    assert ids == {"msg_chat-1_0"}


def test_the_last_event_holds_the_whole_answer() -> None:
    events = streamed(
        RESPONSES,
        [chunk({"reasoning": "Hm"}), chunk({"content": "Hi"}, "stop"), chunk(usage=USAGE, service_tier="flex")],
    )
    last = events[-1]
    assert isinstance(last, ResponseCompletedEvent)
    response = last.response
    assert (response.id, response.model, response.created_at) == ("chat-1", "m-1", 7.0)
    assert response.output_text == "Hi"
    assert [item.type for item in response.output] == ["reasoning", "message"]
    assert response.service_tier == "flex"
    usage = response.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (100, 20, 120)
    assert (usage.input_tokens_details.cached_tokens, usage.input_tokens_details.cache_write_tokens) == (30, 10)
    assert usage.output_tokens_details.reasoning_tokens == 5
    assert folded(RESPONSES, events) == response


def test_a_whole_answer_equals_the_end_of_its_stream() -> None:
    message = {"content": "Hi", "reasoning": "Hm"}
    whole = answered(RESPONSES, message, usage=USAGE)
    events = streamed(RESPONSES, [chunk({"reasoning": "Hm"}), chunk({"content": "Hi"}, "stop"), chunk(usage=USAGE)])
    assert folded(RESPONSES, events) == whole


def test_usage_is_counted_where_the_vendor_does_not_add_up() -> None:
    usage = answered(RESPONSES, {"content": "Hi"}, usage={"prompt_tokens": 4, "completion_tokens": 2}).usage
    assert (usage.total_tokens, usage.output_tokens_details.reasoning_tokens) == (6, 0)
    assert answered(RESPONSES, {"content": "Hi"}).usage is None


@pytest.mark.parametrize(
    ("finish_reason", "status", "reason"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("something_new", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
    ],
)
def test_a_finish_reason_becomes_a_status(finish_reason: str, status: str, reason: str | None) -> None:
    events = streamed(RESPONSES, [chunk({"reasoning": "Hm"}), chunk({"content": "Hi"}, finish_reason)])
    last = events[-1]
    assert isinstance(last, ResponseCompletedEvent if reason is None else ResponseIncompleteEvent)
    details = last.response.incomplete_details
    assert (last.response.status, details.reason if details else None) == (status, reason)
    assert [item.model_dump().get("status") for item in last.response.output] == [None, status]
    whole = answered(RESPONSES, {"reasoning": "Hm", "content": "Hi"}, finish_reason)
    assert whole == last.response


def test_a_refusal_is_told_as_one() -> None:
    events = streamed(RESPONSES, [chunk({"refusal": "I "}), chunk({"refusal": "won't."}, "stop")])
    assert told(events)[2:-1] == [
        "output_item.added 0 message",
        "content_part.added 0",
        "refusal.delta 0 I ",
        "refusal.delta 0 won't.",
        "refusal.done 0 I won't.",
        "content_part.done 0",
        "output_item.done 0 message",
    ]
    assert events[-1].response.output[0].content[0].refusal == "I won't."


def test_a_free_text_tool_is_told_as_one() -> None:
    custom = {"id": "c", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}
    item = answered(RESPONSES, {"tool_calls": [custom]}).output[0]
    assert (item.type, item.call_id, item.name, item.input) == ("custom_tool_call", "c", "sql", "SELECT 1")
    piece = {"index": 0, "id": "c", "custom": {"name": "sql", "input": "SELECT 1"}}
    assert told(streamed(RESPONSES, [chunk({"tool_calls": [piece]})]))[2:-1] == [
        "output_item.added 0 custom_tool_call",
        "custom_tool_call_input.delta 0 SELECT 1",
        "custom_tool_call_input.done 0 SELECT 1",
        "output_item.done 0 custom_tool_call",
    ]


def test_images_are_told_as_the_image_tool_would() -> None:
    urls = ["data:image/webp;base64,aGk=", "https://i"]
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    events = streamed(RESPONSES, [chunk({"images": images}, "stop")])
    assert told(events)[2:6] == [
        "output_item.added 0 image_generation_call",
        "image_generation_call.in_progress 0",
        "image_generation_call.completed 0",
        "output_item.done 0 image_generation_call",
    ]
    items = events[-1].response.output
    assert [(item.result, item.output_format, item.status) for item in items] == [
        ("aGk=", "webp", "completed"),
        ("https://i", None, "completed"),
    ]


def test_annotations_are_flat() -> None:
    place = {"url": "https://e", "title": "T", "start_index": 0, "end_index": 2}
    nested = {"type": "url_citation", "url_citation": place}
    foreign = {"type": "file", "file": {"hash": "x"}}
    events = streamed(RESPONSES, [chunk({"content": "Hi"}), chunk({"annotations": [nested, foreign]}, "stop")])
    added = [event for event in events if event.type == "response.output_text.annotation.added"]
    assert [event.annotation_index for event in added] == [0, 1]
    assert added[0].annotation.model_dump() == {"type": "url_citation", **place}
    part = events[-1].response.output[0].content[0]
    assert [annotation.model_dump() for annotation in part.annotations] == [
        {"type": "url_citation", **place},
        {"type": "file", "hash": "x"},
    ]


def test_log_probabilities_are_kept() -> None:
    body = chunk({"content": "Hi"}, "stop")
    body["choices"][0]["logprobs"] = {"content": [LOGPROB]}
    events = streamed(RESPONSES, [body])
    delta = next(event for event in events if event.type == "response.output_text.delta")
    part = events[-1].response.output[0].content[0]
    assert delta.logprobs[0].logprob == part.logprobs[0].logprob == -0.5
    assert part.logprobs[0].top_logprobs[0].token == "Hi"


def test_a_service_tier_of_the_vendors_own_is_left_out() -> None:
    assert answered(RESPONSES, {"content": "Hi"}, service_tier="on_demand").service_tier is None


def test_the_id_of_a_later_chunk_is_waited_for() -> None:
    """Azure sends a chunk about content filters ahead, with neither id nor model."""
    ahead = {"id": "", "model": "", "choices": [], "prompt_filter_results": []}
    events = streamed(RESPONSES, [ahead, chunk({"content": "Hi"}, "stop")])
    assert events[0].response.id == "chat-1"
    nameless = streamed(RESPONSES, [{"id": "", "choices": []}])
    assert told(nameless) == ["created", "in_progress", "completed"]
