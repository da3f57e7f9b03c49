"""Encrypted entries: unreadable, bound to their names, read by older keys, and absent where somebody changed them."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from any_llm.auth.key_sources import source_of
from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.pipeline.shelf import Cleared, secret_of
from any_llm.pipeline.surroundings import Surroundings, SystemClock
from any_llm.refusals import StoreError
from any_llm.stores.memory import MemoryStore
from any_llm.stores.opening import open_store
from any_llm.stores.sealed import SealedStore, Source
from any_llm.testing.clock import VirtualClock
from any_llm.types.caching import Cache
from any_llm.types.json import JSON
from any_llm.types.secret import Secret
from tests.middleware.answering import Answering, Cached, status, with_store

OLD, NEW = Secret("old-" + "a" * 40), Secret("new-" + "b" * 40)
NAME = "cache:@/@/openai:m/" + "0" * 64


def sealed(inner: JSON, *said: object, clock: JSON = None) -> SealedStore:
    sources = [source_of(each) for each in said]
    return SealedStore(
        inner, [Source(each.called, partial(secret_of, each), each.mark) for each in sources], clock or SystemClock()
    )


@pytest.fixture
def inner() -> MemoryStore:
    return MemoryStore(SystemClock())


async def test_what_is_kept_cannot_be_read_nor_its_name_be_guessed(inner: MemoryStore) -> None:
    await sealed(inner, NEW).set(NAME, b"an answer", seconds=60)
    ((name, size),) = await inner.names("")
    assert name.startswith("cache:@/@/openai:m/~")
    assert "0" * 64 not in name
    assert hashlib.sha256(NAME.encode()).hexdigest() not in name
    kept = await inner.get(name)
    assert kept is not None
    assert b"answer" not in kept
    assert size == len(kept)
    assert await sealed(inner, NEW).get(NAME) == b"an answer"
    assert await sealed(inner, OLD).get(NAME) is None


async def test_the_same_value_is_never_encrypted_alike(inner: MemoryStore) -> None:
    store = sealed(inner, NEW)
    kept: set[bytes | None] = set()
    for _ in range(3):
        await store.set(NAME, b"an answer")
        kept.add(await inner.get((await inner.names(""))[0][0]))
    assert len(kept) == 3


async def test_an_older_key_keeps_older_entries_readable_until_it_is_taken_away(inner: MemoryStore) -> None:
    await sealed(inner, OLD).set(NAME, b"old")
    rotated = sealed(inner, NEW, OLD)
    assert await rotated.get(NAME) == b"old"
    await rotated.set(NAME, b"new")
    assert await rotated.get(NAME) == b"new"
    assert await sealed(inner, NEW).get(NAME) == b"new"
    assert await sealed(inner, OLD).get(NAME) == b"old"
    await rotated.delete(NAME)
    assert await inner.names("") == []


@pytest.mark.parametrize("place", [0, 3, 15, 25, -1])
async def test_what_somebody_changed_counts_as_absent(
    inner: MemoryStore, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    store = sealed(inner, NEW)
    await store.set(NAME, b"an answer")
    ((name, _),) = await inner.names("")
    kept = bytearray(await inner.get(name) or b"")
    kept[place] ^= 1
    await inner.set(name, bytes(kept))
    assert await store.get(NAME) is None
    assert ("not as it was kept" in caplog.text) == (place > 8 or place < 0)


@pytest.mark.parametrize("kept", [b"", b"\x01", b"{}", b"\x01" * 29])
async def test_what_is_no_encrypted_value_counts_as_absent(inner: MemoryStore, kept: bytes) -> None:
    store = sealed(inner, NEW)
    await store.set(NAME, b"an answer")
    await inner.set((await inner.names(""))[0][0], kept)
    assert await store.get(NAME) is None


async def test_a_value_under_the_name_of_another_counts_as_absent(inner: MemoryStore) -> None:
    store, other = sealed(inner, NEW), NAME[:-1] + "1"
    await store.set(NAME, b"one")
    await store.set(other, b"other")
    (one, _), (two, _) = await inner.names("")
    await inner.set(one, await inner.get(two) or b"")
    assert sorted(filter(None, [await store.get(NAME), await store.get(other)])) in ([b"one"], [b"other"])


async def test_a_short_secret_is_refused_without_being_told(inner: MemoryStore) -> None:
    with pytest.raises(ConfigurationError, match="too short") as error:
        await sealed(inner, Secret("hunter2")).get(NAME)
    assert "hunter2" not in str(error.value)


def test_a_key_in_a_file_may_change_and_one_that_is_gone_stays_in_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, file = VirtualClock(), tmp_path / "key"

    async def use() -> None:
        inner = MemoryStore(clock)
        file.write_text(OLD.reveal())
        store = sealed(inner, f"file:{file}", OLD, clock=clock)
        await store.set(NAME, b"old")
        file.write_text(NEW.reveal() + "and longer")
        assert await sealed(inner, OLD, clock=clock).get(NAME) == b"old"
        clock.now += 2
        await store.set(NAME, b"new")
        assert await sealed(inner, OLD, clock=clock).get(NAME) == b"old"
        assert await store.get(NAME) == b"new"
        file.unlink()
        clock.now += 2
        assert await store.get(NAME) == b"new"

    clock.run(use())
    assert "goes on with the keys that it has" in caplog.text


def test_without_its_package_it_says_what_to_install(inner: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers", None)
    with pytest.raises(MissingExtraError, match=r"any-llm\[encryption\]"):
        sealed(inner, NEW)


@pytest.fixture(params=["sqlite", "redis"])
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[JSON]:
    place = str(request.getfixturevalue("redis_url")) if request.param == "redis" else f"sqlite:{tmp_path / 'c.db'}"
    store: JSON = open_store(place, SystemClock())
    yield store
    await store.aclose()


async def test_processes_with_the_same_keys_share_answers_and_what_is_invalid(shared: JSON, name: str) -> None:
    def process(*keys: Secret) -> Cached:
        return Cached(Answering(), with_store(Surroundings(), shared), namespace=name, encryption=keys)

    one, rotated, stranger = process(OLD), process(NEW, OLD), process(NEW)
    key = (await one.ask()).cache.key
    assert status(await rotated.ask()) == "hit"
    assert status(await stranger.ask(cache={"mode": "read_only"})) == "miss"
    listed = await one.layer._shelf.names(name)
    assert [entry.rpartition("/")[0] for entry, _ in listed] == [key.rpartition("/")[0]]
    assert await rotated.layer._shelf.invalidate(Cleared(at=one.surroundings.clock.time(), prefix=f"{name}/")) == 1
    assert await one.layer._shelf.names(name) == []
    one.layer._shelf._looked = 0.0
    assert status(await process(OLD, NEW).ask(cache={"mode": "read_only"})) == "miss"
    await shared.delete("cache-cleared")


async def test_one_who_does_not_know_that_it_is_encrypted_is_told(tmp_path: Path) -> None:
    here = with_store(Surroundings(), f"sqlite:{tmp_path / 'c.db'}")
    secret = Cached(Answering(), here, encryption=(NEW,))
    await secret.layer._shelf.invalidate(Cleared(at=here.clock.time(), tag="a"))
    plain = Cached(Answering(), here)
    with pytest.raises(StoreError, match="encryption"):
        await plain.layer._shelf.invalidate(Cleared(at=here.clock.time(), tag="a"))
    store: JSON = plain.layer._shelf._store
    await store.aclose()


class Plain:
    """A store that keeps values and can do nothing else."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        self.kept[name] = value

    async def delete(self, name: str) -> None:
        del self.kept[name]


async def test_a_store_that_only_keeps_values_can_be_encrypted() -> None:
    here = with_store(Surroundings(), Plain())
    cached = Cached(Answering(), here, encryption=(NEW,))
    await cached.ask()
    assert await cached.layer._shelf.invalidate(Cleared(at=here.clock.time())) == 1
    assert status(await cached.ask()) == "miss"
    with pytest.raises(StoreError, match="Listing"):
        await cached.layer._shelf.names()


@pytest.mark.parametrize("said", ["env:KEY", Secret("a"), 7])
def test_the_sources_are_a_list(said: JSON) -> None:
    with pytest.raises(ConfigurationError, match="encryption"):
        Cache(encryption=said)
