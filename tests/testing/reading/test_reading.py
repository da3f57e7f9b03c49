from __future__ import annotations

import json
from pathlib import Path

import pytest

from any_llm.testing.reading import APIS, read_answer, read_answer_of
from any_llm.testing.reading.openai_media import OPENAI_APIS
from any_llm.testing.reading.values import Choice, Reading
from any_llm.testing.recordings import parse_recording

BODIES = {
    "aleph-alpha.complete": b'{"completions": [{"completion": "a"}]}',
    "anthropic.batches": b'{"id": "b", "processing_status": "ended"}',
    "anthropic.complete": b'{"completion": "a"}',
    "anthropic.count_tokens": b'{"input_tokens": 1}',
    "anthropic.files": b'{"id": "f"}',
    "anthropic.messages": b'{"content": []}',
    "anthropic.models": b'{"data": []}',
    "anthropic.other": b'{"choices": []}',
    "assemblyai.transcript": b'{"status": "completed", "text": "a"}',
    "bedrock.converse": b'{"output": {"message": {"content": [{"text": "a"}]}}, "stopReason": "end_turn"}',
    "bedrock.count_tokens": b'{"inputTokens": 1}',
    "bedrock.invoke": b'{"completion": "a"}',
    "bedrock.other": b'{"action": "NONE"}',
    "bedrock.rerank": b'{"results": [{"index": 0, "relevanceScore": 1}]}',
    "cartesia.tts": b'{"text": "a"}',
    "cohere.v1.chat": b'{"text": "a"}',
    "cohere.v1.embed": b'{"embeddings": [[1]]}',
    "cohere.v1.generate": b'{"generations": [{"text": "a"}]}',
    "cohere.v1.models": b'{"name": "m", "endpoints": []}',
    "cohere.v1.rerank": b'{"results": [{"index": 0, "relevance_score": 1}]}',
    "cohere.v1.tokenize": b'{"tokens": [1]}',
    "cohere.v2.chat": b'{"message": {"content": []}}',
    "cohere.v2.embed": b'{"embeddings": {"float": [[1]]}}',
    "cohere.v2.rerank": b'{"results": [{"index": 0, "relevance_score": 1}]}',
    "deepgram.listen": b'{"results": {"channels": [{"alternatives": [{"transcript": "a"}]}]}}',
    "deepgram.speak": b"{}",
    "elevenlabs.audio": b'{"text": "a"}',
    "elevenlabs.stt": b'{"text": "a"}',
    "fal.run": b'{"images": []}',
    "dashscope.aigc_multimodal-generation_generation": b'{"output": {"choices": [{"message": {"content": []}}]}}',
    "dashscope.aigc_text-generation_generation": b'{"output": {"text": "a"}}',
    "dashscope.aigc_text2image_image-synthesis": b'{"output": {"task_id": "t"}}',
    "dashscope.aigc_video-generation_video-synthesis": b'{"output": {"task_id": "t"}}',
    "dashscope.embeddings_text-embedding_text-embedding": b'{"output": {"embeddings": [{"embedding": [1]}]}}',
    "dashscope.rerank_text-rerank_text-rerank": b'{"output": {"results": []}}',
    "dashscope.tasks": b'{"output": {"task_id": "t"}}',
    "gemini.audio": b'{"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "audio/wav"}}]}}]}',
    "gemini.batch": b'{"name": "batches/1"}',
    "gemini.cache": b"{}",
    "gemini.count_tokens": b'{"totalTokens": 1}',
    "gemini.download": b"{}",
    "gemini.embed": b'{"embedding": {"values": [1]}}',
    "gemini.files": b'{"name": "files/1"}',
    "gemini.generate": b'{"candidates": [{"finishReason": "STOP"}]}',
    "gemini.interactions": b'{"status": "completed"}',
    "gemini.models": b'{"models": [{"name": "models/a"}]}',
    "gemini.other": b"{}",
    "gemini.predict": b'{"predictions": [{"gcsUri": "gs://a"}]}',
    "gemini.predict_long": b'{"name": "operations/1"}',
    "gemini.uploadToFileSearchStore": b"{}",
    "gladia.transcript": b'{"id": "a"}',
    "huggingface.inference": b"[1.0]",
    "mistral.agents": b'{"choices": []}',
    "mistral.audio": b'{"text": "a"}',
    "mistral.fim": b'{"choices": []}',
    "mistral.moderations": b'{"results": []}',
    "mistral.ocr": b'{"pages": []}',
    "mistral.other": b'{"id": "a"}',
    **dict.fromkeys(OPENAI_APIS, b'{"data": []}'),
    "ollama.chat": b'{"message": {"content": "a"}}',
    "ollama.embed": b'{"embeddings": [[1]]}',
    "ollama.embeddings": b'{"embedding": [1]}',
    "ollama.generate": b'{"response": "a"}',
    "ollama.pull": b'{"status": "success"}',
    "ollama.show": b'{"details": {}}',
    "ollama.tags": b'{"models": []}',
    "openai.chat": b'{"choices": []}',
    "openai.embeddings": b'{"data": [{"index": 0, "embedding": [1]}]}',
    "openai.models": b'{"data": []}',
    "openai.responses": b'{"output": []}',
    "openai.responses.compact": b'{"output": []}',
    "replicate.collections": b'{"results": []}',
    "replicate.files": b'{"results": []}',
    "replicate.hardware": b"[]",
    "replicate.models": b'{"results": []}',
    "replicate.predictions": b'{"id": "p", "status": "starting"}',
    "replicate.trainings": b'{"id": "t"}',
    "revai.transcript": b'{"monologues": []}',
    "sagemaker.invoke": b'[{"generated_text": "a"}]',
    "voyage.embeddings": b'{"data": [{"embedding": [1]}]}',
    "voyage.rerank": b'{"data": [{"index": 0, "relevance_score": 1}]}',
    "watsonx.foundation_model_specs": b'{"resources": [{"model_id": "a"}]}',
    "watsonx.instances": b'{"entity": {}}',
    "watsonx.text": b'{"results": [{"generated_text": "a"}]}',
    "watsonx.text_stream": b'{"results": [{"generated_text": "a"}]}',
}


