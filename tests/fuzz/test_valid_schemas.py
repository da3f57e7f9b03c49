"""Conversations that came from any vendor, against the schema that the next vendor publishes."""

from __future__ import annotations

import json
from functools import cache

import jsonschema
import msgspec
import pytest
import referencing
import referencing.jsonschema
from hypothesis import given, settings

from any_llm.engine.codecs import codec_of
from any_llm.providers.registry import provider
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON
from tests.fuzz.strategies import talks
from tests.fuzz.subjects.conversions import SHAPES, Conversation, heard
from tests.fuzz.subjects.wires import WIRES
from tests.testing.reading.shared_folder import WIRE

PLACES = {
    "mistral": ("mistral-small-latest", "~1v1~1chat~1completions"),
    "ollama": ("qwen3:4b", "~1api~1chat"),
    "openai": ("gpt-5-mini", "~1chat~1completions"),
    "openrouter": ("openai/gpt-5-mini", "~1chat~1completions"),
}
"""Models, and where in its schema a vendor describes requests to it.

Together's schema is left out: it demands an `index` of each call that is said again, which only its streams have.
"""


@cache
def validator(name: str) -> JSON:
    """Return the validator of a vendor's chat requests."""
    schema = json.loads((WIRE.parent / "specs" / f"{name}.schema.json").read_text())
    resource = referencing.Resource.from_contents(schema, default_specification=referencing.jsonschema.DRAFT202012)
    registry: JSON = referencing.Registry().with_resource("urn:s", resource)
    place = f"urn:s#/paths/{PLACES[name][1]}/post/requestBody/content/application~1json/schema"
    return jsonschema.Draft202012Validator({"$ref": place}, registry=registry)


@pytest.mark.parametrize("second", sorted(PLACES))
@pytest.mark.parametrize("first", sorted(WIRES))
@settings(max_examples=4)
@given(talk=talks)
def test_what_one_vendor_said_is_valid_for_the_next(first: str, second: str, talk: Conversation) -> None:
    record = provider(second)
    target = Target(provider=record, model=PLACES[second][0], base_url=record.base_url)
    answer = heard(first, talk.turn)
    for operation, said in SHAPES.items():
        if operation is not Operation.COMPLETION and operation in record.operations:
            continue
        request = codec_of(record, operation).encode(target, said(talk, answer))
        body = msgspec.json.decode(request.body)
        assert [f"{each.json_path}: {each.message[:200]}" for each in validator(second).iter_errors(body)] == []
