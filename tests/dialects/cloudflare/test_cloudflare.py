"""Cloudflare's Workers AI beyond chats."""

from __future__ import annotations

import base64
import io

import msgspec
import pytest

from any_llm.dialects.cloudflare import DIALECT
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
    OverloadedError,
    ProviderError,
    QuotaExhaustedError,
)
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.http import FileSource, HttpResponse, Upload
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media

BASE = "https://api.cloudflare.com/client/v4/accounts/a-1/ai/v1"
PROVIDER = Provider(name="cloudflare", base_url=BASE, dialect="cloudflare")
FLUX, WHISPER, TURBO = "@cf/black-forest-labs/flux-1-schnell", "@cf/openai/whisper", "@cf/openai/whisper-large-v3-turbo"


def target(model: str = FLUX, base_url: str = BASE) -> Target:
    return Target(provider=PROVIDER, model=model, base_url=base_url)


def encode(operation: Operation, model: str = FLUX, **options: JSON) -> tuple[JSONObject, Encoded]:
    encoded = DIALECT.operations[operation].encode(target(model), options)
    return (msgspec.json.decode(encoded.body) if encoded.body else {}), encoded


def told(encoded: Encoded) -> list[str]:
    return [f"{warning.kind} {warning.parameter}" for warning in encoded.warnings]


def decode(operation: Operation, body: JSON, media_type: str = "application/json") -> JSON:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return DIALECT.operations[operation].decode(target(), HttpResponse(200, {"content-type": media_type}, raw))


def result(**members: JSON) -> JSONObject:
    return {"result": members, "success": True, "errors": [], "messages": []}


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        (BASE, f"{BASE.removesuffix('/v1')}/run/{FLUX}"),
        (
            "https://gateway.ai.cloudflare.com/v1/a-1/g-1/workers-ai/v1",
            f"https://gateway.ai.cloudflare.com/v1/a-1/g-1/workers-ai/{FLUX}",
        ),
        ("https://proxy.example", f"/run/{FLUX}"),
    ],
)
def test_a_model_is_run_below_its_account_or_its_gateway(base_url: str, path: str) -> None:
    codec = DIALECT.operations[Operation.IMAGE_GENERATION]

    assert codec.encode(target(base_url=base_url), {"prompt": "a cat"}).path == path


def test_an_image_is_asked_for_and_read() -> None:
    body, encoded = encode(
        Operation.IMAGE_GENERATION,
        prompt="a cat",
        size="512x256",
        seed=7,
        steps=4,
        n=2,
        style="x",
        response_format="url",
    )
    answer = decode(Operation.IMAGE_GENERATION, result(image="aGk="))

    assert body == {"prompt": "a cat", "seed": 7, "steps": 4, "width": 512, "height": 256}
    assert told(encoded) == ["dropped style", "dropped n", "dropped response_format"]
    assert answer.data[0].data == b"hi"
    assert decode(Operation.IMAGE_GENERATION, b"hi", "image/png").data[0].data == b"hi"


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        encode(Operation.IMAGE_GENERATION, prompt="a cat", size="large")


def test_documents_are_ranked() -> None:
    documents = ["a", {"text": "b"}, {"title": "c"}]
    body, encoded = encode(
        Operation.RERANK, query="q", documents=documents, top_n=2, return_documents=True, max_tokens_per_doc=3, x=1
    )
    answer = decode(Operation.RERANK, result(response=[{"id": 1, "score": 0.1}, {"id": 0, "score": 0.9}, {}]))

    assert body["contexts"] == [{"text": "a"}, {"text": "b"}, {"text": '{"title":"c"}'}]
    assert (body["top_k"], body["x"]) == (2, 1)
    assert told(encoded) == ["dropped max_tokens_per_doc", "dropped return_documents", "emulated documents[2]"]
    assert [row.index for row in answer.results] == [0, 1, 0]
    assert "top_k" not in encode(Operation.RERANK, query="q", documents=["a"])[0]


def test_a_recording_is_sent_as_it_is() -> None:
    media = Media(content=b"RIFF", media_type="audio/wav")
    _, encoded = encode(Operation.TRANSCRIPTION, WHISPER, file=media, prompt="x", response_format="json", diarize=True)

    assert encoded.upload == Upload((b"RIFF",))
    assert encoded.headers == {"Content-Type": "audio/wav"}
    assert told(encoded) == ["dropped diarize", "dropped prompt"]


