"""Requests of the smaller operations against the schema that OpenAI publishes, strictly, as they were recorded."""

from __future__ import annotations

from functools import cache

import jsonschema
import msgspec
import pytest
import referencing
import referencing.jsonschema

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.testing.wire.intent import Intent, intent_of
from any_llm.testing.wire.scopes import scope_of
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import as_media
from tests.dialects.openai.operations import body_of, encode, target
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

PLACES = {
    "openai.audio.speech": ("/audio/speech", "application~1json"),
    "openai.batches": ("/batches", "application~1json"),
    "openai.completions": ("/completions", "application~1json"),
    "openai.images": ("/images/generations", "application~1json"),
    "openai.images.edit": ("/images/edits", "application~1json"),
    "openai.moderations": ("/moderations", "application~1json"),
    "openai.responses.compact": ("/responses/compact", "application~1json"),
    "openai.responses.input_tokens": ("/responses/input_tokens", "application~1json"),
}
MEDIA = ("file", "mask")


@cache
def registry() -> JSON:
    """Return the schema."""
    schema = msgspec.json.decode((WIRE.parent / "specs" / "openai.schema.json").read_bytes())
    resource = referencing.Resource.from_contents(schema, default_specification=referencing.jsonschema.DRAFT202012)
    made: JSON = referencing.Registry().with_resource("urn:s", resource)
    return made


def wrong(api: str, body: JSONObject) -> list[str]:
    """Return what the schema has against a request."""
    path, kind = PLACES[api]
    place = f"urn:s#/paths/{path.replace('/', '~1')}/post/requestBody/content/{kind}/schema"
    validator = jsonschema.Draft202012Validator({"$ref": place, "unevaluatedProperties": False}, registry=registry())
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)]


@cache
def said(api: str) -> list[tuple[Recording, Intent]]:
    """Return what OpenAI was asked for and answered, as arguments of public functions."""
    loaded = [one for one in load_recordings(WIRE / "openai")[0] if one.api == api and one.response.status < 300]
    intents = [(one, intent_of(one, scope_of(one))) for one in loaded]
    return [
        (one, intent)
        for one, intent in intents
        if isinstance(intent, Intent) and scope_of(one).operation is not Operation.REQUEST
    ]


def options_of(intent: Intent) -> JSONObject:
    """Return what a dialect is told."""
    options = {name: value for name, value in intent.arguments.items() if name not in {"model", "extra_query"}}
    options |= {name: as_media(options[name]) for name in MEDIA if name in options}
    if "image" in options:
        options["image"] = [as_media(image) for image in options["image"]]
    return options


@pytest.mark.parametrize("api", sorted(PLACES))
def test_every_request_that_openai_took_fits_its_schema(api: str) -> None:
    checked = 0
    for recording, intent in said(api):
        operation = scope_of(recording).operation
        if recording.request is None or recording.request.method != "POST":
            continue
        encoded = encode(operation, target(model=intent.arguments.get("model") or ""), **options_of(intent))
        if encoded.form:
            continue
        body = {name: value for name, value in body_of(encoded).items() if value is not None}
        assert wrong(api, body) == [], recording.id
        checked += 1
    assert checked
