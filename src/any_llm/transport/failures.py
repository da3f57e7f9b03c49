"""Foreign exceptions to ours: the one table, for every HTTP library a call may go through."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from any_llm.exceptions import (
    AnyLLMError,
    ConfigurationError,
    ConnectionFailedError,
    MalformedResponseError,
    StreamClosedError,
)
from any_llm.transport.watchdog import Watchdog

# The libraries may be absent, so their exceptions are known by name; the most specific name counts. aiohttp's are in
# https://docs.aiohttp.org/en/stable/client_reference.html#hierarchy-of-exceptions, httpx's and httpx2's in
# https://www.python-httpx.org/exceptions/.
_TABLE: Final[Mapping[str, tuple[type[AnyLLMError], str]]] = MappingProxyType(
    {
        "ClientHttpProxyError": (ConnectionFailedError, "The proxy refused a tunnel to {where}; check the proxy"),
        "ClientProxyConnectionError": (ConnectionFailedError, "The proxy to {where} cannot be reached; check proxy="),
        "ClientSSLError": (ConnectionFailedError, "TLS with {where} failed; pass ca= if its authority is private"),
        "ClientConnectorDNSError": (ConnectionFailedError, "The name of {where} is not known; check the host"),
        "ClientConnectorError": (ConnectionFailedError, "No connection to {where}; check the host and the port"),
        "ServerDisconnectedError": (ConnectionFailedError, "{where} closed the connection without an answer"),
        "ClientPayloadError": (ConnectionFailedError, "The connection to {where} broke inside the answer's body"),
        "ClientResponseError": (MalformedResponseError, "What {where} answered is not HTTP; check the base URL"),
        "HttpProcessingError": (MalformedResponseError, "What {where} answered is not HTTP; check the base URL"),
        "ClientError": (ConnectionFailedError, "The connection to {where} failed"),
        "InvalidURL": (ConfigurationError, "{where} is not a URL that can be called; check the base URL"),
        "LocalProtocolError": (ConfigurationError, "The request to {where} cannot be sent; check its headers"),
        "ProxyError": (ConnectionFailedError, "The proxy to {where} failed; check the client's proxy"),
        "RemoteProtocolError": (ConnectionFailedError, "The connection to {where} broke, or what it said is not HTTP"),
        "ContentEncodingError": (MalformedResponseError, "The body of {where} does not fit its content-encoding"),
        "DecodingError": (MalformedResponseError, "The body of {where} does not fit its content-encoding"),
        "ConnectError": (ConnectionFailedError, "No connection to {where}; check the host and the port"),
        "TransportError": (ConnectionFailedError, "The connection to {where} failed"),
        "OSError": (ConnectionFailedError, "The connection to {where} failed"),
        "ValueError": (ConfigurationError, "The request to {where} cannot be sent; check its headers for line breaks"),
        "RuntimeError": (ConnectionFailedError, "The connection to {where} is closed"),
    }
)
_SAID_BY_CAUSE: Final = frozenset({"ContentEncodingError"})
"""What aiohttp tells only in the cause of a `ClientPayloadError`."""
_CONNECT_TIMEOUTS: Final = frozenset({"ConnectionTimeoutError", "ConnectTimeout", "PoolTimeout"})


def find_failure(error: BaseException, watchdog: Watchdog) -> AnyLLMError | None:
    """Return our error for a foreign one, or None for what is not the network's: a cancellation, our own errors.

    The message names the server without path, query or credentials; nothing else of the request enters it.
    """
    if timeout := watchdog.failure(error):
        return timeout
    if isinstance(error, AnyLLMError):
        return None
    cause = error.__cause__
    if isinstance(cause, AnyLLMError):
        # The body could not be read while it was sent; the HTTP library only knows that sending failed.
        error.__cause__ = None
        return cause
    return _translate(error, watchdog)


def _translate(error: BaseException, watchdog: Watchdog) -> AnyLLMError | None:
    names = [kind.__name__ for kind in type(error).__mro__]
    if (cause := type(error.__cause__).__name__) in _SAID_BY_CAUSE:
        names.insert(0, cause)
    for name in names:
        if name in _CONNECT_TIMEOUTS:
            return watchdog.connect_failure()
        if found := _TABLE.get(name):
            return _build(found[0], found[1].format(where=watchdog.where), error)
    return None


def raise_from(failure: AnyLLMError | None, error: BaseException) -> None:
    """Raise our error as the effect of a foreign one, if there is one of ours; no frame is left holding either."""
    try:
        if failure is not None:
            raise failure from error
    finally:
        del failure, error


def closed_here(where: str) -> StreamClosedError:
    """Return the error for reading an answer that this program closed."""
    return StreamClosedError(f"The answer of {where} was closed by this program; make the call again")


def not_callable(url: str) -> ConfigurationError:
    """Return the error for a URL that no request can be sent to."""
    return ConfigurationError(
        f"The URL {without_credentials(url)!r} cannot be called; give it in full, as 'https://host/path'"
    )


def without_credentials(url: str) -> str:
    """Return a URL without its query and without a user and password, either of which may be a secret."""
    scheme, separator, rest = url.partition("?")[0].partition("://")
    return scheme + separator + rest.rpartition("@")[2] if separator else scheme.rpartition("@")[2]


def _build(ours: type[AnyLLMError], text: str, error: BaseException) -> AnyLLMError:
    cause: object = getattr(error, "certificate_error", error)
    cause = getattr(cause, "os_error", cause)
    detail = ""
    if isinstance(cause, ssl.SSLCertVerificationError):
        detail = cause.verify_message
    elif isinstance(cause, OSError):
        detail = cause.strerror or ""
    built = ours(f"{text} ({detail})" if detail else text, error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        built.retryable = False
    return built
