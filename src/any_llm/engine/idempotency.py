"""What tells a provider that a request is made again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from any_llm.spec.dialect import Encoded


def idempotency_key(request_id: str, encoded: Encoded) -> str:
    """Return the key of a request: the same for each attempt of the call with this id.

    One that says something else gets another, as a provider refuses a key it has seen with another body: the next
    request of an operation that takes several, or the rest of an answer whose beginning is known.
    """
    return f"{request_id}-{crc32(encoded.body, crc32(encoded.path.encode())):08x}"
