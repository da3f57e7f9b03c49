"""The whole trip of one attempt: encode, sign, send, decode."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Protocol

import msgspec

from any_llm.auth.headers import SIGNERS, unsigned
from any_llm.engine.addressed import with_addressed
from any_llm.engine.attachments import as_they_are, has_media
from any_llm.engine.codecs import codec_for, dialect_of
from any_llm.engine.content_types import framing_of, is_json
from any_llm.engine.facts import Facts
from any_llm.engine.forms import encode_body
from any_llm.engine.idempotency import idempotency_key
from any_llm.engine.metered import metered_by, note_end
from any_llm.engine.translation import decode, encode, follow_up
from any_llm.engine.upstream import Held, HttpUpstream
from any_llm.engine.urls import place_of, with_query
from any_llm.exceptions import (
    AnyLLMError,
    MalformedResponseError,
    TotalTimeoutError,
    UnsupportedParameterError,
)
from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.pipeline.deadline import within
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import PROCESS
from any_llm.spec.errors import of_a_file
from any_llm.spec.provider import Operation
from any_llm.spec.transport import Exchange, Transport
from any_llm.transport.framing import FRAMINGS
from any_llm.types.http import HttpRequest, HttpResponse, Timeouts, Upload
from any_llm.types.media import MediaNotReadError
from any_llm.types.report import Delivery, Report, Reported
from any_llm.types.shown_headers import ShownHeaders

if TYPE_CHECKING:
    from any_llm.spec.clock import Clock
    from any_llm.spec.dialect import Codec, Encoded, FollowUp, Target
    from any_llm.types.costs import Pricing
    from any_llm.types.json import JSON
    from any_llm.types.report import Warning as CallWarning

_USER_AGENT = "any-llm/0.1"
_FIRST_REDIRECT, _FIRST_ERROR = 300, 400
_EVENTS = (b"data:", b"event:")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What no JSON may begin with, and some servers' JSON does: https://datatracker.ietf.org/doc/html/rfc8259#section-8.1."""
_OF_ANY_TYPE = frozenset({Operation.DOWNLOAD_FILE})
"""Operations whose answer may be JSON that somebody stored."""
_OF_A_FILE = frozenset({Operation.RETRIEVE_FILE, Operation.DELETE_FILE, Operation.DOWNLOAD_FILE})
"""Operations that name a file, so that what is not found is that file."""
_FORMS: Mapping[Operation, str] = {
    Operation.COMPLETION: "response_format",
    Operation.RESPONSES: "response_format",
    Operation.MESSAGES: "output_format",
}


class Trip(msgspec.Struct, frozen=True):
    """One attempt on its way: what all its requests share."""

    call: Call
    codec: Codec[JSON, JSON]
    transport: Transport
    report: Report
    facts: Facts

    def meet(self, exchange: Exchange) -> int:
        """Note the head of an answer, and return its status."""
        report, facts = self.report, self.facts
        report.status = exchange.status
        report.headers = facts.met(exchange.status, exchange.headers)
        report.request_id = facts.request_id()
        return exchange.status

    def timeouts_after(self, wait: float) -> Timeouts:
        """Return the limits of a request that is sent after waiting so many seconds.

        Raises:
            TotalTimeoutError: the limit of the whole call is reached before that.
        """
        timeouts = self.call.timeouts
        if timeouts.total is None:
            return timeouts
        left = timeouts.total - self.facts.elapsed - wait
        if left <= 0:
            raise TotalTimeoutError(f"The answer is not ready within {timeouts.total} s; pass a larger timeout=")
        return msgspec.structs.replace(timeouts, total=left)


class Deliver(Protocol):
    """Brings the media of a call to its provider, with a handler for further calls, and tells the steps.

    With `needed` only that is brought.
    """

    async def __call__(
        self, call: Call, handler: Handler, needed: MediaNotReadError | None = None
    ) -> tuple[Call, Sequence[Delivery]]:
        """Return the call with its media as they go on, and the steps that this took."""
        ...


