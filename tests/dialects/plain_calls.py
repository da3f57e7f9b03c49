"""Calls of a small dialect, without a network."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.engine.codecs import dialect_of
from any_llm.exceptions import AnyLLMError
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Codec, Dialect, Encoded, FollowUp, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.transport.peers import Peer, Received, Script, whole


class Calls:
    """What can be said and heard in the format of one provider."""

    def __init__(self, provider: str) -> None:
        self.provider = BY_NAME[provider]
        self.dialect: Dialect = dialect_of(self.provider)

    def target(self, model: str = "m") -> Target:
        """Return where a call goes."""
        return Target(provider=self.provider, model=model, base_url=self.provider.base_url)

    def codec(self, operation: Operation) -> Codec[JSON, JSON]:
        """Return the codec of an operation."""
        return self.dialect.operations[operation]

    def encode(self, operation: Operation, model: str = "m", **options: JSON) -> Encoded:
        """Encode a request."""
        return self.codec(operation).encode(self.target(model), options)

    def decode(self, operation: Operation, body: JSON, *earlier: HttpResponse, model: str = "m") -> JSON:
        """Decode an answer with a JSON body."""
        return self.codec(operation).decode(self.target(model), respond(body, *earlier))

    def sound(self, content: bytes, media_type: str) -> JSON:
        """Decode an answer that is a recording."""
        response = HttpResponse(200, {"content-type": media_type}, content)
        return self.codec(Operation.SPEECH).decode(self.target(), response)

    def follow(self, operation: Operation, body: JSON, *earlier: HttpResponse, **options: JSON) -> FollowUp | None:
        """Return what is asked after an answer with a JSON body."""
        follow_up = self.codec(operation).follow_up
        assert follow_up is not None
        return follow_up(self.target(str(options.pop("model", "m"))), options, respond(body, *earlier))

    def fail(self, status: int, body: JSON, headers: Mapping[str, str] | None = None) -> AnyLLMError:
        """Return the error that an unsuccessful answer means."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.dialect.decode_error(self.target(), HttpResponse(status, headers or {}, raw))


def respond(body: JSON, *earlier: HttpResponse) -> HttpResponse:
    """Return an answer with a JSON body, after others."""
    return HttpResponse(200, {"content-type": "application/json"}, msgspec.json.encode(body), earlier)


def body_of(encoded: Encoded) -> JSONObject:
    """Return the JSON of a request."""
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body


def form_of(encoded: Encoded) -> list[tuple[str, JSON]]:
    """Return the names and contents of a form."""
    return [(part.name, part.content) for part in encoded.form]


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    """Return kind and parameter of each warning."""
    return [(warning.kind, warning.parameter) for warning in encoded.warnings]


def answers(*bodies: JSON, media_type: str = "audio/mpeg") -> Script:
    """Return a script that gives one answer after another: bytes as they are, all else as JSON."""
    left = list(bodies)

    async def script(peer: Peer, _received: Received) -> None:
        body = left.pop(0)
        kind = media_type if isinstance(body, bytes) else "application/json"
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        peer.say(whole(raw, fields=f"content-type: {kind}\r\n"))

    return script
