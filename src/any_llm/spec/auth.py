"""How requests are signed."""

from __future__ import annotations

from typing import Protocol

from any_llm.types.secret import Secret


class Signer(Protocol):
    """Adds a credential to the headers of one request."""

    def __call__(self, headers: dict[str, str], key: Secret | None) -> None:
        """Add what proves who is asking; nothing when there is no key."""
        ...
