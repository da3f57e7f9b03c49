"""Anthropic's messages at Vertex AI, which has the model in the path.

https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai
"""

from __future__ import annotations

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.anthropic_asked import asked_of, read_count, required
from any_llm.testing.mock.wires.anthropic_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.anthropic_messages import render, render_count
from any_llm.testing.mock.wires.anthropic_words import Flavour

_FLAVOUR = Flavour(mark="vrtx_", details=False)
_PLACE = "/publishers/anthropic/models"


def _read(request: MockRequest) -> Asked:
    body = request.object
    for name in ("anthropic_version", "max_tokens"):
        if body.get(name) is None:
            raise required(name)
    return asked_of(body, request.params["model"], stream=body.get("stream") is True)


def _render(answer: Answer, asked: Asked, context: Context) -> Rendered:
    return render(answer, asked, context, _FLAVOUR)


WIRE = Wire(
    name="anthropic.messages",
    vendor="vertexaianthropic",
    routes=(
        Route(
            method="POST",
            path=f"{_PLACE}/count-tokens:rawPredict",
            operation="count_tokens",
            read=read_count,
            render=render_count,
        ),
        Route(method="POST", path=f"{_PLACE}/{{model}}:rawPredict", operation="messages", read=_read, render=_render),
        Route(
            method="POST", path=f"{_PLACE}/{{model}}:streamRawPredict", operation="messages", read=_read, render=_render
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
)
