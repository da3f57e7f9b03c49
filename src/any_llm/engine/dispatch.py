"""The whole trip of one attempt: encode, sign, send, decode."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from any_llm.auth.headers import SIGNERS
from any_llm.auth.signers import request_signer
from any_llm.engine.codecs import codec_of, dialect_of
from any_llm.engine.facts import Facts
from any_llm.engine.translation import decode, encode, with_members
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
    from any_llm.types.report import Warning as CallWarning

_USER_AGENT = "any-llm/0.1"
_FIRST_REDIRECT, _FIRST_ERROR = 300, 400


def dispatcher(transport_for: Callable[[str], Transport]) -> Handler:
    """Return the centre of the pipeline; `transport_for` gives the transport that a provider's record names."""

    async def dispatch(call: Call) -> Reply:
        """Make one attempt."""
        started = time.monotonic()
        provider = call.target.provider
        facts = Facts(call, started)
        try:
            codec = codec_of(provider, call.operation)
            encoded = encode(codec, call)
            request = facts.request = _request(call, encoded)
            report = Report(
                provider=provider.name,
                model=call.target.model,
                operation=call.operation,
                warnings=_allowed(call, encoded) if encoded.warnings else (),
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


async def _receive(call: Call, codec: Codec[JSON, JSON], exchange: Exchange, report: Report, facts: Facts) -> Reply:
    status = report.status = facts.status = exchange.status
    headers = report.headers = facts.headers = exchange.headers
    report.request_id = facts.request_id()
    streamed = call.stream and codec.stream is not None and status < _FIRST_REDIRECT
    if streamed and not _is_json(headers.get("content-type", "")):
        return await _open(call, codec, exchange, report, facts)
    response = HttpResponse(status, headers, await exchange.read())
    if status >= _FIRST_REDIRECT:
        raise _refusal(call, response)
    value = decode(codec, call, response)
    if streamed:
        raise MalformedResponseError(
            "A stream was asked for, but the provider answered with a whole JSON body",
            response_excerpt=facts.excerpt(response.body),
        )
    _note_elapsed(report, facts.started)
    if hasattr(value, "report"):
        value.report = report
    return Reply(value=value, report=report)


async def _open(call: Call, codec: Codec[JSON, JSON], exchange: Exchange, report: Report, facts: Facts) -> Reply:
    """Return a stream that has its first item, so that an early failure is an ordinary exception."""
    content_type = exchange.headers.get("content-type", "")
    if content_type.startswith("text/html"):
        body = await exchange.read()
        raise MalformedResponseError(
            f"The answer is {content_type}, not a stream of events; check the base URL {call.target.base_url!r}",
            response_excerpt=facts.excerpt(body),
        )
    assert codec.stream is not None
    fresh = partial(codec.stream, call.target, call.options)
    framing = FRAMINGS[call.target.provider.framing]()
    stream = EventStream(HttpUpstream(exchange, framing, fresh, facts.explain), fold=codec.fold, report=report)
    stream.tap(on_end=lambda _: _note_elapsed(report, facts.started))
    await stream.prime()
    report.time_to_first_chunk = time.monotonic() - facts.started
    return Reply(value=stream, report=report)


def _note_elapsed(report: Report, started: float) -> None:
    report.elapsed = time.monotonic() - started


def _is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def _refusal(call: Call, response: HttpResponse) -> AnyLLMError:
    """Return the error that an unsuccessful answer means."""
    if response.status >= _FIRST_ERROR:
        return dialect_of(call.target.provider).decode_error(call.target, response)
    place = response.headers.get("location", "nowhere")
    return MalformedResponseError(
        f"The server redirects to {place!r}, which is not followed, since the key would go along; "
        f"check the base URL {call.target.base_url!r}",
        response_excerpt=Facts.excerpt(response.body),
    )


def _request(call: Call, encoded: Encoded) -> HttpRequest:
    target = call.target
    headers = {"User-Agent": _USER_AGENT, "Accept": "text/event-stream" if call.stream else "application/json"}
    if encoded.body:
        headers["Content-Type"] = "application/json"
    if call.request_id:
        headers["X-Client-Request-Id"] = call.request_id
    sign = SIGNERS.get(target.provider.auth)
    if sign is not None:
        sign(headers, target.key)
    for more in (target.provider.headers, encoded.headers, call.headers):
        if more:
            _add(headers, more)
    url = target.base_url + encoded.path
    if call.query:
        url += ("&" if "?" in url else "?") + urlencode(call.query, doseq=True)
    body = with_members(encoded.body, call.extra_body) if call.extra_body else encoded.body
    request = HttpRequest("POST" if body else "GET", url, headers, body)
    if sign is None:
        _add(headers, request_signer(target.provider.auth)(request, target.key))
    return request


def _add(headers: dict[str, str], more: Mapping[str, str]) -> None:
    """Add headers; one that is there already, in whatever case, is replaced."""
    taken = {name.lower(): name for name in headers}
    for name, value in more.items():
        headers.pop(taken.get(name.lower(), name), None)
        headers[name] = value


def _allowed(call: Call, encoded: Encoded) -> tuple[CallWarning, ...]:
    """Apply the policy about what a provider cannot express."""
    if call.on_unsupported == "drop":
        return ()
    if call.on_unsupported == "error":
        for warning in encoded.warnings:
            if warning.kind == "dropped":
                raise UnsupportedParameterError(warning.parameter, call.target.provider.name, warning.detail)
    return encoded.warnings
