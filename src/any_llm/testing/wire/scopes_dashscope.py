"""The recorded APIs of Ollama and of DashScope, as far as they are their own."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import RecordedRequest
from any_llm.testing.wire.scope import Scope
from any_llm.types.json import JSON, JSONObject

_GET = frozenset({"GET"})
_CROSSED = (Operation.MESSAGES, Operation.RESPONSES)
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


def _ollama(operation: Operation, route: str, **more: Any) -> Scope:  # noqa: ANN401  # the fields of a scope
    return Scope(operation=operation, dialect="ollama", routes=(route,), means=mean_said, **more)


DASHSCOPE_SCOPES: Mapping[str, Scope] = {
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
