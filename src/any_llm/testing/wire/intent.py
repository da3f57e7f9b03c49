"""What a recorded request meant, as arguments of the public function; or why it cannot be said through it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import parse_qsl, urlsplit

import msgspec

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import RecordedRequest, Recording
from any_llm.testing.wire.forms import form_of, plain
from any_llm.testing.wire.scope import FALLBACKS, STREAMED, Scope
from any_llm.types.json import JSON, JSONObject, is_object
from any_llm.types.options import CallOptions

_BETAS = "anthropic-beta"
_NAMED = re.compile(r"(\{\w+\*?\})")
_OURS_ALONE = frozenset({"alt"})
"""Members of a query by which this library asks for what its caller says otherwise."""

_OWN = frozenset(CallOptions.__annotations__)


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded request that a public function can say: with these `arguments`, it must send this `body`."""

    arguments: JSONObject
    body: JSONObject
    streamed: bool


class Unsaid(msgspec.Struct, frozen=True):
    """Why a recorded request is not said."""

    reason: str


def route_of(request: RecordedRequest, scope: Scope) -> str | None:
    """Return the end of the URL's path that names the operation, or `None` when it names another one."""
    path = urlsplit(request.url).path
    ends = (_pattern(route).search(path) for route in sorted(scope.routes, key=len, reverse=True))
    return next((end[0] for end in ends if end), None)


@cache
def _pattern(route: str) -> re.Pattern[str]:
    kept, _, cut = route.rpartition("|")
    steps = (
        (".+" if step.endswith("*}") else "[^/:]+") if _NAMED.fullmatch(step) else re.escape(step)
        for step in _NAMED.split(cut)
    )
    return re.compile((f"(?<={re.escape(kept)})" if kept else "") + "".join(steps) + "$")


def intent_of(recording: Recording, scope: Scope) -> Intent | Unsaid:
    """Turn a recorded request into arguments: the members of its body, its query and its beta flags."""
    request = recording.request
    if request is None:
        return Unsaid("only the answer was recorded")
    if request.method not in scope.methods or route_of(request, scope) is None:
        path = urlsplit(request.url).path
        return Unsaid(f"{request.method} {path} is not {'/'.join(sorted(scope.methods))} {scope.routes[-1]}")
    form = form_of(request)
    body = _body_of(request) if form is None else form
    if scope.say is not None:
        return _say_by(scope.say, request, body or {}, recording.model or "model")
    missing = [name for name in scope.needed if body is None or name not in body]
    if missing:
        return Unsaid(f"the recorded body has no {', '.join(missing)}")
    return _say(request, body or {}, recording.model or "model", scope)


def fallback_of(recording: Recording, operation: Operation, *, streamed: bool, prefix: str = "") -> JSONObject:
    """Return plain arguments with which any recorded answer can be asked for; `prefix` goes before the model."""
    arguments = dict(FALLBACKS[operation])
    if "model" in arguments and recording.model:
        arguments["model"] = recording.model
    if prefix:
        arguments["model"] = f"{prefix}{arguments['model']}"
    if operation in STREAMED and streamed:
        arguments["stream"] = True
    return arguments


def _body_of(request: RecordedRequest) -> JSONObject | None:
    try:
        body: JSON = msgspec.json.decode(request.body)
    except msgspec.DecodeError:
        return None
    return body if is_object(body) else None


def _say_by(
    say: Callable[[JSONObject, RecordedRequest], JSONObject],
    request: RecordedRequest,
    body: JSONObject,
    model: str,
) -> Intent | Unsaid:
    """Turn a request into the arguments that `say` makes of it, its model, and its query."""
    try:
        arguments = say(body, request)
    except ValueError as error:
        return Unsaid(str(error))
    except (AttributeError, LookupError, StopIteration, TypeError) as error:
        return Unsaid(f"the recorded body is of a shape that is not known as arguments ({error!r})")
    if arguments.get("model", "") is None:
        arguments["model"] = model
    query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    kept = {name: value for name, value in query if name not in _OURS_ALONE}
    if kept:
        arguments["extra_query"] = kept
    return Intent(arguments=arguments, body=plain(body), streamed=bool(arguments.get("stream")))


def _say(request: RecordedRequest, body: JSONObject, model: str, scope: Scope) -> Intent:
    # Names that the functions keep for themselves can be said in the body only.
    rest = {name: value for name, value in body.items() if name in _OWN}
    arguments: JSONObject = {scope.arguments.get(name, name): value for name, value in body.items() if name not in rest}
    needed = FALLBACKS[scope.operation]
    arguments = dict.fromkeys(needed) | arguments
    if "model" in needed:
        arguments["model"] = arguments["model"] or model
    query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    if query:
        arguments["extra_query"] = dict(query)
    if rest:
        arguments["extra_body"] = rest
    if request.headers.get(_BETAS):
        arguments["betas"] = [flag.strip() for flag in request.headers[_BETAS].split(",")]
    return Intent(arguments=arguments, body=body, streamed=bool(body.get("stream")))
