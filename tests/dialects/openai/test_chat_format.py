"""The form of an answer at providers that take no JSON schema."""

from __future__ import annotations

import json
from typing import cast

import pytest

from any_llm.dialects.openai import COMPLETION
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Provider
from any_llm.types.json import JSON, JSONObject

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
BY_SCHEMA = {"type": "json_schema", "json_schema": {"name": "Capital", "schema": SCHEMA}}
ANY = {"type": "json_object"}
USER = {"role": "user", "content": "Which city?"}


def encode(quirk: str, wanted: JSON, *messages: JSON) -> Encoded:
    provider = Provider(name="p", quirks=(quirk,))
    target = Target(provider=provider, model="m", base_url="http://x/v1")
    return COMPLETION.encode(target, {"messages": list(messages) or [USER], "response_format": wanted})


def body_of(encoded: Encoded) -> JSONObject:
    return cast("JSONObject", json.loads(encoded.body))


def test_a_schema_is_told_in_words_beside_a_json_object() -> None:
    encoded = encode("json_object_only", BY_SCHEMA)

    body = body_of(encoded)
    assert body["response_format"] == ANY
    assert json.dumps(SCHEMA, separators=(",", ":")) in body["messages"][0]["content"]
    assert [(warning.kind, warning.mode) for warning in encoded.warnings] == [("emulated", "json_object")]


def test_a_json_object_alone_is_sent_as_it_is() -> None:
    encoded = encode("json_object_only", ANY)

    assert (body_of(encoded)["response_format"], encoded.warnings) == (ANY, ())


@pytest.mark.parametrize("wanted", [BY_SCHEMA, ANY])
def test_what_takes_no_form_is_told_it_in_words(wanted: JSON) -> None:
    encoded = encode("no_response_format", wanted)

    body = body_of(encoded)
    assert "response_format" not in body
    assert body["messages"][0]["role"] == "system"
    assert [warning.mode for warning in encoded.warnings] == ["instructions"]


def test_plain_text_needs_no_words() -> None:
    encoded = encode("no_response_format", {"type": "text"})

    assert (body_of(encoded)["messages"], encoded.warnings) == ([USER], ())


def test_the_words_stand_behind_what_the_system_says() -> None:
    encoded = encode("no_response_format", ANY, {"role": "system", "content": "Be brief."}, USER)

    system, user = body_of(encoded)["messages"]
    assert system["content"].startswith("Be brief.\n\nAnswer with one JSON object")
    assert user == USER
