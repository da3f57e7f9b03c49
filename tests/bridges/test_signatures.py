"""What a provider wants to see again survives both shapes, byte for byte, and reaches no other provider."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.bridges.messages import bridge_messages
from any_llm.bridges.responses import bridge_responses
from any_llm.bridges.signatures import Carried, unwrap, wrap
from any_llm.dialects.openai import DIALECT as OPENAI
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.foreign import FOREIGN_SIGNATURE
from any_llm.types.json import JSON, JSONObject
from tests.bridges.chat import ACME, CHAT, answered, asked, call, chunk, folded, streamed, target

MESSAGES, RESPONSES = bridge_messages(CHAT), bridge_responses(CHAT)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(min_size=1), JSON_VALUES, min_size=1, max_size=3)
SIGNED = {"google": {"thought_signature": "CiQB+/=="}}
TOOL_CALL = {"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
NATIVE = {
    "anthropic": {
        "signature": "Sig+/==",
        "thinking_blocks": [
            {"type": "thinking", "thinking": "First", "signature": "Fst=="},
            {"type": "redacted_thinking", "data": "Enc=="},
            {"type": "thinking", "thinking": "Then", "signature": "Sig+/=="},
        ],
    }
}


def replayed_message(answer: JSON, at: JSON = ACME) -> tuple[JSONObject, list[str]]:
    """Return the chat message that a Messages answer becomes in the next turn."""
    body, warnings = asked(MESSAGES, at, messages=[{"role": "assistant", "content": answer.content}])
    return body["messages"][0], warnings


def replayed_items(answer: JSON, at: JSON = ACME) -> tuple[JSONObject, list[str]]:
    """Return the chat message that the items of a Responses answer become in the next turn."""
    body, warnings = asked(RESPONSES, at, input_data=answer.output)
    return body["messages"][0], warnings


SHAPES = pytest.mark.parametrize(("codec", "replayed"), [(MESSAGES, replayed_message), (RESPONSES, replayed_items)])


@given(st.text(), OBJECTS, st.dictionaries(st.text(), OBJECTS, max_size=3))
def test_wrapping_is_reversible(origin: str, message: JSONObject, calls: dict[str, JSONObject]) -> None:
    carried = Carried(origin=origin, message=message, calls=calls)
    assert unwrap(wrap(carried)) == carried


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "EqQBCkgIARAB",
        FOREIGN_SIGNATURE,
        FOREIGN_SIGNATURE + "!",
        FOREIGN_SIGNATURE + "AAAA",
        FOREIGN_SIGNATURE + "bnVsbA==",
    ],
)
def test_what_is_not_ours_is_not_unwrapped(signature: str) -> None:
    assert unwrap(signature) is None


@SHAPES
@given(extra=OBJECTS, thought=st.text())
def test_what_a_message_carries_comes_back(codec: JSON, replayed: JSON, extra: JSONObject, thought: str) -> None:
    extra = {"vendor": extra}
    answer = answered(codec, {"content": "Hi", "reasoning": thought, "extra_content": extra})
    message, warnings = replayed(answer)
    assert message["extra_content"] == extra
    assert message.get("reasoning", "") == thought
    assert message["content"] == "Hi"
    assert warnings == []


@SHAPES
def test_what_a_call_carries_comes_back_at_the_call(codec: JSON, replayed: JSON) -> None:
    second = {**TOOL_CALL, "id": "c2", "extra_content": {"google": {"thought_signature": "Two"}}}
    third = {**TOOL_CALL, "id": "c3"}
    calls = [{**TOOL_CALL, "extra_content": SIGNED}, second, third]
    answer = answered(codec, {"content": None, "tool_calls": calls}, "tool_calls")
    message, warnings = replayed(answer)
    assert [call.get("extra_content") for call in message["tool_calls"]] == [SIGNED, second["extra_content"], None]
    assert "extra_content" not in message
    assert warnings == []


@SHAPES
def test_what_comes_in_pieces_of_a_stream_comes_back_too(codec: JSON, replayed: JSON) -> None:
    """Also when it comes after what it belongs to."""
    events = streamed(
        codec,
        [
            chunk({"role": "assistant", "reasoning": "Let me "}),
            chunk({"reasoning": "think."}),
            chunk({"content": "Hi"}),
            chunk({"tool_calls": [call(0, call_id="c1", name="now")]}),
            chunk({"tool_calls": [{**call(0, "{}"), "extra_content": SIGNED}]}),
            chunk({"extra_content": {"vendor": {"token": "T"}}}, "tool_calls"),
        ],
    )
    message, warnings = replayed(folded(codec, events))
    assert message["reasoning"] == "Let me think."
    assert message["extra_content"] == {"vendor": {"token": "T"}}
    assert message["tool_calls"][0]["extra_content"] == SIGNED
    assert warnings == []


@SHAPES
@pytest.mark.parametrize("at", [target("claude-host", "anthropic"), target("anthropic", "other")])
def test_blocks_that_anthropic_signed_come_back_exactly(codec: JSON, replayed: JSON, at: JSON) -> None:
    """Wherever the vendor's format is spoken."""
    answer = answered(codec, {"content": "Hi", "reasoning": "FirstThen", "extra_content": NATIVE})
    message, warnings = replayed(answer, at)
    assert message["extra_content"] == NATIVE
    assert message["reasoning"] == "FirstThen"
    assert warnings == []


