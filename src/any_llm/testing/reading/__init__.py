"""An independent reading of vendors' answers, to check the dialects against.

Written from the vendors' references and the recordings, over parsed JSON, for whole bodies. It shares no code with the
dialects, so that one mistake is not made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from any_llm.testing.reading import cohere, ollama, stored
from any_llm.testing.reading.chat import read_chat
from any_llm.testing.reading.continued import read_continued
from any_llm.testing.reading.embeddings import read_embeddings
from any_llm.testing.reading.errors import malformed, read_failure
from any_llm.testing.reading.fields import fields, integer, parse
from any_llm.testing.reading.gemini import read_generated
from any_llm.testing.reading.google_errors import read_google_failure
from any_llm.testing.reading.google_media import (
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
from any_llm.testing.reading.responses import read_responses
from any_llm.testing.reading.values import Reading
from any_llm.testing.recordings import Recording

_GOOGLE_APIS: Mapping[str, Callable[[int, str, bytes], Reading]] = {
    "gemini.audio": read_sound,
    "gemini.batch": read_batch,
    "gemini.count_tokens": read_count,
    "gemini.embed": read_vectors,
    "gemini.files": read_file,
    "gemini.generate": read_generated,
    "gemini.interactions": read_interaction,
    "gemini.models": read_listed_models,
    "gemini.predict": read_predictions,
    "gemini.predict_long": read_operation,
}

_MORE_APIS: Mapping[str, Callable[[int, str, bytes], Reading]] = {
    "anthropic.batches": stored.read_message_batch,
    "anthropic.complete": read_continued,
    "anthropic.count_tokens": stored.read_count,
    "anthropic.files": stored.read_file,
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
    "anthropic.models",
    "openai.chat",
    "openai.embeddings",
    "openai.models",
    "openai.responses",
    *_GOOGLE_APIS,
    *_MORE_APIS,
)
_STREAMED_APIS: Mapping[str, Callable[[int, str, bytes], Reading]] = {
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
    dimensions = None
    if recording.api == "openai.embeddings" and request and request.body:
        dimensions = integer(fields(parse(request.body)).get("dimensions"))
    return read_answer(recording.api, response.status, response.content_type, response.body, dimensions=dimensions)


def read_answer(api: str, status: int, content_type: str, body: bytes, *, dimensions: int | None = None) -> Reading:
    """Read the answer of one of `APIS`, whatever its status; `dimensions` is what an embeddings request asked for.

    Raises:
        ValueError: there is no reading of this API.
    """
    if api not in APIS:
        raise ValueError(f"no reading of {api!r}: one of {', '.join(APIS)} is needed")
    if not 200 <= status < 300:
        failed = read_google_failure if api in _GOOGLE_APIS else read_failure
        return Reading(failure=failed(status, body))
    if not body.strip():
        return malformed(status, "an empty body")
    if api == "openai.embeddings":
        return read_embeddings(status, body, dimensions)
    read = _STREAMED_APIS.get(api) or _GOOGLE_APIS.get(api) or _MORE_APIS.get(api)
    return read(status, content_type, body) if read else read_models(status, body)
