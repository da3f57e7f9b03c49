"""Text completions in Anthropic's former format."""

from __future__ import annotations

import pytest

from any_llm.dialects.anthropic.text_completions import TEXT_COMPLETION
from any_llm.exceptions import InvalidMessageError, MalformedResponseError, OverloadedError, StreamTruncatedError
from any_llm.spec.dialect import Encoded
from any_llm.types.http import Frame
from any_llm.types.json import JSON
from tests.dialects.anthropic.calls import body_of, frames, play, respond, target, warned

ASKED = "\n\nHuman: hi\n\nAssistant:"
PIECE = {"type": "completion", "id": "compl_1", "completion": " He", "stop_reason": None, "model": "claude-2.1"}


def encode(prompt: JSON = ASKED, **options: JSON) -> Encoded:
    return TEXT_COMPLETION.encode(target("claude-2.1"), {"prompt": prompt, **options})


def test_parameters_have_the_formats_own_names() -> None:
    encoded = encode(max_tokens=9, stop="x", user="u", top_k=2, stream=True)
    assert encoded.path == "/v1/complete"
    assert body_of(encoded) == {
        "model": "claude-2.1",
        "prompt": ASKED,
        "max_tokens_to_sample": 9,
        "stop_sequences": ["x"],
        "metadata": {"user_id": "u"},
        "top_k": 2,
        "stream": True,
    }
    assert warned(encoded) == []


def test_what_the_format_demands_is_added_with_a_warning() -> None:
    encoded = encode(["hi"], n=2, suffix="x")
    assert body_of(encoded) == {"model": "claude-2.1", "prompt": ASKED, "max_tokens_to_sample": 2_048}
    assert warned(encoded) == [
        ("dropped", "n"), ("dropped", "suffix"), ("emulated", "prompt"), ("emulated", "max_tokens")
    ]  # fmt: skip
    with pytest.raises(InvalidMessageError, match="one text is needed"):
        encode(["a", "b"])


def test_an_answer_is_read_with_what_else_is_said() -> None:
    answer = TEXT_COMPLETION.decode(target(), respond(PIECE | {"stop_reason": "stop_sequence", "log_id": "l"}))
    assert (answer.id, answer.model, answer.choices[0].text) == ("compl_1", "claude-2.1", " He")
    assert (answer.choices[0].finish_reason, answer.model_extra) == ("stop", {"log_id": "l"})
    with pytest.raises(MalformedResponseError, match="not a text"):
        TEXT_COMPLETION.decode(target(), respond(PIECE | {"completion": 3}))
    with pytest.raises(MalformedResponseError, match="without 'completion'"):
        TEXT_COMPLETION.decode(target(), respond({"id": "x"}))


def test_a_stream_adds_up_to_the_answer() -> None:
    end = PIECE | {"completion": "llo", "stop_reason": "max_tokens"}
    items, answer = play(TEXT_COMPLETION, frames(PIECE, {"type": "ping"}, end, end))
    assert [item.choices[0].text for item in items] == [" He", "llo"]
    assert (answer.choices[0].text, answer.choices[0].finish_reason) == (" Hello", "length")


def test_a_stream_that_breaks_off_is_an_error() -> None:
    with pytest.raises(StreamTruncatedError):
        play(TEXT_COMPLETION, frames(PIECE))
    with pytest.raises(OverloadedError, match="busy"):
        play(TEXT_COMPLETION, frames({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}))
    with pytest.raises(MalformedResponseError, match="not an object"):
        play(TEXT_COMPLETION, [Frame("", b"3")])
