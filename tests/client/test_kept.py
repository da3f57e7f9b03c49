"""Kept answers as programs and the command line use them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from any_llm import AnyLLM, Budget, Cache, Settings
from any_llm.engine.settings_file import load_settings
from any_llm.exceptions import ConfigurationError, InvalidRequestError
from any_llm.pipeline.call import Call
from any_llm.pipeline.observation import Record
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Mock
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.caching import CACHEABLE, OPERATIONS, CacheControl, cache_control
from any_llm.types.json import JSON
from tests.client.answers import KEY, MESSAGES, completion
from tests.pipeline.test_middleware import replay


def client_of(transport: Replay, cache: JSON = True, store: str = "memory") -> AnyLLM:
    settings = Settings(transport=transport, cache=cache, store=store, surroundings=Surroundings())
    return AnyLLM.create("openai", KEY, settings=settings)


async def test_a_client_answers_from_what_is_kept_with_the_provider_s_own_bytes() -> None:
    transport = replay(stream=False)
    client = client_of(transport)
    first = await client.acompletion("m", MESSAGES)
    second = await client.acompletion("m", MESSAGES)
    assert second == first
    assert second.raw == first.raw == json.dumps(completion()).encode()
    assert [str(answer.cache) for answer in (first, second)] == ["miss", "hit"]
    assert second.report.client_request_id != first.report.client_request_id
    assert len(transport.requests) == 1
    assert client.cache.stats().hits == 1
    assert [layer.name for layer in client.layers] == ["cache", "retry"]


async def test_a_stream_is_kept_as_it_came() -> None:
    transport = replay(stream=True)
    client = client_of(transport)
    streams = [await client.acompletion("m", MESSAGES, stream=True) for _ in range(2)]
    first = [chunk async for chunk in streams[0]]
    assert [chunk async for chunk in streams[1]] == first
    kept = await client.acompletion("m", MESSAGES, stream=True)
    assert [chunk async for chunk in kept] == first
    assert str(kept.report.cache) == "hit"
    whole = await client.acompletion("m", MESSAGES)
    assert whole.choices[0].message.content == "hello"
    assert len(transport.requests) == 1
    assert transport.open == 0


def test_blocking_code_has_it_too_and_makes_entries_invalid() -> None:
    client = client_of(replay(stream=False))
    told = [str(client.completion("m", MESSAGES, cache={"tags": ["a"]}).cache) for _ in range(2)]
    assert told == ["miss", "hit"]
    assert len(client.cache.names()) == 1
    assert client.cache.invalidate(tag="a") == 1
    assert str(client.completion("m", MESSAGES).cache) == "miss"
    assert client.cache.invalidate(everything=True) == 1
    assert client.cache.names() == []


@pytest.mark.parametrize("said", [{}, {"everything": True, "tag": "a"}])
def test_it_must_be_said_what_is_invalid(said: JSON) -> None:
    with pytest.raises(ConfigurationError, match="tag="):
        client_of(replay(stream=False)).cache.invalidate(**said)


async def test_a_call_turns_the_cache_on_that_the_settings_have_not() -> None:
    transport = replay(stream=False)
    client = client_of(transport, cache=None)
    assert (await client.acompletion("m", MESSAGES)).cache is None
    told = [(await client.acompletion("m", MESSAGES, cache={"ttl": 60})).cache for _ in range(2)]
    assert [str(info) for info in told] == ["miss", "hit"]


async def test_embeddings_are_kept() -> None:
    body = {"object": "list", "model": "e", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]}
    raw = json.dumps(body).encode()
    transport = Replay(lambda _: Scripted(headers={"content-type": "application/json"}, chunks=[raw]))
    client = client_of(transport)
    answers = [await client.aembedding("e", "text") for _ in range(2)]
    assert [list(answer.data[0].embedding) for answer in answers] == [[0.5, 0.25]] * 2
    assert answers[1].raw == raw
    assert len(transport.requests) == 1


KEPT_BY_A_CALL: dict[str, tuple[str, Callable[..., JSON]]] = {
    "completion": ("openai", lambda client, **said: client.acompletion("m", MESSAGES, **said)),
    "responses": ("openai", lambda client, **said: client.aresponses("m", "Hello", **said)),
    "messages": ("anthropic", lambda client, **said: client.amessages("m", MESSAGES, max_tokens=9, **said)),
    "embedding": ("openai", lambda client, **said: client.aembedding("m", "Hello", **said)),
    "text_completion": ("openai", lambda client, **said: client.atext_completion("m", "Hello", **said)),
    "rerank": ("cohere", lambda client, **said: client.arerank("m", "Hello", ["a", "b"], **said)),
    "moderation": ("openai", lambda client, **said: client.amoderation("m", "Hello", **said)),
    "count_tokens": ("anthropic", lambda client, **said: client.acount_tokens("m", messages=MESSAGES, **said)),
}


def test_every_operation_whose_answers_can_be_kept_is_asked_below() -> None:
    assert set(KEPT_BY_A_CALL) == set(CACHEABLE)


@pytest.mark.parametrize("operation", KEPT_BY_A_CALL)
async def test_a_call_has_the_answer_of_any_operation_kept(operation: str) -> None:
    provider, ask = KEPT_BY_A_CALL[operation]
    mock = Mock()
    for cache in (None, True):
        client = AnyLLM.create(provider, KEY, transport=mock.transport, cache=cache, surroundings=Surroundings())
        told = [await ask(client, cache={"ttl": 60}), await ask(client, cache={"ttl": 60})]
        assert [str(answer.report.cache) for answer in told] == ["miss", "hit"]
        assert told[0].to_dict() == told[1].to_dict()
        aside = await ask(client, cache={"mode": "off"})
        assert str(aside.report.cache) == "bypass"
    usual = AnyLLM.create(provider, KEY, transport=mock.transport, cache=True, surroundings=Surroundings())
    assert (str((await ask(usual)).report.cache) == "miss") == (operation in OPERATIONS)


async def test_a_continuation_is_shared_by_streams_and_whole_answers() -> None:
    mock = Mock()
    client = AnyLLM.create("openai", KEY, transport=mock.transport, surroundings=Surroundings())
    stream: JSON = await client.atext_completion("m", "Hello", stream=True, cache={"ttl": 60})
    said = "".join([piece.choices[0].text async for piece in stream if piece.choices])
    whole: JSON = await client.atext_completion("m", "Hello", cache={"ttl": 60})
    assert (whole.choices[0].text, str(whole.report.cache)) == (said, "hit")


async def test_a_text_is_about_the_prompt_and_not_about_answers() -> None:
    transport = replay(stream=False)
    client = client_of(transport)
    told = [(await client.acompletion("m", MESSAGES, cache=mode)).cache for mode in ("auto", "none")]
    assert [str(info) for info in told] == ["miss", "hit"]


@pytest.mark.parametrize(
    "said",
    [
        {"ttl": -1},
        {"ttl": "1"},
        {"mode": "maybe"},
        {"unknown": 1},
        7,
        ["no_cache"],
        {"max_age": True},
        {"tags": "news"},
    ],
)
async def test_what_is_said_wrongly_is_refused(said: JSON) -> None:
    with pytest.raises(InvalidRequestError):
        await client_of(replay(stream=False)).acompletion("m", MESSAGES, cache=said)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"no-cache": True}, CacheControl(mode="write_only")),
        ({"no_store": True, "s-maxage": 3}, CacheControl(mode="read_only", max_age=3)),
        ({"no_cache": True, "no_store": True}, CacheControl(mode="off")),
        ({"no_cache": False, "stale_if_error": 2.0}, CacheControl(stale_if_error=2.0)),
    ],
)
def test_the_words_of_http_are_understood(said: JSON, meant: CacheControl) -> None:
    assert cache_control(said) == meant


@pytest.mark.parametrize(
    "policy",
    [
        {"ttl": -1},
        {"max_bytes": 0},
        {"max_entry_bytes": 2_000.5},
        {"operations": ("speech",)},
        {"max_temperature": "1"},
    ],
)
def test_a_policy_that_means_nothing_is_refused(policy: JSON) -> None:
    with pytest.raises(ConfigurationError):
        Cache(**policy)


def test_settings_take_a_policy_or_a_truth_value() -> None:
    assert Settings(cache=True).cache == Cache()
    assert Settings(cache=False).cache is None
    with pytest.raises(ConfigurationError, match=r"any_llm\.Cache"):
        Settings(cache="on")  # type: ignore[arg-type]  # which it must not be


@pytest.mark.parametrize(
    ("text", "policy"),
    [("cache = true", Cache()), ("", None), ("[cache]\nttl = 5\nnamespace = 'v2'", Cache(ttl=5, namespace="v2"))],
)
def test_the_configuration_file_says_it(text: str, policy: Cache | None, tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text(text)
    assert load_settings({"ANY_LLM_CONFIG": str(file)}).cache == policy


async def test_a_store_that_keeps_no_values_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="KeyValue"):
        await client_of(replay(stream=False), store=object()).acompletion("m", MESSAGES)  # type: ignore[arg-type]  # so


async def test_a_text_has_no_place_where_there_is_no_prompt() -> None:
    with pytest.raises(InvalidRequestError, match="'ttl'"):
        await client_of(replay(stream=False)).aembedding("e", "text", cache="auto")


def test_a_cache_whose_key_is_with_a_manager_of_secrets_can_be_looked_at_before_any_call(tmp_path: Path) -> None:
    encrypted = Cache(encryption=("vault:secret/data/cache#key",))
    client = client_of(replay(stream=False), encrypted, f"sqlite:{tmp_path / 'kept.db'}")
    assert client.cache.names() == []
    assert client.cache.stats().entries == 0


class Seen:
    """An observer that keeps what the cache did for each call."""

    def __init__(self) -> None:
        self.statuses: list[tuple[str, int]] = []

    def begin(self, call: Call) -> tuple[Call, object]:
        return call, None

    def end(self, noted: object, record: Record) -> None:
        self.statuses.append((str(record.report.cache), len(record.report.attempts)))


@pytest.mark.parametrize("stream", [False, True])
async def test_what_is_fetched_anew_beside_a_stale_answer_is_paid_for_and_seen(*, stream: bool) -> None:
    seen = Seen()
    client = Mock().client(
        cache=Cache(ttl=0.0, stale_while_revalidate=3_600.0),
        budgets=[Budget(amount=Decimal(1), name="mine")],
        observers=[seen],
        surroundings=Surroundings(),
    )

    async def ask() -> Decimal:
        """Make a call, wait for what goes on beside it, and return what is spent."""
        answer: JSON = await client.acompletion("gpt-5", MESSAGES, stream=stream)
        if stream:
            assert [piece async for piece in answer]
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        (state,) = await client.abudgets()
        return state.spent

    once = await ask()
    assert once > 0
    assert await ask() == 2 * once
    assert seen.statuses == [("miss", 1), ("stale", 0), ("miss", 1)]
    assert client.cache.stats().misses == 2
