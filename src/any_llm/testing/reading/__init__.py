"""An independent reading of vendors' answers, to check the dialects against.

Written from the vendors' references and the recordings, over parsed JSON, for whole bodies. It shares no code with the
dialects, so that one mistake is not made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from any_llm.testing.reading import cohere, dashscope, ollama, stored
from any_llm.testing.reading.chat import read_chat
from any_llm.testing.reading.clouds import CLOUD_APIS, asked_model, read_of_cloud
from any_llm.testing.reading.continued import read_continued
from any_llm.testing.reading.embeddings import read_embeddings
from any_llm.testing.reading.errors import malformed, read_failure
from any_llm.testing.reading.fields import fields, integer, parse
from any_llm.testing.reading.gemini import read_generated
from any_llm.testing.reading.google_errors import read_google_failure
from any_llm.testing.reading.google_media import (
    read_anything,
    read_batch,
    read_count,
    read_file,
    read_listed_models,
    read_operation,
    read_predictions,
    read_sound,
    read_vectors,
)
from any_llm.testing.reading.interactions import read_interaction
from any_llm.testing.reading.messages import read_messages
from any_llm.testing.reading.models import read_models
from any_llm.testing.reading.openai_media import OPENAI_APIS, failure_in, read_plainly
from any_llm.testing.reading.responses import read_responses
from any_llm.testing.reading.speech import SPEECH_APIS
from any_llm.testing.reading.values import Reading
from any_llm.testing.recordings import Recording

_GOOGLE_APIS: Mapping[str, Callable[[int, str, bytes], Reading]] = {
    "gemini.audio": read_sound,
    "gemini.batch": read_batch,
    "gemini.cache": read_anything,
    "gemini.count_tokens": read_count,
    "gemini.download": read_anything,
    "gemini.embed": read_vectors,
    "gemini.files": read_file,
    "gemini.generate": read_generated,
    "gemini.interactions": read_interaction,
    "gemini.models": read_listed_models,
    "gemini.other": read_anything,
    "gemini.predict": read_predictions,
    "gemini.predict_long": read_operation,
    "gemini.uploadToFileSearchStore": read_anything,
}

_MORE_APIS: Mapping[str, Callable[[int, str, bytes], Reading]] = {
    "anthropic.batches": stored.read_message_batch,
    "anthropic.complete": read_continued,
    "anthropic.count_tokens": stored.read_count,
    "anthropic.files": stored.read_file,
    "anthropic.models": stored.read_known_models,
    "anthropic.other": read_chat,
    "cohere.v1.chat": cohere.read_chat_v1,
    "cohere.v1.embed": cohere.read_vectors,
    "cohere.v1.generate": cohere.read_generated_v1,
    "cohere.v1.models": cohere.read_one_model,
    "cohere.v1.rerank": cohere.read_ranking,
    "cohere.v1.tokenize": stored.read_count,
    "cohere.v2.chat": cohere.read_chat_v2,
    "cohere.v2.embed": cohere.read_vectors,
    "cohere.v2.rerank": cohere.read_ranking,
    "mistral.agents": read_chat,
    "mistral.audio": stored.read_heard,
    "mistral.fim": read_chat,
    "mistral.moderations": stored.read_judgements,
    "mistral.ocr": stored.read_pages,
    "mistral.other": stored.read_mistral_other,
    "dashscope.aigc_multimodal-generation_generation": dashscope.read_chat,
    "dashscope.aigc_text-generation_generation": dashscope.read_chat,
    "dashscope.aigc_text2image_image-synthesis": dashscope.read_whole,
    "dashscope.aigc_video-generation_video-synthesis": dashscope.read_task,
    "dashscope.embeddings_text-embedding_text-embedding": dashscope.read_vectors,
    "dashscope.rerank_text-rerank_text-rerank": dashscope.read_ranking,
    "dashscope.tasks": dashscope.read_task,
    "ollama.chat": ollama.read_chat,
    "ollama.embed": ollama.read_vectors,
    "ollama.embeddings": ollama.read_vectors,
    "ollama.generate": ollama.read_generated,
    "ollama.pull": ollama.read_progress,
    "ollama.show": ollama.read_model,
    "ollama.tags": ollama.read_listed,
    "voyage.embeddings": cohere.read_vectors,
    "voyage.rerank": cohere.read_ranking,
}

APIS = (
    "anthropic.messages",
    "openai.chat",
    "openai.embeddings",
    "openai.responses",
    *OPENAI_APIS,
    *_GOOGLE_APIS,
    *_MORE_APIS,
    *CLOUD_APIS,
    *SPEECH_APIS,
)
_MAYBE_EMPTY = frozenset({"openai.batches", "replicate.files"})
_READINGS: Mapping[str, Callable[[int, str, bytes], Reading]] = {
    **_GOOGLE_APIS,
    **_MORE_APIS,
    **OPENAI_APIS,
    **SPEECH_APIS,
    "anthropic.messages": read_messages,
    "openai.chat": read_chat,
    "openai.responses": read_responses,
}


def read_answer_of(recording: Recording) -> Reading:
    """Read a recording's answer, whatever its status.

    Raises:
        ValueError: there is no reading of the recording's API.
    """
    response, request = recording.response, recording.request
    if recording.api in CLOUD_APIS:
        model = asked_model(request.url, recording.model) if request else recording.model or "model"
        return read_of_cloud(recording.api, response.status, response.headers, response.body, model=model)
    dimensions = None
    if recording.api == "openai.embeddings" and request and request.body:
        dimensions = integer(fields(parse(request.body)).get("dimensions"))
    read = read_answer(recording.api, response.status, response.content_type, response.body, dimensions=dimensions)
    if recording.api == "openai.videos" and request and request.method == "GET" and not read.facts.get("id"):
        # Some vendors do not repeat what they were asked about.
        asked = urlsplit(request.url).path.rpartition("/")[2]
        return msgspec.structs.replace(read, facts={**read.facts, "id": asked})
    if recording.api == "openai.batches" and request and b'"name"' in request.body:
        # One that requests are added to is created empty, which is only the first step of an operation.
        return read_plainly(response.status, response.content_type, response.body)
    if recording.api == "replicate.predictions" and request and request.url.endswith("/cancel"):
        # Cancelling has no operation of its own.
        return read_plainly(response.status, response.content_type, response.body)
    return read


def read_answer(api: str, status: int, content_type: str, body: bytes, *, dimensions: int | None = None) -> Reading:
    """Read the answer of one of `APIS`, whatever its status; `dimensions` is what an embeddings request asked for.

    Raises:
        ValueError: there is no reading of this API.
    """
    if api not in APIS:
        raise ValueError(f"no reading of {api!r}: one of {', '.join(APIS)} is needed")
    if api in CLOUD_APIS:
        return read_of_cloud(api, status, {"content-type": content_type}, body)
    if 300 <= status < 400:
        return malformed(status, "a redirect")
    if not 200 <= status < 300:
        failed = read_google_failure if api in _GOOGLE_APIS else read_failure
        return Reading(failure=failed(status, body))
    if api == "openai.embeddings":
        return read_embeddings(status, body, dimensions) if body.strip() else malformed(status, "an empty body")
    return _read_success(api, status, content_type, body)


def _read_success(api: str, status: int, content_type: str, body: bytes) -> Reading:
    if not body.strip():
        return Reading(facts={"json": None}) if api in _MAYBE_EMPTY else malformed(status, "an empty body")
    read = _READINGS.get(api)
    failure = failure_in(status, body) if api in OPENAI_APIS else None
    if failure is not None:
        return Reading(failure=failure)
    try:
        return read_models(status, body) if read is None else read(status, content_type, body)
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")