@pytest.mark.parametrize("api", APIS)
def test_every_api_has_its_reading(api: str) -> None:
    assert read_answer(api, 200, "application/json", BODIES[api]).failure is None


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("status", "error"), [(200, "MalformedResponseError"), (401, "AuthenticationError")])
def test_an_empty_body_is_a_failure(api: str, status: int, error: str) -> None:
    failure = read_answer(api, status, "", b" \n").failure
    if (api, status) in {("openai.batches", 200), ("replicate.files", 200)}:
        # Requests that are added to a batch are answered with nothing, and so is the deletion of a file.
        assert failure is None
        return
    assert failure is not None
    assert failure.error == error


def test_an_api_without_a_reading_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no reading of 'acme\.chat"):
        read_answer("acme.chat", 200, "", b"")


@pytest.mark.parametrize("request_body", [None, {"method": "POST", "url": "u", "headers": {}, "body": None}])
def test_a_recording_is_read_without_its_request(request_body: object) -> None:
    content = {
        "id": "acme.openai.embeddings.basic.1",
        "provider": "acme",
        "api": "openai.embeddings",
        "request": request_body,
        "response": {"status": 200, "headers": {}, "body": {"data": [{"index": 0, "embedding": [1]}]}},
    }
    recording = parse_recording(json.dumps(content).encode(), Path("one.json"))
    assert read_answer_of(recording).embeddings == ((1.0,),)


def test_the_request_tells_how_vectors_are_packed() -> None:
    content = {
        "id": "acme.openai.embeddings.dimensions.1",
        "provider": "acme",
        "api": "openai.embeddings",
        "request": {"method": "POST", "url": "u", "headers": {}, "body": {"dimensions": 4}},
        "response": {"status": 200, "headers": {}, "body": {"data": [{"index": 0, "embedding": "Af9/gA=="}]}},
    }
    recording = parse_recording(json.dumps(content).encode(), Path("one.json"))
    assert read_answer_of(recording).embeddings == ((1.0, -1.0, 127.0, -128.0),)


def test_an_empty_reading_has_an_empty_first_choice() -> None:
    reading = Reading()
    assert (reading.first, reading.id, reading.model) == (Choice(), None, None)
