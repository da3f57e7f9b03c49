"""Streams of Ollama's chat."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.ollama.chat_stream import ChatStream
from any_llm.exceptions import MalformedResponseError, ProviderError, StreamTruncatedError
from any_llm.types.http import Frame
from any_llm.types.json import JSONObject
from tests.dialects.ollama.calls import CALL, MODEL, line, play, target, whole


def test_a_text_comes_in_pieces() -> None:
    chunks, answer = play([line("He"), line("llo"), line(done=True)])
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["He", "llo", None]
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant", None, None]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "stop"]
    assert {(chunk.created, chunk.model) for chunk in chunks} == {(1_785_917_464, MODEL)}
    assert answer == whole({"content": "Hello"})


def test_a_stream_that_called_did_not_just_stop() -> None:
    call = {"id": "call_1", **CALL}
    chunks, answer = play([line(thinking="Hm"), line(tool_calls=[call]), line(done=True)])
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "tool_calls"]
    assert answer == whole({"thinking": "Hm", "tool_calls": [call]})


def test_calls_of_several_lines_are_numbered_and_have_ids() -> None:
    _, answer = play([line(tool_calls=[CALL, CALL]), line(tool_calls=[CALL]), line(done=True)])
    calls = answer.choices[0].message.tool_calls or []
    assert len({call.id for call in calls}) == len(calls) == 3
    assert play([line(tool_calls=[CALL, CALL]), line(tool_calls=[CALL]), line(done=True)])[1] == answer


def test_an_answer_in_one_line_is_a_stream_too() -> None:
    (chunk,), answer = play([line("Hi", done=True, extra={"remote_model": "x"})])
    assert (chunk.choices[0].delta.content, chunk.choices[0].finish_reason) == ("Hi", "stop")
    assert answer == whole({"content": "Hi"}, remote_model="x")


def test_probabilities_come_with_their_piece() -> None:
    items = [{"token": "Hi", "logprob": -1.0}]
    _, answer = play([line("Hi", extra={"logprobs": items}), line(done=True)])
    assert answer.choices[0].logprobs is not None
    assert answer.choices[0].logprobs.content == items


def test_the_usage_comes_apart_for_who_asks_for_it() -> None:
    chunks, _ = play([line("Hi"), line(done=True)], stream_options={"include_usage": True})
    assert [(len(chunk.choices), chunk.usage is not None) for chunk in chunks] == [(1, False), (1, False), (0, True)]


def test_what_follows_the_end_is_passed_over() -> None:
    assert len(play([line(done=True), line("more")])[0]) == 1


def test_a_line_may_be_sparse() -> None:
    chunks, answer = play([{}, {"done": True}])
    assert [chunk.model for chunk in chunks] == [MODEL, MODEL]
    assert answer.choices[0].finish_reason == "stop"


def test_an_error_inside_a_stream_is_raised() -> None:
    decoder = ChatStream(target(), {})
    decoder.feed(Frame("", msgspec.json.encode(line("Hi"))))
    with pytest.raises(ProviderError, match="the model runner has stopped"):
        decoder.feed(Frame("", b'{"error": "the model runner has stopped"}'))


@pytest.mark.parametrize("sent", [[], [line("Hi")]])
def test_a_stream_without_its_end_is_truncated(sent: list[JSONObject]) -> None:
    with pytest.raises(StreamTruncatedError):
        play(sent)


@pytest.mark.parametrize("sent", [line(thinking=1), {"message": {"content": ["x"]}}])
def test_a_text_that_is_none_is_malformed(sent: JSONObject) -> None:
    with pytest.raises(MalformedResponseError, match="not a text"):
        play([sent])
