"""`AnyLLM`: how it is made, what it tells about itself and its providers, and who may subclass or replace it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from unittest.mock import AsyncMock, Mock, patch

import msgspec
import pytest
from typing_extensions import override

import any_llm
from any_llm import AnyLLM, LLMProvider, Provider, Settings, Timeouts
from any_llm.client.credentials import find_base_url, find_key
from any_llm.constants import VERIFIED_LOCAL_PROVIDERS, VERIFIED_PROVIDERS, ProviderTier, get_provider_tier
from any_llm.engine.build import defaults, forget_defaults
from any_llm.exceptions import MissingApiKeyError, UnsupportedProviderError
from any_llm.providers.catalog import CATALOG
from any_llm.types.completion import ChatCompletion, CompletionParams
from any_llm.types.json import JSON
from any_llm.types.messages import MessageResponse, MessagesParams
from any_llm.types.model import Model
from any_llm.types.provider import ProviderMetadata
from any_llm.types.responses import Response, ResponsesParams
from any_llm.types.secret import Secret
from tests.client.answers import KEY, MESSAGES, answer, say
from tests.client.conftest import client_of
from tests.transport.conftest import Serve


@pytest.fixture
def fresh() -> Iterator[None]:
    """Forget the settings of the process before and after."""
    forget_defaults()
    yield
    forget_defaults()


def test_programs_that_replace_create_see_the_drop_ins_call() -> None:
    with patch("any_llm.any_llm.AnyLLM.create") as create:
        any_llm.completion("mistral:small", MESSAGES, api_key="k", api_base="https://host", client_args={"timeouts": 1})
    create.assert_called_once_with(LLMProvider.MISTRAL, api_key="k", api_base="https://host", timeouts=1)
    assert isinstance(create.call_args.args[0], LLMProvider)
    words = create.return_value.completion.call_args.kwargs
    assert (words["model"], words["messages"]) == ("small", MESSAGES)


async def test_programs_that_replace_create_see_the_async_calls_too() -> None:
    with patch.object(AnyLLM, "create") as create:
        create.return_value = AsyncMock()
        await any_llm.acompletion("m", MESSAGES, provider="openai", temperature=0.5)
        await any_llm.aembedding("openai:m", "text")
        await any_llm.amessages("anthropic:m", MESSAGES, 5)
        await any_llm.aresponses("openai:m", "hi")
        await any_llm.alist_models("openai", api_key="k")
    made = create.return_value
    assert made.acompletion.call_args.kwargs["temperature"] == 0.5
    made.aembedding.assert_called_once_with("m", "text")
    assert made.amessages.call_args.kwargs["max_tokens"] == 5
    assert made.aresponses.call_args.kwargs["input_data"] == "hi"
    made.alist_models.assert_called_once_with()
    assert create.call_args.args == (LLMProvider.OPENAI,)


def test_a_blocking_embedding_goes_through_the_private_name_that_programs_replace() -> None:
    with patch.object(AnyLLM, "create", return_value=Mock()) as create:
        any_llm.embedding("openai:m", ["text"], dimensions=3)
        any_llm.list_models("openai")
    create.return_value._embedding.assert_called_once_with("m", ["text"], dimensions=3)
    create.return_value.list_models.assert_called_once_with(allow_running_loop=None)


def test_a_model_is_split_at_the_first_delimiter() -> None:
    assert AnyLLM.split_model_provider("openrouter:meta/llama:free") == (LLMProvider.OPENROUTER, "meta/llama:free")
    with pytest.warns(DeprecationWarning, match="Model format 'provider/model' is deprecated"):
        assert AnyLLM.split_model_provider("Groq/a:b") == (LLMProvider.GROQ, "a:b")
    with pytest.warns(DeprecationWarning, match="write 'groq:m'"), patch.object(AnyLLM, "create"):
        any_llm.completion("groq/m", MESSAGES)


def test_the_default_model_is_used_when_nobody_names_one() -> None:
    with patch.object(AnyLLM, "create") as create:
        any_llm.completion(messages=MESSAGES)
    assert create.call_args.args == (LLMProvider.LOCAL,)
    assert create.return_value.completion.call_args.kwargs["model"] == "qwen2.5-coder-0.5b"


@pytest.mark.usefixtures("fresh")
def test_the_environment_can_name_the_default_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANY_LLM_MODEL", "groq:llama")
    with patch.object(AnyLLM, "create") as create:
        any_llm.completion(messages=MESSAGES)
    assert create.call_args.args == (LLMProvider.GROQ,)


@pytest.mark.usefixtures("fresh")
def test_settings_that_were_forgotten_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = defaults()
    assert defaults() is before
    monkeypatch.setenv("ANY_LLM_ON_UNSUPPORTED", "error")
    assert AnyLLM.create("openai", KEY).settings.on_unsupported == "warn"
    forget_defaults()
    assert AnyLLM.create("openai", KEY).settings.on_unsupported == "error"


def test_a_client_shows_no_key() -> None:
    client = AnyLLM.create("openai", KEY, "https://host/v1/")
    assert repr(client) == "OpenaiProvider(api_base='https://host/v1', api_key='********')"
    assert KEY not in repr(vars(client))
    assert "api_key=None" in repr(AnyLLM.create("ollama"))


def test_a_clients_settings_are_the_processes_but_for_what_is_said() -> None:
    usual = AnyLLM.create("openai", KEY)
    assert usual.settings is defaults().settings
    same = AnyLLM.create("openai", KEY, settings=Settings(max_connections=3))
    assert same.settings.max_connections == 3
    patient = AnyLLM.create("openai", KEY, timeout=90, default_headers={"X-Mine": "1"})
    assert (patient.settings.timeouts.first_token, patient.settings.timeouts.idle) == (90.0, 90.0)
    assert patient.settings.headers == {"X-Mine": "1"}
    exact = AnyLLM.create("openai", KEY, timeouts=Timeouts(total=1), on_unsupported="drop")
    assert (exact.settings.timeouts.total, exact.settings.on_unsupported) == (1, "drop")


def test_what_has_no_effect_is_said() -> None:
    with pytest.warns(UserWarning, match="unified_exceptions=False has no effect"):
        AnyLLM.create("openai", KEY, unified_exceptions=False)
    AnyLLM.create("openai", KEY, unified_exceptions=True, max_retries=0)


async def test_headers_of_a_client_travel_with_every_call(serve: Serve) -> None:
    server = serve(answer)
    client = client_of(server, default_headers={"X-Mine": "1"})
    await client.acompletion("m", MESSAGES, extra_headers={"x-mine": "2", "Authorization": "Bearer other"})
    await client.acompletion("m", MESSAGES)
    assert [request.headers["x-mine"] for request in server.requests] == ["2", "1"]
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer other", f"Bearer {KEY}"]


async def test_any_server_that_speaks_the_format_can_be_called(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(answer)
    monkeypatch.setenv("OPENAI_COMPATIBLE_API_KEY", "sk-from-environment")
    client = AnyLLM.create_openai_compatible(" mine ", server.url("/v1"))
    assert (await client.acompletion("m", MESSAGES)).report.provider == "mine"
    assert server.requests[0].headers["authorization"] == "Bearer sk-from-environment"
    monkeypatch.delenv("OPENAI_COMPATIBLE_API_KEY")
    keyless = AnyLLM.create_openai_compatible("mine", server.url("/v1"))
    await keyless.acompletion("m", MESSAGES)
    assert "authorization" not in server.requests[1].headers
    assert type(keyless) is type(client)
    facts = type(keyless).get_provider_metadata()
    assert (facts.class_name, facts.tier, facts.name) == ("OpenAICompatibleProvider", "community", "mine")


def test_the_names_of_providers_are_those_that_can_be_called() -> None:
    names = AnyLLM.get_supported_providers()
    assert names == sorted(names) == AnyLLM.get_registry_provider_names()
    assert {"openai", "anthropic", "local", "ovhcloud"} <= set(names)
    assert AnyLLM.resolve_provider_key(" OpenAI ") is LLMProvider.OPENAI
    assert AnyLLM.get_provider_enum("openai") is LLMProvider.OPENAI
    with pytest.raises(UnsupportedProviderError):
        AnyLLM.get_provider_enum("nobody")
    assert AnyLLM.get_provider_class("openai") is AnyLLM.get_provider_class(LLMProvider.OPENAI)


def test_metadata_tells_what_a_provider_offers() -> None:
    everything = AnyLLM.get_all_provider_metadata()
    assert [facts.name for facts in everything] == AnyLLM.get_supported_providers()
    openai = AnyLLM.get_provider_metadata("openai")
    assert isinstance(openai, ProviderMetadata)
    assert (openai.completion, openai.responses, openai.embedding, openai.messages) == (True, True, True, True)
    assert (openai.messages_native, openai.env_key, openai.tier) == (False, "OPENAI_API_KEY", "verified")
    assert str(openai.model_dump()["doc_url"]).startswith("https://")
    assert AnyLLM.get_provider_class("anthropic").get_provider_metadata().messages_native
    assert AnyLLM.create("anthropic", KEY).serves_messages_natively("m")
    assert not AnyLLM.get_provider_class("openai").serves_messages_natively("m")
    assert AnyLLM.get_provider_class("openai").SUPPORTS_RESPONSES


def test_the_tiers_are_the_drop_ins() -> None:
    assert get_provider_tier("openai") is ProviderTier.VERIFIED
    assert get_provider_tier("perplexity") is ProviderTier.COMMUNITY
    assert "openai" in VERIFIED_PROVIDERS
    assert {"ollama", "llamafile", "lmstudio"} <= VERIFIED_LOCAL_PROVIDERS
    assert "openai" not in VERIFIED_LOCAL_PROVIDERS


class Echo(AnyLLM):
    """A provider of a third party, as Mozilla's are subclassed."""

    PROVIDER_NAME = "echo"
    ENV_API_KEY_NAME = "ECHO_API_KEY"
    PROVIDER_DOCUMENTATION_URL = "https://echo.example/docs"

    @override
    async def _acompletion(self, params: CompletionParams, **rest: JSON) -> JSON:
        text = f"{params.model_id}: {params.messages[0]['content']} {sorted(rest)}"
        return ChatCompletion.model_validate({"id": "1", "choices": [{"message": {"content": text}}]})

    @override
    async def _aresponses(self, params: ResponsesParams, **rest: JSON) -> JSON:
        return Response(id=f"{params.model} {params.input} {sorted(rest)}")

    @override
    async def _amessages(self, params: MessagesParams, **rest: JSON) -> JSON:
        return MessageResponse(id=f"{params.model} {params.max_tokens} {sorted(rest)}")

    @override
    async def _aembedding(self, model: str, inputs: JSON, **rest: JSON) -> JSON:
        return f"{model} {inputs} {sorted(rest)}"

    @override
    async def _alist_models(self, **rest: JSON) -> list[Model]:
        return [Model(id=str(sorted(rest)))]


