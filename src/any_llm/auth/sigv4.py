"""AWS Signature Version 4 over one request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import HttpRequest, Upload
from any_llm.types.secret import Secret

ALGORITHM = "AWS4-HMAC-SHA256"
"""The name of the algorithm, with which an `Authorization` header begins."""

_DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_SIGNED = frozenset({"content-type", "host"})
"""What is signed beside AWS's own headers; the rest may change on the way."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs: an access key with its secret, and the session token of temporary ones."""

    access_key: str
    secret_key: Secret
    session_token: Secret | None = None


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature is valid for: a region, and a service by its signing name."""

    region: str
    service: str


def sign(request: HttpRequest, credentials: Credentials, scope: Scope, now: datetime) -> dict[str, str]:
    """Return the headers that sign a request; they go along with its own, and its URL and body must not change.

    Args:
        request: what will be sent; the path of its URL is percent-encoded as it stands on the wire.
        credentials: who signs.
        scope: what the signature is valid for.
        now: when; AWS accepts five minutes to either side.
    """
    time = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    added = {"X-Amz-Date": time}
    if credentials.session_token:
        added["X-Amz-Security-Token"] = credentials.session_token.reveal()
    signed = _headers_to_sign(request, added)
    names = ";".join(signed)
    granted = f"{time[:8]}/{scope.region}/{scope.service}/aws4_request"
    path = _path(request.url, scope)
    claim = "\n".join((ALGORITHM, time, granted, _sha256(_canonical(request, path, signed).encode())))
    key = _signing_key(credentials.secret_key, time[:8], scope)
    signature = hmac.new(key, claim.encode(), hashlib.sha256).hexdigest()
    added["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{granted}, SignedHeaders={names}, Signature={signature}"
    )
    return added


def _headers_to_sign(request: HttpRequest, added: Mapping[str, str]) -> dict[str, str]:
    given = {name.lower(): value for name, value in request.headers.items()}
    headers = {"host": _host(request.url)} | given | {name.lower(): value for name, value in added.items()}
    return {
        name: " ".join(value.split())
        for name, value in sorted(headers.items())
        if name in _SIGNED or name.startswith("x-amz-")
    }


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f"{host}:{parts.port}"


def _path(url: str, scope: Scope) -> str:
    path = urlsplit(url).path
    if scope.service == "s3":
        return path or "/"
    # The path stands encoded in the URL, and is encoded once more here, for every service but S3.
    return quote(_plain_path(path), safe="/~")


def _canonical(request: HttpRequest, path: str, signed: Mapping[str, str]) -> str:
    parts = urlsplit(request.url)
    pairs = sorted(pair.partition("=")[::2] for pair in parts.query.split("&")) if parts.query else []
    return "\n".join(
        (
            request.method.upper(),
            path,
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{value}" for name, value in signed.items()),
            "",
            ";".join(signed),
            _sha256(_whole(request.body)),
        )
    )


def _whole(body: bytes | Upload) -> bytes:
    if isinstance(body, Upload):
        raise ConfigurationError("A request whose body is read from files cannot be signed for AWS; give it as bytes")
    return body


def _plain_path(path: str) -> str:
    """Return a path without dots and empty segments (RFC 3986, 5.2.4)."""
    plain = posixpath.normpath("/" + path.lstrip("/"))
    return f"{plain}/" if path.endswith("/") and plain != "/" else plain


@lru_cache(maxsize=64)
def _signing_key(secret: Secret, day: str, scope: Scope) -> bytes:
    key = b"AWS4" + secret.reveal().encode()
    for word in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
