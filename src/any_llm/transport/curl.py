"""A request as a `curl` command that sends it again, without any secret in it.

A key is written as the environment variable that holds it, so the command runs as it is where that variable is set.
https://curl.se/docs/manpage.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from any_llm.types.http import FileSource, HttpRequest, Piece, size_of
from any_llm.types.secret import Secret, redact, redact_url, secrets_of

_SHORTEST_KEY, _SHORTEST_PROOF = 8, 4
_KEY_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_UNNAMED = "ANY_LLM_DEBUG_KEY"
"""The variable that a command reads a key from that no variable holds here."""

_LONGEST_WORD = 100_000
"""How many bytes a word of a command may have: https://man7.org/linux/man-pages/man2/execve.2.html says 131,072."""

_MOST_BYTES = 262_144
"""How many bytes are shown that are no text."""

_STARS = "********"
_MEMBERS = (
    r"api_?key|password|private_?key|secret|secret_?id|secret_?(?:access_?)?key|client_?secret|client_?assertion"
    r"|assertion|(?:access|refresh|id|session|subject|client|security|identity|webidentity|bearer)_?token|(?-i:Token)"
)
_TOLD = re.compile(
    rf'(?i)((?:^|[&\s])(?:{_MEMBERS})=)[^&\s"]+|("(?:{_MEMBERS})"\s*:\s*")(?:[^"\\]|\\.)*|(<(?:{_MEMBERS})>)[^<]*'
)
"""Members of forms, of JSON and of XML that hold a secret, as those who give tokens ask for and tell them."""

_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
_MADE_BY_CURL = frozenset({"authorization", "x-amz-date", "x-amz-content-sha256"})
_PAIR = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def without_secrets(text: str, *secrets: Secret | None) -> str:
    """Return a body without the given secrets, what looks like a key, and what members of such names hold."""
    return _TOLD.sub(lambda found: f"{found[1] or found[2] or found[3]}{_STARS}", redact(text, *secrets))


def curl(request: HttpRequest, environment: Mapping[str, str]) -> str:
    """Return the command that sends a request again, without any secret in it.

    Args:
        request: what is sent.
        environment: where the names of variables that hold keys are found.
    """
    keys = _Keys(request.headers, environment)
    glob = " -g" if any(letter in request.url for letter in "[]{}") else ""
    lines = [f"curl -sS{glob} -X {request.method} {keys.quoted(request.url, url=True)}"]
    headers, signing = _signing(request.headers)
    lines += [
        *signing,
        *(f"  -H {keys.quoted(f'{name}: {value}' if value else f'{name};')}" for name, value in headers),
    ]
    body = request.body
    source, missing = "", False
    pieces: Sequence[Piece] = (body,) if isinstance(body, bytes) else body.pieces
    text = _text(body) if isinstance(body, bytes) and len(body) <= _LONGEST_WORD else None
    if text is not None and "\0" not in text and not text.startswith("@"):
        lines += [f"  --data-binary {keys.quoted(text)}"] if text else []
    else:
        sources = [_source(piece, keys) for piece in pieces]
        missing = None in sources
        lines.append(f"  --data-binary {'@BODY' if missing else '@-'}")
        source = "" if missing else _joined([each for each in sources if each])
    told = [f"# BODY is a file of {size_of(body)} bytes that are not shown\n"] if missing else []
    told += [f"# Set {_UNNAMED} to the key, which no variable holds here\n"] if keys.unnamed else []
    told += [f"# Set {name}\n" for name in _PAIR if signing and name not in environment]
    return "".join((*told, source, " \\\n".join(lines)))


def _signing(headers: Mapping[str, str]) -> tuple[Iterable[tuple[str, str]], Sequence[str]]:
    """Return the headers, and what has `curl` sign the request itself where a signature will not last."""
    told = (value for name, value in headers.items() if name.lower() == "authorization")
    found = _SIGNED.match(next(told, ""))
    if found is None:
        return headers.items(), ()
    user = ":".join(f"${name}" for name in _PAIR)
    kept = [(name, value) for name, value in headers.items() if name.lower() not in _MADE_BY_CURL]
    return kept, (f"  --aws-sigv4 'aws:amz:{found[1]}:{found[2]}' --user \"{user}\"",)


