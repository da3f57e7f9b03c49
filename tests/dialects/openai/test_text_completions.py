"""Text completions in the shapes of OpenAI and of servers that keep the operation."""

from __future__ import annotations

import pytest

from any_llm.exceptions import AuthenticationError, MalformedResponseError, ProviderError, StreamTruncatedError
from any_llm.spec.provider import Operation
from tests.dialects.openai.operations import body_of, decode, encode, fold, stream, target, warned

TEXT = Operation.TEXT_COMPLETION
USAGE = {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3, "cached_tokens": 1}


def piece(text: str, reason: str | None = None, index: int = 0) -> dict[str, object]:
    """Return a chunk."""
    return {"id": "c", "model": "m", "choices": [{"index": index, "text": text, "finish_reason": reason}]}


def test_a_request_is_sent_as_it_is_said() -> None:
    encoded = encode(TEXT, target(), prompt="Hi", max_tokens=3, min_tokens=1, stop=["."])
    assert encoded.path == "/completions"
    assert body_of(encoded) == {"model": "m", "prompt": "Hi", "max_tokens": 3, "stop": ["."]}
    assert warned(encoded) == ["dropped min_tokens"]


def test_a_stream_is_asked_for_with_its_usage() -> None:
    assert body_of(encode(TEXT, target(), prompt="Hi", stream=True))["stream_options"] == {"include_usage": True}
    said = encode(TEXT, target(), prompt="Hi", stream=True, stream_options={"include_usage": False})
    assert body_of(said)["stream_options"] == {"include_usage": False}
    plain = encode(TEXT, target("perplexity"), prompt="Hi", stream=True)
    assert "stream_options" not in body_of(plain)


def test_another_place_is_data() -> None:
    assert encode(TEXT, target("deepseek"), prompt="a", suffix="b").path == "/beta/completions"
    assert encode(TEXT, target("inception"), prompt="a", suffix="b").path == "/fim/completions"


def test_an_answer_is_read_in_openais_words() -> None:
    body = {**piece("Hi", "eos"), "usage": USAGE, "prompt_filter_results": []}
    completion = decode(TEXT, body)
    assert [(choice.text, choice.finish_reason) for choice in completion.choices] == [("Hi", "stop")]
    assert completion.usage.prompt_tokens_details.cached_tokens == 1
    assert completion.model_extra == {"prompt_filter_results": []}


def test_what_a_server_leaves_out_is_filled_in() -> None:
    (choice,) = decode(TEXT, {"choices": [{"text": None, "log_probs": None}], "model": "m"}).choices
    assert (choice.index, choice.text, choice.finish_reason) == (0, "", "stop")


def test_an_error_with_a_good_status_is_raised() -> None:
    with pytest.raises(AuthenticationError, match="Who"):
        decode(TEXT, {"error": {"message": "Who?", "code": "invalid_api_key"}})
    with pytest.raises(MalformedResponseError, match="no choices; it has"):
        decode(TEXT, {"id": "c"})
    assert decode(TEXT, {"id": "c", "choices": []}).choices == []


def test_a_stream_adds_up_to_its_texts() -> None:
    frames = [piece("a"), piece("x", None, 1), piece("b", "length"), piece("y", "stop", 1), b"[DONE]"]
    whole = fold(TEXT, stream(TEXT, frames))
    assert [(choice.text, choice.finish_reason) for choice in whole.choices] == [("ab", "length"), ("xy", "stop")]
    assert whole.id == "c"


def test_a_stream_without_its_last_line_is_complete_when_every_text_is() -> None:
    assert len(stream(TEXT, [piece("a", "stop"), {"choices": [], "usage": USAGE}])) == 2


@pytest.mark.parametrize("frames", [[], [piece("a")], [piece("a", "stop"), piece("x", None, 1)]])
def test_a_stream_that_was_cut_is_an_error(frames: list[object]) -> None:
    with pytest.raises(StreamTruncatedError):
        stream(TEXT, frames)


def test_an_error_inside_a_stream_is_raised() -> None:
    with pytest.raises(ProviderError, match="broke"):
        stream(TEXT, [piece("a"), {"error": {"message": "It broke."}}])
    with pytest.raises(ProviderError, match="broke"):
        stream(TEXT, [("error", {"message": "It broke."})])
