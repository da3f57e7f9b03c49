"""Chunks added up: the whole answer, however it was cut."""

from __future__ import annotations

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.json import JSON, JSONObject


def fold(*chunks: JSONObject) -> ChatCompletion:
    folded = CompletionFold()
    for chunk in chunks:
        folded.add(ChatCompletionChunk.model_validate(chunk))
    return folded.result()


def delta(index: int = 0, finish: str | None = None, **members: object) -> JSONObject:
    return {
        "id": "c",
        "model": "m",
        "created": 1,
        "choices": [{"index": index, "delta": members, "finish_reason": finish}],
    }


def test_nothing_adds_up_to_an_empty_answer() -> None:
    assert fold() == ChatCompletion()


def test_texts_are_joined_each_in_its_own_field() -> None:
    whole = fold(
        delta(role="assistant", reasoning="h"),
        delta(reasoning="m", reasoning_content="x"),
        delta(content="a", refusal="n"),
        delta(content="b", refusal="o", finish="stop"),
    )
    message = whole.choices[0].message
    assert (message.content, message.reasoning, message.reasoning_content, message.refusal) == ("ab", "hm", "x", "no")
    assert (whole.id, whole.model, whole.created, whole.choices[0].finish_reason) == ("c", "m", 1, "stop")


def test_choices_are_kept_apart_and_in_order() -> None:
    whole = fold(delta(1, content="b"), delta(0, content="a"), delta(1, content="c"))
    assert [(choice.index, choice.message.content) for choice in whole.choices] == [(0, "a"), (1, "bc")]


def test_tool_calls_are_put_together_by_index() -> None:
    whole = fold(
        delta(tool_calls=[{"index": 1, "id": "two", "type": "function", "function": {"name": "g", "arguments": ""}}]),
        delta(
            tool_calls=[
                {"index": 0, "id": "one", "function": {"name": "f", "arguments": '{"a"'}, "extra_content": {"v": 1}}
            ]
        ),
        delta(tool_calls=[{"index": 0, "function": {"arguments": ":1}"}, "extra_content": {"w": 2}, "odd": 5}]),
        delta(tool_calls=[{"index": 1}], finish="tool_calls"),
    )
    first, second = whole.choices[0].message.tool_calls or []
    assert (first.id, first.function.name, first.function.arguments) == ("one", "f", '{"a":1}')
    assert first.extra_content == {"v": 1, "w": 2}
    assert cast("JSON", first).odd == 5
    assert (second.id, second.type, second.function.arguments) == ("two", "function", "")


def test_the_old_kind_of_call_is_joined_too() -> None:
    whole = fold(delta(function_call={"name": "f", "arguments": "{"}), delta(function_call={"arguments": "}"}))
    call = whole.choices[0].message.function_call
    assert call is not None
    assert (call.name, call.arguments) == ("f", "{}")


def test_lists_grow_and_audio_is_joined() -> None:
    whole = fold(
        delta(annotations=[{"a": 1}], images=[{"i": 1}], audio={"id": "x", "data": "AA", "transcript": "he"}),
        delta(annotations=[{"a": 2}], audio={"data": "BB", "transcript": "y", "expires_at": 9}),
    )
    message = whole.choices[0].message
    assert message.annotations == [{"a": 1}, {"a": 2}]
    assert message.images == [{"i": 1}]
    assert message.audio == {"id": "x", "data": "AABB", "transcript": "hey", "expires_at": 9}


def test_log_probabilities_are_joined() -> None:
    chunks = [delta(content="a"), delta(content="b"), delta(content="c")]
    chunks[0]["choices"][0]["logprobs"] = {"content": [{"token": "a"}]}
    chunks[1]["choices"][0]["logprobs"] = {"content": [{"token": "b"}], "refusal": []}
    logprobs = fold(*chunks).choices[0].logprobs
    assert logprobs is not None
    assert [token["token"] for token in logprobs.content or []] == ["a", "b"]
    assert logprobs.refusal == []


def test_the_last_usage_counts_and_unnamed_members_are_merged() -> None:
    whole: JSON = fold(
        {"choices": [], "usage": {"total_tokens": 1}, "vendor": {"a": [1]}, "service_tier": "flex"},
        {"choices": [], "usage": {"total_tokens": 5}, "vendor": {"a": [2], "b": None}, "system_fingerprint": "f"},
    )
    assert whole.usage.total_tokens == 5
    assert whole.vendor == {"a": [1, 2], "b": None}
    assert (whole.service_tier, whole.system_fingerprint) == ("flex", "f")


def test_a_null_takes_nothing_away() -> None:
    assert cast("JSON", fold({"choices": [], "x": 1}, {"choices": [], "x": None})).x == 1


def test_more_may_be_added_after_a_result() -> None:
    folded = CompletionFold()
    call = {"index": 0, "id": "one", "function": {"name": "f", "arguments": "{"}}
    folded.add(ChatCompletionChunk.model_validate(delta(content="a", tool_calls=[call])))
    assert folded.result().choices[0].message.content == "a"
    folded.add(
        ChatCompletionChunk.model_validate(
            delta(content="b", tool_calls=[{"index": 0, "function": {"arguments": "}"}}])
        )
    )
    message = folded.result().choices[0].message
    assert message.content == "ab"
    assert (message.tool_calls or [])[0].function.arguments == "{}"


@given(st.lists(st.text(min_size=1), min_size=1), st.data())
def test_any_cut_of_a_text_adds_up_to_it(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    cuts = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
    assert fold(*(delta(content=cut) for cut in cuts)).choices[0].message.content == text
