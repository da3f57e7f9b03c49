"""Questions that only mean the same: which have one answer, which never have, and what is then told."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from any_llm.exceptions import AuthenticationError, ConfigurationError, MissingExtraError, ProviderError
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.paraphrases import load_pairs, texts_of
from any_llm.pipeline.question import question_of
from any_llm.pipeline.shelf import Cleared
from any_llm.pipeline.similar import with_embedder
from any_llm.pipeline.surroundings import Surroundings
from any_llm.refusals import StoreError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.clock import VirtualClock
from any_llm.types.caching import Cache as Policy
from any_llm.types.completion import ChatCompletionMessageFunctionToolCall, Function
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding
from any_llm.types.json import JSON
from any_llm.types.report import Report
from any_llm.types.secret import Secret
from any_llm.types.semantic import Semantic
from tests.middleware.answering import Answering, Cached, call, status, text_of, with_store
from tests.stores.conftest import redis_url

__all__ = ["redis_url"]

EMBEDDER = Target(provider=Provider(name="e"), model="vectors", base_url="http://127.0.0.1/v1")
FIRST = "How do I reset my password?"
ALIKE = "How can I reset my password?"
VECTORS = {
    FIRST: [1.0, 0.0],
    ALIKE: [0.999, 0.045],
    "How do I reset my password 2 times?": [1.0, 0.0],
    "How do I bake bread?": [0.0, 1.0],
    "Reset it, the password, how?": [0.8, 0.6],
}


class Embeds(Answering):
    """Answers questions, and turns texts into the vectors of the table."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.embedded: list[str] = []
        self.embedding_failure: Exception | None = None
        self.vectors: int | None = None
        self.tool_calls: list[ChatCompletionMessageFunctionToolCall] | None = None

    @override
    async def __call__(self, asked: Call) -> Reply:
        if asked.operation is not Operation.EMBEDDING:
            reply = await super().__call__(asked)
            if self.tool_calls:
                reply.value.choices[0].message.tool_calls = self.tool_calls
            return reply
        assert asked.target == EMBEDDER
        await asyncio.sleep(0)
        self.embedded += asked.options["inputs"]
        if self.embedding_failure is not None:
            raise self.embedding_failure
        rows = [
            Embedding(embedding=VECTORS.get(text, [0.6, -0.8]), index=index)
            for index, text in enumerate(asked.options["inputs"])
        ]
        return Reply(value=CreateEmbeddingResponse(data=rows[: self.vectors][::-1]), report=Report())


class Semantically(Cached):
    """A semantic cache around a handler."""

    answering: Embeds

    def __init__(self, surroundings: Surroundings | None = None, *, semantic: JSON = None, **policy: JSON) -> None:
        policy["semantic"] = Semantic(**{"model": "e:vectors", "threshold": 0.95, **(semantic or {})})
        super().__init__(Embeds(), surroundings, **policy)

    @override
    async def reply(self, asked: Call) -> Reply:
        return await super().reply(with_embedder(asked, EMBEDDER))


async def test_a_question_that_means_the_same_has_the_answer_and_says_so() -> None:
    cached = Semantically()
    first = await cached.ask(FIRST)
    again = await cached.ask(ALIKE)
    assert [status(first), status(again)] == ["miss", "semantic"]
    assert again.choices == first.choices
    assert again.cache.similarity == pytest.approx(0.999, abs=2e-3)
    assert again.cache.key == first.cache.key
    assert again.cache.saved == (await cached.ask(FIRST)).cache.saved
    assert (again.cost.total, again.costs.total, again.costs.saved) == (0, 0, again.cache.saved)
    assert cached.answering.calls == 1
    stats = cached.layer._shelf.stats
    assert (stats.hits, stats.semantic, stats.misses, stats.entries) == (1, 1, 1, 1)
    assert again.cache.headers()["x-anyllm-cache-similarity"].startswith("0.99")


async def test_an_answer_that_is_fresh_for_no_time_is_an_answer() -> None:
    cached = Semantically()
    assert status(await cached.ask(FIRST, cache={"ttl": 0})) == "miss"
    assert status(await cached.ask(ALIKE)) == "miss"


async def test_a_model_that_makes_no_vector_leaves_the_call_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    cached = Semantically()
    cached.answering.vectors = 0
    assert status(await cached.ask(FIRST)) == "miss"
    assert "e made 0 vectors of 1 texts" in caplog.text