def dispatcher(
    transport_for: Callable[[str], Transport],
    deliver: Deliver | None = None,
    clock: Clock = PROCESS.clock,
    pricing: Pricing | None = None,
) -> Handler:
    """Return the centre of the pipeline.

    `transport_for` gives the transport that a provider's record names; `deliver` is asked about calls with media;
    `clock` tells the time that the deadlines of calls are; `pricing` reckons what answers cost.
    """

    async def dispatch(call: Call) -> Reply:
        """Make one attempt."""
        provider = call.target.provider
        facts = Facts(call, clock)
        try:
            call = call if call.deadline is None else within(call, clock)
            codec = codec_for(call.target, call.operation)
            deliveries: Sequence[Delivery] = ()
            if "cache" in call.options or (deliver is not None and has_media(call.operation, call.options)):
                call, encoded, deliveries = await _encode_more(codec, call, deliver, dispatch)
            else:
                encoded = encode(codec, call)
            request = _request(call, encoded)
            report = Report(
                provider=provider.name,
                model=call.target.model,
                operation=call.operation,
                warnings=_allowed(call, encoded) if encoded.warnings else (),
                deliveries=tuple(deliveries),
                client_request_id=call.request_id,
                structured_output=_form_of(encoded) if _FORMS.get(call.operation) in call.options else None,
                carried_over=codec.over,
                attempts=call.attempts,
                pricing=pricing,
            )
            facts.request, facts.requests = request, 1
            transport = transport_for(provider.transport)
            if provider.auth not in SIGNERS:
                request = facts.request = await _signed(request, call.target, transport)
            exchange = await transport.send(request, call.timeouts)
            report.status = facts.status = exchange.status
            headers, key = exchange.headers, call.target.key
            facts.headers = headers
            report.headers = headers if key is None else ShownHeaders(headers, key)
            report.request_id = facts.request_id()
            try:
                return await _receive(Trip(call, codec, transport, report, facts), exchange)
            except BaseException:
                exchange.close()
                raise
        except AnyLLMError as error:
            raise facts.explain(error) from error.__cause__
        except BaseException:
            facts.ended("cancelled")
            raise

    return dispatch


def _encode_cached(codec: Codec[JSON, JSON], call: Call) -> tuple[Call, Encoded]:
    """Encode a call that may say how prompts are kept."""
    if "cache" not in call.options:
        return call, encode(codec, call)
    from any_llm.engine.prompt_caching import cached  # noqa: PLC0415  # few calls say how prompts are kept

    call, warnings = cached(call)
    encoded = encode(codec, call)
    return call, msgspec.structs.replace(encoded, warnings=(*encoded.warnings, *warnings))


async def _encode_more(
    codec: Codec[JSON, JSON], call: Call, deliver: Deliver | None, handler: Handler
) -> tuple[Call, Encoded, Sequence[Delivery]]:
    """Encode a call that may have media; what its encoder asks for and does not find in memory is brought there."""
    if deliver is None or not has_media(call.operation, call.options):
        return *_encode_cached(codec, call), ()
    call, steps = await deliver(call, handler)
    while True:
        try:
            call, encoded = _encode_cached(codec, call)
        except MediaNotReadError as needed:
            call, more = await deliver(call, handler, needed)
            steps = (*steps, *more)
        else:
            return call, encoded, (*steps, *as_they_are(call.operation, call.options, steps))


async def _receive(trip: Trip, exchange: Exchange) -> Reply:
    call, codec, report = trip.call, trip.codec, trip.report
    report.metered = metered_by(call)
    status = exchange.status
    wanted = codec.stream is not None and call.stream
    streamed = wanted and status < _FIRST_REDIRECT
    if streamed and (call.operation in _OF_ANY_TYPE or not is_json(trip.facts.headers.get("content-type", ""))):
        return await _open(call, codec, exchange, report, trip.facts)
    response = _response(trip, exchange.status, await exchange.read())
    if streamed and response.body.lstrip().startswith(_EVENTS):
        return await _open(call, codec, Held(response), report, trip.facts)
    if codec.follow_up is not None:
        if wanted and (step := follow_up(codec, call, response)) is not None:
            return await _open_elsewhere(trip, step)
        response = await _follow(trip, response)
    value = decode(codec, call, response)
    if streamed:
        raise MalformedResponseError(
            "A stream was asked for, but the provider answered with a whole JSON body",
            response_excerpt=Facts.excerpt(response.body),
        )
    report.elapsed = trip.facts.ended("ok")
    if isinstance(value, Reported):
        vars(value)["_report"] = report
    elif hasattr(value, "report"):
        value.report = report
    return Reply(value=value, report=report)


def _response(trip: Trip, status: int, read: bytes, earlier: tuple[HttpResponse, ...] = ()) -> HttpResponse:
    """Return an answer that was read; an unsuccessful one is raised, unless it redirects and the codec follows."""
    headers = trip.facts.headers
    if read.startswith(_BYTE_ORDER_MARK) and is_json(headers.get("content-type", "")):
        read = read.removeprefix(_BYTE_ORDER_MARK)
    response = HttpResponse(status, headers, read, earlier)
    if status >= (_FIRST_ERROR if trip.codec.redirects else _FIRST_REDIRECT):
        raise _refusal(trip.call, response)
    return response


async def _follow(trip: Trip, response: HttpResponse) -> HttpResponse:
    """Ask what an operation asks after its first answer, until there is nothing more to ask, and return the last."""
    while (step := follow_up(trip.codec, trip.call, response)) is not None:
        earlier = (*response.earlier, msgspec.structs.replace(response, earlier=()))
        exchange = await _send_on(trip, step)
        try:
            response = _response(trip, exchange.status, await exchange.read(), earlier)
        except BaseException:
            exchange.close()
            raise
    if response.status >= _FIRST_REDIRECT:
        raise _refusal(trip.call, response)
    return response


