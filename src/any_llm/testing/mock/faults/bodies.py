"""The answer as HTTP carries it: not HTTP, not JSON, not what its headers say, or oddly packed."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence

import msgspec

from any_llm.testing.mock.fault import ChangePlan, Fault, raises
from any_llm.testing.mock.faults.changes import (
    body_of,
    each_data,
    head_of,
    in_chunks,
    is_streamed,
    with_body,
    with_head,
)
from any_llm.testing.mock.plan import Close, Data, Forever, Head, Plan, Raw, Step
from any_llm.testing.mock.wire import Context

HTML = (
    b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
    b"<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>\n"
)
_MARK = b"\xef\xbb\xbf"
_MEGABYTE = 1 << 20
_LARGE_HEADER = 32_000
_GIANT_HEADER = 100_000
_SILENT_PADDING = 4
_GZIP_HEAD = 10
_STRUCTURE = (b"data:", b"event:", b"{", b"[")
"""How text begins into which blanks may be put; whatever else it is, it may have a checksum."""


def _answer(status: int, headers: Mapping[str, str], body: bytes) -> ChangePlan:
    return lambda _plan, _argument, _context: (Head(status, headers, len(body)), Data(body, role="body"))


def _not_http(_plan: Plan, _argument: str, _context: Context) -> Plan:
    return (Raw(b"220 mail.example.com ESMTP ready\r\n"), Close())


def _giant_header(_plan: Plan, _argument: str, _context: Context) -> Plan:
    return (Raw(b"HTTP/1.1 200 OK\r\nx-giant: " + b"a" * _GIANT_HEADER + b"\r\n\r\n"), Close())


def _large_header(plan: Plan, _argument: str, _context: Context) -> Plan:
    return with_head(plan, headers={"x-large": "a" * _LARGE_HEADER})


def _cut_json(plan: Plan, _argument: str, _context: Context) -> Plan:
    if not is_streamed(plan):
        body = body_of(plan)
        return with_body(plan, body[: len(body) // 2])
    return break_event(plan, next((step for step in plan if isinstance(step, Data)), None))


def break_event(plan: Plan, event: Data | None) -> Plan:
    """Return a plan one event of which is no JSON any more, or no longer fits its checksum."""
    if event is None:
        return plan
    head, bracket, tail = event.data.rpartition(b"}")
    broken = Data(head + b"!" + tail if bracket else event.data[::-1], event.tokens, event.role)
    return tuple(broken if step is event else step for step in plan)


def _no_object(plan: Plan, _argument: str, _context: Context) -> Plan:
    if not is_streamed(plan):
        return with_body(plan, b'"ok"')
    return each_data(lambda step: (Data(b'data: "ok"\n\n'),) if step.role != "done" else (step,))(plan, "", _context)


def _wrong_type(plan: Plan, _argument: str, _context: Context) -> Plan:
    return with_head(plan, headers={"content-type": "text/plain"})


def _other_type(plan: Plan, _argument: str, _context: Context) -> Plan:
    kind = "application/json" if is_streamed(plan) else "text/event-stream"
    return with_head(plan, headers={"content-type": kind})


def _empty(plan: Plan, _argument: str, _context: Context) -> Plan:
    head = head_of(plan)
    return (Head(head.status, head.headers, 0),)


def _break_gzip(plan: Plan, _argument: str, _context: Context) -> Plan:
    packed = gzip.compress(body_of(plan), mtime=0)
    # Behind gzip's own head stands a block of a kind that there is none of.
    broken = packed[:_GZIP_HEAD] + b"\xff" * (len(packed) - _GZIP_HEAD)
    return with_head(with_body(plan, broken), headers={"content-encoding": "gzip"})


def _gzip(plan: Plan, _argument: str, _context: Context) -> Plan:
    packed = gzip.compress(body_of(plan), mtime=0)
    zipped = with_body(plan, packed)
    return with_head(zipped, headers={"content-encoding": "gzip"})


def _split(plan: Plan, _argument: str, _context: Context) -> Plan:
    def bytewise(step: Data) -> Sequence[Step]:
        return [Data(step.data[place : place + 1]) for place in range(len(step.data))]

    return each_data(bytewise)(in_chunks(plan), "", _context)


def _at_once(plan: Plan, _argument: str, _context: Context) -> Plan:
    return (in_chunks((head_of(plan),))[0], Data(body_of(plan)))


def _pad(plan: Plan, argument: str, _context: Context) -> Plan:
    blanks = b" " * int(float(argument or _SILENT_PADDING) * _MEGABYTE)
    head = head_of(plan)
    first = next((step for step in plan if isinstance(step, Data) and b"{" in step.data), None)
    if first is None or not first.data.startswith(_STRUCTURE):
        return _at_once(plan, "", _context)
    before, brace, after = first.data.partition(b"{")
    padded = Data(before + brace + blanks + after, first.tokens, first.role)
    changed = tuple(padded if step is first else step for step in plan)
    return changed if head.length is None else with_head(changed, length=head.length + len(blanks))


def _endless_event(plan: Plan, _argument: str, _context: Context) -> Plan:
    if not is_streamed(plan):
        return plan
    return (head_of(plan), Data(b"data: "), Forever(b" " * _MEGABYTE, 0.001))


def _mark(plan: Plan, _argument: str, _context: Context) -> Plan:
    head = head_of(plan)
    first = next((step for step in plan if isinstance(step, Data)), None)
    if first is None or not first.data.startswith(_STRUCTURE):
        return plan
    marked = Data(_MARK + first.data, first.tokens, first.role)
    changed = tuple(marked if step is first else step for step in plan)
    return changed if head.length is None else with_head(changed, length=head.length + len(_MARK))


def _elsewhere(plan: Plan, _argument: str, context: Context) -> Plan:
    moved = with_body(plan, msgspec.json.encode({"message": "Moved"}))
    return with_head(moved, status=307, headers={"location": f"{context.request.path}/", "content-type": "text/plain"})


_JSON: Mapping[str, str] = {"content-type": "application/json"}
_PAGE: Mapping[str, str] = {"content-type": "text/html; charset=utf-8"}
_MALFORMED = raises("MalformedResponseError")
_TRUNCATED = raises("StreamTruncatedError")

FAULTS: Sequence[Fault] = (
    Fault(
        name="not-http",
        summary="Answers in a language that is not HTTP.",
        plan=_not_http,
        whole=_MALFORMED,
        streamed=_MALFORMED,
    ),
    Fault(
        name="giant-header",
        summary="Sends a header of 100,000 bytes, more than clients take.",
        plan=_giant_header,
        whole=_MALFORMED,
        streamed=_MALFORMED,
    ),
    Fault(name="large-header", summary="Sends a header of 32,000 bytes.", plan=_large_header),
    Fault(
        name="html-page",
        summary="Answers with status 200 and a page of HTML, as proxies and log-in pages do.",
        plan=_answer(200, _PAGE, HTML),
        whole=_MALFORMED,
        streamed=_MALFORMED,
    ),
    Fault(
        name="html-error",
        summary="Answers with status 502 and a page of HTML.",
        plan=_answer(502, _PAGE, HTML),
        whole=raises("UpstreamProviderError"),
        streamed=raises("UpstreamProviderError"),
    ),
    Fault(
        name="text-error",
        summary="Answers with status 503 and a line of text, as load balancers do.",
        plan=_answer(503, {"content-type": "text/plain"}, b"upstream connect error or disconnect/reset before headers"),
        whole=raises("OverloadedError"),
        streamed=raises("OverloadedError"),
    ),
    Fault(
        name="bare-error",
        summary="Answers with status 500 and no body.",
        plan=_answer(500, {}, b""),
        whole=raises("ProviderError"),
        streamed=raises("ProviderError"),
    ),
    Fault(
        name="wrong-content-type",
        summary="Says that the right body is `text/plain`.",
        plan=_wrong_type,
    ),
    Fault(
        name="swapped-content-type",
        summary="Says that events are `application/json`, and that a whole answer is `text/event-stream`.",
        plan=_other_type,
    ),
    Fault(name="empty-body", summary="Sends no body.", plan=_empty, whole=_MALFORMED, streamed=_TRUNCATED),
    Fault(
        name="no-content",
        summary="Answers with status 204.",
        plan=_answer(204, {}, b""),
        whole=_MALFORMED,
        streamed=_TRUNCATED,
    ),
    Fault(
        name="empty-object",
        summary="Answers with `{}`, a stream included.",
        plan=_answer(200, _JSON, b"{}"),
        whole=_MALFORMED,
        streamed=_MALFORMED,
    ),
    Fault(
        name="malformed-json",
        summary="Sends half of the JSON, or a first event that is no JSON.",
        plan=_cut_json,
        whole=_MALFORMED,
        streamed=_MALFORMED,
    ),
    Fault(
        name="wrong-json",
        summary="Sends JSON that is a text, where an object is expected.",
        plan=_no_object,
        whole=_MALFORMED,
        streamed=_MALFORMED,
    ),
    Fault(
        name="redirect",
        summary="Redirects to another path (307), where a key would be sent along.",
        plan=_elsewhere,
        whole=_MALFORMED,
        streamed=_MALFORMED,
    ),
    Fault(name="gzip", summary="Packs the body with gzip, all in one piece.", plan=_gzip),
    Fault(
        name="broken-gzip",
        summary="Says that the body is packed with gzip, and sends what cannot be unpacked.",
        plan=_break_gzip,
        whole=_MALFORMED,
        streamed=_MALFORMED,
    ),
    Fault(
        name="split-characters",
        summary="Sends each byte by itself, so that a character of UTF-8 comes in several packets.",
        plan=_split,
    ),
    Fault(name="giant-chunk", summary="Sends the whole body in one chunk, all events at once.", plan=_at_once),
    Fault(
        name="giant-event",
        summary="Blows up the first event, or the whole body, with blanks.",
        argument="by how many megabytes; 4",
        plan=_pad,
    ),
    Fault(
        name="endless-event",
        summary="Begins an event of a stream that has no end.",
        plan=_endless_event,
        streamed=_MALFORMED,
    ),
    Fault(name="byte-order-mark", summary="Begins the body with the byte order mark of UTF-8.", plan=_mark),
)