async def test_the_answer_of_another_question_is_not_kept_as_that_of_this_one() -> None:
    cached = Semantically()
    await cached.ask(FIRST)
    assert [status(await cached.ask(ALIKE)) for _ in range(2)] == ["semantic", "semantic"]
    assert status(await cached.ask(ALIKE, cache={"semantic": False})) == "miss"
    assert status(await cached.ask(ALIKE)) == "hit"


async def test_it_is_given_as_a_stream_too_and_to_all_who_ask_at_once() -> None:
    cached = Semantically()
    await cached.ask(FIRST)
    streams = await asyncio.gather(*(cached.ask(ALIKE, stream=True) for _ in range(5)))
    assert {text_of([piece async for piece in stream]) for stream in streams} == {"hello"}
    assert {status(stream) for stream in streams} == {"semantic"}
    answers = await asyncio.gather(*(cached.ask(ALIKE) for _ in range(5)))
    assert {status(answer) for answer in answers} == {"semantic"}
    assert cached.answering.calls == 1
    assert cached.answering.embedded == [FIRST, ALIKE, ALIKE]


@pytest.mark.parametrize(
    "text", ["How do I reset my password 2 times?", "How do I bake bread?", "Reset it, the password, how?"]
)
async def test_what_differs_in_a_number_or_in_meaning_is_asked(text: str) -> None:
    cached = Semantically()
    await cached.ask(FIRST)
    assert status(await cached.ask(text)) == "miss"


async def test_without_the_look_at_the_words_the_vectors_decide() -> None:
    cached = Semantically(semantic={"veto": False})
    await cached.ask(FIRST)
    assert status(await cached.ask("How do I reset my password 2 times?")) == "semantic"


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.5},
        {"max_tokens": 5},
        {"tenant": "b"},
        {"cache": {"namespace": "v2"}},
        {"seed": 1},
    ],
)
async def test_all_else_must_be_the_same(change: JSON) -> None:
    cached = Semantically()
    await cached.ask(FIRST, tenant="a")
    assert status(await cached.ask(ALIKE, **{"tenant": "a", **change})) == "miss"
    assert status(await cached.ask(ALIKE, tenant="a")) == "semantic"


def conversation(*turns: JSON) -> Call:
    return msgspec.structs.replace(call(), options={"messages": list(turns)})


SYSTEM = {"role": "system", "content": "Be brief."}


async def test_earlier_turns_and_the_system_must_be_the_same() -> None:
    cached = Semantically()
    await cached.reply(conversation(SYSTEM, {"role": "user", "content": FIRST}))
    alike = {"role": "user", "content": [{"type": "text", "text": ALIKE}]}
    assert status((await cached.reply(conversation(SYSTEM, alike))).value) == "semantic"
    assert status((await cached.reply(conversation({**SYSTEM, "content": "Be long."}, alike))).value) == "miss"
    assert status((await cached.reply(conversation(alike))).value) == "miss"
    embedded = len(cached.answering.embedded)
    turns = ({"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}, alike)
    assert status((await cached.reply(conversation(*turns))).value) == "miss"
    assert len(cached.answering.embedded) == embedded + 1


@pytest.mark.parametrize(
    "options",
    [
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"response_format": {"type": "json_object"}},
        {"messages": [{"role": "user", "content": "x" * 2_000}]},
        {"messages": [{"role": "user", "content": "   "}]},
        {"messages": [{"role": "assistant", "content": ALIKE}]},
        {"messages": [{"role": "tool", "content": "1", "tool_call_id": "a"}, {"role": "user", "content": ALIKE}]},
        {"messages": [{"role": "assistant", "tool_calls": [{}]}, {"role": "user", "content": ALIKE}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result"}]}, {"role": "user", "content": ALIKE}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x"}}]}]},
        {"messages": []},
        {"messages": ["odd"]},
    ],
)
async def test_what_is_more_than_a_question_is_never_compared(options: JSON) -> None:
    cached = Semantically()
    asked = msgspec.structs.replace(call(), options={**call(ALIKE).options, **options})
    assert status((await cached.reply(asked)).value) == "miss"
    assert cached.answering.embedded == []


