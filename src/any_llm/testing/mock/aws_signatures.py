"""Whether a request is signed with the right secret: AWS Signature Version 4, computed again.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. It is written without the
signer of the library, so that either proves the other.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from any_llm.testing.mock.request import MockRequest

ALGORITHM = "AWS4-HMAC-SHA256"
"""The only algorithm that is known."""


def is_signed(request: MockRequest) -> bool:
    """Tell whether a request has a signature, right or wrong."""
    return request.headers.get("authorization", "").startswith(f"{ALGORITHM} ")


def signature_is_right(request: MockRequest, secret: str) -> bool:
    """Tell whether a request was signed with this secret, and came as it was signed."""
    told = _told(request.headers["authorization"])
    scope = told.get("Credential", "").split("/")[1:]
    names = told.get("SignedHeaders", "").split(";")
    given = {"host": request.host, **request.headers}
    if not _ENOUGH.issubset(names) or not set(names) <= given.keys():
        return False
    canonical = _canonical(request, {name: given[name] for name in names})
    claim = "\n".join((ALGORITHM, given["x-amz-date"], "/".join(scope), hashlib.sha256(canonical).hexdigest()))
    key = b"AWS4" + secret.encode()
    for word in scope:
        key = hmac.digest(key, word.encode(), "sha256")
    right = hmac.new(key, claim.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(right, told.get("Signature", ""))


_ENOUGH = frozenset({"host", "x-amz-date"})
"""What must be signed."""


def _told(authorization: str) -> Mapping[str, str]:
    parts = (part.strip().partition("=") for part in authorization.partition(" ")[2].split(","))
    return {name: value for name, _, value in parts}


def _canonical(request: MockRequest, signed: Mapping[str, str]) -> bytes:
    query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(request.query.items()))
    lines = (
        request.method,
        # A path is encoded twice, by every service but S3: once for the wire, and once for the signature.
        quote(request.path, safe="/~"),
        query,
        *(f"{name}:{' '.join(value.split())}" for name, value in signed.items()),
        "",
        ";".join(signed),
        hashlib.sha256(request.body).hexdigest(),
    )
    return "\n".join(lines).encode()


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