async def test_a_third_party_may_override_what_is_behind_the_methods() -> None:
    echo = Echo("key")
    extra = {"odd": 1}
    answered = await echo.acompletion("m", MESSAGES, extra_body=extra)
    assert answered.choices[0].message.content == "m: Say hello. ['extra_body']"
    assert (await echo.aresponses("m", "hi", extra_body=extra)).id == "m hi []"
    assert (await echo.amessages("m", MESSAGES, 5, extra_body=extra)).id == "m 5 ['extra_body']"
    assert str(await echo.aembedding("m", "x", extra_body=extra)) == "m x ['extra_body']"
    assert (await echo.alist_models(extra_body=extra))[0].id == "['extra_body']"
    assert (Echo.PROVIDER.name, Echo.PROVIDER.key, Echo.PROVIDER.docs) == (
        "echo",
        "ECHO_API_KEY",
        "https://echo.example/docs",
    )
    with pytest.raises(any_llm.MissingApiKeyError, match="set ECHO_API_KEY"):
        Echo()


async def test_what_is_behind_the_methods_can_be_called_itself(serve: Serve) -> None:
    server = serve(answer)
    client = client_of(server)
    reply = await client._acompletion(CompletionParams(model_id="m", messages=MESSAGES, seed=3), top_k=2)
    assert reply.choices[0].message.content == "hello"
    sent = json.loads(server.requests[0].body)
    assert (sent["model"], sent["seed"], sent["top_k"]) == ("m", 3, 2)
    assert "reasoning_effort" not in sent