async def test_an_answer_that_calls_a_tool_is_given_to_the_same_question_only() -> None:
    cached = Semantically()
    cached.answering.tool_calls = [ChatCompletionMessageFunctionToolCall(id="a", function=Function(name="f"))]
    await cached.ask(FIRST)
    assert status(await cached.ask(FIRST)) == "hit"
    assert status(await cached.ask(ALIKE)) == "miss"


async def test_the_turns_of_responses_are_read_too() -> None:
    policy = Semantic(model="e:vectors")

    def of(said: JSON) -> JSON:
        asked = Call(operation=Operation.RESPONSES, target=EMBEDDER, options={"input_data": said})
        return question_of(asked, "", policy)

    assert of(FIRST).text == of([{"role": "user", "content": [{"type": "input_text", "text": FIRST}]}]).text == FIRST
    assert of([{"type": "function_call_output", "output": "1"}, {"role": "user", "content": FIRST}]) is None
    other = msgspec.structs.replace(call(), operation=Operation.EMBEDDING, options={"inputs": FIRST})
    assert question_of(other, "", policy) is None


async def test_an_entry_that_is_gone_or_old_is_no_answer() -> None:
    cached = Semantically()
    await cached.ask(FIRST)
    await cached.layer._shelf.invalidate(Cleared(at=cached.surroundings.clock.time()))
    assert status(await cached.ask(ALIKE)) == "miss"


def test_the_time_of_an_entry_is_that_of_its_question() -> None:
    clock = VirtualClock()

    async def ask() -> list[str]:
        cached = Semantically(clock.surroundings(), ttl=60)
        told = [status(await cached.ask(FIRST))]
        for seconds in (50, 20):
            clock.now += seconds
            told.append(status(await cached.ask(ALIKE)))
        return told

    assert clock.run(ask()) == ["miss", "semantic", "miss"]


def test_a_model_that_fails_is_left_alone_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    clock = VirtualClock()

    async def ask() -> None:
        cached = Semantically(clock.surroundings())
        cached.answering.embedding_failure = ProviderError("down")
        assert [status(await cached.ask(text)) for text in (FIRST, ALIKE)] == ["miss", "miss"]
        assert cached.answering.embedded == [FIRST]
        cached.answering.embedding_failure = None
        clock.now += 6
        assert status(await cached.ask("How do I bake bread?")) == "miss"
        assert len(cached.answering.embedded) == 2

    clock.run(ask())
    assert "without similar questions" in caplog.text


async def test_a_model_that_is_not_set_up_is_an_error() -> None:
    cached = Semantically()
    cached.answering.embedding_failure = ConfigurationError("wrong")
    with pytest.raises(ConfigurationError, match="wrong"):
        await cached.ask(FIRST)
    with pytest.raises(ConfigurationError, match="knows its model"):
        await Cached.reply(cached, call(FIRST))


async def test_a_model_that_is_not_precise_enough_is_refused() -> None:
    cached = Semantically(semantic={"min_precision": 0.99, "threshold": 0.5, "veto": False})
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"min_precision=0\.99"):
            await cached.ask(FIRST)
    assert len(cached.answering.embedded) == len(texts_of(load_pairs()))
    cached.answering.embedding_failure = AuthenticationError("no key")
    other = Semantically(semantic={"min_precision": 0.99})
    other.answering.embedding_failure = AuthenticationError("no key")
    assert status(await other.ask(FIRST)) == "miss"


async def test_a_model_that_is_precise_enough_is_measured_once_and_nobody_waits_for_that() -> None:
    cached = Semantically(semantic={"min_precision": 0.3, "threshold": 0.95})
    await asyncio.gather(cached.ask(FIRST), cached.ask("another"))
    assert status(await cached.ask(ALIKE)) == "semantic"
    assert cached.answering.embedded.count(FIRST) == 2


async def test_only_so_many_questions_are_compared() -> None:
    cached = Semantically(semantic={"max_entries": 2})
    for text in (FIRST, "How do I bake bread?", "Reset it, the password, how?"):
        await cached.ask(text)
    assert status(await cached.ask(ALIKE)) == "miss"


@pytest.fixture(params=["sqlite", "redis"])
def shared_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(request.getfixturevalue("redis_url")) if request.param == "redis" else f"sqlite:{tmp_path / 'c.db'}"


