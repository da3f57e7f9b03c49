"""What the modules that speak Google's formats share: headers, times, keys, members in either spelling.

https://ai.google.dev/api and https://docs.cloud.google.com/vertex-ai/docs/reference/rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, wraps
from typing import TypeVar

import msgspec

from any_llm.testing.mock.answer import Answer, Failure, RefusedError
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Handle, Read, Rendered
from any_llm.types.json import JSON, JSONObject, is_list, is_object

encode = msgspec.json.Encoder().encode
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
"""What the names of Google's resources are made of."""

_PLACES = ("/publishers/", "/projects/", "/endpoints/")
_PAGE = 50
_CAPITAL = re.compile(r"[A-Z]")
Item = TypeVar("Item")
_LOCAL = ("127.", "localhost", "[::1]")


def on_vertex(request: MockRequest) -> bool:
    """Tell whether Vertex AI is spoken to, rather than the Gemini API: its paths name a publisher or a project."""
    return any(place in request.path for place in _PLACES)


def head(
    context: Context, answer: Answer | None = None, content_type: str = "application/json; charset=UTF-8"
) -> dict[str, str]:
    """Return the headers of an answer."""
    timing = {} if on_vertex(context.request) else {"server-timing": "gfet4t7; dur=1"}
    told: Mapping[str, str] = answer.headers if answer else {}
    return {
        "content-type": content_type,
        "vary": "Origin, X-Origin, Referer",
        "server": "scaffolding on HTTPServer2",
        **timing,
        **told,
    }


def whole(value: JSON, context: Context, answer: Answer | None = None, tokens: int = 0) -> Rendered:
    """Return an answer whose body is one piece of JSON."""
    return Rendered(headers=head(context, answer), body=encode(value), tokens=tokens)


def stamp(seconds: float) -> str:
    """Return a moment as Google writes it: `2026-01-01T00:00:00.000000Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def origin(request: MockRequest) -> str:
    """Return where the mock can be reached by whoever sent a request; only on this machine without TLS."""
    plain = request.host.startswith(_LOCAL)
    return f"{'http' if plain else 'https'}://{request.host}"


def api_root(request: MockRequest) -> tuple[str, str]:
    """Return what stands before the API's version in a request's URL, and the version: `/gemini` and `/v1beta`."""
    found = re.search(r"/(v\d\w*)(?=/)", request.path)
    before = request.path[: found.start()] if found else ""
    for word in ("/upload", "/download"):
        before = before.removesuffix(word)
    return f"{origin(request)}{before}", f"/{found[1]}" if found else "/v1beta"


def member(value: Mapping[str, JSON], name: str) -> JSON:
    """Return a member of a message in JSON, which may be written `likeThis` or `like_this` (ProtoJSON)."""
    found = value.get(name)
    return value.get(_snake(name)) if found is None else found


@lru_cache(maxsize=256)
def _snake(name: str) -> str:
    return _CAPITAL.sub(lambda letter: f"_{letter[0].lower()}", name)


def group(value: Mapping[str, JSON], name: str) -> JSONObject:
    """Return a member that is an object, empty when it is none."""
    found = member(value, name)
    return found if is_object(found) else {}


def listed(value: Mapping[str, JSON], name: str) -> list[JSONObject]:
    """Return the objects of a member that is a list; a single object counts as a list of one."""
    found = member(value, name)
    if is_object(found):
        return [found]
    return [item for item in found if is_object(item)] if is_list(found) else []


def page(items: Sequence[Item], request: MockRequest) -> tuple[Sequence[Item], JSONObject]:
    """Return a page of a list, `pageSize` items from where `pageToken` points, and what names the next page."""
    start, size = request.query.get("pageToken", ""), request.query.get("pageSize", "")
    first = int(start) if start.isdigit() else 0
    last = first + (int(size) if size.isdigit() and int(size) else _PAGE)
    return items[first:last], {"nextPageToken": str(last)} if last < len(items) else {}


def refuse(message: str, status: int = 400, kind: str = "") -> RefusedError:
    """Return the error of a request that the vendor would not answer."""
    return RefusedError(Failure(status=status, message=message, kind=kind))


def keyed_read(read: Read) -> Read:
    """Return a reader that first looks whether there is a key."""

    @wraps(read)
    def reader(request: MockRequest) -> Asked:
        check_key(request)
        return read(request)

    return reader


def keyed(handle: Callable[[Context], Rendered]) -> Handle:
    """Return a handler that first looks whether there is a key."""

    @wraps(handle)
    def handler(context: Context) -> Rendered:
        check_key(context.request)
        return handle(context)

    return handler


def check_key(request: MockRequest) -> None:
    """Look whether there is a key: `x-goog-api-key` or `?key=`, or a bearer's token.

    Raises:
        RefusedError: there is none.
    """
    if request.key:
        return
    if on_vertex(request):
        raise refuse(
            "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or "
            "other valid authentication credential. See "
            "https://developers.google.com/identity/sign-in/web/devconsole-project.",
            401,
        )
    raise refuse(
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or "
        "other form of API consumer identity to call this API.",
        403,
    )


def claims(headers: Mapping[str, str]) -> bool:
    """Tell by a request's headers that Google is spoken to."""
    return "x-goog-api-key" in headers or "x-goog-api-client" in headers
