"""Mistral's own schemas of requests, where they are beside the recordings."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from any_llm.types.json import JSON, JSONObject
from tests.testing.reading.shared_folder import WIRE

SCHEMA = Path(WIRE).parent / "specs" / "mistral.schema.json"


@cache
def _registry() -> Registry[JSON]:
    document = msgspec.json.decode(SCHEMA.read_bytes())
    return Registry().with_resource("urn:s", DRAFT202012.create_resource(document))


def faults(path: str, body: JSONObject) -> list[str]:
    """Return what the schema of a path finds wrong with a body."""
    place = path.replace("/", "~1")
    schema = {
        "$ref": f"urn:s#/paths/{place}/post/requestBody/content/application~1json/schema",
        "unevaluatedProperties": False,
    }
    return [error.message for error in Draft202012Validator(schema, registry=_registry()).iter_errors(body)]