async def test_processes_that_share_a_store_share_questions(shared_place: str) -> None:
    here, there = with_store(Surroundings(), shared_place), with_store(Surroundings(), shared_place)
    one, other = Semantically(here, namespace=shared_place[-20:]), Semantically(there, namespace=shared_place[-20:])
    await one.ask(FIRST)
    assert status(await other.ask(ALIKE)) == "semantic"
    assert other.answering.calls == 0
    assert await one.layer._shelf.invalidate(Cleared(at=here.clock.time(), model="openai:gpt-4o")) >= 1
    third = Semantically(with_store(Surroundings(), shared_place), namespace=shared_place[-20:])
    assert status(await third.ask(ALIKE)) == "miss"
    for each in (one, other, third):
        store: JSON = each.layer._shelf._store
        await store.aclose()


async def test_many_at_once_leave_every_question_in_the_store(tmp_path: Path) -> None:
    place = f"sqlite:{tmp_path / 'c.db'}"
    here = with_store(Surroundings(), place)
    one, other = Semantically(here), Semantically(with_store(Surroundings(), place))
    await asyncio.gather(
        *(each.ask(f"{text} {number}") for number in range(5) for each in (one, other) for text in "ab")
    )
    third = Semantically(with_store(Surroundings(), place))
    assert [status(await third.ask(f"{text}  {number}")) for number in range(5) for text in "ab"] == ["semantic"] * 10
    for each in (one, other, third):
        store: JSON = each.layer._shelf._store
        await store.aclose()


CHILD = """
import asyncio, sys
from tests.middleware.test_semantic_cache import Semantically, with_store
from any_llm.pipeline.surroundings import Surroundings
from any_llm.types.secret import Secret
async def main():
    cached = Semantically(with_store(Surroundings(), sys.argv[1]), encryption=(Secret("k" * 40),))
    number = 0
    while True:
        await cached.ask(f"a {number}")
        print(number, flush=True)
        number += 1
asyncio.run(main())
"""


def run_until_killed(place: str) -> int:
    """Have another process ask until it is killed, and return the number of its last question."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), place], stdout=subprocess.PIPE, env=environment, cwd=root
    ) as child:
        assert child.stdout is not None
        last = [int(child.stdout.readline()) for _ in range(20)][-1]
        child.send_signal(signal.SIGKILL)
    return last


async def test_a_process_that_is_killed_leaves_nothing_broken(tmp_path: Path) -> None:
    place = f"sqlite:{tmp_path / 'c.db'}"
    last = run_until_killed(place)
    cached = Semantically(with_store(Surroundings(), place), encryption=(Secret("k" * 40),))
    told = [status(await cached.ask(f"a  {number}")) for number in range(last + 1)]
    assert told == ["semantic"] * (last + 1)
    assert status(await cached.ask("How do I bake bread?")) == "miss"
    assert status(await cached.ask("How do I bake bread?")) == "hit"
    store: JSON = cached.layer._shelf._bare
    await store.aclose()


async def test_a_question_is_kept_in_memory_while_another_process_writes(tmp_path: Path) -> None:
    place = f"sqlite:{tmp_path / 'c.db'}"
    one, other = Semantically(with_store(Surroundings(), place)), Semantically(with_store(Surroundings(), place))
    near = question_of(call(FIRST), "", Semantic(model="e:vectors"))
    assert near is not None
    assert await one.layer._shelf.claim(f"cache-near:{near.scope}", "another", 30)
    await one.ask(FIRST)
    assert status(await one.ask(ALIKE)) == "semantic"
    assert status(await other.ask(ALIKE, cache={"mode": "read_only"})) == "miss"
    await one.layer._shelf.unclaim(f"cache-near:{near.scope}", "another")
    for each in (one, other):
        store: JSON = each.layer._shelf._store
        await store.aclose()


class Broken:
    """A store that keeps values, has claims, and cannot be reached once it is broken."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.broken: set[str] = set()
        self.claimed: list[str] = []

    def check(self, what: str) -> None:
        if what in self.broken:
            raise StoreError("away")

    async def get(self, name: str) -> bytes | None:
        self.check("near" if name.startswith("cache-near") else "get")
        return self.kept.get(name)

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        self.check("set near" if name.startswith("cache-near") else "set")
        self.kept[name] = value

    async def delete(self, name: str) -> None:
        del self.kept[name]

    async def claim(self, name: str, owner: str, *, seconds: float) -> bool:
        self.check("claim")
        self.claimed.append(name)
        return True

    async def release(self, name: str, owner: str) -> None:
        self.check("release")


