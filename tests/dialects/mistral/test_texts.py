"""Filling gaps and judging texts in Mistral's words."""

from __future__ import annotations

import pytest

from any_llm.exceptions import (
    AuthenticationError,
    InvalidRequestError,
    MalformedResponseError,
    ProviderError,
    StreamTruncatedError,
)
from any_llm.spec.provider import Operation
from any_llm.types.http import Frame
from any_llm.types.json import JSON
from tests.dialects.mistral.calls import body_of, decode, encode, frames, play, warned

FIM, MODERATION = Operation.TEXT_COMPLETION, Operation.MODERATION
WHOLE = {
    "id": "1",
    "object": "chat.completion",
    "created": 5,
    "model": "codestral",
    "choices": [{"index": 0, "finish_reason": "model_length", "message": {"role": "assistant", "content": "x = 1"}}],
    "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5, "prompt_tokens_details": None, "odd": 1},
}


def piece(content: JSON, reason: str | None = None) -> dict[str, JSON]:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": reason}
    return {"id": "1", "object": "chat.completion.chunk", "created": 5, "model": "codestral", "choices": [choice]}


def test_a_gap_is_between_a_prompt_and_a_suffix() -> None:
    encoded = encode(FIM, "codestral", prompt=["a"], suffix="b", seed=3, max_tokens=9, echo=True)
    assert encoded.path == "/fim/completions"
    assert body_of(encoded) == {"model": "codestral", "prompt": "a", "suffix": "b", "random_seed": 3, "max_tokens": 9}
    assert warned(encoded) == [("dropped", "echo")]
    with pytest.raises(InvalidRequestError, match="one text"):
        encode(FIM, prompt=["a", "b"])


def test_what_fills_it_is_a_text_completion() -> None:
    answer = decode(FIM, WHOLE)
    assert (answer.id, answer.created, answer.model, answer.object) == ("1", 5, "codestral", "text_completion")
    assert (answer.choices[0].text, answer.choices[0].finish_reason) == ("x = 1", "length")
    assert (answer.usage.total_tokens, answer.usage.model_extra["odd"]) == (5, 1)
    assert decode(FIM, {"choices": []}).usage is None


def test_a_stream_adds_up_to_the_text() -> None:
    end = piece([{"type": "text", "text": " = 1"}], "stop") | {"usage": WHOLE["usage"]}
    items, answer = play(FIM, [*frames(piece("x"), piece(None), end), Frame("", b"[DONE]")])
    assert [item.choices[0].text for item in items] == ["x", "", " = 1"]
    assert (answer.choices[0].text, answer.choices[0].finish_reason, answer.usage.total_tokens) == ("x = 1", "stop", 5)
    assert play(FIM, frames(end))[1].choices[0].text == " = 1"


def test_a_stream_that_breaks_off_is_an_error() -> None:
    with pytest.raises(StreamTruncatedError):
        play(FIM, frames(piece("x")))
    with pytest.raises(ProviderError, match="down"):
        play(FIM, frames({"object": "error", "message": "down", "type": "internal", "code": "3000"}))
    with pytest.raises(MalformedResponseError, match="not an object"):
        play(FIM, frames([]))  # type: ignore[arg-type]  # what is wrong with it


@pytest.mark.parametrize(
    ("given", "sent", "route"),
    [
        ("a", "a", "/moderations"),
        (["a", "b"], ["a", "b"], "/moderations"),
        ([{"type": "text", "text": "a"}], ["a"], "/moderations"),
        ([{"type": "image_url", "image_url": "u"}], [{"type": "image_url", "image_url": "u"}], "/moderations"),
        ([], [], "/moderations"),
        ([{"role": "user", "content": "a"}], [{"role": "user", "content": "a"}], "/chat/moderations"),
        ([[{"role": "user", "content": "a"}]], [[{"role": "user", "content": "a"}]], "/chat/moderations"),
    ],
)
def test_texts_and_conversations_are_judged_at_their_places(given: JSON, sent: JSON, route: str) -> None:
    encoded = encode(MODERATION, input=given, include_raw=True)
    assert (encoded.path, body_of(encoded)) == (route, {"model": "m", "input": sent})


def test_an_input_is_flagged_when_a_category_applies() -> None:
    fine, foul = {"law": False, "pii": False}, {"law": False, "pii": True}
    scores = {"law": 0.1, "pii": 0.9}
    rows = [{"categories": each, "category_scores": scores} for each in (fine, foul)]
    answer = decode(MODERATION, {"id": "1", "model": "m", "results": rows, "usage": {"total_tokens": 3}})
    assert [result.flagged for result in answer.results] == [False, True]
    assert answer.results[1].category_scores == scores
    assert answer.model_extra == {"usage": {"total_tokens": 3}}


def test_an_answer_that_is_none_is_an_error() -> None:
    with pytest.raises(MalformedResponseError, match="without 'results'"):
        decode(MODERATION, {"id": "1"})
    with pytest.raises(MalformedResponseError, match="nothing"):
        decode(MODERATION, [])
    with pytest.raises(AuthenticationError):
        decode(MODERATION, {"object": "error", "message": "no", "type": "invalid_api_key"})
