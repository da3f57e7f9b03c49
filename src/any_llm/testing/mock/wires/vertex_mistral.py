"""Mistral's models on Vertex AI, which takes their own format in `rawPredict`.

https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral. Llama's models need no wire: they are
behind OpenAI's chat completions, at `endpoints/openapi`.
"""

from __future__ import annotations

import msgspec

from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Route, Wire
from any_llm.testing.mock.wires.google_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.google_words import check_key
from any_llm.testing.mock.wires.openai_chat import read_chat, render_chat


def _read(request: MockRequest) -> Asked:
    check_key(request)
    return read_chat(request)


def _read_streamed(request: MockRequest) -> Asked:
    return msgspec.structs.replace(_read(request), stream=True)


WIRE = Wire(
    name="vertex.mistral",
    vendor="vertexaimistral",
    routes=(
        Route(
            method="POST",
            path="/publishers/mistralai/models/{model}:rawPredict",
            operation="completion",
            read=_read,
            render=render_chat,
        ),
        Route(
            method="POST",
            path="/publishers/mistralai/models/{model}:streamRawPredict",
            operation="completion",
            read=_read_streamed,
            render=render_chat,
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
)