@pytest.mark.parametrize(
    ("operation", "task"), [(Operation.TRANSCRIPTION, "transcribe"), (Operation.TRANSLATION, "translate")]
)
def test_a_recording_goes_as_base64_beside_parameters(operation: Operation, task: str) -> None:
    media = Media(content=b"RIFF")
    body, _ = encode(operation, TURBO, file=media, prompt="x", language="en", vad_filter=True)

    assert body == {
        "audio": base64.b64encode(b"RIFF").decode(),
        "task": task,
        "language": "en",
        "vad_filter": True,
        "initial_prompt": "x",
    }
    assert "initial_prompt" not in encode(operation, TURBO, file=media)[0]


@pytest.mark.parametrize("media", [Media(url="https://example.org/a"), Media(content=FileSource(io.BytesIO(b"RIFF")))])
def test_a_recording_that_is_not_at_hand_is_refused(media: Media) -> None:
    with pytest.raises(InvalidRequestError):
        encode(Operation.TRANSCRIPTION, TURBO, file=media)


def test_a_transcription_is_read_with_its_words() -> None:
    word = {"word": "Hi", "start": 0.0, "end": 0.5}
    segment = {"text": "Hi", "start": 0.0, "end": 0.5, "words": [word]}
    answer = decode(
        Operation.TRANSCRIPTION,
        result(text="Hi", segments=[segment], transcription_info={"language": "en", "duration": 0.5}, vtt="WEBVTT"),
    )

    assert (answer.text, answer.language, answer.duration) == ("Hi", "en", 0.5)
    assert (answer.segments[0].text, answer.words[0].word) == ("Hi", "Hi")
    assert answer.model_extra["vtt"] == "WEBVTT"


def test_a_transcription_of_words_alone_is_read() -> None:
    answer = decode(Operation.TRANSCRIPTION, result(text="Hi", words=[{"word": "Hi", "start": 0, "end": 1}]))

    assert (answer.words[0].end, answer.segments, answer.language, answer.duration) == (1.0, None, None, None)


def test_a_text_is_spoken_in_the_words_of_the_model() -> None:
    aura, warned = encode(
        Operation.SPEECH, "@cf/deepgram/aura-1", input="Hi", voice="amy", response_format="mp3", speed=2, stream=True
    )
    melo, more = encode(
        Operation.SPEECH, "@cf/myshell-ai/melotts", input="Hi", voice="amy", language="en", sample_rate=1
    )

    assert aura == {"text": "Hi", "speaker": "amy", "encoding": "mp3"}
    assert told(warned) == ["dropped speed"]
    assert melo == {"prompt": "Hi", "lang": "en"}
    assert told(more) == ["dropped sample_rate", "dropped voice"]


def test_speech_is_read_as_bytes_or_from_its_envelope() -> None:
    assert decode(Operation.SPEECH, b"ID3", "audio/mpeg") == b"ID3"
    assert decode(Operation.SPEECH, result(audio="SUQz")).media_type == "audio/mpeg"


def test_sound_that_is_no_base64_is_malformed() -> None:
    with pytest.raises(MalformedResponseError):
        decode(Operation.SPEECH, result(audio="S"))


def test_models_are_listed() -> None:
    _, encoded = encode(Operation.LIST_MODELS)
    listed = [{"id": "u-1", "name": FLUX, "task": {"name": "Text-to-Image"}}, {"name": "other"}]
    models = decode(Operation.LIST_MODELS, {"result": listed, "success": True})

    assert encoded.path == f"{BASE.removesuffix('/v1')}/models/search?per_page=1000"
    assert [(model.id, model.owned_by) for model in models] == [(FLUX, "black-forest-labs"), ("other", "")]
    assert models[0].model_extra["uuid"] == "u-1"


@pytest.mark.parametrize("operation", sorted(DIALECT.operations))
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"success": False, "errors": [{"code": 3040, "message": "m"}], "result": None}, OverloadedError),
        ({"success": False, "errors": [{"message": "m"}]}, ProviderError),
        ({}, MalformedResponseError),
        ([], MalformedResponseError),
        (b"<html>", MalformedResponseError),
    ],
)
def test_what_is_no_answer_is_an_error(operation: Operation, body: JSON, error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        decode(operation, body)


@pytest.mark.parametrize(
    ("status", "raw", "error"),
    [
        (400, b'{"errors":[{"code":5007,"message":"m"}]}', ModelNotFoundError),
        (429, b'{"errors":[{"code":3036,"message":"m"}]}', QuotaExhaustedError),
        (400, b'{"errors":[{"code":10000,"message":"m"}]}', AuthenticationError),
        (401, b'{"error":"m"}', AuthenticationError),
        (503, b"<html>", OverloadedError),
    ],
)
def test_errors_have_the_class_that_their_number_means(status: int, raw: bytes, error: type[AnyLLMError]) -> None:
    raised = DIALECT.decode_error(target(), HttpResponse(status, {"cf-ray": "r-1"}, raw))

    assert type(raised) is error
    assert raised.request_id == "r-1"
