"""The recorded APIs of Cohere and Voyage AI, and those of Anthropic and Mistral beside chats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import RecordedRequest
from any_llm.testing.wire.scope import Scope
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_GET, _DELETE = frozenset({"GET"}), frozenset({"DELETE"})
_ENDED = b'{"id": "batch", "type": "message_batch", "processing_status": "ended"}'
_V1_ROLES: Mapping[str, str] = {"SYSTEM": "system", "USER": "user", "CHATBOT": "assistant"}


def _segment(request: RecordedRequest, after: str) -> str:
    return urlsplit(request.url).path.partition(f"/{after}/")[2].partition("/")[0]


def say_batch(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which of Anthropic's batches is asked about."""
    return {"batch_id": _segment(request, "batches")}


def say_job(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which of Mistral's jobs is asked about."""
    return {"batch_id": _segment(request, "jobs")}


def say_file(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which file is asked about."""
    return {"file_id": _segment(request, "files")}


def say_model(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which model is asked about."""
    return {"model": _segment(request, "models")}


def say_upload(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Say that forms are not said again: their files were shortened when they were recorded."""
    raise ValueError(f"the file of the form to {urlsplit(request.url).path} was shortened when it was recorded")


def say_nothing(_body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return the arguments of a question that has none but those in its URL."""
    return {}


def say_jobs(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `create_batch`; its requests may be in a file."""
    if "requests" not in body:
        raise ValueError(f"the requests of {urlsplit(request.url).path} are in a file")
    return dict(body)


def say_request(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return a request that has no operation of its own."""
    said = {"body": body} if body else {}
    return {"method": request.method, "path": urlsplit(request.url).path, **said}


def say_v1_chat(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a chat of version 1 means as arguments of `completion`."""
    told = mean_v1_chat(body)
    history: list[JSONObject] = told.pop("chat_history", [])
    turns = [{"role": _V1_ROLES[turn["role"]], "content": turn["message"]} for turn in history]
    turns.append({"role": "user", "content": told.pop("message")})
    return {"model": _named(told), "messages": turns, **told}


def mean_v1_chat(body: JSONObject) -> JSONObject:
    """Return a chat of version 1 without what says nothing, its roles in capitals."""
    told: JSONObject = _bare(body)
    for turn in told.get("chat_history", []):
        turn["role"] = turn["role"].upper()
    return told


def say_v2_chat(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a chat of version 2 means as arguments of `completion`."""
    return {"model": _named(body), **_bare(body)}


def mean_v2_chat(body: JSONObject) -> JSONObject:
    """Return a chat of version 2 without what says nothing, and with a schema in its one place."""
    told: JSONObject = _bare(body)
    form: JSONObject = told.get("response_format") or {}
    schema: JSON = form.get("json_schema", form.get("schema"))
    return told | ({"response_format": {"type": "json_object", "json_schema": schema}} if schema else {})


def say_embedding(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `embedding`."""
    told: JSONObject = _bare(body)
    images = [{"type": "image_url", "image_url": url} for url in told.pop("images", [])]
    return {"model": _named(told), "inputs": told.pop("texts", None) or told.pop("inputs", None) or images, **told}


def mean_embedding(body: JSONObject) -> JSONObject:
    """Return a body without what says nothing, and with what goes without saying."""
    return {"embedding_types": ["float"], **_bare(body)}


def say_ranking(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `rerank`."""
    return {"model": _named(body), **_bare(body)}


def mean_ranking(body: JSONObject) -> JSONObject:
    """Return a body without what says nothing, its documents as texts."""
    told: JSONObject = _bare(body)
    documents = [one["text"] if is_object(one) and set(one) == {"text"} else one for one in told["documents"]]
    return {**told, "documents": documents}


def say_text(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `text_completion`."""
    return {"model": _named(body), **_bare(body)}


def say_tokens(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `count_tokens`."""
    return {"model": body["model"], "messages": body["text"]}


def _named(body: JSONObject) -> str:
    model = body.get("model")
    if not model:
        raise ValueError("the recorded body names no model")
    return str(model)


def _bare(value: JSON) -> Any:  # noqa: ANN401  # as JSON is
    """Return a tree without nulls, empty lists and the word for no stream."""
    if is_object(value):
        kept = {name: _bare(held) for name, held in value.items() if held is not None and held != []}
        return {name: held for name, held in kept.items() if (name, held) != ("stream", False)}
    return [_bare(held) for held in value] if is_list(value) else value


def _anthropic(operation: Operation, *routes: str, **more: Any) -> Scope:  # noqa: ANN401  # the fields of a scope
    return Scope(operation=operation, dialect="anthropic", auth="x-api-key", routes=routes, **more)


def _mistral(operation: Operation, *routes: str, **more: Any) -> Scope:  # noqa: ANN401  # the fields of a scope
    return Scope(operation=operation, dialect="mistral", routes=routes, **more)


def _cohere(operation: Operation, route: str, **more: Any) -> Scope:  # noqa: ANN401  # the fields of a scope
    return Scope(operation=operation, dialect="cohere", routes=(route,), **more)


_BATCH = "/v1/messages/batches/{batch}"
_FILE = "/v1/files/{file}"
_CROSSED = (Operation.MESSAGES, Operation.RESPONSES)

ANTHROPICX_SCOPES: Mapping[str, Scope] = {
    "anthropic.batches": _anthropic(
        Operation.CREATE_BATCH,
        "/v1/messages/batches",
        needed=("requests",),
        others=(
            _anthropic(
                Operation.RETRIEVE_BATCH_RESULTS, f"{_BATCH}/results", methods=_GET, say=say_batch, earlier=(_ENDED,)
            ),
            _anthropic(Operation.CANCEL_BATCH, f"{_BATCH}/cancel", say=say_batch),
            _anthropic(Operation.LIST_BATCHES, "/v1/messages/batches", methods=_GET, say=say_nothing),
            _anthropic(Operation.RETRIEVE_BATCH, _BATCH, methods=_GET, say=say_batch),
        ),
    ),
    "anthropic.complete": _anthropic(Operation.TEXT_COMPLETION, "/v1/complete", needed=("prompt",)),
    "anthropic.count_tokens": _anthropic(Operation.COUNT_TOKENS, "/v1/messages/count_tokens", needed=("messages",)),
    "anthropic.files": _anthropic(
        Operation.UPLOAD_FILE,
        "/v1/files",
        say=say_upload,
        others=(
            _anthropic(Operation.DELETE_FILE, _FILE, methods=_DELETE, say=say_file),
            _anthropic(Operation.DOWNLOAD_FILE, f"{_FILE}/content", methods=_GET, say=say_file),
            _anthropic(Operation.LIST_FILES, "/v1/files", methods=_GET, say=say_nothing),
            _anthropic(Operation.RETRIEVE_FILE, _FILE, methods=_GET, say=say_file),
        ),
    ),
    "anthropic.other": Scope(
        operation=Operation.COMPLETION,
        dialect="openai",
        routes=("/chat/completions",),
        needed=("messages",),
        crossed=_CROSSED,
    ),
    "mistral.agents": Scope(
        operation=Operation.COMPLETION,
        dialect="openai",
        routes=("/agents/completions",),
        arguments={"agent_id": "model"},
        needed=("messages", "agent_id"),
        crossed=_CROSSED,
    ),
    "mistral.audio": _mistral(Operation.TRANSCRIPTION, "/audio/transcriptions", say=say_upload),
    "mistral.fim": _mistral(Operation.TEXT_COMPLETION, "/fim/completions", needed=("prompt",)),
    "mistral.moderations": _mistral(Operation.MODERATION, "/moderations", "/chat/moderations", needed=("input",)),
    "mistral.ocr": _mistral(Operation.OCR, "/ocr", needed=("document",)),
    "mistral.other": _mistral(
        Operation.CREATE_BATCH,
        "/batch/jobs",
        say=say_jobs,
        shown=b'"object":"batch"',
        others=(
            _mistral(Operation.LIST_BATCHES, "/batch/jobs", methods=_GET, say=say_nothing),
            _mistral(Operation.CANCEL_BATCH, "/batch/jobs/{job}/cancel", say=say_job),
            _mistral(Operation.RETRIEVE_BATCH, "/batch/jobs/{job}", methods=_GET, say=say_job),
            Scope(
                operation=Operation.REQUEST,
                dialect="openai",
                routes=("/v1/{a}", "/v1/{a}/{b}", "/v1/{a}/{b}/{c}", "/v1/{a}/{b}/{c}/{d}"),
                methods=frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"}),
                say=say_request,
            ),
        ),
    ),
    "cohere.v1.chat": _cohere(Operation.COMPLETION, "/chat", say=say_v1_chat, means=mean_v1_chat, crossed=_CROSSED),
    "cohere.v1.embed": _cohere(Operation.EMBEDDING, "/embed", say=say_embedding, means=mean_embedding),
    "cohere.v1.generate": _cohere(Operation.TEXT_COMPLETION, "/generate", say=say_text, means=_bare),
    "cohere.v1.models": _cohere(
        Operation.LIST_MODELS,
        "/v1/models",
        methods=_GET,
        others=(_cohere(Operation.RETRIEVE_MODEL, "/v1/models/{model}", methods=_GET, say=say_model),),
    ),
    "cohere.v1.rerank": _cohere(Operation.RERANK, "/rerank", say=say_ranking, means=mean_ranking),
    "cohere.v1.tokenize": _cohere(Operation.COUNT_TOKENS, "/v1/tokenize", say=say_tokens),
    "cohere.v2.chat": _cohere(Operation.COMPLETION, "/v2/chat", say=say_v2_chat, means=mean_v2_chat, crossed=_CROSSED),
    "cohere.v2.embed": _cohere(Operation.EMBEDDING, "/v2/embed", say=say_embedding, means=mean_embedding),
    "cohere.v2.rerank": _cohere(Operation.RERANK, "/v2/rerank", say=say_ranking, means=mean_ranking),
    "voyage.embeddings": Scope(
        operation=Operation.EMBEDDING,
        dialect="voyage",
        routes=("/embeddings",),
        arguments={"input": "inputs"},
        needed=("input",),
        others=(
            Scope(
                operation=Operation.EMBEDDING,
                dialect="voyage",
                routes=("/contextualizedembeddings", "/multimodalembeddings"),
                needed=("inputs",),
            ),
        ),
    ),
    "voyage.rerank": Scope(
        operation=Operation.RERANK,
        dialect="voyage",
        routes=("/rerank",),
        arguments={"top_k": "top_n"},
        needed=("query", "documents"),
    ),
}
"""The scopes, by the recorded API."""
