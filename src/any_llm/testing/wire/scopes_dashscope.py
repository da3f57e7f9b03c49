"""The recorded APIs of Ollama and of DashScope, as far as they are their own."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import RecordedRequest
from any_llm.testing.wire.scope import Scope
from any_llm.types.json import JSON, JSONObject

_GET = frozenset({"GET"})
_CROSSED = (Operation.MESSAGES, Operation.RESPONSES)
_WRITTEN = frozenset({"incremental_output", "result_format", "stream"})
"""Parameters that say how an answer is written, which this library decides."""

_MADE_UP = "made-up-"
_PLACED = frozenset({"temperature", "seed", "top_p", "stop"})
"""Settings that some programs put beside `options`, where a server does not read them."""


def say_chat(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a chat's body means as arguments of `completion`, where a result must say whose it is.

    A body may leave it to the order of the results.
    """
    told: JSONObject = copy.deepcopy(_bare(body))
    unanswered: list[str] = []
    for number, turn in enumerate(told["messages"]):
        for index, call in enumerate(turn.get("tool_calls") or ()):
            call.setdefault("id", f"{_MADE_UP}{number}-{index}")
            unanswered.append(call["id"])
        if turn["role"] == "tool" and "tool_call_id" not in turn:
            turn["tool_call_id"] = unanswered.pop(0) if unanswered else _MADE_UP
    return told