async def test_the_other_private_calls_work_too(serve: Serve) -> None:
    client = AnyLLM.create("together", KEY, serve(answer).url("/v1"))
    response = await client._aresponses(ResponsesParams(model="m", input="hi"), extra_headers={"x": "1"})
    assert response.output_text == "hello"
    message = await client._amessages(MessagesParams(model="m", messages=MESSAGES, max_tokens=3))
    assert message.stop_reason == "end_turn"
    with pytest.raises(any_llm.exceptions.MalformedResponseError):
        await client._aembedding("m", "text")
    lister = AnyLLM.create("together", KEY, serve(say({"data": [{"id": "one"}]})).url("/v1"))
    assert [model.id for model in await lister._alist_models()] == ["one"]


def test_a_class_may_say_all_about_itself_by_a_record() -> None:
    record = Provider(name="mine", base_url="https://mine.example", key="")
    mine: JSON = type("Mine", (AnyLLM,), {"PROVIDER": record})
    assert (mine.PROVIDER_NAME, mine.API_BASE) == ("mine", "https://mine.example")
    based: JSON = type("Base", (AnyLLM,), {"API_BASE": "https://b.example", "ENV_API_KEY_NAME": None})
    assert (based.PROVIDER.key_optional, based.PROVIDER.base_url) == (True, "https://b.example")