def test_the_newest_questions_of_all_processes_stay_and_nobody_holds_more() -> None:
    clock, store = VirtualClock(), Broken()

    def process() -> Semantically:
        return Semantically(with_store(clock.surroundings(), store), semantic={"max_entries": 2})

    def held(by: Semantically) -> int:
        (scope,) = by.layer._similar._questions._scopes.values()
        return len(scope.asked)

    async def make() -> None:
        one, other, reader = process(), process(), process()
        for by, text in (
            (one, "How do I bake bread?"), (one, "Reset it, the password, how?"), (other, FIRST), (one, "another"),
        ):  # fmt: skip
            await by.ask(text)
            clock.now += 2
            await reader.ask("How do I bake bread?", cache={"mode": "read_only"})
            await reader.ask("How do I grow bread?", cache={"mode": "read_only"})
        assert status(await process().ask(ALIKE)) == "semantic"
        assert [held(by) for by in (one, other, reader)] == [2, 2, 2]

    clock.run(make())


@pytest.mark.parametrize("what", ["near", "set near", "claim", "release"])
def test_a_store_that_breaks_leaves_the_questions_in_memory(what: str) -> None:
    clock, store = VirtualClock(), Broken()
    store.broken.add(what)

    async def ask() -> list[str]:
        cached = Semantically(with_store(clock.surroundings(), store))
        return [status(await cached.ask(text)) for text in (FIRST, ALIKE)]

    assert clock.run(ask()) == ["miss", "semantic"]


async def test_an_encrypted_store_sees_neither_questions_nor_what_would_tell_of_them() -> None:
    plain, encrypted = Broken(), Broken()
    await Semantically(with_store(Surroundings(), plain)).ask(FIRST)
    cached = Semantically(with_store(Surroundings(), encrypted), encryption=(Secret("k" * 40),))
    await cached.ask(FIRST)
    assert status(await cached.ask(ALIKE)) == "semantic"
    digests = {name.rpartition("/")[2] for name in (*plain.kept, *plain.claimed)}
    seen = repr((encrypted.kept, encrypted.claimed))
    assert len(digests) == 2
    assert not any(digest in seen for digest in digests)
    assert "password" in repr(plain.kept)
    assert "password" not in seen


@pytest.mark.parametrize("kept", [b"", b"{}", msgspec.msgpack.encode({"version": 99, "asked": []})])
async def test_questions_of_another_version_count_as_absent(kept: bytes) -> None:
    store = Broken()
    cached = Semantically(with_store(Surroundings(), store))
    await cached.ask(FIRST)
    ((name, _),) = [(name, value) for name, value in store.kept.items() if name.startswith("cache-near")]
    store.kept[name] = kept
    other = Semantically(with_store(Surroundings(), store))
    assert status(await other.ask(ALIKE, cache={"mode": "read_only"})) == "miss"


async def test_a_vector_of_another_length_is_like_none() -> None:
    cached = Semantically()
    await cached.ask(FIRST)
    near = question_of(call(FIRST), "", Semantic(model="e:vectors"))
    assert near is not None
    assert await cached.layer._similar._questions.closest(near.scope, b"12" * 3, 0.1, 10) == []


async def test_only_so_many_kinds_of_questions_are_in_memory() -> None:
    cached = Semantically()
    for number in range(260):
        await cached.ask(FIRST, seed=number)
    assert status(await cached.ask(ALIKE, seed=259)) == "semantic"
    assert status(await cached.ask(ALIKE, seed=0)) == "miss"


async def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingExtraError, match=r"any-llm\[semantic\]"):
        await Semantically().ask(FIRST)


def test_a_policy_is_one_of_its_kind() -> None:
    with pytest.raises(ConfigurationError, match=r"any_llm\.Semantic"):
        Policy(semantic="e:vectors")  # type: ignore[arg-type]  # which it must not be


@pytest.mark.parametrize(
    "said",
    [
        {"model": "vectors"},
        {"threshold": 0},
        {"threshold": 1.5},
        {"threshold": "1"},
        {"min_precision": 2},
        {"max_entries": 0},
        {"max_characters": True},
    ],
)
def test_a_policy_that_means_nothing_is_refused(said: JSON) -> None:
    with pytest.raises(ConfigurationError, match=r"semantic\."):
        Semantic(**{"model": "e:vectors", **said})
