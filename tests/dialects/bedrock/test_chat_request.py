"""Parameters of a chat completion in Converse's words."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.bedrock import COMPLETION
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import HELLO, LLAMA, MODEL, body, body_of, encode, target, warned


def test_the_model_is_one_encoded_segment_of_the_path() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
    assert encode(arn).path == (
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc/converse"
    )


def test_a_stream_has_its_own_route_and_content_type() -> None:
    encoded = encode(stream=True, stream_options={"include_usage": True})
    assert encoded.path.endswith("%3A0/converse-stream")
    assert encoded.headers == {"Accept": "application/vnd.amazon.eventstream"}
    assert body_of(encoded) == {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    assert encoded.warnings == ()


@pytest.mark.parametrize("stop", ["END", ["END"], ("END",)])
def test_inference_parameters_have_their_place(stop: JSON) -> None:
    assert body(LLAMA, max_tokens=10, temperature=0.5, top_p=0.9, stop=stop)["inferenceConfig"] == {
        "maxTokens": 10,
        "temperature": 0.5,
        "topP": 0.9,
        "stopSequences": ["END"],
    }


def test_the_newer_name_of_the_limit_goes_before_the_older() -> None:
    assert body(max_tokens=10, max_completion_tokens=20)["inferenceConfig"] == {"maxTokens": 20}


def test_converses_own_members_are_sent_as_they_are() -> None:
    own: JSONObject = {
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1", "trace": "enabled"},
        "additionalModelRequestFields": {"top_k": 5},
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
        "performanceConfig": {"latency": "optimized"},
        "requestMetadata": {"team": "a"},
        "toolConfig": {"tools": [{"systemTool": {"name": "nova_code_interpreter"}}]},
        "inferenceConfig": {"maxTokens": 5},
    }
    sent = body(**own, temperature=0.1)
    assert {name: sent[name] for name in own} == {**own, "inferenceConfig": {"maxTokens": 5, "temperature": 0.1}}


def test_other_parameters_are_the_models() -> None:
    sent = body(top_k=5, anthropic_beta=["a"], nothing=None, additionalModelRequestFields={"top_k": 9})
    assert sent["additionalModelRequestFields"] == {"top_k": 9, "anthropic_beta": ["a"]}


@pytest.mark.parametrize(
    ("tier", "sent"),
    [("priority", {"type": "priority"}), ("flex", {"type": "flex"}), ("scale", {"type": "reserved"}), ("auto", None)],
)
def test_service_tiers_have_their_words(tier: str, sent: JSON) -> None:
    encoded = encode(service_tier=tier)
    assert body_of(encoded).get("serviceTier") == sent
    assert encoded.warnings == ()


def test_metadata_is_for_the_logs() -> None:
    sent = body(metadata={"run": 7, "team": "b"}, requestMetadata={"team": "a"})
    assert sent["requestMetadata"] == {"run": "7", "team": "a"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", 1),
        ("presence_penalty", 0.5),
        ("frequency_penalty", 0.5),
        ("logit_bias", {"1": 1}),
        ("logprobs", True),
        ("user", "u"),
        ("n", 2),
        ("modalities", ["audio"]),
        ("service_tier", "express"),
        ("prompt_cache_key", "k"),
    ],
)
def test_what_cannot_be_said_is_named(name: str, value: JSON) -> None:
    encoded = encode(**{name: value})
    assert warned(encoded) == [("dropped", name)]
    assert name not in body_of(encoded)


def test_what_says_nothing_is_not_named() -> None:
    assert encode(seed=None, logprobs=False, n=1, modalities=["text"], metadata={}).warnings == ()


def test_unknown_options_of_a_stream_are_named() -> None:
    encoded = encode(stream=True, stream_options={"include_obfuscation": False})
    assert warned(encoded) == [("dropped", "stream_options.include_obfuscation")]


@pytest.mark.parametrize("system", ["Be brief.", [{"text": "Be brief."}]])
def test_a_system_prompt_of_its_own_stands_first(system: JSON) -> None:
    sent = body(system=system, messages=[{"role": "system", "content": "Be kind."}, HELLO])
    assert sent["system"] == [{"text": "Be brief."}, {"text": "Be kind."}]


def test_what_is_given_is_not_changed() -> None:
    options: JSONObject = {
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]},
            {"role": "user", "content": [_document(), _document()]},
            {"role": "assistant", "content": "", "tool_calls": [_call()]},
            {"role": "tool", "tool_call_id": "c", "content": [_document()]},
        ],
        "inferenceConfig": {"temperature": 2.0, "topP": 1},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]},
        "outputConfig": {"effort": "low"},
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}},
    }
    before = msgspec.json.encode(options)
    COMPLETION.encode(target(MODEL), options)
    assert msgspec.json.encode(options) == before


def _document() -> JSONObject:
    return {"document": {"format": "txt", "name": "d", "source": {"text": "t"}}}


def _call() -> JSONObject:
    return {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
