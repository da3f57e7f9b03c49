from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from any_llm.spec.provider import Provider
from any_llm.testing.recordings import RecordedRequest
from any_llm.testing.wire.equivalence import EQUIVALENCES, compare_requests
from any_llm.types.http import HttpRequest

URL = "https://a.test/v1/chat/completions"
PLAIN = Provider(name="acme")


def compared(
    recorded: dict[str, Any], ours: dict[str, Any], provider: Provider = PLAIN, url: str = URL
) -> tuple[list[str], list[str]]:
    sent = HttpRequest("POST", url, {}, json.dumps(ours).encode())
    request = RecordedRequest(method="POST", url=url, headers={}, body=b"")
    return tuple(compare_requests(request, recorded, sent, provider))  # type: ignore[return-value]  # two lists


def heads(
    recorded: dict[str, str], ours: dict[str, str], url: str = URL, sent: str = URL, method: str = "POST"
) -> list[str]:
    request = RecordedRequest(method="POST", url=url, headers=recorded, body=b"")
    return compare_requests(request, {}, HttpRequest(method, sent, ours), PLAIN).differences


@pytest.mark.parametrize(
    ("name", "recorded", "ours", "changes"),
    [
        ("null member", {"stop": None, "n": 1}, {"n": 1}, {}),
        (
            "null in a message",
            {"messages": [{"content": "a", "name": None, "tool_calls": [{"id": "1", "index": None}]}, "x"]},
            {"messages": [{"content": "a", "tool_calls": [{"id": "1"}]}, "x"]},
            {},
        ),
        ("stream false", {"stream": False}, {}, {}),
        ("renamed parameter", {"old": 1}, {"new": 1}, {"rename": {"old": "new"}}),
        ("dropped parameter", {"old": 1}, {}, {"drop": ("old",)}),
        ("usage of a stream", {"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}, {}),
        ("vectors as base64", {"input": "x"}, {"input": "x", "encoding_format": "base64"}, {}),
        ("reasoning object", {"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}, {}),
        ("reasoning object", {"reasoning_effort": "none"}, {"reasoning": {"enabled": False}}, {}),
        (
            "schema form",
            {"output_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"a": 1}}}},
            {"output_format": {"type": "json_schema", "schema": {"a": 1}}},
            {},
        ),
        ("output format", {"output_format": {"type": "t"}}, {"output_config": {"format": {"type": "t"}}}, {}),
    ],
)
def test_a_declared_difference_does_not_count(
    name: str, recorded: dict[str, Any], ours: dict[str, Any], changes: dict[str, Any]
) -> None:
    provider = msgspec.structs.replace(PLAIN, **changes)
    assert compared(recorded, ours, provider) == ([], [name])


def test_a_deployments_url_names_the_model() -> None:
    url = "https://a.test/openai/deployments/m/chat/completions"
    assert compared({}, {"model": "m"}, url=url) == ([], ["model in the URL"])
    assert compared({}, {"model": "m"})[0] == ["body.model: recorded is nothing, ours is 'm'"]


def conversation(called: str, answered: str) -> dict[str, Any]:
    call = {"id": called, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    return {"messages": [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": answered}]}


def test_ids_that_a_provider_does_not_take_may_be_others_one_for_one() -> None:
    picky = msgspec.structs.replace(PLAIN, quirks=("short_call_ids",))
    recorded = conversation("call_1", "call_1")

    assert compared(recorded, conversation("abcdefghi", "abcdefghi"), picky) == ([], ["ids of calls"])
    assert compared(recorded, conversation("abcdefghi", "abcdefghi"))[0] != []
    assert compared(recorded, conversation("abcdefghi", "other"), picky)[0] != []


def test_every_declared_difference_has_a_reason() -> None:
    assert all(rule.name and rule.reason for rule in EQUIVALENCES)
    assert len({rule.name for rule in EQUIVALENCES}) == len(EQUIVALENCES)


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        ({"temperature": 0.5}, {"temperature": 0.6}),
        ({"stream": True}, {}),
        ({"stop": None}, {"stop": ["x"]}),
        ({}, {"stream_options": {"include_usage": True}}),
        ({"encoding_format": "float"}, {"encoding_format": "base64"}),
        ({"old": 1}, {"new": 1}),
        ({"max_tokens": 5}, {}),
        ({"reasoning_effort": "low"}, {"reasoning": {"effort": "high"}}),
        ({"output_format": {"type": "t"}}, {"output_config": {"format": {"type": "u"}}}),
        ({"messages": [{"role": "user", "content": "a"}]}, {"messages": [{"role": "user", "content": "b"}]}),
        ({"messages": [{"content": None}]}, {"messages": [{"content": ""}]}),
        ({"messages": [{"name": None}]}, {"messages": [{}, {}]}),
    ],
)
def test_any_other_difference_counts(recorded: dict[str, Any], ours: dict[str, Any]) -> None:
    assert compared(recorded, ours)[0] != []


def test_the_bodies_given_are_not_changed() -> None:
    recorded = {"stream": False, "stop": None}
    compared(recorded, {})
    assert recorded == {"stream": False, "stop": None}


def test_ports_that_go_without_saying_and_the_order_of_the_query_do_not_count() -> None:
    assert heads({}, {}, "https://A.test:443/x?b=2&a=1", "https://a.test/x?a=1&b=2") == []


def test_a_list_of_models_may_be_asked_for_as_a_whole() -> None:
    assert heads({}, {}, "https://a.test/v1/models", "https://a.test/v1/models?limit=1000") == []
    assert heads({}, {}, "https://a.test/v1/models?limit=5", "https://a.test/v1/models?limit=1000") != []


@pytest.mark.parametrize(
    ("sent", "method"),
    [
        ("https://a.test/v1/other", "POST"),
        ("https://b.test/v1/chat/completions", "POST"),
        (f"{URL}?x=1", "POST"),
        (URL, "GET"),
    ],
)
def test_method_place_and_query_count(sent: str, method: str) -> None:
    assert len(heads({}, {}, sent=sent, method=method)) == 1


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        ({}, {"Authorization": "Bearer k"}),
        ({"authorization": "Bearer <redacted>"}, {"Authorization": "Bearer k"}),
        ({"authorization": "<redacted>"}, {"Authorization": "Bearer k"}),
        ({"authorization": "Bearer <redacted>", "api-key": "<redacted>"}, {"api-key": "k"}),
        ({"authorization": "AWS4-HMAC-SHA256 <redacted>"}, {"Authorization": "Bearer k"}),
        ({"anthropic-beta": "a, b"}, {"anthropic-beta": "a,b"}),
    ],
)
def test_headers_that_say_the_same_do_not_differ(recorded: dict[str, str], ours: dict[str, str]) -> None:
    assert heads(recorded, ours) == []


@pytest.mark.parametrize(
    ("recorded", "ours", "told"),
    [
        (
            {"x-api-key": "<redacted>"},
            {"Authorization": "Bearer k"},
            "auth: recorded is x-api-key, ours is authorization",
        ),
        ({"x-api-key": "<redacted>"}, {}, "auth: recorded is x-api-key, ours is none"),
        ({"anthropic-version": "2023-06-01"}, {}, "anthropic-version: recorded is '2023-06-01', ours is ''"),
    ],
)
def test_other_headers_differ(recorded: dict[str, str], ours: dict[str, str], told: str) -> None:
    assert heads(recorded, ours) == [told]
