"""Hugging Face's own servers, task by task."""

from __future__ import annotations

import base64
import io

import msgspec
import pytest

from any_llm.dialects.huggingface import DIALECT
from any_llm.exceptions import (
    AnyLLMError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
    OverloadedError,
    ProviderError,
    StreamTruncatedError,
)
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.http import FileSource, Frame, HttpResponse, Upload
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media

ROUTER = "https://router.huggingface.co/v1"
OWN = "http://localhost:8080/v1"
PROVIDER = Provider(name="huggingface", base_url=ROUTER, dialect="huggingface")
MODEL = "thenlper/gte-large"
PNG = b"\x89PNG\r\n"


def target(base_url: str = ROUTER) -> Target:
    return Target(provider=PROVIDER, model=MODEL, base_url=base_url)


def encode(operation: Operation, base_url: str = ROUTER, **options: JSON) -> tuple[JSONObject, Encoded]:
    encoded = DIALECT.operations[operation].encode(target(base_url), options)
    return (msgspec.json.decode(encoded.body) if encoded.body else {}), encoded


def told(encoded: Encoded) -> list[str]:
    return [f"{warning.kind} {warning.parameter}" for warning in encoded.warnings]


def decode(operation: Operation, body: JSON, media_type: str = "application/json") -> JSON:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return DIALECT.operations[operation].decode(target(), HttpResponse(200, {"content-type": media_type}, raw))


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        (ROUTER, f"https://router.huggingface.co/hf-inference/models/{MODEL}/pipeline/feature-extraction"),
        ("https://api-inference.huggingface.co/models", f"/{MODEL}"),
        ("https://api-inference.huggingface.co/pipeline/feature-extraction", f"/{MODEL}"),
        (OWN, "http://localhost:8080/embed"),
        ("http://localhost:8080", "http://localhost:8080/embed"),
    ],
)
def test_a_task_is_where_its_server_has_it(base_url: str, path: str) -> None:
    assert encode(Operation.EMBEDDING, base_url, inputs="Hello")[1].path == path


def test_texts_are_embedded() -> None:
    body, encoded = encode(Operation.EMBEDDING, inputs=["a"], normalize=True, dimensions=3, encoding_format="base64")
    answer = decode(Operation.EMBEDDING, [[1.0, 2.0]])

    assert body == {"inputs": ["a"], "normalize": True}
    assert told(encoded) == ["dropped dimensions", "dropped encoding_format"]
    assert (list(answer.data[0].embedding), answer.model) == ([1.0, 2.0], MODEL)


@pytest.mark.parametrize(
    ("base_url", "stream", "path", "more"),
    [
        (ROUTER, True, f"https://router.huggingface.co/hf-inference/models/{MODEL}", {"stream": True}),
        (OWN, True, "http://localhost:8080/generate_stream", {}),
        (OWN, False, "http://localhost:8080/generate", {}),
    ],
)
def test_a_prompt_is_said_as_inputs(*, base_url: str, stream: bool, path: str, more: JSONObject) -> None:
    body, encoded = encode(Operation.TEXT_COMPLETION, base_url, prompt="Once", max_tokens=9, stream=stream)

    assert body == {"inputs": "Once", "parameters": {"max_new_tokens": 9}, **more}
    assert encoded.path == path


def test_a_generated_text_is_read() -> None:
    text = decode(Operation.TEXT_COMPLETION, {"generated_text": "upon", "details": None})

    assert (text.choices[0].text, text.usage, text.model) == ("upon", None, MODEL)


def play(*events: JSON) -> JSON:
    codec = DIALECT.operations[Operation.TEXT_COMPLETION]
    assert codec.stream is not None
    assert codec.fold is not None
    decoder, fold = codec.stream(target(), {}), codec.fold()
    for event in events:
        for item in decoder.feed(Frame("", msgspec.json.encode(event))):
            fold.add(item)
    assert list(decoder.finish()) == []
    assert decoder.complete
    return fold.result()


