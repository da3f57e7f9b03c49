"""Writer's chat, which has OpenAI's format at a path of its own: https://dev.writer.com/api-reference/completion-api."""

from __future__ import annotations

from any_llm.testing.mock.wire import Route, Wire
from any_llm.testing.mock.wires.openai_chat import read_chat, render_chat
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure

WIRE = Wire(
    name="writer.chat",
    vendor="writer",
    routes=(Route(method="POST", path="/chat", operation="completion", read=read_chat, render=render_chat),),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
