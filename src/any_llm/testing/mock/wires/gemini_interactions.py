"""Google's Interactions: https://ai.google.dev/api/interactions-api.

An interaction is kept unless `store` is false, so that a later one can go on from it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.answer import Answer, Failure
from any_llm.testing.mock.asked import Asked, Tool, Turn
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.gemini_asked import plain_schema
from any_llm.testing.mock.wires.gemini_interaction_steps import interaction_object, pieces_of
from any_llm.testing.mock.wires.google_words import (
    claims,
    encode,
    group,
    head,
    keyed,
    keyed_read,
    listed,
    refuse,
    whole,
)
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_CODES: Mapping[int, str] = {
    400: "invalid_request",
    401: "authentication_error",
    403: "permission_denied",
    404: "not_found",
    429: "rate_limit_exceeded",
    503: "unavailable",
    504: "deadline_exceeded",
}
_KINDS: Mapping[str, str] = {"user_input": "user", "model_output": "assistant", "user": "user", "model": "assistant"}


class Kept(msgspec.Struct, frozen=True):
    """An interaction that is kept: what was said in it, and what was answered."""

    object: JSONObject
    turns: tuple[Turn, ...]


def _kept(context: Context) -> Room[Kept]:
    return context.shelf.room("gemini.interactions", Kept)


def _read(request: MockRequest) -> Asked:
    body = request.object
    model = body.get("model") or body.get("agent")
    if not isinstance(model, str):
        raise refuse("Either 'model' or 'agent' must be specified.")
    if body.get("input") in (None, "", []):
        raise refuse("'input' must be specified.")
    config = group(body, "generation_config")
    choice, allowed = _choice(config.get("tool_choice"))
    system = body.get("system_instruction")
    tools = tuple(tool for tool in _tools(body) if not allowed or tool.name in allowed)
    return Asked(
        model=model,
        stream=body.get("stream") is True,
        turns=(*((Turn("system", system),) if isinstance(system, str) else ()), *_turns(body["input"])),
        tools=tools,
        tool_choice=allowed[0] if choice == "required" and len(allowed) == 1 else choice,
        schema=_schema(body.get("response_format")),
        max_tokens=config.get("max_output_tokens"),
        stop=tuple(config.get("stop_sequences") or ()),
        reasoning=config.get("thinking_summaries") == "auto",
        usage=True,
        options={
            "previous": body.get("previous_interaction_id"),
            "store": body.get("store") is not False,
            "background": body.get("background") is True,
        },
    )


def _turns(given: JSON) -> list[Turn]:
    if isinstance(given, str):
        return [Turn("user", given)]
    items: list[JSON] = given if is_list(given) else [given]
    turns: list[Turn] = []
    spoken = ""
    for item in filter(is_object, items):
        kind = str(item.get("type") or item.get("role") or "")
        if kind == "text":
            spoken += str(item.get("text") or "")
        elif kind == "function_result":
            turns.append(Turn("tool", _result(item.get("result")), str(item.get("call_id") or "")))
        elif kind in _KINDS:
            turns.append(Turn(_KINDS[kind], _text(item.get("content"))))
    return [*turns, Turn("user", spoken)] if spoken else turns


def _text(content: JSON) -> str:
    if isinstance(content, str):
        return content
    parts: list[JSON] = content if is_list(content) else [content]
    return "".join(str(part.get("text") or "") for part in parts if is_object(part))


def _result(result: JSON) -> str:
    return _text(result) if is_list(result) or isinstance(result, str) else msgspec.json.encode(result).decode()


def _tools(body: Mapping[str, JSON]) -> list[Tool]:
    return [
        Tool(str(tool.get("name", "")), plain_schema(tool.get("parameters")), str(tool.get("description") or ""))
        for tool in listed(body, "tools")
        if tool.get("type") == "function"
    ]


def _choice(given: JSON) -> tuple[str, tuple[str, ...]]:
    said = group(given, "allowed_tools") if is_object(given) else {"mode": given}
    mode, names = str(said.get("mode") or "auto").lower(), said.get("tools")
    return {"none": "none", "any": "required"}.get(mode, "auto"), tuple(map(str, names)) if is_list(names) else ()


def _schema(wanted: JSON) -> JSON:
    form = wanted[0] if is_list(wanted) and wanted else wanted
    if not is_object(form) or form.get("mime_type") != "application/json":
        return None
    return plain_schema(form.get("schema") or {})


def _render(answer: Answer, asked: Asked, context: Context) -> Rendered:
    earlier = _earlier(asked, context)
    told = msgspec.structs.replace(asked, turns=(*earlier, *asked.turns))
    id_ = context.ids.take("v1_", 67)
    made = interaction_object(answer, told, context, id_)
    if asked.options.get("store"):
        said = Turn("assistant", answer.text)
        _kept(context).put(id_, Kept(made, (*told.turns, said)))
    if asked.stream:
        return Rendered(headers=head(context, answer, "text/event-stream"), pieces=pieces_of(made, answer))
    if asked.options.get("background"):
        begun = {name: made[name] for name in ("id", "object", "model", "created", "updated", "service_tier")}
        return whole({**begun, "status": "in_progress"}, context, answer)
    return whole(made, context, answer, answer.usage_for(told).output)


def _earlier(asked: Asked, context: Context) -> tuple[Turn, ...]:
    id_ = asked.options.get("previous")
    return _found(context, str(id_)).turns if id_ else ()


def _found(context: Context, id: str) -> Kept:  # noqa: A002  # the word that the vendor uses
    return _kept(context).find(id, refuse(f"Interaction {id!r} not found.", 404))


def _get(context: Context) -> Rendered:
    return whole(_found(context, context.request.params["interaction"]).object, context)


def _cancel(context: Context) -> Rendered:
    id_ = context.request.params["interaction"]
    kept = _found(context, id_)
    made = Kept({**kept.object, "status": "cancelled"}, kept.turns)
    return whole(_kept(context).put(id_, made).object, context)


def _delete(context: Context) -> Rendered:
    _found(context, context.request.params["interaction"])
    _kept(context).pop(context.request.params["interaction"])
    return whole({}, context)


def render_failure(failure: Failure, context: Context) -> Rendered:
    """Say an error in place of an answer."""
    headers = {**head(context), **failure.headers}
    return Rendered(status=failure.status, headers=headers, body=encode({"error": _error(failure)}))


def failure_pieces(failure: Failure, _context: Context) -> tuple[Piece, ...]:
    """Say an error inside a stream."""
    said = {"event_type": "error", "error": _error(failure)}
    return (Piece(b"event: error\ndata: " + encode(said) + b"\n\n", role="error"),)


def _error(failure: Failure) -> JSONObject:
    code = failure.code if failure.code.islower() else _CODES.get(failure.status, "internal_error")
    return {"message": failure.message, "code": code}


WIRE = Wire(
    name="gemini.interactions",
    vendor="gemini",
    routes=(
        Route(method="POST", path="/interactions", operation="responses", read=keyed_read(_read), render=_render),
        Route(method="GET", path="/interactions/{interaction}", operation="retrieve_response", handle=keyed(_get)),
        Route(
            method="POST", path="/interactions/{interaction}/cancel", operation="cancel_response", handle=keyed(_cancel)
        ),
        Route(method="DELETE", path="/interactions/{interaction}", operation="delete_response", handle=keyed(_delete)),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
)
