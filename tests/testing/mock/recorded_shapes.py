"""The shapes of real answers, and what the mock sends, to hold one against the other."""

from __future__ import annotations

import asyncio
from functools import cache

import msgspec

from any_llm.testing import Mock
from any_llm.testing.mock.plan import Data, Head
from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.shapes import Sample, Shapes, count_shapes, load_shapes, samples_of
from any_llm.testing.recordings import load_recordings
from tests.testing.reading.shared_folder import WIRE

KEYED = {"authorization": "Bearer mock", "content-type": "application/json"}


@cache
def listed() -> Shapes:
    """Return the shapes of the file."""
    return load_shapes(WIRE / "shapes.tsv")


@cache
def recorded() -> Shapes:
    """Return the shapes of the file, and with no share what it leaves out for being rare, or of the lowest grade."""
    known = {(*row[:4], row.path, row.type) for row in listed().rows}
    counted = count_shapes(
        (recording.provider, recording.api, sample)
        for recording in load_recordings(WIRE)[0]
        for sample in samples_of(recording.response.status, recording.response.content_type, recording.response.body)
    )
    rare = [row._replace(share=0.0) for row in counted.rows if (*row[:4], row.path, row.type) not in known]
    return Shapes([*listed().rows, *rare])


def sent(mock: Mock, path: str, body: object, method: str = "POST", **headers: str) -> list[Sample]:
    """Return what the mock sends for a request."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    request = request_of(method, path, {**KEYED, **headers}, content)
    plan = asyncio.run(mock._responder.respond(request))
    head = next(step for step in plan if isinstance(step, Head))
    data = b"".join(step.data for step in plan if isinstance(step, Data))
    return list(samples_of(head.status, head.headers["content-type"], data))
