"""Secrets: a type whose text form is stars, and the removal of secrets from text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote, quote_plus

from typing_extensions import override

_STARS = "********"
_SHORTEST = 4
_SECRET_HEADERS = frozenset({
    "api-key", "authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token",
    "x-amz-sso_bearer_token", "x-api-key", "x-aws-ec2-metadata-token", "x-gladia-key", "x-goog-api-key",
    "x-identity-header", "x-key", "x-vault-token", "xi-api-key",
})  # fmt: skip
_BEGUN = r"(?:sk|pk|rk|gsk|xai|hf|r8|pplx|nvapi|tgp|csk|fw|AIza|AKIA|ASIA|ghp|gho|github_pat|dapi)[-_A-Za-z0-9]{16,}"
"""A key that is told by how it begins."""

_LIKELY_KEY = re.compile(
    _BEGUN + r"|ya29\.[-_.A-Za-z0-9]{16,}"
    r"|hv[bsr]\.[-_A-Za-z0-9]{16,}"
    r"|(?i:(?<=bearer )|(?<=basic ))[A-Za-z0-9._~+/=-]{8,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"
)

_PLAIN = b"-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WORDS = bytes.maketrans(_PLAIN, b"a" * len(_PLAIN))
_WORD = re.compile(b"a+")
_LONG = b"a" * 18
"""Where a key may stand that is told by its beginning: the two letters that are fewest, and sixteen more."""

_BEGUN_KEY = re.compile(_BEGUN.encode())
_MARKS = ("eyJ", "ya29.", "hv")
"""What is in every other key that is told by its looks, but those after `bearer` and `basic`."""

_UNESCAPED = re.compile(r"[A-Za-z0-9_.~-]*")
"""What everyone writes as it is."""

_SIGNED = re.compile(
    r"(?i)([?&](?:api[-_]?)?(?:key|sig|signature|(?:access_)?token|x-(?:amz|goog)-(?:signature|security-token))=)[^&#]+"
)
_USER = re.compile(r"//[^/@\s'\"]*@")


class Secret:
    """A key. Only `reveal` shows it; text, repr, format and pickling never do.

    Args:
        value: the key itself.
        alias: what logs call it, such as the place where it was read.
    """

    __slots__ = ("_fingerprint", "_value", "alias")

    def __init__(self, value: str, alias: str = "") -> None:
        self._value = value
        self._fingerprint = ""
        self.alias = alias

    def called(self, alias: str) -> Secret:
        """Return this key with a name for logs, unless it has one."""
        return self if self.alias or not alias else Secret(self._value, alias)

    def reveal(self) -> str:
        """Return the key itself; for signing only."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """Twelve characters that tell a key from others, and from which nobody gets back to it."""
        if not self._fingerprint:
            digest = hashlib.blake2b(self._value.encode(), digest_size=6, person=b"any-llm")
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    @override
    def __repr__(self) -> str:
        return f"Secret({_STARS!r})"

    @override
    def __str__(self) -> str:
        return _STARS

    def __bool__(self) -> bool:
        return bool(self._value)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    @override
    def __hash__(self) -> int:
        return hash(self._value)

    @override
    def __reduce__(self) -> tuple[object, ...]:
        msg = "a Secret cannot be pickled; pass the name of its environment variable instead"
        raise TypeError(msg)


def redact(text: str, *secrets: Secret | None) -> str:
    """Return text with the given secrets, and whatever looks like a key, replaced by stars.

    A secret is found as it is, as JSON, Python, URLs and forms write it, and where the text was cut inside it. One of
    fewer than four characters protects nothing, and is left.
    """
    for secret in secrets:
        if secret and len(value := secret.reveal()) >= _SHORTEST:
            for form in _forms(value):
                text = _without_beginning(text.replace(form, _STARS), form)
    return _LIKELY_KEY.sub(_STARS, text) if may_hold_a_key(text) else text


def may_hold_a_key(text: str) -> bool:
    """Say whether it is worth while to look for what looks like a key, which takes ten times as long as this."""
    for mark in _MARKS:
        if mark in text:
            return True
    lower = text.lower()
    return "bearer " in lower or "basic " in lower or is_in_a_long_word(text.encode("utf-8", "replace"), _BEGUN_KEY)


def is_in_a_long_word(text: bytes, pattern: re.Pattern[bytes]) -> bool:
    """Say whether a pattern is in a word of letters, digits, hyphens and underscores that is as long as keys are."""
    words = text.translate(_WORDS)
    start = words.find(_LONG)
    while start >= 0:
        end = _WORD.match(words, start).end()  # type: ignore[union-attr]  # there are eighteen
        if pattern.search(text, start, end):
            return True
        start = words.find(_LONG, end)
    return False


def _forms(value: str) -> tuple[str, ...]:
    """Return how a server that tells what it was sent may write a secret, the longest first."""
    if _UNESCAPED.fullmatch(value):
        return (value,)
    json = value.replace("\\", "\\\\").replace('"', '\\"')
    # Go's encoder writes JSON that may stand inside a web page, PHP's escapes slashes.
    careful, page = json, value.replace("&", "&amp;")
    for character, name in (("<", "lt"), (">", "gt"), ("&", ""), ("'", "#x27"), ('"', "quot")):
        careful = careful if character == '"' else careful.replace(character, f"\\u{ord(character):04x}")
        page = page.replace(character, f"&{name};") if name else page
    written = (json, json.replace("/", "\\/"), json.replace("'", "\\'"), careful, page, repr(value)[1:-1])
    forms = {value, *written, quote(value, safe=""), quote(value), quote_plus(value)}
    return tuple(sorted(forms, key=len, reverse=True))


def _without_beginning(text: str, secret: str) -> str:
    """Return text without the beginning of a secret at its very end."""
    for size in range(len(secret) - 1, _SHORTEST - 1, -1):
        if text.endswith(secret[:size]):
            return text[:-size] + _STARS
    return text


def secrets_of(headers: Mapping[str, str]) -> tuple[Secret, ...]:
    """Return what headers prove an identity with, without the scheme before it."""
    proofs = (value.rpartition(" ")[2] for name, value in headers.items() if name.lower() in _SECRET_HEADERS)
    return tuple(map(Secret, proofs))


def redact_headers(headers: Mapping[str, str], *secrets: Secret | None) -> dict[str, str]:
    """Return headers with the values that carry credentials replaced by stars."""
    return {
        name: _STARS if name.lower() in _SECRET_HEADERS else redact(value, *secrets) for name, value in headers.items()
    }


def redact_url(url: str) -> str:
    """Return a URL with the members of its query that prove an identity replaced by stars."""
    return _SIGNED.sub(rf"\1{_STARS}", url)


def show(value: object) -> str:
    """Return a value out of a configuration as a text may show it.

    The values of headers that carry credentials, the user in a URL, and whatever looks like a key are stars.
    """
    try:
        return _USER.sub("//", redact(repr(_starred(value))))
    except ValueError:
        return f"(a {type(value).__name__} with a number of more digits than Python writes)"


def _starred(value: object) -> object:
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value).items()
        return {name: _STARS if str(name).lower() in _SECRET_HEADERS else _starred(item) for name, item in members}
    return [_starred(item) for item in cast("list[object]", value)] if isinstance(value, list) else value
