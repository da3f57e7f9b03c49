"""How requests are signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret


class Signer(Protocol):
    """Adds a credential to the headers of one request."""

    def __call__(self, headers: dict[str, str], key: Secret | None) -> None:
        """Add what proves who is asking; nothing when there is no key."""
        ...


class RequestSigner(Protocol):
    """Signs a whole request, for vendors whose signatures cover its URL and body."""

    def __call__(self, request: HttpRequest, key: Secret | None) -> Mapping[str, str]:
        """Return the headers to add; after that, neither the URL nor the body may change.

        Raises:
            ConfigurationError: there is no credential, or something about it is wrong.
        """
        ...
