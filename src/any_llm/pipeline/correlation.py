"""By which ids a call is found again in what others write: its session, and its trace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING

from any_llm.types.json import is_object

if TYPE_CHECKING:
    import logging

    from any_llm.pipeline.call import Call

CALL: ContextVar[Call | None] = ContextVar("any_llm call", default=None)
"""The call that is being made here, where calls are observed."""

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
"""https://www.w3.org/TR/trace-context/#traceparent-header; versions after 00 may tell more behind it."""


def is_told_which_call(record: logging.LogRecord) -> bool:
    """Have a line of this library's own logger tell, as `request_id` and `any_llm`, in which call it was written."""
    call = CALL.get()
    told: dict[str, object] = {}
    if call is not None:
        target = call.target
        told = {
            "request_id": call.request_id,
            "session_id": session_of(call),
            **trace_of(call),
            "provider": target.provider.name,
            "model": target.model,
            "attempt": len(call.attempts),
        }
    known = {name: value for name, value in told.items() if value != ""}
    vars(record).update(request_id=told.get("request_id", ""), any_llm=known)
    return True


def session_of(call: Call) -> str:
    """Return the session that a call belongs to, as its header `x-session-id` or its `session_label` says."""
    return _header(call, "x-session-id") or str(call.options.get("session_label") or "")


def trace_of(call: Call) -> Mapping[str, str]:
    """Return the ids of the trace and of the span of a call: of its own span, else of the one it was made in."""
    for span in _spans(call):
        context = span()
        trace, own = getattr(context, "trace_id", 0), getattr(context, "span_id", 0)
        if trace:
            return {"trace_id": f"{trace:032x}", "span_id": f"{own:016x}"}
    found = _TRACEPARENT.fullmatch(_header(call, "traceparent").strip())
    if found is None or (found[3] and found[0].startswith("00")) or not (found[1].strip("0") and found[2].strip("0")):
        return {}
    return {"trace_id": found[1], "span_id": found[2]}


def _spans(call: Call) -> Iterator[Callable[[], object]]:
    """Yield what tells the ids of the spans that layers left for each other; OpenTelemetry itself is not needed."""
    for left in call.context.values():
        if is_object(left):
            for value in left.values():
                tells = getattr(value, "get_span_context", None)
                if callable(tells):
                    yield tells


def _header(call: Call, wanted: str) -> str:
    return next((value for name, value in call.headers.items() if name.lower() == wanted), "")
