"""The whole trip of one attempt: encode, sign, send, decode."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from any_llm.auth.headers import SIGNERS
from any_llm.engine.codecs import codec_of, dialect_of
from any_llm.engine.facts import Facts
from any_llm.engine.upstream import HttpUpstream
from any_llm.exceptions import AnyLLMError, MalformedResponseError, UnsupportedParameterError
from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.pipeline.stream import EventStream
from any_llm.spec.transport import Exchange, Transport
from any_llm.transport.framing import FRAMINGS
from any_llm.types.http import HttpRequest, HttpResponse
from any_llm.types.report import Report

if TYPE_CHECKING:
    from any_llm.spec.dialect import Codec, Encoded
    from any_llm.types.json import JSON

_USER_AGENT = "any-llm/0.1"
_FIRST_ERROR = 400


def dispatcher(transport_for: Callable[[str], Transport]) -> Handler:
    """Return the centre of the pipeline; `transport_for` gives the transport that a provider's record names."""

    async def dispatch(call: Call) -> Reply:
        started = time.monotonic()
        provider = call.target.provider
        codec = codec_of(provider, call.operation)
        facts = Facts(call, started)
        try:
            encoded = codec.encode(call.target, call.options)
            request = _request(call, encoded)
            facts.request = request
            report = Report(
                provider=provider.name,
                model=call.target.model,
                operation=call.operation,
                warnings=_allowed(call, encoded),
                client_request_id=call.request_id,
            )
            exchange = await transport_for(provider.transport).send(request, call.timeouts)
            try:
                return await _receive(call, codec, exchange, report, facts)
            except BaseException:
                exchange.close()
                raise
        except AnyLLMError as error:
            raise facts.explain(error) from error.__cause__

    return dispatch


async def _receive(
    call: Call, codec: Codec[JSON, JSON], exchange: Exchange, report: Report, facts: Facts
) -> Reply:
    report.status, report.headers = exchange.status, exchange.headers
    facts.headers = exchange.headers
    report.request_id = facts.request_id()
    streamed = exchange.status < _FIRST_ERROR and call.stream and codec.stream is not None
    if streamed and "json" not in exchange.headers.get("content-type", ""):
        return await _open(call, codec, exchange, report, facts)
    response = HttpResponse(exchange.status, exchange.headers, await exchange.read())
    if exchange.status >= _FIRST_ERROR:
        raise dialect_of(call.target.provider).decode_error(call.target, response)
    value = _decode(call, codec, response)
    if streamed:
        msg = "a stream was asked for, but the provider answered with a whole JSON body"
        raise MalformedResponseError(msg, response_excerpt=facts.excerpt(response.body))
    report.elapsed = time.monotonic() - facts.started
    if hasattr(value, "report"):
        value.report = report
    return Reply(value=value, report=report)


async def _open(call: Call, codec: Codec[JSON, JSON], exchange: Exchange, report: Report, facts: Facts) -> Reply:
    """Return a stream that has its first item, so that an early failure is an ordinary exception."""
    content_type = exchange.headers.get("content-type", "")
    if content_type.startswith("text/html"):
        body = await exchange.read()
        msg = f"the answer is {content_type}, not a stream of events; check the base URL {call.target.base_url!r}"
        raise MalformedResponseError(msg, response_excerpt=facts.excerpt(body))
    assert codec.stream is not None
    decoder = codec.stream(call.target, call.options)
    framing = FRAMINGS[call.target.provider.framing]()
    stream = EventStream(HttpUpstream(exchange, framing, decoder, facts.explain), fold=codec.fold, report=report)
    await stream.prime()
    report.time_to_first_chunk = time.monotonic() - facts.started
    return Reply(value=stream, report=report)


def _decode(call: Call, codec: Codec[JSON, JSON], response: HttpResponse) -> JSON:
    """Decode a successful whole answer; what is not the JSON it should be is a typed error with an excerpt."""
    try:
        return codec.decode(call.target, response)
    except msgspec.DecodeError as error:
        content_type = response.headers.get("content-type", "without a content type")
        size = f"{len(response.body)} bytes" if response.body else "an empty body"
        msg = f"the answer ({size}, {content_type}) is not the JSON it should be: {error}"
        raise MalformedResponseError(msg, error, response_excerpt=Facts.excerpt(response.body)) from error


def _request(call: Call, encoded: Encoded) -> HttpRequest:
    target = call.target
    headers = {"User-Agent": _USER_AGENT, "Accept": "text/event-stream" if call.stream else "application/json"}
    if encoded.body:
        headers["Content-Type"] = "application/json"
    if call.request_id:
        headers["X-Client-Request-Id"] = call.request_id
    for more in (target.provider.headers, encoded.headers, call.headers):
        if more:
            headers.update(more)
    SIGNERS[target.provider.auth](headers, target.key)
    url = target.base_url + encoded.path
    if call.query:
        url += ("&" if "?" in url else "?") + urlencode(call.query)
    body = encoded.body
    if call.extra_body:
        body = msgspec.json.encode({**msgspec.json.decode(body or b"{}"), **call.extra_body})
    return HttpRequest("POST" if body else "GET", url, headers, body)


def _allowed(call: Call, encoded: Encoded) -> tuple[JSON, ...]:
    """Apply the policy about what a provider cannot express."""
    if call.on_unsupported == "drop":
        return ()
    if call.on_unsupported == "error":
        for warning in encoded.warnings:
            if warning.kind == "dropped":
                raise UnsupportedParameterError(warning.parameter, call.target.provider.name, warning.detail)
    return encoded.warnings
