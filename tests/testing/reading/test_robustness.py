"""Whatever a vendor sends, a reading says what it is; and whatever is changed in an answer shows."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.testing.reading import APIS, read_answer
from any_llm.testing.reading.values import Reading
from tests.testing.reading.bodies import STREAM, stream, whole

WORDS = ["choices", "message", "delta", "content", "tool_calls", "function", "usage", "error", "type", "index"]
WORDS += ["output", "item", "response", "response.completed", "message_start", "content_block", "data", "embedding"]
KEYS = st.sampled_from(WORDS)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)
STATUSES = st.sampled_from([200, 400, 500])


@given(api=st.sampled_from(APIS), status=STATUSES, kind=st.sampled_from(["", STREAM]), body=st.binary())
def test_any_bytes_are_read(api: str, status: int, kind: str, body: bytes) -> None:
    assert isinstance(read_answer(api, status, kind, body), Reading)


@given(api=st.sampled_from(APIS), status=STATUSES, documents=st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_any_json_is_read(api: str, status: int, documents: list[object]) -> None:
    assert isinstance(read_answer(api, status, "application/json", whole(documents[0])), Reading)
    assert isinstance(read_answer(api, status, STREAM, stream(*map(json.dumps, documents), done=True)), Reading)


@pytest.mark.parametrize("changed", ["Paris", '{\\"a\\":1}', "add", "call_1", "tool_calls", '"prompt_tokens": 7'])
def test_a_changed_answer_reads_differently(changed: str) -> None:
    call = {"index": 0, "id": "call_1", "function": {"name": "add", "arguments": '{"a":1}'}}
    choice = {"index": 0, "delta": {"content": "Paris", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    body = stream({"choices": [choice], "usage": {"prompt_tokens": 7}}, done=True).decode()
    assert changed in body
    changes = (
        body.replace(f'"{changed}"', '"other"') if f'"{changed}"' in body else body.replace(changed, changed[:-1] + "8")
    )
    before, after = (read_answer("openai.chat", 200, STREAM, text.encode()) for text in (body, changes))
    assert before != after
