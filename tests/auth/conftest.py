"""What the tests of credentials use: a server that plays whoever gives out tokens, and a clock that they set."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from any_llm.auth.access import TransportAccess
from any_llm.auth.cache import CredentialCache
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.transport.pool import Pool
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON
from any_llm.types.secret import Secret
from tests.transport.conftest import Serve, pool, serve
from tests.transport.peers import Peer, Received, Server, whole

__all__ = ["pool", "serve"]

NOW = 1_790_000_000.0
CANARY = "canary-0123456789abcdef"
MakeAccess: TypeAlias = Callable[..., TransportAccess]
Answer: TypeAlias = Callable[[Received], object]


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Issuer:
    """A server that gives out what a test says: a JSON value, a text, or a status with either."""

    server: Server
    heard: list[Received] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Where it is."""
        return self.server.url("")

    def forms(self) -> list[dict[str, str]]:
        """Return the forms that were posted."""
        return [{name: values[0] for name, values in parse_qs(seen.body.decode()).items()} for seen in self.heard]


Issue: TypeAlias = Callable[[Answer], Issuer]


@pytest.fixture
def issue(serve: Serve) -> Issue:
    """Start a server whose answers a function gives."""

    def start(answer: Answer) -> Issuer:
        heard: list[Received] = []

        async def script(peer: Peer, received: Received) -> None:
            heard.append(received)
            said = answer(received)
            status, content = said if isinstance(said, tuple) else ("200 OK", said)
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            peer.say(whole(body, status=status, fields="content-type: application/json\r\n"))

        return Issuer(serve(script), heard)

    return start


@pytest.fixture
def clock() -> Clock:
    """Give a clock of this test's own."""
    return Clock()


@pytest.fixture
def access(pool: Pool, clock: Clock) -> MakeAccess:
    """Give access to the servers of a test, with an environment and with nothing kept from before."""
    kept = CredentialCache(clock)

    def make(environment: Mapping[str, str] | None = None) -> TransportAccess:
        return TransportAccess(pool, environment=environment or {}, clock=clock, credentials=kept)

    return make


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    """Give an RSA key."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture(scope="session")
def pem(rsa_key: rsa.RSAPrivateKey) -> str:
    """Give the same RSA key as a text."""
    return rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def settled(access: TransportAccess) -> None:
    """Wait for the fetches that have begun."""
    for entry in access._cache._entries.values():
        for flight in tuple(entry.flights.values()):
            await flight


def target(auth: str, key: str | None = None, **rest: JSON) -> Target:
    """Return a target that is signed for in a way; `rest` goes to its provider's record, but for `credential`."""
    credential, placeholders = rest.pop("credential", {}), rest.pop("placeholders", {})
    record = Provider(name="cloud", base_url="https://cloud.example", key="CLOUD_API_KEY", auth=auth, **rest)
    return Target(
        provider=record,
        model="m",
        base_url=record.base_url,
        key=Secret(key) if key else None,
        credential=credential,
        placeholders=placeholders,
    )


def request(url: str = "https://cloud.example/v1/chat") -> HttpRequest:
    """Return a request to be signed."""
    return HttpRequest("POST", url, {"Content-Type": "application/json"}, b"{}")
