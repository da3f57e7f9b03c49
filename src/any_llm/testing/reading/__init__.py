"""An independent reading of vendors' answers, to check the dialects against.

Written from the vendors' references and the recordings, over parsed JSON, for whole bodies. It shares no code with the
dialects, so that one mistake is not made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from any_llm.testing.reading.chat import read_chat
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
from any_llm.testing.reading.openai_media import OPENAI_APIS, failure_in
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

APIS = (
    "anthropic.messages",
    "anthropic.models",
    "openai.chat",
    "openai.embeddings",
    "openai.responses",
    *OPENAI_APIS,
    *_GOOGLE_APIS,
)
_MAYBE_EMPTY = frozenset({"openai.batches"})
_READINGS: Mapping[str, Callable[[int, str, bytes], Reading]] = {
    **_GOOGLE_APIS,
    **OPENAI_APIS,
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
    read = read_answer(recording.api, response.status, response.content_type, response.body, dimensions=dimensions)
    if recording.api == "openai.videos" and request and request.method == "GET" and not read.facts.get("id"):
        # Some vendors do not repeat what they were asked about.
        asked = urlsplit(request.url).path.rpartition("/")[2]
        return msgspec.structs.replace(read, facts={**read.facts, "id": asked})
    return read


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
