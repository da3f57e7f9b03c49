"""The request as a whole: where each parameter goes, and what is said of those that go nowhere."""

from __future__ import annotations

import pytest

from any_llm.dialects.gemini import COMPLETION
from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import HELLO, body_of, config_of, encode, target, warned

SCHEMA: JSONObject = {"type": "object", "properties": {"size": {"type": ["integer", "null"], "minimum": 1}}}


def test_a_greeting_is_all_that_is_sent() -> None:
    encoded = encode()
    assert body_of(encoded) == {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    assert encoded.warnings == ()


@pytest.mark.parametrize(
    ("base_url", "model", "path"),
    [
        (
            "https://generativelanguage.googleapis.com",
            "gemini-3-flash",
            "/v1beta/models/gemini-3-flash:generateContent",
        ),
        ("https://generativelanguage.googleapis.com/v1", "gemini-3-flash", "/models/gemini-3-flash:generateContent"),
        ("https://proxy.example/v", "gemini-3-flash", "/v1beta/models/gemini-3-flash:generateContent"),
        ("https://proxy.example/v1alpha", "tunedModels/mine", "/tunedModels/mine:generateContent"),
        (
            "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google",
            "gemini-3-flash",
            "/models/gemini-3-flash:generateContent",
        ),
        ("https://generativelanguage.googleapis.com/v1beta", "a model", "/models/a%20model:generateContent"),
    ],
)
def test_the_path_names_version_and_model_once(base_url: str, model: str, path: str) -> None:
    assert COMPLETION.encode(target(model, base_url), {"messages": [HELLO]}).path == path


def test_a_stream_is_asked_for_as_events() -> None:
    encoded = encode(stream=True, stream_options={"include_usage": True})
    assert encoded.path == "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert "stream" not in body_of(encoded)
    assert encoded.warnings == ()


def test_sampling_and_limits_stand_in_the_generation_config() -> None:
    encoded = encode(
        temperature=0.5, top_p=0.9, max_tokens=10, n=2, seed=7, presence_penalty=0.1, frequency_penalty=0.2, stop="END"
    )
    assert config_of(encoded) == {
        "temperature": 0.5,
        "topP": 0.9,
        "maxOutputTokens": 10,
        "candidateCount": 2,
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "stopSequences": ["END"],
    }
    assert encoded.warnings == ()


def test_max_completion_tokens_counts_before_max_tokens() -> None:
    assert config_of(encode(max_tokens=10, max_completion_tokens=20)) == {"maxOutputTokens": 20}


def test_several_stop_sequences_are_sent() -> None:
    assert config_of(encode(stop=["A", "B"])) == {"stopSequences": ["A", "B"]}


@pytest.mark.parametrize(
    ("options", "config"),
    [
        ({"logprobs": True}, {"responseLogprobs": True}),
        ({"top_logprobs": 3}, {"responseLogprobs": True, "logprobs": 3}),
        ({"logprobs": True, "top_logprobs": 3}, {"responseLogprobs": True, "logprobs": 3}),
    ],
)
def test_probabilities_are_asked_for(options: JSONObject, config: JSONObject) -> None:
    assert config_of(encode(**options)) == config


def test_a_schema_is_sent_whole() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "shirt", "schema": SCHEMA}}
    assert config_of(encode(response_format=wanted)) == {
        "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA,
    }


@pytest.mark.parametrize(
    ("wanted", "config"),
    [({"type": "json_object"}, {"responseMimeType": "application/json"}), ({"type": "text"}, {}), (None, {})],
)
def test_other_forms_are_sent(wanted: JSON, config: JSONObject) -> None:
    assert config_of(encode(response_format=wanted)) == config


@pytest.mark.parametrize("wanted", ["json", {"type": "yaml"}, {"type": "json_schema", "json_schema": {"schema": 1}}])
def test_a_malformed_form_is_named(wanted: JSON) -> None:
    with pytest.raises(InvalidMessageError, match="json_object") as caught:
        encode(response_format=wanted)
    assert caught.value.param == "response_format"


def test_the_vendors_own_parameters_go_where_they_belong() -> None:
    safety = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    encoded = encode(
        safety_settings=safety,
        cachedContent="cachedContents/1",
        top_k=3,
        thinking_config={"thinkingBudget": 9},
        generation_config={"mediaResolution": "MEDIA_RESOLUTION_LOW", "topK": 1},
        labels={"team": "a"},
        store=None,
    )
    assert body_of(encoded) == {
        "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
        "safetySettings": safety,
        "cachedContent": "cachedContents/1",
        "labels": {"team": "a"},
        "generationConfig": {
            "mediaResolution": "MEDIA_RESOLUTION_LOW",
            "topK": 3,
            "thinkingConfig": {"thinkingBudget": 9},
        },
    }
    assert encoded.warnings == ()


@pytest.mark.parametrize("own", ["Be brief.", {"parts": [{"text": "Be brief."}]}])
def test_an_own_system_instruction_comes_before_system_messages(own: JSON) -> None:
    encoded = encode(system_instruction=own, messages=[{"role": "system", "content": "Be kind."}, HELLO])
    assert body_of(encoded)["systemInstruction"] == {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]}


def test_the_user_says_the_instruction_where_the_model_takes_none() -> None:
    encoded = encode("gemma-3-27b-it", messages=[{"role": "system", "content": "Be kind."}, HELLO])
    assert [content["parts"] for content in body_of(encoded)["contents"]] == [
        [{"text": "Be kind."}],
        [{"text": "Hello"}],
    ]
    assert "systemInstruction" not in body_of(encoded)
    assert warned(encoded) == [("emulated", "messages")]
    assert encode("gemma-3-27b-it").warnings == ()


def test_what_has_no_words_is_warned_about() -> None:
    encoded = encode(user="u", logit_bias={"1": 2}, metadata={"a": "b"}, prediction=None, prompt_cache_key="k")
    assert warned(encoded) == [
        ("dropped", "logit_bias"),
        ("dropped", "metadata"),
        ("dropped", "prompt_cache_key"),
        ("dropped", "user"),
    ]
    assert set(body_of(encoded)) == {"contents"}


@pytest.mark.parametrize(("tier", "sent"), [("auto", None), ("default", "standard"), ("flex", "flex")])
def test_service_tiers_are_translated(tier: str, sent: str | None) -> None:
    encoded = encode(service_tier=tier)
    assert body_of(encoded).get("serviceTier") == sent
    assert encoded.warnings == ()


def test_an_unknown_service_tier_is_warned_about() -> None:
    encoded = encode(service_tier="scale")
    assert "serviceTier" not in body_of(encoded)
    assert warned(encoded) == [("dropped", "service_tier")]


def test_speech_is_asked_for_in_a_voice() -> None:
    encoded = encode(modalities=["text", "audio"], audio={"voice": "Kore", "format": "wav"})
    assert config_of(encoded) == {
        "responseModalities": ["TEXT", "AUDIO"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
    }
    assert warned(encoded) == [("dropped", "audio.format")]


def test_the_callers_options_are_left_as_they_are() -> None:
    options: JSONObject = {
        "messages": [HELLO],
        "generationConfig": {"topK": 1},
        "toolConfig": {"retrievalConfig": {}},
        "tools": [{"googleSearch": {}}],
        "tool_choice": "auto",
        "max_tokens": 5,
    }
    before = repr(options)
    COMPLETION.encode(target(), options)
    assert repr(options) == before
