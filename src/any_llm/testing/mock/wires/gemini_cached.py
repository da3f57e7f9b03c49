"""Contents that the Gemini API and Vertex AI keep for later requests: https://ai.google.dev/api/caching."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.gemini_asked import system_turns, turns_of
from any_llm.testing.mock.wires.google_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.google_words import (
    ALPHABET,
    claims,
    keyed,
    listed,
    member,
    on_vertex,
    refuse,
    stamp,
    whole,
)
from any_llm.types.json import JSON, JSONObject

_HOUR = 3600.0
_ALLOWED = "CachedContent not found (or permission denied)"


class Cached(msgspec.Struct, frozen=True):
    """A cache: what the vendor says of it."""

    object: JSONObject


def _caches(context: Context) -> Room[Cached]:
    return context.shelf.room("gemini.cache", Cached)


def cached_tokens(context: Context, name: str) -> int:
    """Return how many tokens a cache holds.

    Raises:
        RefusedError: there is no such cache.
    """
    return int(_found(context, name.rpartition("/")[2]).object["usageMetadata"]["totalTokenCount"])


def _found(context: Context, id: str) -> Cached:  # noqa: A002  # the word that the vendor uses
    return _caches(context).find(id, refuse(_ALLOWED, 403))


def _create(context: Context) -> Rendered:
    body = context.request.object
    model = member(body, "model")
    if not isinstance(model, str):
        raise refuse("* CreateCachedContentRequest.cached_content.model: model is not specified\n")
    id_ = context.ids.take("", 40, ALPHABET)
    place = context.request.path.partition("/projects/")[2].partition("/cachedContents")[0]
    turns = (*system_turns(body), *turns_of(listed(body, "contents")))
    named = member(body, "displayName")
    made: JSONObject = {
        "name": f"projects/{place}/cachedContents/{id_}" if place else f"cachedContents/{id_}",
        "model": model,
        "createTime": stamp(context.now),
        "updateTime": stamp(context.now),
        "expireTime": _expiry(body, context),
        **({} if on_vertex(context.request) and not named else {"displayName": named or ""}),
        "usageMetadata": {"totalTokenCount": Asked(turns=turns).input_tokens},
    }
    return whole(_caches(context).put(id_, Cached(made)).object, context)


def _expiry(body: Mapping[str, JSON], context: Context) -> str:
    until: JSON = member(body, "expireTime")
    if isinstance(until, str):
        return until
    ttl = str(body.get("ttl") or f"{_HOUR}s")
    try:
        return stamp(context.now + float(ttl.removesuffix("s")))
    except ValueError:
        raise refuse(
            f"Invalid value at 'cached_content.ttl' (type.googleapis.com/google.protobuf.Duration), {ttl!r}"
        ) from None


def _get(context: Context) -> Rendered:
    return whole(_found(context, context.request.params["cache"]).object, context)


def _list(context: Context) -> Rendered:
    kept = [cache.object for cache in _caches(context).values()]
    return whole({"cachedContents": kept} if kept else {}, context)


def _patch(context: Context) -> Rendered:
    id_ = context.request.params["cache"]
    changed = {"expireTime": _expiry(context.request.object, context), "updateTime": stamp(context.now)}
    made = Cached({**_found(context, id_).object, **changed})
    return whole(_caches(context).put(id_, made).object, context)


def _delete(context: Context) -> Rendered:
    _found(context, context.request.params["cache"])
    _caches(context).pop(context.request.params["cache"])
    return whole({}, context)


WIRE = Wire(
    name="gemini.cache",
    vendor="gemini",
    routes=(
        Route(method="POST", path="/cachedContents", operation="create_cache", handle=keyed(_create)),
        Route(method="GET", path="/cachedContents", operation="list_caches", handle=keyed(_list)),
        Route(method="GET", path="/cachedContents/{cache}", operation="retrieve_cache", handle=keyed(_get)),
        Route(method="PATCH", path="/cachedContents/{cache}", operation="update_cache", handle=keyed(_patch)),
        Route(method="DELETE", path="/cachedContents/{cache}", operation="delete_cache", handle=keyed(_delete)),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
)
