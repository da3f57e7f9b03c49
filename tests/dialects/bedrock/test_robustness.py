"""Whatever a server sends is an answer or one of the library's errors."""

from __future__ import annotations

from contextlib import suppress
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.bedrock import COMPLETION, DIALECT
from any_llm.dialects.bedrock.embeddings import EMBEDDING
from any_llm.exceptions import AnyLLMError
from any_llm.transport.event_stream import EventStreamFraming
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON
from tests.dialects.bedrock.calls import HELLO, play, target

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

Strategy: TypeAlias = st.SearchStrategy[JSON]

WORDS = [
    "additionalModelResponseFields", "citation", "citations", "citationsContent", "content", "contentBlockIndex",
    "delta", "embedding", "embeddings", "float", "input", "location", "message", "metrics", "name", "output",
    "originalStatusCode", "reasoningContent", "reasoningText", "redactedContent", "role", "serviceTier", "signature",
    "start", "stopReason", "text", "toolResult", "toolUse", "toolUseId", "type", "url", "usage", "web", "__type",
    "inputTokens", "inputTextTokenCount", "any_llm_structured_output", "tool_use", "server_tool_use",
]  # fmt: skip
EVENTS = ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-3, 600)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "YQ==", *WORDS])
)
trees: Strategy = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)
)
objects = st.dictionaries(st.sampled_from(WORDS), trees, max_size=6)
blocks = st.lists(objects, max_size=4)
bodies = st.one_of(
    st.binary(max_size=40),
    trees.map(msgspec.json.encode),
    st.builds(
        lambda content, rest: msgspec.json.encode({**rest, "output": {"message": {"content": content}}}),
        blocks,
        objects,
    ),
)
payloads = st.binary(max_size=20) | objects.map(msgspec.json.encode)
frames = st.builds(Frame, st.sampled_from([*EVENTS, "exception:modelStreamErrorException", "other"]), payloads)


@given(body=bodies)
def test_any_body_is_an_answer_or_an_error(body: bytes) -> None:
    with suppress(AnyLLMError):
        completion = COMPLETION.decode(target(), HttpResponse(200, {}, body))
        COMPLETION.encode(target(), {"messages": [HELLO, completion.choices[0].message, HELLO]})
    with suppress(AnyLLMError):
        list(EMBEDDING.decode(target(), HttpResponse(200, {}, body)).data[0].embedding)


@given(body=bodies, status=st.integers(300, 599))
def test_any_refusal_is_an_error(body: bytes, status: int) -> None:
    assert isinstance(DIALECT.decode_error(target(), HttpResponse(status, {}, body)), AnyLLMError)


@given(sent=st.lists(frames, max_size=8))
def test_any_frames_are_chunks_or_an_error(sent: list[Frame]) -> None:
    with suppress(AnyLLMError):
        play([*sent, Frame("messageStop", b'{"stopReason":"end_turn"}')])


@given(data=st.binary(max_size=200))
def test_any_bytes_are_frames_or_an_error(data: bytes) -> None:
    framing = EventStreamFraming()
    with suppress(AnyLLMError):
        framing.feed(data)
        framing.finish()
