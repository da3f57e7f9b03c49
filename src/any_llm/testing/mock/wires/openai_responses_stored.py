"""OpenAI's responses as a wire: made, kept, looked at again, and over a WebSocket.

https://platform.openai.com/docs/api-reference/responses and https://platform.openai.com/docs/guides/websocket-mode.
"""

from __future__ import annotations

import msgspec

from any_llm.testing.mock.answer import Failure, Usage
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.ids import HEX
from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Socket, Wire
from any_llm.testing.mock.wires.openai_errors import error_object, render_failure
from any_llm.testing.mock.wires.openai_response_events import response_pieces
from any_llm.testing.mock.wires.openai_response_items import identifier, input_items, turns_of
from any_llm.testing.mock.wires.openai_responses import (
    ROOM,
    Stored,
    failed_pieces,
    read_response,
    render_response,
    shown,
    usage_object,
)
from any_llm.testing.mock.wires.openai_words import EVENTS, encode, head, not_found, page, payload, refuse, whole
from any_llm.types.json import JSON, JSONObject, is_object


def _stored(context: Context) -> Stored:
    name = context.request.params["response"]
    found = context.shelf.room(ROOM, Stored).get(name)
    if found is None or not found.kept:
        raise not_found("response", name)
    return found


def _retrieve(context: Context) -> Rendered:
    stored = _stored(context)
    # Whoever looks at a response that runs in the background finds it finished.
    if stored.state == "queued":
        stored.state = ""
    if context.request.query.get("stream") != "true":
        return whole(shown(stored), context)
    pieces = response_pieces(stored.response, context.ids)
    start = context.request.query.get("starting_after")
    return Rendered(headers=head(context, content_type=EVENTS), pieces=pieces[int(start) + 1 if start else 0 :])


def _delete(context: Context) -> Rendered:
    response = _stored(context).response["id"]
    context.shelf.room(ROOM, Stored).pop(response)
    return whole({"id": response, "object": "response", "deleted": True}, context)


def _cancel(context: Context) -> Rendered:
    stored = _stored(context)
    if not stored.response["background"]:
        raise refuse("response_id", "Cannot cancel a synchronous response.")
    if stored.state:
        stored.state = "cancelled"
    return whole(shown(stored), context)


def _items(context: Context) -> Rendered:
    return whole(page(_stored(context).items, context.request), context)


def _count(context: Context) -> Rendered:
    return whole({"object": "response.input_tokens", "input_tokens": _input(context).input_tokens}, context)


def _input(context: Context) -> Asked:
    return Asked(turns=turns_of(context.request.object.get("input")))


def _compact(context: Context) -> Rendered:
    """Keep what the user said, and shut all else into one item that only the vendor can read."""
    body, ids = context.request.object, context.ids
    previous = body.get("previous_response_id")
    before = context.shelf.room(ROOM, Stored).get(str(previous)) if previous else None
    if previous and before is None:
        why = f"Previous response with id '{previous}' not found."
        raise refuse("previous_response_id", why, "previous_response_not_found")
    items = [*(before.items if before else ()), *input_items(body.get("input") or [], ids)]
    kept = [item for item in items if item.get("role") == "user"]
    shut = {
        "id": identifier("compaction", ids),
        "type": "compaction",
        "encrypted_content": ids.take("gAAAAAB", 200),
    }
    usage = Usage(input=_input(context).input_tokens, output=50)
    answer: JSONObject = {
        "id": ids.take("resp_", 50, HEX),
        "object": "response.compaction",
        "created_at": int(context.now),
        "output": [*kept, shut],
        "usage": {**usage_object(usage), "input_tokens_details": {"cached_tokens": 0}},
    }
    return whole(answer, context)


async def _converse(socket: Socket, context: Context) -> None:
    """Answer each `response.create` with the events of its response, one message each."""
    while (message := await socket.receive()) is not None:
        wish = _decode(message)
        if not is_object(wish) or wish.get("type") != "response.create":
            failure = Failure(status=400, message="Expected an event of type 'response.create'.", param="type")
            await socket.send(_error(400, error_object(failure, context)))
            continue
        outer = context.request
        body = encode({**{name: value for name, value in wish.items() if name != "type"}, "stream": True})
        headers = {name: value for name, value in outer.headers.items() if name not in _HANDSHAKE}
        inner = request_of("POST", outer.path, {**headers, "content-type": "application/json"}, body)
        inner.host, inner.query = outer.host, outer.query
        await socket.answer(inner, _message)


_HANDSHAKE = frozenset({
    "connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "content-length",
})  # fmt: skip


def _message(data: bytes) -> str | None:
    """Return the message of one piece: an event's payload, or what answers in place of a stream."""
    if data.startswith((b"event: ", b"data: ")):
        value = payload(data)
        return None if value is None else encode(value).decode()
    value = _decode(data)
    return _error(400, value) if is_object(value) else None


def _error(status: int, error: JSONObject) -> str:
    said = error.get("error")
    told = said if is_object(said) else {"message": said or error.get("message"), "code": error.get("code")}
    return encode({"type": "error", "status": status, "error": told}).decode()


def _decode(message: str | bytes) -> JSON:
    try:
        return msgspec.json.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _failure_pieces(failure: Failure, context: Context) -> tuple[Piece, ...]:
    return failed_pieces(error_object(failure, context))


_ONE = "/responses/{response}"
WIRE = Wire(
    name="openai.responses",
    vendor="openai",
    routes=(
        Route(method="POST", path="/responses", operation="responses", read=read_response, render=render_response),
        Route(method="GET", path="/responses", operation="responses_socket", converse=_converse),
        Route(method="POST", path="/responses/compact", operation="compact_response", handle=_compact),
        Route(method="POST", path="/responses/input_tokens", operation="count_tokens", handle=_count),
        Route(method="GET", path=_ONE, operation="retrieve_response", handle=_retrieve),
        Route(method="DELETE", path=_ONE, operation="delete_response", handle=_delete),
        Route(method="POST", path=f"{_ONE}/cancel", operation="cancel_response", handle=_cancel),
        Route(method="GET", path=f"{_ONE}/input_items", operation="list_input_items", handle=_items),
    ),
    render_failure=render_failure,
    failure_pieces=_failure_pieces,
    limit_headers="openai",
)