def test_streamed_tokens_add_up_and_nothing_after_them_counts() -> None:
    token = {"id": 1, "text": "up", "logprob": None, "special": False}

    text = play({"token": token}, {"token": token, "generated_text": "upup", "details": None}, {"token": token})

    assert text.choices[0].text == "upup"


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"error": "busy", "error_type": "overloaded"}, OverloadedError),
        ({"token": {"text": "up", "special": False}}, StreamTruncatedError),
        ([], MalformedResponseError),
    ],
)
def test_a_broken_stream_is_an_error(event: JSON, error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        play(event)


def test_documents_are_ranked() -> None:
    documents = ["a", {"text": "b"}, {"title": "c"}]
    body, encoded = encode(
        Operation.RERANK, OWN, query="q", documents=documents, top_n=2, return_documents=True, raw_scores=True
    )
    answer = decode(
        Operation.RERANK, [{"index": 1, "score": 0.1}, {"index": 0, "score": 0.9, "text": "a"}, {"score": None}]
    )

    assert body == {"query": "q", "texts": ["a", "b", '{"title":"c"}'], "raw_scores": True, "return_text": True}
    assert encoded.path == "http://localhost:8080/rerank"
    assert told(encoded) == ["dropped top_n", "emulated documents[2]"]
    assert [row.index for row in answer.results] == [0, 1, 0]
    assert answer.results[0].model_extra["document"] == {"text": "a"}


def test_documents_need_not_come_back() -> None:
    assert "return_text" not in encode(Operation.RERANK, query="q", documents=["a"])[0]


def test_an_image_is_asked_for_and_read() -> None:
    body, encoded = encode(
        Operation.IMAGE_GENERATION,
        prompt="a cat",
        size="512x256",
        seed=7,
        n=2,
        quality="hd",
        response_format="url",
        parameters={"guidance_scale": 3},
        provider="x",
    )
    answer = decode(Operation.IMAGE_GENERATION, PNG, "image/png")

    assert body == {
        "inputs": "a cat",
        "parameters": {"guidance_scale": 3, "seed": 7, "width": 512, "height": 256},
        "provider": "x",
    }
    assert told(encoded) == ["dropped quality", "dropped n", "dropped response_format"]
    assert (answer.data[0].data, answer.output_format) == (PNG, "png")


def test_an_image_of_any_size_has_no_parameters() -> None:
    assert encode(Operation.IMAGE_GENERATION, prompt="a cat", size="auto", n=1)[0] == {"inputs": "a cat"}
    assert decode(Operation.IMAGE_GENERATION, PNG, "application/octet-stream").output_format is None


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        encode(Operation.IMAGE_GENERATION, prompt="a cat", size="large")


def test_a_recording_is_sent_as_it_is() -> None:
    media = Media(content=b"RIFF", media_type="audio/wav")
    _, encoded = encode(Operation.TRANSCRIPTION, file=media, language="en", response_format="json")

    assert encoded.upload == Upload((b"RIFF",))
    assert encoded.headers == {"Content-Type": "audio/wav"}
    assert encoded.path.endswith("/pipeline/automatic-speech-recognition")
    assert told(encoded) == ["dropped language"]


@pytest.mark.parametrize(("granularities", "wanted"), [(["word"], "word"), (["segment"], True)])
def test_a_recording_goes_as_base64_beside_parameters(granularities: list[str], wanted: JSON) -> None:
    body, _ = encode(
        Operation.TRANSCRIPTION,
        file=Media(content=b"RIFF"),
        timestamp_granularities=granularities,
        generation_parameters={"num_beams": 2},
        parameters={"x": 1},
    )

    assert body["inputs"] == base64.b64encode(b"RIFF").decode()
    assert body["parameters"] == {
        "x": 1,
        "return_timestamps": wanted,
        "generation_parameters": {"num_beams": 2},
    }


@pytest.mark.parametrize(
    ("media", "options"),
    [
        (Media(url="https://example.org/a.wav"), {}),
        (Media(content=FileSource(io.BytesIO(b"RIFF"))), {"parameters": {"x": 1}}),
    ],
)
def test_a_recording_that_is_not_at_hand_is_refused(media: Media, options: JSONObject) -> None:
    with pytest.raises(InvalidRequestError):
        encode(Operation.TRANSCRIPTION, file=media, **options)


def test_a_transcription_is_read_with_its_chunks() -> None:
    chunks = [{"text": "Hi", "timestamp": [0, 1.5]}, {"text": None, "timestamp": None}]
    answer = decode(Operation.TRANSCRIPTION, {"text": "Hi", "chunks": chunks})

    assert [(part.text, part.start, part.end) for part in answer.segments] == [("Hi", 0.0, 1.5), ("", 0.0, 0.0)]
    assert decode(Operation.TRANSCRIPTION, {"text": "Hi"}).segments is None


def test_a_text_is_spoken() -> None:
    body, encoded = encode(Operation.SPEECH, input="Hi", voice="amy", speed=2, seed=7)
    answer = decode(Operation.SPEECH, b"fLaC", "audio/flac")

    assert body == {"inputs": "Hi", "parameters": {"voice": "amy"}, "seed": 7}
    assert told(encoded) == ["dropped speed"]
    assert (bytes(answer), answer.media_type) == (b"fLaC", "audio/flac")
    assert encode(Operation.SPEECH, input="Hi")[0] == {"inputs": "Hi"}


@pytest.mark.parametrize("operation", sorted(DIALECT.operations))
@pytest.mark.parametrize(
    ("body", "error"),
    [({"error": "busy"}, ProviderError), ({}, MalformedResponseError), (b"<html>", MalformedResponseError)],
)
def test_what_is_no_answer_is_an_error(operation: Operation, body: JSON, error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        decode(operation, body)


@pytest.mark.parametrize(
    ("status", "raw", "error", "message"),
    [
        (404, b"Not Found", ModelNotFoundError, "Not Found"),
        (404, b'"Not Found"', ModelNotFoundError, "Not Found"),
        (400, b'{"error":["a","b"]}', InvalidRequestError, "a; b"),
        (429, b'{"error":"busy","error_type":"overloaded"}', OverloadedError, "busy"),
        (422, b'{"error":{"message":"m","type":"validation","code":7}}', InvalidRequestError, "m"),
        (503, b"{}", OverloadedError, "HTTP 503 without an explanation"),
    ],
)
def test_errors_have_the_class_that_they_mean(status: int, raw: bytes, error: type[AnyLLMError], message: str) -> None:
    raised = DIALECT.decode_error(target(), HttpResponse(status, {"x-request-id": "r-1"}, raw))

    assert type(raised) is error
    assert (raised.message, raised.request_id) == (message, "r-1")
