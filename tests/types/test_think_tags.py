"""Thoughts between tags in a model's text, whole and in pieces cut anywhere."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.openai.chat_response import decode_completion
from any_llm.dialects.openai.chat_stream import ChatStream
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.think_tags import TAGS, TagSplitter

TARGET = Target(provider=Provider(name="plain"), model="m", base_url="http://x/v1")


def split(*pieces: str) -> tuple[str, str]:
    splitter = TagSplitter()
    found = [splitter.feed(piece) for piece in pieces] + [splitter.finish()]
    return "".join(part.thought for part in found), "".join(part.text for part in found)


@pytest.mark.parametrize("tag", TAGS)
def test_thoughts_at_the_beginning_are_taken_out(tag: str) -> None:
    assert split(f"<{tag}>two and two</{tag}>\n\nFour.") == ("two and two", "Four.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Four.", ("", "Four.")),
        ("Use <think> tags</think> sparingly", ("", "Use <think> tags</think> sparingly")),
        ("\n <think>hm</think>Four.", ("hm", "Four.")),
        ("<think></think>Four.", ("", "Four.")),
        ("<think>never closed", ("never closed", "")),
        ("<think>a </thinker> b</think>c", ("a </thinker> b", "c")),
        ("<thi", ("", "<thi")),
        ("", ("", "")),
    ],
)
def test_only_a_tag_that_begins_the_answer_counts(text: str, expected: tuple[str, str]) -> None:
    assert split(text) == expected


@given(
    text=st.lists(st.sampled_from(["<think>", "</think>", "<", "</thi", "think", ">", " ", "\n", "é", "word"])).map(
        "".join
    ),
    cuts=st.lists(st.integers(0, 80), max_size=12),
)
def test_any_cut_gives_the_same_split(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]

    assert split(*pieces) == split(text)


def whole(content: str) -> HttpResponse:
    message = {"role": "assistant", "content": content}
    body = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    return HttpResponse(200, {}, body.encode())


def test_a_whole_answer_has_its_thoughts_apart() -> None:
    message = decode_completion(TARGET, whole("<think>hm</think>\nYes.")).choices[0].message

    assert (message.reasoning, message.content) == ("hm", "Yes.")


def test_thoughts_that_stand_where_they_belong_stay() -> None:
    message = {"role": "assistant", "content": "<think>hm</think>", "reasoning": "else"}
    body = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    answer = decode_completion(TARGET, HttpResponse(200, {}, body.encode())).choices[0].message

    assert (answer.reasoning, answer.content) == ("else", "<think>hm</think>")


@pytest.mark.parametrize("said_why", [True, False])
def test_a_stream_adds_up_to_the_whole(said_why: bool) -> None:
    decoder, fold = ChatStream(TARGET, {}), CompletionFold()
    deltas = [{"content": piece} for piece in ("<th", "ink>h", "m</", "think>", "\n", "Y", "es.", " <thi")]
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    if said_why:
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    frames = [*(json.dumps(chunk).encode() for chunk in chunks), b"[DONE]"]

    for data in frames:
        for chunk in decoder.feed(Frame("", data)):
            fold.add(chunk)

    message = fold.result().choices[0].message
    assert (message.reasoning, message.content) == ("hm", "Yes. <thi")


def test_what_was_held_back_comes_with_the_end() -> None:
    decoder = ChatStream(TARGET, {})
    held = decoder.feed(Frame("", b'{"choices":[{"index":0,"delta":{"content":"<thi"}}]}'))
    end = decoder.feed(Frame("", b"[DONE]"))

    assert [chunk.choices[0].delta.content for chunk in (*held, *end)] == [None, "<thi"]
