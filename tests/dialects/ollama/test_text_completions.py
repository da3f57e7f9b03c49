"""Text completions of Ollama."""

from __future__ import annotations

import pytest

from any_llm.dialects.ollama.text_completions import TEXT_COMPLETION, TextFold, TextStream
from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ProviderError, StreamTruncatedError
from any_llm.spec.dialect import Encoded
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject
from any_llm.types.text_completion import TextCompletion
from tests.dialects.ollama.calls import COUNTS, MODEL, MOMENT, body_of, respond, target, warned

LOGPROB = {"token": "a", "logprob": -0.5, "top_logprobs": [{"token": "a", "logprob": -0.5}]}


def encode(**options: JSON) -> Encoded:
    return TEXT_COMPLETION.encode(target(), {"prompt": "Once", **options})


def line(text: str, **more: JSON) -> JSONObject:
    return {"model": MODEL, "created_at": MOMENT, "response": text, "done": False, **more}


def play(*lines: JSON) -> TextCompletion:
    decoder, fold = TextStream(target(), {}), TextFold()
    for sent in lines:
        for chunk in decoder.feed(Frame("", respond(sent).body)):
            fold.add(chunk)
    assert decoder.finish() == ()
    return fold.result()


def test_a_prompt_is_sent_with_its_suffix_and_settings() -> None:
    encoded = encode(prompt=["def f("], suffix="return", max_tokens=5, stop="END", system="Short", raw=True)
    assert encoded.path == "/api/generate"
    assert body_of(encoded) == {
        "model": MODEL,
        "prompt": "def f(",
        "suffix": "return",
        "system": "Short",
        "raw": True,
        "stream": False,
        "options": {"num_predict": 5, "stop": ["END"]},
    }
    assert encoded.warnings == ()


def test_what_cannot_be_said_is_named() -> None:
    encoded = encode(n=3, best_of=1, echo=True, user="me", stream=True, stream_options={"include_usage": True})
    assert body_of(encoded) == {"model": MODEL, "prompt": "Once", "stream": True}
    assert warned(encoded) == [("dropped", "n"), ("dropped", "echo"), ("dropped", "user")]


@pytest.mark.parametrize(
    ("said", "sent"),
    [(2, {"logprobs": True, "top_logprobs": 2}), (0, {"logprobs": True}), (True, {"logprobs": True})],
)
def test_how_many_likely_tokens_are_told_is_asked_in_two_words(said: JSON, sent: JSONObject) -> None:
    body = body_of(encode(logprobs=said))
    assert {name: value for name, value in body.items() if "logprobs" in name} == sent


@pytest.mark.parametrize("prompt", [["a", "b"], [1, 2]])
def test_several_prompts_are_refused(prompt: JSON) -> None:
    with pytest.raises(InvalidRequestError, match="takes one text"):
        encode(prompt=prompt)


def test_a_whole_answer_and_a_stream_say_the_same() -> None:
    ended = {"done": True, "done_reason": "length", "context": [1, 2], **COUNTS}
    answer = respond(line(" upon a", thinking="Hmm", logprobs=[LOGPROB, LOGPROB], **ended))
    whole = TEXT_COMPLETION.decode(target(), answer)
    streamed = play(
        line(" upon", thinking="H", logprobs=[LOGPROB]),
        line(" a", thinking="mm", logprobs=[LOGPROB]),
        line("", **ended),
    )
    assert streamed == whole
    choice = whole.choices[0]
    assert (choice.text, choice.finish_reason) == (" upon a", "length")
    assert choice.logprobs is not None
    assert (choice.logprobs["tokens"], choice.logprobs["token_logprobs"]) == (["a", "a"], [-0.5, -0.5])
    assert choice.logprobs["top_logprobs"] == [{"a": -0.5}] * 2
    assert whole.usage is not None
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (3, 5)
    assert (whole.model_extra["context"], whole.model_extra["thinking"]) == ([1, 2], "Hmm")


def test_what_comes_after_the_end_is_not_read() -> None:
    assert play(line("a", done=True), line("b")).choices[0].text == "a"


def test_a_stream_that_is_cut_is_an_error() -> None:
    with pytest.raises(StreamTruncatedError):
        play(line("a"))


def test_an_error_is_raised_in_an_answer_and_in_a_stream() -> None:
    with pytest.raises(ProviderError, match="out of memory"):
        TEXT_COMPLETION.decode(target(), respond({"error": "out of memory"}))
    with pytest.raises(ProviderError, match="out of memory"):
        play(line("a"), {"error": "out of memory"})


def test_an_answer_without_a_text_is_malformed() -> None:
    with pytest.raises(MalformedResponseError, match="response"):
        TEXT_COMPLETION.decode(target(), respond({"model": MODEL}))


def test_nothing_that_was_said_adds_up_to_nothing() -> None:
    assert TextFold().result().choices[0].text == ""
