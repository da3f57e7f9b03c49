"""A mixed sequence of deltas is told segment by segment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from any_llm.bridges.segments import Annotated, Closed, Grew, Opened, Segment, Segmenter, Step
from any_llm.types.completion import ChatCompletionChunk
from any_llm.types.json import JSONObject
from tests.bridges.chat import call, chunk


def steps_of(*deltas: JSONObject) -> list[Step]:
    """Return what happens to the segments of an answer with these deltas."""
    segmenter = Segmenter()
    steps: list[Step] = []
    for delta in deltas:
        steps += segmenter.feed(ChatCompletionChunk.model_validate(chunk(delta)).choices[0], "chat-1")
    return [*steps, *segmenter.finish()]


def told(steps: list[Step]) -> list[str]:
    """Return steps as short sentences."""
    sentences: list[str] = []
    for step in steps:
        match step:
            case Opened(segment):
                sentences.append(f"open {segment.number} {segment.kind} {segment.name}".strip())
            case Grew(segment, text):
                sentences.append(f"grow {segment.number} {text}")
            case Annotated(segment):
                sentences.append(f"annotate {segment.number}")
            case Closed(segment):
                sentences.append(f"close {segment.number}")
    return sentences


def test_pieces_of_calls_in_turn_are_told_one_call_after_the_other() -> None:
    steps = steps_of(
        {"tool_calls": [call(0, call_id="a", name="now"), call(1, call_id="b", name="add")]},
        {"tool_calls": [call(0, '{"z":')]},
        {"tool_calls": [call(1, '{"a":')]},
        {"tool_calls": [call(0, "1}")]},
        {"content": "Done"},
        {"tool_calls": [call(1, "2}")]},
    )
    assert told(steps) == [
        "open 0 call now",
        'grow 0 {"z":',
        "grow 0 1}",
        "close 0",
        "open 1 call add",
        'grow 1 {"a":',
        "grow 1 2}",
        "close 1",
        "open 2 text",
        "grow 2 Done",
        "close 2",
    ]


def test_text_between_calls_is_a_segment_of_its_own() -> None:
    steps = steps_of(
        {"content": "One"},
        {"tool_calls": [call(0, "{}", call_id="a", name="now")]},
        {"content": "Two"},
        {"reasoning": "Hm"},
        {"content": "Three"},
    )
    opened = [step.segment.kind for step in steps if isinstance(step, Opened)]
    assert opened == ["text", "call", "text", "reasoning", "text"]


def test_a_call_is_opened_when_its_name_is_known() -> None:
    steps = steps_of({"tool_calls": [call(0)]}, {"tool_calls": [call(0, "{}", call_id="a", name="now")]})
    assert told(steps) == ["open 0 call now", "grow 0 {}", "close 0"]


def test_a_call_without_a_name_is_told_at_the_end() -> None:
    assert told(steps_of({"tool_calls": [call(0, "{}")]})) == ["open 0 call", "grow 0 {}", "close 0"]


def test_a_call_may_come_without_its_function() -> None:
    steps = steps_of(
        {"tool_calls": [{"index": 0, "id": "a"}]}, {"tool_calls": [call(0, "{}", call_id="a", name="now")]}
    )
    assert told(steps) == ["open 0 call now", "grow 0 {}", "close 0"]


def test_a_call_without_an_id_gets_one_of_its_answer() -> None:
    steps = steps_of({"content": "x", "tool_calls": [call(0, name="now"), call(1, name="now")]})
    ids = [step.segment.call_id for step in steps if isinstance(step, Opened)]
    assert ids[1:] == ["call_chat-1_0", "call_chat-1_1"]


def test_a_call_in_the_oldest_shape_is_a_call() -> None:
    steps = steps_of({"function_call": {"name": "now", "arguments": ""}}, {"function_call": {"arguments": "{}"}})
    assert told(steps) == ["open 0 call now", "grow 0 {}", "close 0"]


def test_annotations_without_text_have_a_text_of_their_own() -> None:
    steps = steps_of({"annotations": [{"type": "url_citation"}]})
    assert told(steps) == ["open 0 text", "annotate 0", "close 0"]


def test_empty_pieces_begin_nothing() -> None:
    assert steps_of({"role": "assistant", "content": "", "reasoning": "", "refusal": ""}, {}) == []


PIECES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"content": st.text(max_size=3)}),
        st.fixed_dictionaries({"reasoning": st.text(max_size=3)}),
        st.fixed_dictionaries({"refusal": st.text(max_size=3)}),
        st.builds(
            lambda index, text: {"tool_calls": [call(index, text)]}, st.integers(0, 2), st.text('{}"1', max_size=2)
        ),
        st.builds(
            lambda index: {"tool_calls": [call(index, call_id=f"c{index}", name=f"t{index}")]}, st.integers(0, 2)
        ),
    ),
    max_size=12,
)


@given(PIECES)
def test_nothing_is_lost_and_each_segment_ends_before_the_next_begins(deltas: list[JSONObject]) -> None:
    steps = steps_of(*deltas)
    open_now: Segment | None = None
    heard: dict[str, str] = {}
    for number, step in enumerate(steps):
        segment = step.segment
        match step:
            case Opened():
                assert open_now is None, number
                open_now = segment
            case Closed():
                assert open_now is segment
                open_now = None
            case Grew(_, text):
                assert open_now is segment
                heard[segment.kind] = heard.get(segment.kind, "") + text
            case Annotated():
                raise AssertionError(step)
    assert open_now is None
    for kind, name in (("text", "content"), ("reasoning", "reasoning"), ("refusal", "refusal")):
        assert heard.get(kind, "") == "".join(delta.get(name, "") for delta in deltas)
    said = [piece for delta in deltas for piece in delta.get("tool_calls", ())]
    by_call = dict.fromkeys(dict.fromkeys(piece["index"] for piece in said), "")
    for piece in said:
        by_call[piece["index"]] += piece["function"]["arguments"]
    assert heard.get("call", "") == "".join(by_call.values())
