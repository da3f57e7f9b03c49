"""What a Messages request means survives the way through a chat: Anthropic's own dialect says it again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.bridges.messages import bridge_messages
from any_llm.bridges.responses import bridge_responses
from any_llm.dialects.anthropic import DIALECT as ANTHROPIC
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.bridges.chat import target

pytestmark = pytest.mark.unmeasured  # hundreds of values take the ways that the tests beside this take

COMPLETION = ANTHROPIC.operations[Operation.COMPLETION]
MESSAGES, RESPONSES = bridge_messages(COMPLETION), bridge_responses(COMPLETION)
CLAUDE = target("claude-host", "anthropic")

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
BASE64 = st.binary(min_size=1, max_size=6).map(lambda data: msgspec.json.encode(data).decode().strip('"'))
MARKERS = st.sampled_from([{}, {"cache_control": {"type": "ephemeral"}}])
JSON_OBJECTS = st.dictionaries(WORDS, st.integers(-9, 9) | WORDS | st.booleans() | st.none(), max_size=3)


def block(kind: str, **members: st.SearchStrategy[JSON]) -> st.SearchStrategy[JSONObject]:
    """Return blocks of a type, with or without a prompt-cache marker."""
    return st.builds(lambda inner, marker: {"type": kind, **inner, **marker}, st.fixed_dictionaries(members), MARKERS)


TEXTS = block("text", text=WORDS)
IMAGES = block(
    "image",
    source=st.one_of(
        st.builds(lambda data: {"type": "base64", "media_type": "image/png", "data": data}, BASE64),
        st.just({"type": "url", "url": "https://e.example/i.png"}),
    ),
)
PDFS = block(
    "document",
    title=WORDS,
    source=st.one_of(
        st.builds(lambda data: {"type": "base64", "media_type": "application/pdf", "data": data}, BASE64),
        st.just({"type": "url", "url": "https://e.example/d.pdf"}),
        st.just({"type": "file", "file_id": "f-1"}),
    ),
)
THOUGHTS = st.lists(
    st.one_of(
        st.builds(lambda text, data: {"type": "thinking", "thinking": text, "signature": data}, WORDS, BASE64),
        st.builds(lambda data: {"type": "redacted_thinking", "data": data}, BASE64),
    ),
    max_size=3,
)


@st.composite
def tool_turns(draw: st.DrawFn) -> list[JSONObject]:
    """Return a turn in which the model thinks, speaks and calls tools, and the turn with their results."""
    ids = [f"t{number}" for number in range(draw(st.integers(1, 3)))]
    said = draw(st.lists(TEXTS, max_size=1))
    calls = [
        {"type": "tool_use", "id": call_id, "name": "tool", "input": draw(JSON_OBJECTS), **draw(MARKERS)}
        for call_id in ids
    ]
    results = [
        {
            "type": "tool_result",
            "tool_use_id": call_id,
            "content": draw(st.lists(TEXTS, min_size=1, max_size=2)),
            **draw(MARKERS),
        }
        for call_id in ids
    ]
    more = draw(st.lists(TEXTS | IMAGES, max_size=2))
    return [
        {"role": "assistant", "content": [*draw(THOUGHTS), *said, *calls]},
        {"role": "user", "content": [*results, *more]},
    ]


PLAIN_TURNS = st.builds(
    lambda asked, said: [{"role": "user", "content": asked}, {"role": "assistant", "content": said}],
    WORDS | st.lists(TEXTS | IMAGES | PDFS, min_size=1, max_size=3),
    WORDS | st.lists(TEXTS, min_size=1, max_size=1),
)
REQUESTS = st.fixed_dictionaries(
    {
        "max_tokens": st.integers(1, 99),
        "messages": st.lists(PLAIN_TURNS, max_size=2).flatmap(
            lambda plain: st.lists(tool_turns(), max_size=2).map(
                lambda tools: (
                    [{"role": "user", "content": "Begin"}, {"role": "assistant", "content": "Yes"}]
                    + [turn for turns in [*plain, *tools] for turn in turns]
                )
            )
        ),
    },
    optional={
        "system": WORDS | st.lists(TEXTS, min_size=1, max_size=3),
        "stop_sequences": st.lists(st.sampled_from(["END", "STOP"]), min_size=1, unique=True),
        "metadata": st.fixed_dictionaries({"user_id": WORDS}),
        "tools": st.lists(
            st.builds(
                lambda name, marker: {
                    "name": name,
                    "description": "Does",
                    "input_schema": {"type": "object"},
                    **marker,
                },
                st.sampled_from(["tool", "other"]),
                MARKERS,
            ),
            min_size=1,
            max_size=2,
        ),
    },
)


def blocks_of(content: JSON) -> list[JSONObject]:
    """Return a content as blocks, neighbouring texts without markers joined."""
    blocks: list[JSONObject] = []
    for item in [{"type": "text", "text": content}] if isinstance(content, str) else content:
        last = blocks[-1] if blocks else {}
        if last.keys() == item.keys() == {"type", "text"}:
            blocks[-1] = {"type": "text", "text": last["text"] + item["text"]}
            continue
        inner = item.get("content")
        blocks.append(item if inner is None else {**item, "content": blocks_of(inner)})
    return blocks


def meant(request: JSONObject) -> JSONObject:
    """Return what a request means, however it spells it."""
    plain = {name: value for name, value in request.items() if name not in {"messages", "system", "model"}}
    turns = [{"role": turn["role"], "content": blocks_of(turn["content"])} for turn in request["messages"]]
    return plain | {"system": blocks_of(request.get("system") or []), "messages": turns}


@given(REQUESTS)
def test_a_messages_request_means_the_same_behind_a_chat(request: JSONObject) -> None:
    encoded = MESSAGES.encode(CLAUDE, request)
    assert meant(msgspec.json.decode(encoded.body)) == meant(request)
    assert encoded.warnings == ()


SIGNATURES = st.lists(st.tuples(WORDS, BASE64), min_size=1, max_size=2)


@given(SIGNATURES, WORDS, JSON_OBJECTS)
def test_a_turn_of_claude_comes_back_exactly_through_responses(
    thoughts: Sequence[tuple[str, str]], text: str, given_input: JSONObject
) -> None:
    """Thinking, text and call of an answer, sent back as items, are the very blocks that Anthropic sent."""
    content: list[JSONObject] = [
        *({"type": "thinking", "thinking": thought, "signature": signature} for thought, signature in thoughts),
        {"type": "redacted_thinking", "data": "Enc=="},
        {"type": "text", "text": text},
        {"type": "tool_use", "id": "t1", "name": "tool", "input": given_input},
    ]
    usage = {"input_tokens": 3, "output_tokens": 2}
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "usage": usage}
    body = msgspec.json.encode({**whole, "content": content, "stop_reason": "tool_use"})
    answer = RESPONSES.decode(CLAUDE, HttpResponse(200, {}, body))
    items = [item.model_dump() for item in answer.output]
    result = {"type": "function_call_output", "call_id": "t1", "output": "done"}
    encoded = RESPONSES.encode(CLAUDE, {"input_data": [*items, result], "max_output_tokens": 9})
    turn = msgspec.json.decode(encoded.body)["messages"][0]
    assert turn == {"role": "assistant", "content": content}
    assert encoded.warnings == ()