def test_blocks_that_anthropic_signed_stand_in_messages_as_they_are() -> None:
    answer = answered(MESSAGES, {"content": "Hi", "reasoning": "FirstThen", "extra_content": NATIVE})
    blocks = [block.model_dump() for block in answer.content]
    assert blocks[:3] == NATIVE["anthropic"]["thinking_blocks"]
    assert blocks[3]["text"] == "Hi"


def test_a_signature_alone_stands_in_messages_as_it_is() -> None:
    extra = {"anthropic": {"signature": "Sig=="}}
    answer = answered(MESSAGES, {"content": "Hi", "reasoning": "Hm", "extra_content": extra})
    assert answer.content[0].model_dump() == {"type": "thinking", "thinking": "Hm", "signature": "Sig=="}


@pytest.mark.parametrize(
    "extra",
    [
        {"anthropic": {"thinking_blocks": [{"type": "thinking", "thinking": "other", "signature": "S"}]}},
        {"anthropic": {"thinking_blocks": [{"type": "thinking", "thinking": "Hm"}]}},
        {
            "anthropic": {"thinking_blocks": [{"type": "thinking", "thinking": "Hm", "signature": "S"}]},
            "more": {"a": 1},
        },
    ],
)
def test_what_messages_has_no_words_for_is_wrapped(extra: JSONObject) -> None:
    events = streamed(MESSAGES, [chunk({"reasoning": "Hm", "extra_content": extra}), chunk({"content": "Hi"}, "stop")])
    answer = folded(MESSAGES, events)
    assert answer.content[0].thinking == "Hm"
    assert answer.content[0].signature.startswith(FOREIGN_SIGNATURE)
    message, _ = replayed_message(answer)
    assert message["extra_content"] == extra


def test_a_call_behind_signed_thinking_gets_a_carrier_of_its_own() -> None:
    """Nothing can be added to what Anthropic has signed."""
    signed = {"anthropic": {"thinking_blocks": [{"type": "thinking", "thinking": "Hm", "signature": "S"}]}}
    calls = [{**TOOL_CALL, "extra_content": SIGNED}]
    answer = answered(MESSAGES, {"reasoning": "Hm", "extra_content": signed, "tool_calls": calls}, "tool_calls")
    assert [block.type for block in answer.content] == ["thinking", "thinking", "tool_use"]
    assert answer.content[0].signature == "S"
    assert answer.content[1].thinking == ""
    message, _ = replayed_message(answer)
    assert message["tool_calls"][0]["extra_content"] == SIGNED


@SHAPES
def test_facts_about_an_answer_are_not_sent_back(codec: JSON, replayed: JSON) -> None:
    extra = {"anthropic": {"stop_reason": "stop_sequence", "stop_sequence": "END", "content": [{"type": "text"}]}}
    answer = answered(codec, {"content": "Hi", "extra_content": extra})
    message, _ = replayed(answer)
    assert message["extra_content"] == {"anthropic": {"content": [{"type": "text"}]}}
    facts_only = answered(codec, {"content": "Hi", "extra_content": {"anthropic": {"stop_sequence": "END"}}})
    assert "extra_content" not in replayed(facts_only)[0]


@SHAPES
def test_a_foreign_signature_is_dropped_with_a_warning(codec: JSON, replayed: JSON) -> None:
    """The text of the thought is kept: it is no secret."""
    message = {"reasoning": "Hm", "extra_content": SIGNED, "tool_calls": [{**TOOL_CALL, "extra_content": SIGNED}]}
    answer = answered(codec, message, "tool_calls")
    received, warnings = replayed(answer, target("elsewhere"))
    assert received["reasoning"] == "Hm"
    assert "extra_content" not in received
    assert "extra_content" not in received["tool_calls"][0]
    assert warnings
    assert all(warning.startswith("dropped ") for warning in warnings)


