"""Kept answers of routes: named by their targets, made invalid by the model that answered; and of semantic clients."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from prometheus_client import CollectorRegistry

from any_llm import AnyLLM, Budget, Cache, Metrics, Route, Semantic, Settings
from any_llm.exceptions import ConfigurationError, MissingApiKeyError
from any_llm.pipeline.call import Call
from any_llm.pipeline.observation import Record
from any_llm.pipeline.surroundings import Surroundings
from any_llm.spec.provider import Operation, Provider
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON
from tests.client.answers import MESSAGES, completion

HEADERS = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-0123456789")
    monkeypatch.setenv("MISTRAL_API_KEY", "mistral-0123456789")


def echo(request: HttpRequest) -> Scripted:
    """Answer with the name of the model that was asked; a text to embed becomes a vector of the length of its words."""
    asked = json.loads(bytes(request.body))  # type: ignore[arg-type]  # these requests have bytes
    if "input" in asked:
        data = [
            {"object": "embedding", "index": index, "embedding": [1.0, len(text.split()) / 1_000]}
            for index, text in enumerate(asked["input"])
        ]
        return Scripted(headers=HEADERS, chunks=[json.dumps({"object": "list", "data": data, "model": "e"}).encode()])
    body = completion(asked["model"], model=asked["model"])
    return Scripted(headers=HEADERS, chunks=[json.dumps(body).encode()])


class Process:
    """Clients that share one store in memory."""

    def __init__(self) -> None:
        self.transport = Replay(echo)
        self.surroundings = Surroundings()

    def client(self, *targets: JSON, cache: JSON = True, **routes: Route) -> AnyLLM:
        settings = Settings(transport=self.transport, cache=cache, surroundings=self.surroundings, routes=routes)
        return AnyLLM.create(targets[0] if len(targets) == 1 else list(targets), settings=settings)

    @property
    def calls(self) -> int:
        return len(self.transport.requests)


async def ask(client: AnyLLM, model: str = "auto") -> tuple[str, JSON]:
    answer = await client.acompletion(model, MESSAGES)
    return str(answer.cache), answer.choices[0].message.content


async def test_routes_of_other_targets_share_no_answers_though_they_have_one_name() -> None:
    process = Process()
    one = process.client("openai:a", "mistral:b")
    assert [await ask(one), await ask(one)] == [("miss", "a"), ("hit", "a")]
    same = process.client("openai:a", "mistral:b")
    assert await ask(same) == ("hit", "a")
    for targets in (["openai:c", "mistral:b"], ["mistral:b", "openai:a"], ["openai:a", "mistral:b", "openai:c"]):
        assert await ask(process.client(*targets)) == ("miss", targets[0].partition(":")[2])


async def test_a_named_route_that_is_changed_serves_no_answer_of_its_earlier_targets() -> None:
    process = Process()
    before = process.client("route", fast=Route(targets=("openai:a",)))
    assert await ask(before, "fast") == ("miss", "a")
    after = process.client("route", fast=Route(targets=("openai:b",)))
    assert await ask(after, "fast") == ("miss", "b")
    assert await ask(before, "fast") == ("hit", "a")
    nested = process.client("route", fast=Route(targets=("route:inner",)), inner=Route(targets=("openai:c",)))
    assert await ask(nested, "fast") == ("miss", "c")
    nested = process.client("route", fast=Route(targets=("route:inner",)), inner=Route(targets=("openai:d",)))
    assert await ask(nested, "fast") == ("miss", "d")


async def test_how_a_route_chooses_is_no_part_of_the_name() -> None:
    process = Process()
    targets = ("openai:a", "openai:a")
    assert await ask(process.client("route", fast=Route(targets=targets)), "fast") == ("miss", "a")
    weighted = process.client("route", fast=Route(targets=targets, strategy="weighted", weights=(1.0, 2.0)))
    assert await ask(weighted, "fast") == ("hit", "a")


@pytest.mark.parametrize("model", ["a", "openai:a", "route:auto"])
async def test_the_answer_of_a_route_is_invalid_with_the_model_that_gave_it(model: str) -> None:
    process = Process()
    client = process.client("openai:a", "mistral:b")
    await ask(client)
    assert await client.cache.ainvalidate(model="mistral:b") == 0
    assert await client.cache.ainvalidate(model=model) == 1
    assert await ask(client) == ("miss", "a")


async def test_a_call_to_a_route_turns_the_cache_on_that_the_settings_have_not() -> None:
    process = Process()
    client = process.client("openai:a", "mistral:b", cache=None)
    told = [(await client.acompletion("auto", MESSAGES, cache={"ttl": 60})).cache for _ in range(2)]
    assert [str(info) for info in told] == ["miss", "hit"]


@pytest.mark.parametrize("targets", [("openai",), ("openai:a", "mistral:b")])
async def test_a_semantic_client_asks_the_model_that_its_policy_names(targets: tuple[str, ...]) -> None:
    process = Process()
    client = process.client(*targets, cache=Cache(semantic=Semantic(model="mistral:e")))
    model = "auto" if len(targets) > 1 else "a"
    said = [{"role": "user", "content": "How do I reset my password?"}]
    alike = [{"role": "user", "content": "How can I reset my password?"}]
    first = await client.acompletion(model, said)
    again = await client.acompletion(model, alike)
    assert [str(first.cache), str(again.cache)] == ["miss", "semantic"]
    assert again.cache is not None
    assert again.cache.similarity == pytest.approx(1.0, abs=1e-3)
    hosts = [request.url for request in process.transport.requests]
    assert [("embeddings" in url, "mistral" in url) for url in hosts] == [(True, True), (False, False), (True, True)]
    assert client.cache.stats().semantic == 1


async def test_a_model_that_has_no_vectors_or_no_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789")
    process = Process()
    with pytest.raises(ConfigurationError, match="turns no texts into vectors"):
        await ask(process.client("openai", cache=Cache(semantic=Semantic(model="anthropic:x"))), "a")
    monkeypatch.delenv("MISTRAL_API_KEY")
    with pytest.raises(MissingApiKeyError):
        await ask(process.client("openai", cache=Cache(semantic=Semantic(model="mistral:e"))), "a")


async def test_texts_become_vectors_at_the_provider_of_the_settings_that_are_asked_with() -> None:
    process = Process()
    for number in range(20):
        # Settings that come and go: a new one may stand where an old one stood in memory.
        place = Provider(
            name="mine",
            base_url=f"http://host{number}/v1",
            key_optional=True,
            operations=frozenset({Operation.EMBEDDING}),
        )
        settings = Settings(
            transport=process.transport,
            cache=Cache(semantic=Semantic(model="mine:e")),
            surroundings=process.surroundings,
            providers={"mine": place},
        )
        await AnyLLM.create("openai", settings=settings).acompletion("m", [{"role": "user", "content": str(number)}])
        assert process.transport.requests[-2].url.startswith(place.base_url)


class Seen:
    """An observer that keeps what was asked, and what the cache did about it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def begin(self, call: Call) -> tuple[Call, object]:
        return call, None

    def end(self, noted: object, record: Record) -> None:
        self.calls.append((record.call.operation.value, str(record.report.cache)))


@pytest.mark.parametrize("metrics", [None, Metrics(backends=("prometheus",), registry=CollectorRegistry())])
async def test_what_makes_vectors_for_a_cache_is_seen_and_paid_for_as_a_call_of_its_own(
    metrics: Metrics | None,
) -> None:
    process, seen = Process(), Seen()
    settings = Settings(
        transport=process.transport,
        cache=Cache(semantic=Semantic(model="mistral:e")),
        surroundings=process.surroundings,
        observers=[seen],
        budgets=[Budget(amount=Decimal(1), name="mine")],
        metrics=metrics,
    )
    client = AnyLLM.create("openai", settings=settings)
    for word in ("do", "can"):
        await client.acompletion("a", [{"role": "user", "content": f"How {word} I reset my password?"}])
    assert seen.calls == [
        ("embedding", "None"), ("completion", "miss"), ("embedding", "None"), ("completion", "semantic"),
    ]  # fmt: skip
    (state,) = await client.abudgets()
    assert state.unpriced == 3, "these models have no price, and each call that was paid for counts"
