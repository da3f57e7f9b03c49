from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from any_llm.testing.reading import read_answer_of
from any_llm.testing.recordings import Recording
from any_llm.testing.wire.consistency import contradictions
from any_llm.testing.wire.index import Row
from tests.testing.wire.recorded import (
    USAGE,
    calling,
    chat_stream,
    completion,
    message,
    recording,
    request,
    response,
    response_stream,
    with_body,
)

ERROR = {"error": {"message": "No"}}


def found(subject: Recording, row: Row | None = None) -> Sequence[str]:
    return contradictions(subject, read_answer_of(subject), row)


def declared(*features: str, named: str = "", **answer: object) -> Recording:
    """Return a recording that is named as its recorder names them, so that its features are all there are."""
    name = named or "-".join(features) or "basic"
    return recording(id=f"acme.openai.chat.{name}.0123abcd", features=features, **answer)  # type: ignore[arg-type]  # a body


def ending(word: str) -> dict[str, object]:
    return completion(choices=[{"index": 0, "message": {"content": "x"}, "finish_reason": word}])


UNCACHED = completion(usage=None)


@pytest.mark.parametrize(
    "subject",
    [
        recording(body=completion()),
        recording(body=calling()),
        declared("cache_hit", body=completion()),
        declared("tools", "cache_hit", named="basic", body=completion()),
        declared("cache_hit", "length_stop", body=ending("length")),
        declared("stop_sequence_hit", body={**ending("stop_sequence"), "usage": None}),
        declared("refusal", body={**ending("content_filter"), "usage": None}),
        declared("error_404", status=404, body=ERROR),
        declared("error_404", "stream", status=404, body=ERROR),
        declared("cache_hit", "stream", sse=chat_stream("a", "b")),
        recording("openai.responses", request=request({}), sse=response_stream("a", "b")),
        recording("openai.responses", request=request({}), body=response()),
        recording("anthropic.messages", body=message()),
        recording(
            "openai.chat", body=completion(usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 9})
        ),
        recording("openai.chat", body=completion(usage={"prompt_tokens": 1, "completion_tokens": 1})),
    ],
)
def test_a_recording_that_agrees_with_itself_passes(subject: Recording) -> None:
    assert found(subject) == []


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        (declared("tools", named="stream", body=UNCACHED), "the id names ['stream'], which the features do not"),
        (declared(status=404, body=ERROR), "the status is 404, the features say nothing of an error"),
        (declared("error_404", status=400, body=ERROR), "the status is 400, the features say ['error_404']"),
        (recording(features=("error_404",), body=UNCACHED), "the status is 200, the features say ['error_404']"),
        (recording(status=500, body=UNCACHED), "the status is 500, but the body is an answer"),
        (declared("stream", body=UNCACHED), "the features say stream, the answer does not"),
        (declared("cache_hit", body=UNCACHED), "the features say cache_hit, the answer does not"),
        (declared("length_stop", body=UNCACHED), "the features say length_stop, the answer does not"),
        (declared("incomplete", body=UNCACHED), "the features say incomplete, the answer does not"),
        (
            declared(body={**ending("length"), "usage": None}),
            "the answer was cut for its length, the features do not say length_stop",
        ),
        (
            declared(body={**ending("content_filter"), "usage": None}),
            "the answer was filtered, the features do not say content_filter",
        ),
        (
            declared(body={**ending("stop_sequence"), "usage": None}),
            "the answer met a stop sequence, the features do not say stop_sequence_hit",
        ),
        (recording(body=ending("tool_calls")), "the answer ended with 'tool_calls', but calls nothing"),
        (
            recording("anthropic.messages", body=message(stop_reason=None)),
            "the message has ended without a stop_reason",
        ),
        (
            recording(body=completion(usage={**USAGE, "completion_tokens": 6})),
            "the usage counts 9 + 6 tokens, but 14 in total",
        ),
        (
            recording(
                "openai.responses", body=response(usage={"input_tokens": 9, "output_tokens": 5, "total_tokens": 15})
            ),
            "the usage counts 9 + 5 tokens, but 15 in total",
        ),
        (
            recording("openai.responses", request=request({}), sse=response_stream("a", repeated="b")),
            "response.output_text.done does not repeat what its deltas say",
        ),
    ],
)
def test_a_recording_that_contradicts_itself_is_told(subject: Recording, told: str) -> None:
    assert found(subject) == [told]


def test_a_text_that_was_changed_in_one_place_of_a_stream_contradicts_the_others() -> None:
    original = recording("openai.responses", request=request({}), sse=response_stream("abc", "def"))
    body = original.response.body
    one_delta = with_body(original, body.replace(b'"delta": "abc"', b'"delta": "abx"'))
    assert found(one_delta) == [
        "the text of the deltas is not that of the response",
        "response.output_text.done does not repeat what its deltas say",
        "a finished message does not repeat what its deltas say",
    ]
    head, _, end = body.rpartition(b"abcdef")
    assert found(with_body(original, head + b"abcdex" + end)) == ["the text of the deltas is not that of the response"]


def test_a_capture_without_its_request_may_have_been_thinned_out() -> None:
    assert found(recording("openai.responses", sse=response_stream("a", repeated="b"))) == []


def test_a_vendor_that_sends_no_deltas_repeats_nothing() -> None:
    lines = [line for line in response_stream("a") if "output_text.delta" not in line]
    notes = found(recording("openai.responses", request=request({}), sse=lines))
    assert notes == ["the text of the deltas is not that of the response"]


def test_what_is_no_json_inside_a_stream_repeats_nothing() -> None:
    lines = response_stream("a")
    assert found(recording("openai.responses", request=request({}), sse=[*lines, "data: [DONE]", "", ""])) == []


def test_the_index_remembers_size_status_and_features(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text("12345")
    subject = recording(features=("tools",), body=UNCACHED, path=path)
    assert found(subject, Row("200", frozenset({"tools"}), "5")) == []
    assert found(subject, Row("400", frozenset(), "6")) == [
        "the file has 5 bytes, its index says 6: it was changed",
        "the status is 200, the index says 400",
        "the features are ['tools'], the index says []",
    ]