async def _send_on(trip: Trip, step: FollowUp) -> Exchange:
    """Send the next request of an operation, when its time has come."""
    call = msgspec.structs.replace(trip.call, query={}, extra_body={}, addressed={})
    timeouts = trip.timeouts_after(step.wait)
    await asyncio.sleep(step.wait)
    request = trip.facts.asked(_request(call, step.encoded))
    if call.target.provider.auth not in SIGNERS:
        request = trip.facts.request = await _signed(request, call.target, trip.transport)
    exchange = await trip.transport.send(request, timeouts)
    trip.meet(exchange)
    return exchange


async def _open_elsewhere(trip: Trip, step: FollowUp) -> Reply:
    """Return the stream of a vendor whose first answer tells where it is."""
    exchange = await _send_on(trip, step)
    try:
        if exchange.status < _FIRST_REDIRECT:
            return await _open(trip.call, trip.codec, exchange, trip.report, trip.facts)
        return await _refuse(trip, exchange)
    except BaseException:
        exchange.close()
        raise


async def _refuse(trip: Trip, exchange: Exchange) -> NoReturn:
    raise _refusal(trip.call, HttpResponse(exchange.status, exchange.headers, await exchange.read()))


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
    framing = FRAMINGS[framing_of(codec, call, content_type)]()
    upstream = HttpUpstream(exchange, framing, fresh, facts.explain, again=codec.fold is not None)
    stream = EventStream(upstream, fold=codec.fold, report=report)
    stream.follow(partial(note_end, report, facts, upstream))
    facts.begun()
    await stream.prime()
    report.time_to_first_chunk = facts.elapsed
    return Reply(value=stream, report=report)


def _refusal(call: Call, response: HttpResponse) -> AnyLLMError:
    """Return the error that an unsuccessful answer means."""
    if response.status >= _FIRST_ERROR:
        error = dialect_of(call.target.provider, call.operation).decode_error(call.target, response)
        return of_a_file(error) if call.operation in _OF_A_FILE else error
    place = response.headers.get("location", "nowhere")
    return MalformedResponseError(
        f"The server redirects to {place!r}, which is not followed, since the key would go along; "
        f"check the base URL {call.target.base_url!r}",
        response_excerpt=Facts.excerpt(response.body),
    )


def _request(call: Call, encoded: Encoded) -> HttpRequest:
    target = call.target
    headers = {"User-Agent": _USER_AGENT, "Accept": "text/event-stream" if call.stream else "application/json"}
    content_type = "application/json"
    body: bytes | Upload = encoded.body
    if not body or call.extra_body or call.addressed:
        content_type, body = _body(call, encoded)
    if content_type:
        headers["Content-Type"] = content_type
    if call.request_id:
        headers["X-Client-Request-Id"] = call.request_id
    url, ours = place_of(target, encoded.path)
    sign = SIGNERS.get(target.provider.auth, unsigned) if ours else unsigned
    sign(headers, target.key)
    if target.provider.idempotency and body and ours and call.request_id:
        headers[target.provider.idempotency] = idempotency_key(call.request_id, encoded)
    if ours and (target.provider.headers or call.headers):
        _add(headers, target.provider.headers)
        _add(headers, encoded.headers)
        _add(headers, call.headers)
    elif encoded.headers:
        _add(headers, encoded.headers)
    if call.query:
        url = with_query(url, call.query)
    return HttpRequest(encoded.method or ("POST" if body else "GET"), url, headers, body)


async def _signed(request: HttpRequest, target: Target, transport: Transport) -> HttpRequest:
    """Return a request with the headers of a signer that must see it whole; unsigned if it is not the provider's."""
    if not place_of(target, request.url)[1]:
        return request
    # What fetches and keeps credentials is loaded by the first call that needs it.
    from any_llm.auth.access import TransportAccess  # noqa: PLC0415
    from any_llm.auth.signers import request_signer  # noqa: PLC0415

    headers = dict(request.headers)
    _add(headers, await request_signer(target.provider.auth)(request, target, TransportAccess(transport)))
    return HttpRequest(request.method, request.url, headers, request.body)


def _body(call: Call, encoded: Encoded) -> tuple[str, bytes | Upload]:
    if not call.addressed:
        return encode_body(encoded, call.extra_body)
    return encode_body(*with_addressed(encoded, call.target.provider, call.addressed, call.extra_body))


def _add(headers: dict[str, str], more: Mapping[str, str]) -> None:
    """Add headers; one that is there already, in whatever case, is replaced."""
    taken = {name.lower(): name for name in headers}
    for name, value in more.items():
        headers.pop(taken.get(name.lower(), name), None)
        headers[name] = value


def _form_of(encoded: Encoded) -> str:
    """Return by what means the answer is held to the form that was asked for."""
    return next((warning.mode for warning in encoded.warnings if warning.mode), "native")


def _allowed(call: Call, encoded: Encoded) -> tuple[CallWarning, ...]:
    """Apply the policy about what a provider cannot express."""
    if call.on_unsupported == "drop":
        return ()
    if call.on_unsupported == "error":
        for warning in encoded.warnings:
            if warning.kind == "dropped":
                raise UnsupportedParameterError(warning.parameter, call.target.provider.name, warning.detail)
    return encoded.warnings
