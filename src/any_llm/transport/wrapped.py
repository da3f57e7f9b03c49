"""A transport and an exchange that are other ones, for those who watch or change one thing about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.spec.transport import Exchange, Transport


class WrappedTransport:
    """The part of a transport that is another one's; see `any_llm.spec.transport.Transport`."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def aclose(self) -> None:
        """Close what the inner transport has open on the running loop."""
        await self._inner.aclose()


class WrappedExchange:
    """An exchange that is another one, but for what a subclass does otherwise."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Exchange) -> None:
        self._inner = inner

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self._inner.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers, names in lower case."""
        return self._inner.headers

    def close(self) -> None:
        """Release the connection."""
        self._inner.close()
