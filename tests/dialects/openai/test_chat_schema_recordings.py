"""Requests against the schema that OpenAI publishes, strictly: what we make up, and what was recorded."""

from __future__ import annotations

import json
from functools import cache

import jsonschema
import pytest
import referencing
import referencing.jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from any_llm.dialects.openai.chat_request import encode_completion
from any_llm.providers.catalog import BY_NAME
from any_llm.schemas.formats import encode_format
from any_llm.spec.dialect import Target
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.tools import prepare_tools
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.value import decode
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

TARGET = Target(provider=BY_NAME["openai"], model="gpt-4o", base_url="https://host")
PLACE = "urn:s#/paths/~1chat~1completions/post/requestBody/content/application~1json/schema"


@cache
def validator() -> JSON:
    """Return the strict validator of chat requests."""
    schema = json.loads((WIRE.parent / "specs" / "openai.schema.json").read_text())
    resource = referencing.Resource.from_contents(schema, default_specification=referencing.jsonschema.DRAFT202012)
    registry: JSON = referencing.Registry().with_resource("urn:s", resource)
    return jsonschema.Draft202012Validator({"$ref": PLACE, "unevaluatedProperties": False}, registry=registry)


def wrong(options: JSONObject) -> list[str]:
    """Return what the schema has against the request that we encode."""
    body = json.loads(encode_completion(TARGET, options).body)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator().iter_errors(body)]


def weather(city: str, days: int = 1, unit: str | None = None) -> str:
    """Tell the weather.

    Args:
        city: where.
        days: how many.
        unit: of temperature.
    """
    return f"{city} {days} {unit}"


TEXTS = st.text(max_size=20)
PARTS = st.one_of(
    TEXTS.map(lambda text: {"type": "text", "text": text}),
    st.just({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}),
    st.just({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}),
    st.just({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
)
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
ANSWERED = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": st.none() | TEXTS},
    optional={
        "reasoning": TEXTS,
        "reasoning_content": TEXTS,
        "annotations": st.just([]),
        "refusal": st.none() | TEXTS,
        "tool_calls": st.just([CALL]),
    },
).map(
    lambda message: decode(ChatCompletion, json.dumps({"choices": [{"message": message}]}).encode()).choices[0].message
)
MESSAGES = st.lists(
    st.one_of(
        st.builds(
            lambda role, content: {"role": role, "content": content},
            st.sampled_from(["user", "system", "developer"]),
            TEXTS,
        ),
        st.builds(lambda parts: {"role": "user", "content": parts}, st.lists(PARTS, min_size=1, max_size=4)),
        st.builds(lambda text: {"role": "tool", "tool_call_id": "call_1", "content": text}, TEXTS),
        ANSWERED,
        ANSWERED.map(lambda message: message.model_dump()),
    ),
    min_size=1,
    max_size=6,
)
OPTIONS = st.fixed_dictionaries(
    {"messages": MESSAGES},
    optional={
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 1000),
        "max_completion_tokens": st.integers(1, 1000),
        "n": st.integers(1, 4),
        "stop": TEXTS | st.lists(TEXTS, min_size=1, max_size=4),
        "presence_penalty": st.floats(-2, 2),
        "frequency_penalty": st.floats(-2, 2),
        "seed": st.integers(-(2**31), 2**31),
        "user": TEXTS,
        "parallel_tool_calls": st.booleans(),
        "logprobs": st.booleans(),
        "top_logprobs": st.integers(0, 20),
        "logit_bias": st.dictionaries(st.sampled_from(["1", "2"]), st.integers(-100, 100)),
        "stream": st.just(True),
        "reasoning_effort": st.sampled_from(["minimal", "low", "medium", "high"]),
        "service_tier": st.sampled_from(["auto", "default", "flex"]),
        "prompt_cache_key": TEXTS,
        "metadata": st.just({"a": "b"}),
        "tools": st.just(prepare_tools([weather])),
        "tool_choice": st.sampled_from(["none", "auto", "required"])
        | st.just({"type": "function", "function": {"name": "weather"}}),
        "response_format": st.sampled_from(
            [
                {"type": "json_object"},
                encode_format({"type": "object", "properties": {"a": {"type": "integer"}}}).wire,
                encode_format(list[int]).wire,
            ]
        ),
    },
)


@settings(max_examples=200)
@given(OPTIONS)
def test_whatever_is_asked_the_request_is_as_openai_describes_it(options: JSONObject) -> None:
    assert wrong(options) == []


def test_the_validator_is_strict() -> None:
    assert wrong({"messages": [{"role": "user", "content": "x"}]}) == []
    assert wrong({"messages": [{"role": "user", "content": "x"}], "bananas": 1})
    assert wrong({"messages": [{"role": "user", "content": 5}]})


@cache
def recorded() -> list[Recording]:
    """Return OpenAI's own recorded chat completions."""
    found, _ = load_recordings(WIRE)
    return [one for one in found if (one.api, one.provider, one.response.status) == ("openai.chat", "openai", 200)]


def without_nulls(tree: JSON) -> JSON:
    """Return JSON without members that are null, as the schema is measured."""
    if is_object(tree):
        return {name: without_nulls(value) for name, value in tree.items() if value is not None}
    return [without_nulls(item) for item in tree] if is_list(tree) else tree


def test_recorded_requests_that_are_as_described_stay_so() -> None:
    checked = 0
    for one in recorded():
        body = without_nulls(json.loads(one.request.body)) if one.request and one.request.body else {}
        if body and not list(validator().iter_errors(body)):
            options = {name: value for name, value in body.items() if name != "model"}
            assert wrong(options) == [], one.id
            checked += 1
    assert checked > 80


def test_recorded_answers_can_be_sent_again_as_they_are() -> None:
    checked = 0
    for one in recorded():
        if one.response.streamed:
            continue
        message = decode(ChatCompletion, one.response.body).choices[0].message
        for form in (message, message.model_dump()):
            assert wrong({"messages": [{"role": "user", "content": "x"}, form]}) == [], one.id
        checked += 1
    assert checked > 50
