"""Foreign exceptions to ours: the one table."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from any_llm.exceptions import AnyLLMError, ConfigurationError, ConnectionFailedError, MalformedResponseError

_TABLE: Final[Sequence[tuple[type[Exception], type[AnyLLMError], str]]] = (
    (aiohttp.InvalidURL, ConfigurationError, "{where} is not a URL that can be called; check the base URL"),
    (aiohttp.ClientHttpProxyError, ConnectionFailedError, "The proxy refused a tunnel to {where}; check the proxy"),
    (aiohttp.ClientProxyConnectionError, ConnectionFailedError, "The proxy to {where} cannot be reached; check proxy="),
    (aiohttp.ClientSSLError, ConnectionFailedError, "TLS with {where} failed; pass ca= if its authority is private"),
    (aiohttp.ClientConnectorDNSError, ConnectionFailedError, "The name of {where} cannot be resolved; check the host"),
    (aiohttp.ClientConnectorError, ConnectionFailedError, "No connection to {where}; check the host and the port"),
    (aiohttp.ServerDisconnectedError, ConnectionFailedError, "{where} closed the connection without an answer"),
    (aiohttp.ClientPayloadError, ConnectionFailedError, "The connection to {where} broke inside the answer's body"),
    (aiohttp.ClientResponseError, MalformedResponseError, "What {where} answered is not HTTP"),
    (HttpProcessingError, MalformedResponseError, "What {where} answered is not HTTP"),
    (aiohttp.ClientError, ConnectionFailedError, "The connection to {where} failed"),
    (OSError, ConnectionFailedError, "The connection to {where} failed"),
    (ValueError, ConfigurationError, "The request to {where} cannot be sent; look for line breaks in keys and headers"),
    (RuntimeError, ConnectionFailedError, "The connection to {where} is closed"),
)


def translate(error: BaseException, where: str) -> AnyLLMError | None:
    """Return our error for one of the HTTP library's, or None for what is not the network's (a cancellation, a bug).

    `where` names the server without path, query or credentials; nothing else of the request enters the message.
    """
    for foreign, ours, text in _TABLE:
        if isinstance(error, foreign):
            return _build(ours, text.format(where=where), error)
    return None


def raise_from(failure: AnyLLMError | None, error: BaseException) -> None:
    """Raise our error as the effect of a foreign one, if there is one of ours; no frame is left holding either."""
    try:
        if failure is not None:
            raise failure from error
    finally:
        del failure, error


def _build(ours: type[AnyLLMError], text: str, error: Exception) -> AnyLLMError:
    detail = _detail(error)
    built = ours(f"{text} ({detail})" if detail else text, error)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        built.retryable = False
    return built


def _detail(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"status {error.status}"
    cause = getattr(error, "certificate_error", error)
    cause = getattr(cause, "os_error", cause)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    return (cause.strerror or "") if isinstance(cause, OSError) else ""