def _joined(sources: Sequence[str]) -> str:
    """Return what writes a body, one piece after the other, to the command behind it."""
    return f"{sources[0]} | " if len(sources) == 1 else f"{{ {'; '.join(sources)}; }} | "


def _source(piece: Piece, keys: _Keys) -> str | None:
    """Return the command that writes a piece of a body; `None` for one that cannot be shown."""
    if isinstance(piece, FileSource):
        return _file(piece)
    text = _text(piece)
    if text is not None:
        return f"printf {keys.formatted(text)}"
    # In the letters of base64 nobody could see a key.
    if len(piece) > _MOST_BYTES or keys.stand_in(piece):
        return None
    return f"printf %s {base64.b64encode(piece).decode()} | base64 -d"


def _file(source: FileSource) -> str | None:
    named: object = source.file if isinstance(source.file, Path) else getattr(source.file, "name", None)
    if not isinstance(named, Path | str) or source.offset is None or not Path(named).is_file():
        return None
    path = _single(str(Path(named).absolute()))
    from_there = f"tail -c +{source.offset + 1} {path}" if source.offset else f"cat {path}"
    whole = source.length is None or source.length == Path(named).stat().st_size - source.offset
    return from_there if whole else f"{from_there} | head -c {source.length}"


def _text(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


class _Keys:
    """The secrets of a request, by the variables that hold them."""

    def __init__(self, headers: Mapping[str, str], environment: Mapping[str, str]) -> None:
        proofs = {text for secret in secrets_of(headers) if len(text := secret.reveal()) >= _SHORTEST_PROOF}
        found = {
            value: name
            # Of several variables with one key, the first one is named.
            for name, value in reversed([*environment.items()])
            if value in proofs or (len(value) >= _SHORTEST_KEY and any(word in name.upper() for word in _KEY_WORDS))
        }
        found |= {value: _UNNAMED for value in proofs if value not in found}
        self._names = dict(sorted(found.items(), key=lambda item: -len(item[0])))
        self._secrets = [Secret(value) for value in self._names]
        self.unnamed = False

    def stand_in(self, body: bytes) -> bool:
        """Say whether a secret is among these bytes."""
        return any(value.encode() in body for value in self._names)

    def quoted(self, text: str, *, url: bool = False) -> str:
        """Return a text as one word of a shell, with variables in place of keys."""
        words = (
            f'"${name}"' if name else _single(self._clean(redact_url(plain) if url else plain))
            for plain, name in self._parts(text)
        )
        return "".join(words) or "''"

    def formatted(self, text: str) -> str:
        """Return a text as the words that `printf` writes it from, with variables in place of keys."""
        parts = [*self._parts(text)]
        shape = "".join("%s" if name else _escaped(self._clean(plain)) for plain, name in parts)
        # A format that begins with a dash would be an option.
        words = ["--" if shape.startswith("-") else "", f"'{shape}'", *(f'"${name}"' for _, name in parts if name)]
        return " ".join(filter(None, words))

    def _clean(self, text: str) -> str:
        return without_secrets(text, *self._secrets)

    def _parts(self, text: str) -> Iterable[tuple[str, str]]:
        """Return the parts of a text: what stands there as it is, and the names of variables between."""
        parts = [(text, "")]
        for value, name in self._names.items():
            parts = [piece for part in parts for piece in _split(part, value, name)]
        self.unnamed = self.unnamed or any(name == _UNNAMED for _, name in parts)
        return parts


def _split(part: tuple[str, str], value: str, name: str) -> list[tuple[str, str]]:
    text, known = part
    if known or value not in text:
        return [part]
    pieces: list[tuple[str, str]] = []
    for plain in text.split(value):
        pieces += [(plain, ""), ("", name)]
    return [piece for piece in pieces[:-1] if piece != ("", "")]


def _single(text: str) -> str:
    quoted = text.replace("'", "'\\''")
    return f"'{quoted}'"


def _escaped(text: str) -> str:
    """Return a text as the format of `printf`, within single quotes.

    https://pubs.opengroup.org/onlinepubs/9699919799/utilities/printf.html
    """
    text = text.replace("\\", "\\\\").replace("%", "%%").replace("'", "'\\''")
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", lambda found: _LETTERS.get(found[0]) or f"\\{ord(found[0]):03o}", text)


_LETTERS: Mapping[str, str] = {"\r": "\\r", "\t": "\\t"}
