"""How requests are signed: with a key in a header, or by signers that see the whole request and may fetch tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

import msgspec

from any_llm.spec.dialect import Target
from any_llm.types.http import HttpRequest, HttpResponse
from any_llm.types.secret import Secret

V = TypeVar("V")


class Signer(Protocol):
    """Adds a credential to the headers of one request."""

    def __call__(self, headers: dict[str, str], key: Secret | None) -> None:
        """Add what proves who is asking; nothing when there is no key."""
        ...


class Send(Protocol):
    """Sends a request of a signer's own, over the very transport that the call goes over."""

    async def __call__(self, request: HttpRequest, *, patience: float = 30.0) -> HttpResponse:
        """Return the whole answer, whatever its status; `patience` is the seconds that it may take.

        Raises:
            ConnectionFailedError: nobody answers.
            RequestTimeoutError: it takes longer.
        """
        ...


class Grant(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """A credential, and the time when it ends, in seconds since 1970; `None` for one that has no end."""

    value: V
    expires_at: float | None = None


class CredentialSource(Protocol[V]):
    """Where a credential comes from that does not last: a frozen value. Equal sources share what they fetch."""

    async def fetch(self, send: Send, now: float) -> Grant[V]:
        """Fetch a fresh credential; `now` is the time in seconds since 1970.

        Raises:
            AnyLLMError: there is none to be had.
        """
        ...


class Access(Protocol):
    """What a signer may use of the world outside."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables."""
        ...

    @property
    def now(self) -> float:
        """The time, in seconds since 1970."""
        ...

    async def credential(self, source: CredentialSource[V]) -> V:
        """Return what a source gives: kept from before, else fetched, once for all who ask at the same time.

        Raises:
            AnyLLMError: there is none to be had.
        """
        ...


class RequestSigner(Protocol):
    """Signs a whole request, for vendors whose signatures cover its URL and body, or whose tokens must be fetched."""

    async def __call__(self, request: HttpRequest, target: Target, access: Access, /) -> Mapping[str, str]:
        """Return the headers to add; after that, neither the URL nor the body may change.

        Raises:
            ConfigurationError: there is no credential, or something about it is wrong.
            AnyLLMError: who gives out credentials refuses, or cannot be reached.
        """
        ...