def test_foreign_blocks_of_a_request_are_dropped_with_a_warning() -> None:
    blocks = NATIVE["anthropic"]["thinking_blocks"]
    body, warnings = asked(MESSAGES, messages=[{"role": "assistant", "content": [*blocks]}])
    assert body["messages"] == [{"role": "assistant", "content": "", "reasoning": "FirstThen"}]
    assert warnings == [
        "dropped messages[0].content[0].signature",
        "dropped messages[0].content[1].data",
        "dropped messages[0].content[2].signature",
    ]


def test_a_foreign_reasoning_item_is_dropped_with_a_warning() -> None:
    item = {
        "type": "reasoning",
        "id": "rs",
        "summary": [{"type": "summary_text", "text": "short"}],
        "content": [{"type": "reasoning_text", "text": "long"}],
        "encrypted_content": "gAAAA",
    }
    body, warnings = asked(RESPONSES, input_data=[item, {"role": "assistant", "content": "Hi"}])
    assert body["messages"] == [{"role": "assistant", "content": "Hi", "reasoning": "long"}]
    assert warnings == ["dropped input[0].encrypted_content"]


@SHAPES
def test_fields_of_a_gateway_come_back_joined(codec: JSON, replayed: JSON) -> None:
    """OpenRouter wants its `reasoning_details` back as they were before its stream cut them."""

    def details(**members: JSON) -> JSONObject:
        return {"reasoning_details": [{"type": "reasoning.text", "index": 0, **members}]}

    encrypted = {"type": "reasoning.encrypted", "data": "Enc==", "index": 1}
    events = streamed(
        codec,
        [
            chunk({"reasoning": "Let ", **details(text="Let ", signature=None)}),
            chunk({"reasoning": "me", **details(text="me", signature=None)}),
            chunk(details(signature="Sig==")),
            chunk({"content": "Hi", "reasoning_details": [encrypted]}, "stop"),
        ],
    )
    whole = {"type": "reasoning.text", "index": 0, "text": "Let me", "signature": "Sig=="}
    message, warnings = replayed(folded(codec, events))
    assert message["reasoning_details"] == [whole, encrypted]
    assert message["reasoning"] == "Let me"
    assert warnings == []
    answer = answered(codec, {"content": "Hi", "reasoning_details": [whole, encrypted, {"type": "unnumbered"}]})
    assert replayed(answer)[0]["reasoning_details"] == [whole, encrypted, {"type": "unnumbered"}]
    foreign, warnings = replayed(answer, target("elsewhere"))
    assert "reasoning_details" not in foreign
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("quirk", "expected"),
    [("replay_reasoning", {"reasoning_content": "Hm"}), ("replay_extra_content", {"extra_content": SIGNED})],
)
@pytest.mark.parametrize(
    ("bridge", "next_turn"),
    [
        (bridge_messages, lambda answer: {"messages": [{"role": "assistant", "content": answer.content}]}),
        (bridge_responses, lambda answer: {"input_data": answer.output}),
    ],
)
def test_a_dialect_finds_what_its_provider_wants_to_see_again(
    bridge: JSON, next_turn: JSON, quirk: str, expected: JSONObject
) -> None:
    """As DeepSeek's and Google's compatible APIs do; another provider of the dialect is not bothered with it."""
    said = {"reasoning": "Hm", "extra_content": SIGNED, "tool_calls": [TOOL_CALL]}
    options = next_turn(answered(bridge(CHAT), said, "tool_calls"))
    wanting = Target(provider=Provider(name="acme", quirks=(quirk,)), model="m", base_url="https://acme.example")
    codec = bridge(OPENAI.operations[Operation.COMPLETION])
    received = [msgspec.json.decode(codec.encode(at, options).body)["messages"] for at in (wanting, ACME)]
    plain = {"role": "assistant", "tool_calls": [TOOL_CALL]}
    assert received == [[plain | expected], [plain]]


def test_thinking_without_a_signature_is_kept_as_reasoning() -> None:
    thought = {"type": "thinking", "thinking": "Hm", "signature": ""}
    body, warnings = asked(MESSAGES, messages=[{"role": "assistant", "content": [thought]}])
    assert body["messages"] == [{"role": "assistant", "content": "", "reasoning": "Hm"}]
    assert warnings == []


def test_providers_of_one_format_read_each_others_signatures() -> None:
    carried = wrap(Carried(origin="gemini", message=SIGNED))
    blocks = [{"type": "thinking", "thinking": "Hm", "signature": carried}]
    cloud = Provider(name="vertex", dialect="gemini", operations=frozenset({Operation.COMPLETION}))
    at = Target(provider=cloud, model="m", base_url="https://h")
    body, warnings = asked(MESSAGES, at, messages=[{"role": "assistant", "content": blocks}])
    assert body["messages"][0]["extra_content"] == SIGNED
    assert warnings == []
