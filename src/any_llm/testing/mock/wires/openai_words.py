"""What the modules that speak OpenAI's formats share."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from any_llm.testing.mock.answer import Answer, Failure, RefusedError
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered
from any_llm.types.json import JSON, JSONObject, is_list, is_object

encode = msgspec.json.Encoder().encode
DONE = Piece(b"data: [DONE]\n\n", role="done")
EVENTS = "text/event-stream; charset=utf-8"


def head(context: Context, answer: Answer | None = None, content_type: str = "application/json") -> dict[str, str]:
    """Return the headers of an answer."""
    return {
        "content-type": content_type,
        "x-request-id": context.ids.take("req_", 32),
        "openai-processing-ms": "1",
        **(answer.headers if answer else {}),
    }


def whole(value: JSON, context: Context, answer: Answer | None = None, tokens: int = 0) -> Rendered:
    """Return an answer whose body is one piece of JSON."""
    return Rendered(headers=head(context, answer), body=encode(value), tokens=tokens)


def chunk(value: JSON, role: str = "delta", tokens: int = 0) -> Piece:
    """Return an event without a name."""
    return Piece(b"data: " + encode(value) + b"\n\n", tokens, role)


def event(value: JSONObject, role: str = "delta", tokens: int = 0) -> Piece:
    """Return an event that is called as its `type` says."""
    return Piece(b"event: " + value["type"].encode() + b"\ndata: " + encode(value) + b"\n\n", tokens, role)


def payload(data: bytes) -> JSON:
    """Return what the data of one event says; `None` for what is no JSON."""
    line = next((line for line in data.split(b"\n") if line.startswith(b"data: ")), b"data: ")
    try:
        return msgspec.json.decode(line[6:])
    except msgspec.DecodeError:
        return None


def refuse(name: str, why: str = "", code: str = "") -> RefusedError:
    """Return the error of a parameter that is missing or wrong."""
    return RefusedError(
        Failure(
            status=400,
            message=why or f"Missing required parameter: '{name}'.",
            code=code or ("invalid_value" if why else "missing_required_parameter"),
            param=name,
        )
    )


def not_found(kind: str, id: str) -> RefusedError:  # noqa: A002  # the word that the vendor uses
    """Return the error of a thing that is not there."""
    return RefusedError(Failure(status=404, message=f"No such {kind}: {id}", code="not_found", param="id"))


def model_of(request: MockRequest, body: Mapping[str, JSON]) -> str:
    """Return the model that is asked, from the body or, at Azure, from the path."""
    if isinstance(model := body.get("model"), str):
        return model
    _, deployed, rest = request.path.partition("/deployments/")
    if not deployed:
        raise refuse("model")
    return rest.partition("/")[0]


def texts_of(value: JSON) -> tuple[str, ...]:
    """Return the texts of an input: one text, a list of them, tokens, or a list of lists of tokens."""
    if isinstance(value, str):
        return (value,)
    if not is_list(value):
        return ()
    if value and all(isinstance(item, int) for item in value):
        return (" ".join(map(str, value)),)
    return tuple(item if isinstance(item, str) else _text(item) for item in value)


def _text(item: JSON) -> str:
    if is_object(item):
        return str(item.get("text") or item.get("content") or "")
    return " ".join(map(str, item)) if is_list(item) else str(item)


def seed_of(text: str) -> str:
    """Return what made-up numbers for a text depend on, so that the same text has the same."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def page(items: list[JSONObject], request: MockRequest, ascending: bool = False) -> JSONObject:  # noqa: FBT001, FBT002  # a property of the list
    """Return a page of a list: `limit` items behind the one that `after` names, in the wanted `order`."""
    order = request.query.get("order", "asc" if ascending else "desc")
    found = list(items) if order == "asc" else list(reversed(items))
    after = request.query.get("after")
    if after:
        ids = [item["id"] for item in found]
        found = found[ids.index(after) + 1 :] if after in ids else []
    limit = int(request.query.get("limit") or 20)
    shown = found[:limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": len(found) > limit,
    }