@pytest.mark.parametrize(
    ("given", "environment", "found"),
    [
        ("sk-argument", {"K": "sk-environment"}, "sk-argument"),
        (None, {"K": "sk-environment"}, "sk-environment"),
        ("", {"OTHER": " sk-other\n"}, "sk-other"),
    ],
)
def test_a_key_is_looked_for_in_the_argument_then_in_the_environment(
    given: str | None, environment: dict[str, str], found: str
) -> None:
    record = Provider(name="p", key="K", key_alternatives=("OTHER",))
    assert find_key(record, given, environment) == Secret(found)


def test_a_provider_without_keys_needs_none() -> None:
    assert find_key(Provider(name="p"), None, {}) is None
    assert find_key(Provider(name="p", key="K", auth="none"), None, {}) is None
    optional = Provider(name="p", key="K", key_optional=True)
    assert find_key(optional, None, {}) is None
    assert find_key(optional, None, {"K": "sk-environment"}) == Secret("sk-environment")


def test_some_need_a_key_at_the_vendors_own_servers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TYPESAFE_API_KEY", raising=False)
    monkeypatch.setenv("TYPESAFE_BASE_URL", " ")
    for base in (None, "https://api.typesafe.ai", "https://api.typesafe.ai/v1/"):
        with pytest.raises(MissingApiKeyError, match="TYPESAFE_API_KEY"):
            AnyLLM.create("typesafe", api_base=base)
    assert AnyLLM.create("typesafe", api_base="http://localhost:11434").PROVIDER.name == "typesafe"
    monkeypatch.setenv("TYPESAFE_BASE_URL", "http://localhost:11434")
    assert AnyLLM.create("typesafe").PROVIDER.name == "typesafe"


@pytest.mark.parametrize(
    ("given", "environment", "found"),
    [
        (None, {}, "https://usual/v1"),
        (None, {"B": "https://environment/v2/"}, "https://environment/v2"),
        ("https://argument/v3", {"B": "https://environment/v2"}, "https://argument/v3"),
        ("localhost:8000", {}, "http://localhost:8000/api"),
        ("http://localhost:8000/", {}, "http://localhost:8000/api"),
        (" http://localhost:8000/own ", {}, "http://localhost:8000/own"),
    ],
)
def test_a_base_is_looked_for_in_the_argument_then_the_environment_then_the_record(
    given: str | None, environment: dict[str, str], found: str
) -> None:
    record = Provider(name="p", base_url="https://usual/v1", base_url_variable="B", base_path="/api")
    assert find_base_url(record, given, environment) == found


def test_the_models_inside_this_process_have_no_base_of_ones_own() -> None:
    record = Provider(name="p", base_url="local://model/v1", transport="local")
    assert find_base_url(record, "https://elsewhere", {}) == "local://model/v1"


def test_the_bases_of_the_environment_count_for_every_provider_that_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for record in CATALOG:
        if record.base_url_variable and record.transport == "http":
            monkeypatch.setitem(os.environ, record.base_url_variable, "http://127.0.0.1:1/own")
            assert AnyLLM.create(record.name, KEY)._target.base_url == "http://127.0.0.1:1/own", record.name


def test_a_subclass_that_only_says_where_it_is_keeps_the_rest() -> None:
    moved: JSON = type("Moved", (AnyLLM,), {"API_BASE": "https://moved.example"})
    assert (moved.PROVIDER.base_url, moved.PROVIDER.key) == ("https://moved.example", "OPENAI_COMPATIBLE_API_KEY")


async def test_the_model_inside_this_process_is_reached_without_a_network() -> None:
    client = AnyLLM.create("local")
    assert "qwen2.5-coder-0.5b" in [model.id for model in await client.alist_models()]


async def test_a_transport_that_nobody_knows_is_named() -> None:
    odd: JSON = type("Odd", (AnyLLM,), {"PROVIDER": Provider(name="odd", base_url="x://y", transport="pigeon")})
    with pytest.raises(any_llm.AnyLLMError, match="transport is 'pigeon'; it must be one of http, local"):
        await odd().acompletion("m", MESSAGES)


def test_settings_show_no_secret() -> None:
    shown = repr(Settings(headers={"Authorization": "Bearer hush-hush"}, proxy="http://user:password@proxy:3128"))
    assert "hush" not in shown
    assert "password" not in shown
    assert "http://proxy:3128" in shown
    assert msgspec.structs.asdict(Settings())["proxy"] is None
