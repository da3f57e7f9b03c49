"""A request as the mock received it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import msgspec

from any_llm.testing.mock.answer import Answer, Failure, RefusedError
from any_llm.testing.mock.asked import Asked
from any_llm.types.http import FormPart
from any_llm.types.json import JSON, is_object


class MockRequest(msgspec.Struct, kw_only=True, dict=True):
    """One request, and what the mock made of it.

    Attributes:
        method: the HTTP method, in upper case.
        host: the host it was sent to, with the port where it is not the usual one.
        path: the path as it was sent, percent-encoded.
        query: the parameters behind the path, each with its last value.
        headers: names in lower case.
        body: the exact bytes.
        number: how many requests the mock had received before.
        wire: the name of the wire that took it, such as `openai.chat`; empty when none did.
        operation: what is asked for, by the names of `any_llm.spec.provider.Operation`.
        vendor: who is spoken to, such as `groq`: from the path's first part, else from the host, else the wire's own.
        prefix: what stands in the path before the part that the wire knows, such as `/openai/v1`.
        params: what stands in the path for the `{names}` of the route, decoded.
        asked: what the wire read in it; `None` where it did not get so far, or reads nothing.
        answer: what was decided to answer; `None` where nothing was.
        abandoned: whether the client went away, or closed the answer, before it had all of it.
    """

    method: str
    path: str
    host: str = ""
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""
    number: int = 0
    wire: str = ""
    operation: str = ""
    vendor: str = ""
    prefix: str = ""
    params: Mapping[str, str] = {}
    asked: Asked | None = None
    answer: Answer | Failure | None = None
    abandoned: bool = False

    @property
    def json(self) -> JSON:
        """The body as JSON, decoded once.

        Raises:
            RefusedError: it is none; a wire that reads it so answers with status 400.
        """
        kept: dict[str, JSON] = vars(self)
        found = kept.get("json")
        if found is None:
            try:
                found = msgspec.json.decode(self.body or b"{}")
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise RefusedError(Failure(status=400, message=f"The body is not valid JSON: {error}")) from error
            kept["json"] = found
        return found

    @property
    def object(self) -> Mapping[str, JSON]:
        """The body as a JSON object.

        Raises:
            RefusedError: it is none.
        """
        found = self.json
        if is_object(found):
            return found
        raise RefusedError(Failure(status=400, message=f"The body is {type(found).__name__}, not a JSON object"))

    @property
    def form(self) -> tuple[FormPart, ...]:
        """The parts of a `multipart/form-data` body (RFC 7578), in their order; empty for any other body."""
        kind, _, rest = self.headers.get("content-type", "").partition(";")
        boundary = rest.partition("boundary=")[2].split(";")[0].strip().strip('"')
        if kind.strip().lower() != "multipart/form-data" or not boundary:
            return ()
        pieces = (b"\r\n" + self.body).split(b"\r\n--" + boundary.encode())
        return tuple(_part(piece) for piece in pieces[1:] if not piece.startswith(b"--"))

    @property
    def fields(self) -> Mapping[str, str]:
        """The parts of a form that are no files, by name."""
        return {part.name: _text(part.content) for part in self.form if part.filename is None}

    @property
    def model(self) -> str:
        """The model that was asked, empty when none was."""
        return self.asked.model if self.asked else ""

    @property
    def stream(self) -> bool:
        """Whether the answer was to come in pieces."""
        return self.asked is not None and self.asked.stream

    @property
    def text(self) -> str:
        """The last thing the user said."""
        return self.asked.text if self.asked else ""

    @property
    def key(self) -> str:
        """The key it was sent or (as AWS wants it) signed with, wherever it stands; empty when there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if token and scheme.lower() in {"bearer", "basic", "key", "token"}:
            return token
        if scheme.startswith("AWS4-") and "Credential=" in token:
            return token.partition("Credential=")[2].partition("/")[0]
        named = (self.headers.get(name, "") for name in ("x-api-key", "api-key", "x-goog-api-key"))
        return next(filter(None, named), self.query.get("key", ""))


def request_of(method: str, url: str, headers: Mapping[str, str], body: bytes) -> MockRequest:
    """Return the request of an absolute URL or of a path."""
    parts = urlsplit(url)
    return MockRequest(
        method=method.upper(),
        host=parts.netloc.rpartition("@")[2],
        path=parts.path or "/",
        query=dict(parse_qsl(parts.query, keep_blank_values=True)) if parts.query else {},
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
    )


def _part(piece: bytes) -> FormPart:
    head, _, content = piece.partition(b"\r\n\r\n")
    headers = dict(_header(line) for line in head.decode("utf-8", "replace").split("\r\n") if ":" in line)
    said = dict(_parameter(item) for item in headers.get("content-disposition", "").split(";") if "=" in item)
    return FormPart(said.get("name", ""), content, said.get("filename"), headers.get("content-type"))


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _parameter(item: str) -> tuple[str, str]:
    name, _, value = item.strip().partition("=")
    return name.lower(), value.strip('"')


def _text(content: object) -> str:
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
