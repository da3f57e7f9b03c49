"""Every operation of every dialect: any bytes that a provider sends are a value, or one of our errors."""

from __future__ import annotations

import asyncio
import functools

from any_llm.exceptions import AnyLLMError
from any_llm.testing.conformance.samples import STATUSES
from any_llm.transport.replay import Scripted
from tests.dialects.odd_calls import KINDS, call, cases, outcome

CASES = list(cases())
SEEN = (200, 200, 200, *STATUSES, 307)


@functools.cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def check(data: bytes) -> None:
    """Take the operation, the status and the form from four bytes, and the body from those after them."""
    if len(data) < 4:
        return
    name, operation = CASES[(data[0] * 256 + data[1]) % len(CASES)]
    status, kind = SEEN[data[2] % len(SEEN)], KINDS[data[3] % len(KINDS)]
    body, stream, cut = data[4:], bool(data[3] & 64), bool(data[3] & 128)
    scripted = Scripted(status=status, headers={"content-type": kind}, chunks=[body[:50], body[50:]], truncate=cut)
    asked = call(name, operation, {"stream": True} if stream else None)
    value = _runner().run(asyncio.wait_for(outcome(asked, lambda _: scripted), 10))
    assert status < 300 or isinstance(value, AnyLLMError) or status == 307
