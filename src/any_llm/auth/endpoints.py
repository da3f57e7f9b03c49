"""Asking those who give out tokens: where that is allowed, what they answer, and what their refusals mean."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    MalformedResponseError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
)
from any_llm.spec.auth import Grant, Send
from any_llm.types.http import HttpRequest, HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_mapping
from any_llm.types.secret import Secret, redact

_FORM = "application/x-www-form-urlencoded"
_NEAR = frozenset({"localhost", "metadata", "metadata.google.internal"})
_METADATA = ipaddress.ip_network("fd00:ec2::/32")
_EXCERPT = 300
_UNKNOWN = 300.0
_BY_STATUS: Mapping[int, type[AnyLLMError]] = {403: PermissionDeniedError, 429: RateLimitError}
_FIRST_SERVER_ERROR = 500


def check_endpoint(url: str, named_by: str) -> str:
    """Return the URL of one who gives out tokens, if secrets may go there.

    Raises:
        ConfigurationError: it is neither HTTPS nor on this machine or the link of its cloud's metadata service.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host and (parts.scheme == "https" or (parts.scheme == "http" and _is_near(host))):
        return url
    raise ConfigurationError(f"{named_by} is {url!r}; credentials go over https:// only, or to this machine itself")


def _is_near(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host in _NEAR
    return address.is_loopback or address.is_link_local or address in _METADATA


def form_request(url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> HttpRequest:
    """Return a request that posts fields of a form."""
    body = urlencode(fields).encode()
    return HttpRequest("POST", url, {"Content-Type": _FORM, "Accept": "application/json", **(headers or {})}, body)


def json_request(url: str, content: JSONObject, headers: Mapping[str, str] | None = None) -> HttpRequest:
    """Return a request that posts JSON."""
    sent = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
    return HttpRequest("POST", url, sent, msgspec.json.encode(content))


async def ask(send: Send, request: HttpRequest, who: str, *secrets: Secret | None, patience: float = 30.0) -> bytes:
    """Return the body of a successful answer.

    Args:
        send: sends the request.
        request: what is asked.
        who: whom it is asked of, for messages.
        *secrets: what the request holds that no message may hold.
        patience: the seconds that the answer may take.

    Raises:
        AuthenticationError: the credentials are refused.
        ProviderError: there is no answer to be had, for now.
    """
    response = await send(request, patience=patience)
    if response.status == 200:
        return response.body
    raise _refusal(response, who, secrets)


async def ask_json(
    send: Send, request: HttpRequest, who: str, *secrets: Secret | None, patience: float = 30.0
) -> JSONObject:
    """Return the JSON object of a successful answer; see `ask`.

    Raises:
        MalformedResponseError: the answer is something else.
    """
    return parse(await ask(send, request, who, *secrets, patience=patience), who)


def parse(body: bytes, who: str) -> JSONObject:
    """Return the JSON object in a body.

    Raises:
        MalformedResponseError: there is none.
    """
    try:
        content: JSON = decode_json(body)
    except msgspec.DecodeError:
        content = None
    if not is_mapping(content):
        # What the answer holds instead may be a part of a secret.
        raise MalformedResponseError(f"{who} answered with something else than a JSON object")
    return dict(content)


def token_of(answer: JSONObject, now: float, who: str, *, name: str = "access_token") -> Grant[Secret]:
    """Return the token in an answer of OAuth's (RFC 6749, 5.1); `expires_on` is Azure's.

    Of a token that does not say how long it lasts, a few minutes are believed.

    Raises:
        MalformedResponseError: there is none.
    """
    token = answer.get(name)
    if not isinstance(token, str) or not token:
        raise MalformedResponseError(f"{who} answered without {name}")
    lasts, ends = _number(answer.get("expires_in")), _number(answer.get("expires_on"))
    if lasts is not None or ends is None:
        ends = now + (_UNKNOWN if lasts is None else lasts)
    return Grant(value=Secret(token), expires_at=ends)


def text(answer: Mapping[str, JSON], name: str, who: str) -> str:
    """Return a text of an answer, or of a file.

    Raises:
        ConfigurationError: there is none of this name.
    """
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{who} has no {name}")
    return value


def parse_time(when: str) -> float:
    """Return a time of RFC 3339 in seconds since 1970.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        return datetime.fromisoformat(when).timestamp()
    except ValueError:
        raise ConfigurationError(f"{when!r} is no time as RFC 3339 writes it") from None


def _number(value: JSON) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _refusal(response: HttpResponse, who: str, secrets: tuple[Secret | None, ...]) -> AnyLLMError:
    code, detail = _told(response.body)
    # Who tells what was asked may tell it as the form had it.
    secrets += tuple(Secret(quote_plus(secret.reveal())) for secret in secrets if secret)
    told = redact(" ".join(": ".join(filter(None, (code, detail))).split())[:_EXCERPT], *secrets)
    message = f"{who} refused with HTTP {response.status}" + (f": {told}" if told else "")
    usual = ProviderError if response.status >= _FIRST_SERVER_ERROR else AuthenticationError
    kind = _BY_STATUS.get(response.status, usual)
    return kind(message, status_code=response.status, code=redact(code, *secrets) or None)


def _told(body: bytes) -> tuple[str, str]:
    """Return the code and the description of an error, as far as it is JSON of one of the usual shapes."""
    try:
        content: JSON = decode_json(body)
    except msgspec.DecodeError:
        return "", ""
    if not is_mapping(content):
        return "", ""
    inner = content.get("error")
    inner = inner if is_mapping(inner) else content
    codes = (content.get("error"), inner.get("status"), inner.get("errorCode"), inner.get("code"), inner.get("__type"))
    details = [inner.get(name) for name in ("error_description", "errorMessage", "message", "Message")]
    listed = content.get("errors")
    return _first(codes), _first([*details, *(listed if is_list(listed) else ())])


def _first(values: Iterable[JSON]) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")