def say_text(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `text_completion`."""
    return _bare(body)


def say_embedding(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what an embedding's body means as arguments of `embedding`."""
    told = _bare(body)
    return {"inputs": told.pop("input", None) or told.pop("prompt", ""), **told}


def say_shown(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return which model is asked about."""
    return {"model": body.get("model") or body["name"]}


def say_pull(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return which model is to be fetched."""
    return {name: value for name, value in body.items() if name != "stream"}


def mean_said(body: JSONObject) -> JSONObject:
    """Return a body without what says nothing, each setting among the options, and a model's name by its newer name."""
    told = _bare(body)
    settings = {name: told.pop(name) for name in _PLACED & told.keys()}
    options: JSONObject = {**settings, **told.pop("options", {})}
    if "name" in told and "model" not in told:
        told["model"] = told.pop("name")
    messages: list[JSONObject] = [_mean_turn(turn) for turn in told.pop("messages", ())]
    return told | ({"options": options} if options else {}) | ({"messages": messages} if messages else {})


def _mean_turn(turn: JSONObject) -> JSONObject:
    """Return a message without what says nothing: an empty text, the kind of a call, of which there is only one, ids.

    Whose result it is, servers read from the name of the tool and the order of the results.
    """
    kept = {name: value for name, value in turn.items() if value not in ("", None, []) and name != "tool_call_id"}
    if "tool_calls" in kept:
        kept["tool_calls"] = [
            {name: held for name, held in call.items() if name not in {"id", "type"}} for call in kept["tool_calls"]
        ]
    return kept


def _bare(body: Mapping[str, JSON]) -> JSONObject:
    """Return members that say something; no word about streaming is no stream, as it is here."""
    return {
        name: value
        for name, value in body.items()
        if value not in (None, "", [], {}) and (name, value) != ("stream", False)
    }


def say_native_chat(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `completion`, or a prompt as those of `text_completion`."""
    tools = body["parameters"].get("tools", ())
    if any(isinstance(tool["function"].get("parameters"), list) for tool in tools):
        raise ValueError("the parameters of a recorded tool are no JSON schema")
    parameters = {name: value for name, value in body["parameters"].items() if name not in _WRITTEN}
    turns: list[JSONObject] = [_public_turn(turn) for turn in body["input"].get("messages", ())]
    given = {"messages": turns} if turns else {"prompt": body["input"]["prompt"]}
    streamed = {"stream": True} if "x-dashscope-sse" in request.headers else {}
    return {"model": body["model"], **given, **parameters, **streamed}


def _public_turn(turn: JSONObject) -> JSONObject:
    """Return a message whose parts have types, and that says whose result it is where a program put that elsewhere."""
    if isinstance(turn.get("content"), list):
        return {
            **turn,
            "content": [{"type": "text", **part} if set(part) == {"text"} else part for part in turn["content"]],
        }
    if turn["role"] != "tool" or "tool_call_id" in turn:
        return turn
    return {"role": "tool", "content": turn["content"], "tool_call_id": turn["id"], "name": turn.get("name")}


def mean_native(body: JSONObject) -> JSONObject:
    """Return a body without what the head of the request says too, or is so anyway."""
    told = dict(body)
    told["parameters"] = {
        name: value for name, value in body.get("parameters", {}).items() if name not in _WRITTEN and value != ""
    }
    turns: list[JSONObject] = [_public_turn(turn) for turn in body["input"].get("messages", ())]
    if turns:
        told["input"] = {"messages": [_said(turn) for turn in turns]}
    return told


def _said(turn: JSONObject) -> JSONObject:
    return {name: value for name, value in turn.items() if value not in ("", None)}


def say_native_embedding(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `embedding`."""
    return {"model": body["model"], "inputs": body["input"]["texts"], **body["parameters"]}


def say_native_ranking(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `rerank`."""
    return {"model": body["model"], **body["input"], **body["parameters"]}


def say_native_video(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `video_generation`."""
    return {"model": body["model"], **body["input"], **body["parameters"]}


def say_task(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which task is asked about."""
    return {"video_id": urlsplit(request.url).path.rpartition("/")[2]}


def say_submission(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return the request that makes a task: of images this one alone was recorded, not how they came about."""
    return {"method": "POST", "path": urlsplit(request.url).path.removeprefix("/api/v1"), "body": body}


def _native(operation: Operation, route: str, **more: Any) -> Scope:  # noqa: ANN401  # the fields of a scope
    return Scope(operation=operation, dialect="dashscope", routes=(route,), means=mean_native, **more)


def _ollama(operation: Operation, route: str, **more: Any) -> Scope:  # noqa: ANN401  # the fields of a scope
    return Scope(operation=operation, dialect="ollama", routes=(route,), means=mean_said, **more)


_TEXTS = "/services/aigc/text-generation/generation"

DASHSCOPE_SCOPES: Mapping[str, Scope] = {
    "dashscope.aigc_multimodal-generation_generation": _native(
        Operation.COMPLETION,
        "/services/aigc/multimodal-generation/generation",
        say=say_native_chat,
        crossed=_CROSSED,
    ),
    "dashscope.aigc_text-generation_generation": _native(
        Operation.COMPLETION,
        _TEXTS,
        say=say_native_chat,
        crossed=_CROSSED,
        shown=(b'"messages"', b'"choices"'),
        others=(_native(Operation.TEXT_COMPLETION, _TEXTS, say=say_native_chat),),
    ),
    "dashscope.aigc_text2image_image-synthesis": Scope(
        operation=Operation.REQUEST,
        dialect="dashscope",
        routes=("/services/aigc/text2image/image-synthesis",),
        say=say_submission,
    ),
    "dashscope.aigc_video-generation_video-synthesis": _native(
        Operation.VIDEO_GENERATION, "/services/aigc/video-generation/video-synthesis", say=say_native_video
    ),
    "dashscope.embeddings_text-embedding_text-embedding": _native(
        Operation.EMBEDDING, "/services/embeddings/text-embedding/text-embedding", say=say_native_embedding
    ),
    "dashscope.rerank_text-rerank_text-rerank": _native(
        Operation.RERANK, "/services/rerank/text-rerank/text-rerank", say=say_native_ranking
    ),
    "dashscope.tasks": Scope(
        operation=Operation.RETRIEVE_VIDEO,
        dialect="dashscope",
        routes=("/tasks/{task}",),
        methods=_GET,
        say=say_task,
    ),
    "ollama.chat": _ollama(Operation.COMPLETION, "/api/chat", say=say_chat, crossed=_CROSSED),
    "ollama.embed": _ollama(Operation.EMBEDDING, "/api/embed", say=say_embedding),
    "ollama.embeddings": _ollama(
        Operation.EMBEDDING, "/api/embeddings", say=say_embedding, paths={"embedding": "/api/embeddings"}
    ),
    "ollama.generate": _ollama(Operation.TEXT_COMPLETION, "/api/generate", say=say_text),
    "ollama.pull": _ollama(Operation.PULL_MODEL, "/api/pull", say=say_pull),
    "ollama.show": _ollama(Operation.RETRIEVE_MODEL, "/api/show", say=say_shown),
    "ollama.tags": _ollama(Operation.LIST_MODELS, "/api/tags", methods=_GET),
}
"""The scopes, by the recorded API."""
