from __future__ import annotations

import pytest

from any_llm.dialects.anthropic import COMPLETION, DIALECT
from any_llm.spec.provider import GROUPS, Operation
from any_llm.types.json import JSON, JSONObject
from tests.dialects.anthropic.calls import HELLO, MODEL, body_of, encode, target, warned


def test_the_dialect_offers_what_the_api_has() -> None:
    assert DIALECT.name == "anthropic"
    stored = {*GROUPS["files"], *GROUPS["batches"]}
    asked = {Operation.COMPLETION, Operation.MESSAGES, Operation.TEXT_COMPLETION, Operation.COUNT_TOKENS}
    assert set(DIALECT.operations) == stored | asked | {Operation.LIST_MODELS, Operation.RETRIEVE_MODEL}
    assert DIALECT.inline_batches


def test_a_short_request_says_little() -> None:
    encoded = encode(max_tokens=10)
    assert body_of(encoded) == {"model": MODEL, "messages": [HELLO], "max_tokens": 10}
    assert encoded.path == "/v1/messages"
    assert encoded.headers == {"anthropic-version": "2023-06-01"}
    assert encoded.warnings == ()


@pytest.mark.parametrize(("model", "limit"), [(MODEL, 16_384), ("claude-3-haiku-20240307", 4_096), ("new", 16_384)])
def test_the_limit_that_the_api_demands_has_a_default(model: str, limit: int) -> None:
    encoded = COMPLETION.encode(target(model), {"messages": [HELLO]})
    assert body_of(encoded)["max_tokens"] == limit
    assert warned(encoded) == [("emulated", "max_tokens")]


def test_the_newer_name_of_the_limit_comes_first() -> None:
    body = body_of(encode(max_tokens=10, max_completion_tokens=20))
    assert body["max_tokens"] == 20
    assert "max_completion_tokens" not in body


@pytest.mark.parametrize(
    ("stop", "sent", "warnings"),
    [
        ("END", ["END"], []),
        (["A", "B"], ["A", "B"], []),
        (["A", "\n"], ["A"], [("dropped", "stop")]),
        (" ", None, [("dropped", "stop")]),
        ([], None, []),
    ],
)
def test_stops_become_stop_sequences(stop: JSON, sent: JSON, warnings: list[tuple[str, str]]) -> None:
    encoded = encode(stop=stop)
    assert body_of(encoded).get("stop_sequences") == sent
    assert warned(encoded) == warnings


def test_stop_sequences_of_the_vendors_own_name_are_kept_beside() -> None:
    assert body_of(encode(stop="A", stop_sequences=["B"]))["stop_sequences"] == ["B", "A"]


@pytest.mark.parametrize(
    ("options", "metadata", "warnings"),
    [
        ({"user": "ada"}, {"user_id": "ada"}, []),
        ({"metadata": {"user_id": "ada"}, "user": "bob"}, {"user_id": "ada"}, []),
        ({"metadata": {"team": "x"}}, None, [("dropped", "metadata")]),
    ],
)
def test_the_user_is_named_in_metadata(options: JSONObject, metadata: JSON, warnings: list[tuple[str, str]]) -> None:
    encoded = encode(**options)
    assert body_of(encoded).get("metadata") == metadata
    assert warned(encoded) == warnings


@pytest.mark.parametrize(
    ("tier", "sent", "warnings"),
    [
        ("auto", "auto", []),
        ("default", "standard_only", []),
        ("standard_only", "standard_only", []),
        ("priority", "auto", [("approximated", "service_tier")]),
        ("flex", None, [("dropped", "service_tier")]),
    ],
)
def test_service_tiers_are_said_in_anthropics_words(tier: str, sent: JSON, warnings: list[tuple[str, str]]) -> None:
    encoded = encode(service_tier=tier)
    assert body_of(encoded).get("service_tier") == sent
    assert warned(encoded) == warnings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("audio", {"voice": "a"}),
        ("frequency_penalty", 0.5),
        ("logit_bias", {"1": 2}),
        ("logprobs", True),
        ("modalities", ["text", "audio"]),
        ("n", 2),
        ("prediction", {}),
        ("presence_penalty", 0.0),
        ("prompt_cache_key", "k"),
        ("safety_identifier", "s"),
        ("seed", 7),
        ("store", True),
        ("top_logprobs", 3),
        ("verbosity", "low"),
        ("web_search_options", {}),
    ],
)
def test_what_the_api_has_no_words_for_is_dropped_with_a_warning(name: str, value: JSON) -> None:
    encoded = encode(**{name: value})
    assert body_of(encoded) == body_of(encode())
    assert warned(encoded) == [("dropped", name)]


@pytest.mark.parametrize(
    "options",
    [
        {"n": 1},
        {"modalities": ["text"]},
        {"logprobs": False},
        {"store": None},
        {"stream_options": {"include_usage": True}},
    ],
)
def test_what_asks_for_nothing_special_needs_no_warning(options: JSONObject) -> None:
    assert encode(**options) == encode()


def test_what_is_not_openais_is_sent_as_it_is() -> None:
    options: JSONObject = {
        "top_k": 5,
        "container": "c",
        "mcp_servers": [{"url": "u"}],
        "stream": True,
        "invented": {"a": None},
    }
    body = body_of(encode(**options))
    assert {name: body[name] for name in options} == options


def test_betas_become_a_header() -> None:
    encoded = encode(betas=["b-1"])
    assert encoded.headers["anthropic-beta"] == "b-1"
    assert "betas" not in body_of(encoded)
