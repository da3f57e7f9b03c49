"""When two requests say the same: they are equal, but for the differences that a table declares, each with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from any_llm.spec.provider import Provider
from any_llm.testing.recordings import RecordedRequest
from any_llm.testing.wire.forms import form_in, is_form, plain
from any_llm.testing.wire.trees import difference
from any_llm.types.http import HttpRequest, Piece, Upload
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_KEY_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")
_SAME_HEADERS = ("anthropic-version", "anthropic-beta")
_BEARER = "bearer"
_CALLS = frozenset({"tool_calls"})
_OTHER_IDS = frozenset({"call_ids_of_40", "short_call_ids"})
"""The quirks of providers that do not take every id of a call."""

_DEPLOYMENTS = "/deployments/"
_DEFAULT_PORTS: Mapping[str, int] = {"https": 443, "http": 80}


class Sides(NamedTuple):
    """Two bodies on their way to being compared; a rule of the table may take members out of them."""

    recorded: JSONObject
    ours: JSONObject
    provider: Provider
    url: str


class Equivalence(NamedTuple):
    """A difference that does not count; `apply` removes it from both sides and says whether it was there."""

    name: str
    reason: str
    apply: Callable[[Sides], bool]


def _null_member(sides: Sides) -> bool:
    nulls = [name for name, value in sides.recorded.items() if value is None and name not in sides.ours]
    for name in nulls:
        del sides.recorded[name]
    return bool(nulls)


def _null_in_message(sides: Sides) -> bool:
    messages = sides.recorded.get("messages")
    kept = _without_nulls(messages, sides.ours.get("messages"))
    if kept == messages:
        return False
    sides.recorded["messages"] = kept
    return True


def _without_nulls(recorded: JSON, ours: JSON) -> JSON:
    """Return messages, or one, without the null members of them and of their tool calls that ours do not have."""
    if is_list(recorded) and is_list(ours) and len(recorded) == len(ours):
        return [_without_nulls(theirs, said) for theirs, said in zip(recorded, ours, strict=True)]
    if not (is_object(recorded) and is_object(ours)):
        return recorded
    kept = {name: value for name, value in recorded.items() if value is not None or name in ours}
    return kept | {name: _without_nulls(kept[name], ours.get(name)) for name in _CALLS & kept.keys()}


def _stream_false(sides: Sides) -> bool:
    if sides.recorded.get("stream") is False and "stream" not in sides.ours:
        del sides.recorded["stream"]
        return True
    return False


def _stream_usage(sides: Sides) -> bool:
    added = sides.ours.get("stream_options") == {"include_usage": True} and "stream_options" not in sides.recorded
    if added and sides.ours.get("stream") is True and sides.provider.stream_usage:
        del sides.ours["stream_options"]
        return True
    return False


def _base64_vectors(sides: Sides) -> bool:
    if sides.ours.get("encoding_format") == "base64" and "encoding_format" not in sides.recorded:
        del sides.ours["encoding_format"]
        return True
    return False


def _renamed(sides: Sides) -> bool:
    applied = False
    for said, theirs in sides.provider.rename.items():
        name = said.rpartition(".")[2]
        if name in sides.recorded and name not in sides.ours and theirs not in sides.recorded:
            sides.recorded[theirs] = sides.recorded.pop(name)
            applied = True
    return applied


def _dropped(sides: Sides) -> bool:
    dropped = {said.rpartition(".")[2] for said in sides.provider.drop}
    names = [name for name in sides.recorded if name in dropped and name not in sides.ours]
    for name in names:
        del sides.recorded[name]
    return bool(names)


def _model_in_url(sides: Sides) -> bool:
    model = sides.ours.get("model")
    if "model" not in sides.recorded and isinstance(model, str) and _DEPLOYMENTS in sides.url:
        del sides.ours["model"]
        return True
    return False


def _reasoning_object(sides: Sides) -> bool:
    effort = sides.recorded.get("reasoning_effort")
    asked = {"enabled": False} if effort == "none" else {"effort": effort}
    if effort is not None and "reasoning_effort" not in sides.ours and sides.ours.get("reasoning") == asked:
        del sides.recorded["reasoning_effort"], sides.ours["reasoning"]
        return True
    return False


def _output_format(sides: Sides) -> bool:
    wanted, config = sides.recorded.get("output_format"), sides.ours.get("output_config")
    if wanted is None or "output_format" in sides.ours or not isinstance(config, dict):
        return False
    del sides.recorded["output_format"]
    sides.recorded["output_config"] = {**(sides.recorded.get("output_config") or {}), "format": wanted}
    return True


def _schema_form(sides: Sides) -> bool:
    wanted = sides.recorded.get("output_format")
    inner = wanted.get("json_schema") if is_object(wanted) else None
    if not is_object(inner):
        return False
    sides.recorded["output_format"] = {"type": "json_schema", "schema": inner.get("schema")}
    return True


def _ids_of_calls(sides: Sides) -> bool:
    theirs, ours = _call_ids(sides.recorded), _call_ids(sides.ours)
    pairs = dict(zip(ours, theirs, strict=False))
    one_to_one = len(theirs) == len(ours) and len(set(pairs.values())) == len(pairs) == len(set(theirs))
    if not one_to_one or theirs == ours or not _OTHER_IDS.intersection(sides.provider.quirks):
        return False
    sides.ours["messages"] = [_with_ids(message, pairs) for message in sides.ours["messages"]]
    return True


def _call_ids(body: JSONObject) -> list[str]:
    """Return the ids of calls in a conversation, those of results too, in their order."""
    ids: list[str] = []
    for message in body.get("messages") or ():
        calls: JSON = message.get("tool_calls") if is_object(message) else None
        ids += [str(call.get("id")) for call in calls or () if is_object(call)]
        ids += [message["tool_call_id"]] if is_object(message) and message.get("tool_call_id") else []
    return ids


def _with_ids(message: JSON, pairs: Mapping[str, str]) -> JSON:
    if not is_object(message):
        return message
    renamed = dict(message)
    if message.get("tool_call_id"):
        renamed["tool_call_id"] = pairs[message["tool_call_id"]]
    if message.get("tool_calls"):
        renamed["tool_calls"] = [{**call, "id": pairs[str(call.get("id"))]} for call in message["tool_calls"]]
    return renamed


EQUIVALENCES = (
    Equivalence("null member", "a member that is null is one that was not said", _null_member),
    Equivalence("null in a message", "and so is one of a message or of its tool calls", _null_in_message),
    Equivalence("stream false", "an answer is whole unless a stream is asked for", _stream_false),
    Equivalence("renamed parameter", "the provider's record calls the parameter by its present name", _renamed),
    Equivalence(
        "dropped parameter", "the provider's record says it rejects the parameter; a warning says so", _dropped
    ),
    Equivalence("usage of a stream", "this library asks for the usage of every stream", _stream_usage),
    Equivalence("vectors as base64", "this library asks for vectors as base64, a quarter of the size", _base64_vectors),
    Equivalence("model in the URL", "a deployment's URL names the model, and the body need not", _model_in_url),
    Equivalence("reasoning object", "the provider takes `reasoning.effort` for `reasoning_effort`", _reasoning_object),
    Equivalence("schema form", "a schema in OpenAI's form is sent to Anthropic in its own form", _schema_form),
    Equivalence("ids of calls", "ids that the provider does not take are sent as others, one for one", _ids_of_calls),
    Equivalence("output format", "`output_format` has become `output_config.format`", _output_format),
)
"""The declared differences between bodies."""

WHOLE_LIST = frozenset(
    {("limit", "1000"), ("limit", "200"), ("pageSize", "1000"), ("page_size", "1000"), ("alt", "sse")}
)
"""The queries with which this library asks for a whole list of models, where the vendor gives pages, and for events."""


class Compared(NamedTuple):
    """How two requests compare: what differs, and the names of the declared differences that were found."""

    differences: list[str]
    applied: list[str]


def compare_requests(
    recorded: RecordedRequest,
    body: JSONObject,
    ours: HttpRequest,
    provider: Provider,
    means: Callable[[JSONObject], JSONObject] | None = None,
) -> Compared:
    """Compare a recorded request, with its parsed body, and one that this library sent.

    `means` brings both bodies into one spelling, where their format has several.
    """
    sent = _sent(ours)
    if means is not None:
        body, sent = means(body), means(sent)
    sides = Sides(dict(body), dict(sent), provider, recorded.url)
    applied = [rule.name for rule in EQUIVALENCES if rule.apply(sides)]
    found = [difference(sides.recorded, sides.ours, "body"), *_compare_heads(recorded, ours)]
    if not sent and not body:
        pieces = ours.body.pieces if isinstance(ours.body, Upload) else (ours.body,)
        found.append(difference(_settled(recorded.body), _settled(b"".join(map(_bytes_of, pieces))), "bytes"))
    return Compared([each for each in found if each], applied)


def _settled(body: bytes) -> bytes:
    """Return a body, of which none at all and an empty JSON object or null say the same."""
    return b"" if body.strip() in {b"{}", b"null"} else body


def _bytes_of(piece: Piece) -> bytes:
    return piece if isinstance(piece, bytes) else b""


def _sent(ours: HttpRequest) -> JSONObject:
    """Return the members of a body of JSON, or the fields of a form; files have none."""
    content_type = ours.headers.get("Content-Type", "")
    if not isinstance(ours.body, bytes):
        return {}
    if is_form(content_type):
        return plain(form_in(content_type, ours.body))
    tree: JSON = msgspec.json.decode(ours.body) if ours.body.startswith(b"{") else None
    return tree if is_object(tree) else {}


def _compare_heads(recorded: RecordedRequest, ours: HttpRequest) -> list[str | None]:
    headers = {name.lower(): value for name, value in ours.headers.items()}
    found = [
        difference(recorded.method, ours.method, "method"),
        difference(_place(recorded.url), _place(ours.url), "url"),
        difference(_told(recorded.url, ours.url), _told(ours.url, recorded.url), "query"),
        _compare_keys(recorded.headers, headers),
    ]
    found += [
        difference(recorded.headers[name].replace(" ", ""), headers.get(name, "").replace(" ", ""), name)
        for name in _SAME_HEADERS
        if name in recorded.headers
    ]
    return found


def _place(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    # A colon may stand in a path as it is (RFC 3986, 3.3).
    path = parts.path.replace("%3A", ":")
    return f"{parts.scheme}://{parts.hostname}:{port}{path}"


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _told(url: str, other: str) -> dict[str, str]:
    """Return what a query says that the other one must say too."""
    there = _query(other)
    return {name: value for name, value in _query(url).items() if name in there or (name, value) not in WHOLE_LIST}


def _compare_keys(recorded: Mapping[str, str], ours: Mapping[str, str]) -> str | None:
    """Compare how the requests are signed; recorders leave the header out, or only the scheme in it, or say all."""
    told = {name: recorded[name].partition(" ") for name in _KEY_HEADERS if name in recorded}
    schemes = {scheme.lower() for scheme, _, rest in told.values() if rest}
    if not told or schemes - {_BEARER}:
        # Not recorded; or signed with a key pair, in place of which this library sends a key (Bedrock takes both).
        return None
    sent = [name for name in _KEY_HEADERS if name in ours]
    if not set(sent) & set(told):
        return f"auth: recorded is {', '.join(told)}, ours is {', '.join(sent) or 'none'}"
    return None
