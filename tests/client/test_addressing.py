"""Options addressed to providers by name reach the body of requests to them, and no other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import any_llm
from any_llm import AnyLLM, Provider, Settings
from any_llm.client.addressing import take_addressed
from any_llm.engine.addressed import options_for, with_addressed
from any_llm.exceptions import InvalidMessageError, InvalidRequestError
from any_llm.providers.catalog import CATALOG
from any_llm.spec.dialect import Encoded
from any_llm.types import media_options, options, stored_options, text_options
from any_llm.types.addressed import ProviderOptions
from any_llm.types.http import FormPart
from any_llm.types.json import JSON, JSONObject
from tests.client.answers import KEY, MESSAGES, answer, say
from tests.client.conftest import Client
from tests.transport.conftest import Serve
from tests.transport.peers import Server

GEMINI = {"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}


def sent(server: Server) -> JSONObject:
    """Return the body of the last request."""
    body: JSONObject = json.loads(server.requests[-1].body)
    return body


def test_what_is_addressed_to_the_provider_goes_into_the_body(serve: Serve) -> None:
    server = serve(answer)
    any_llm.completion(
        "groq:m",
        MESSAGES,
        api_key=KEY,
        api_base=server.url("/v1"),
        groq={"reasoning_format": "parsed", "search_settings": {"country": "de"}},
    )
    assert sent(server) == {
        "model": "m",
        "messages": MESSAGES,
        "reasoning_format": "parsed",
        "search_settings": {"country": "de"},
    }


async def test_what_is_addressed_to_others_is_not_for_it(serve: Serve) -> None:
    server = serve(answer)
    client = AnyLLM.create("groq", KEY, server.url("/v1"))
    stream = await client.acompletion(
        "m", MESSAGES, stream=True, anthropic={"speed": "fast"}, openai={"store": True}, gemini={"cachedContent": "c"}
    )
    async with stream:
        assert [chunk async for chunk in stream]
    assert set(sent(server)) - {"stream", "stream_options"} == {"model", "messages"}


def test_objects_are_merged_member_by_member(serve: Serve) -> None:
    server = serve(say(GEMINI))
    any_llm.completion(
        "gemini:m",
        MESSAGES,
        temperature=0.5,
        api_key=KEY,
        api_base=server.url("/v1beta"),
        gemini={"generationConfig": {"topK": 40, "thinkingConfig": {"thinkingBudget": 0}}, "labels": {"team": "a"}},
    )
    body = sent(server)
    assert body["generationConfig"] == {"temperature": 0.5, "topK": 40, "thinkingConfig": {"thinkingBudget": 0}}
    assert body["labels"] == {"team": "a"}
    assert "gemini" not in body


def test_the_other_shapes_and_embeddings_take_them_too(serve: Serve) -> None:
    server = serve(answer)
    client = AnyLLM.create("groq", KEY, server.url("/v1"))
    client.messages("m", MESSAGES, 10, groq={"service_tier": "flex"})
    assert sent(server)["service_tier"] == "flex"
    server = serve(
        say(
            {
                "object": "list",
                "model": "m",
                "data": [{"object": "embedding", "index": 0, "embedding": [1.0]}],
                "usage": {"prompt_tokens": 1, "total_tokens": 1},
            }
        )
    )
    AnyLLM.create("openai", KEY, server.url("/v1")).embedding("m", "text", openai={"metadata": {"a": "b"}})
    assert sent(server)["metadata"] == {"a": "b"}


def test_a_provider_of_ones_own_is_addressed_by_its_name(serve: Serve) -> None:
    server = serve(answer)
    mine = Provider(name="mine", base_url=server.url("/v1"))
    client = AnyLLM.create("mine", settings=Settings(providers={"mine": mine}))
    client.completion("m", MESSAGES, mine={"cores": 3}, openai={"store": True})  # type: ignore[call-overload]  # a name that no checker can know
    assert sent(server) == {"model": "m", "messages": MESSAGES, "cores": 3}


def test_the_callers_extra_body_has_the_last_word(client: Client) -> None:
    made = client(answer)
    body = with_addressed(Encoded("/x", b'{"a":{"b":1}}'), made.PROVIDER, {"openai": {"a": {"c": 2}}}, {"a": 3})
    assert json.loads(body[0].body) == {"a": {"b": 1, "c": 2}}
    assert body[1] == {"a": 3}


@pytest.mark.parametrize(
    ("name", "dialect", "addressed", "expected"),
    [
        ("openai", "openai", {"openai": {"a": 1}}, {"a": 1}),
        ("mine", "openai", {"openai": {"a": 1}}, {"a": 1}),
        ("mine", "openai", {"openai": {"a": 1}, "mine": {}}, {}),
        ("groq", "openai", {"openai": {"a": 1}}, {}),
        ("mine", "anthropic", {"openai": {"a": 1}}, {}),
    ],
)
def test_a_provider_without_options_of_its_own_takes_its_formats(
    name: str, dialect: str, addressed: dict[str, dict[str, JSON]], expected: JSONObject
) -> None:
    assert options_for(Provider(name=name, dialect=dialect), addressed) == expected


def test_fields_of_a_form_are_replaced() -> None:
    encoded = Encoded("/x", form=(FormPart("model", "m"),))
    provider = Provider(name="openai")
    assert with_addressed(encoded, provider, {"openai": {"a": 1, "b": 2}}, {"b": 3}) == (encoded, {"a": 1, "b": 3})


def test_a_request_without_a_body_has_no_place_for_them() -> None:
    with pytest.raises(InvalidRequestError, match=r"openai=\['store'\] has no place here"):
        with_addressed(Encoded("/models"), Provider(name="openai"), {"openai": {"store": True}}, {})


def test_what_cannot_be_written_is_named(client: Client) -> None:
    with pytest.raises(InvalidMessageError, match=r"store cannot be written as JSON"):
        client(answer).completion("m", MESSAGES, openai={"store": object()})  # type: ignore[call-overload]  # what this test is about


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"temperature": float("nan")}, "temperature"),
        ({"logit_bias": {"5": float("inf")}}, "logit_bias.5"),
        ({"extra_body": {"a": [None, -float("inf")]}}, r"extra_body.a\[1\]"),
        ({"openai": {"b": [0.5, float("nan")]}}, "b"),
    ],
)
def test_what_json_has_no_number_for_is_refused_rather_than_sent_as_null(
    client: Client, options: JSONObject, place: str
) -> None:
    with pytest.raises(InvalidMessageError, match=f"{place}.* is -?(nan|inf), for which JSON has no number"):
        client(answer).completion("m", MESSAGES, **options)


def test_null_is_a_value_like_any_other(client: Client) -> None:
    told: list[JSONObject] = [*MESSAGES, {"role": "assistant", "content": None, "tool_calls": []}]
    assert client(answer).completion("m", told, extra_body={"a": None}).choices


@pytest.mark.parametrize(("name", "meant"), [("antropic", "anthropic"), ("open_ai", "openai"), ("togther", "together")])
def test_a_name_that_is_nearly_a_providers_is_refused_with_the_right_one(name: str, meant: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"did you mean {meant}=") as caught:
        take_addressed({name: {"a": 1}}, {})
    assert caught.value.param == name


def test_any_other_parameter_is_left_where_it_is() -> None:
    said: JSONObject = {
        "guided_json": {"type": "object"},
        "metadata": {"a": "b"},
        "groqs_own": 3,
        "xai": {"deferred": True},
    }
    assert take_addressed(said, {"metadata": object()}) == {"xai": {"deferred": True}}
    assert said == {"guided_json": {"type": "object"}, "metadata": {"a": "b"}, "groqs_own": 3}


def test_what_is_addressed_is_a_dictionary() -> None:
    with pytest.raises(InvalidRequestError, match="openai is 'store'; what is addressed to a provider is a dictionary"):
        take_addressed({"openai": "store"}, {})


def test_no_parameter_has_a_providers_name() -> None:
    kinds = [
        kind
        for module in (options, media_options, text_options, stored_options)
        for kind in vars(module).values()
        if isinstance(kind, type) and hasattr(kind, "__total__")
    ]
    parameters = {name for kind in kinds for name in kind.__annotations__} - set(ProviderOptions.__annotations__)
    assert len(parameters) > 80
    assert parameters & {provider.name for provider in CATALOG} == set()
    assert take_addressed({name: {} for name in parameters}, {}) == {}


def test_every_typed_name_is_a_provider() -> None:
    assert set(ProviderOptions.__annotations__) <= {provider.name for provider in CATALOG}


def test_a_plugged_in_provider_is_addressed_by_its_name(tmp_path: Path) -> None:
    information = tmp_path / "acme-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[any_llm.providers]\nacme = acme:ACME\n")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from any_llm.client.addressing import take_addressed\n"
        "print(take_addressed({'acme': {'a': 1}, 'other': {'a': 1}}, {}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "{'acme': {'a': 1}}\n"
