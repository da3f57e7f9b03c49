"""What a store promises."""

from __future__ import annotations

import asyncio

from any_llm.spec.store import KeyValue
from any_llm.testing.conformance.dialects import Checks
from any_llm.testing.conformance.finding import expect
from any_llm.types.json import JSON

_NAME, _OTHER = "any-llm:conformance", "any-llm:conformance:other"
_BRIEF = 0.05


def checks(_name: str, store: JSON) -> Checks:
    """Return the promises of a store and how each is checked."""
    yield "it has the methods of a store", lambda: expect(isinstance(store, KeyValue), f"it is {store!r}")
    yield "what is set can be got", lambda: _keeps(store)
    yield "what is deleted is gone", lambda: _forgets(store)
    yield "what has a time is gone after it", lambda: _expires(store)


async def _keeps(store: KeyValue) -> None:
    value = bytes(range(256))
    await store.set(_NAME, value)
    expect(await store.get(_NAME) == value, "the bytes came back changed")
    await store.set(_NAME, b"")
    expect(await store.get(_NAME) == b"", "an empty value is not kept")
    expect(await store.get(_OTHER) is None, "a name that was never set has a value")


async def _forgets(store: KeyValue) -> None:
    await store.set(_NAME, b"1")
    await store.delete(_NAME)
    await store.delete(_NAME)
    expect(await store.get(_NAME) is None, "it is still there")


async def _expires(store: KeyValue) -> None:
    await store.set(_NAME, b"1", seconds=_BRIEF)
    await asyncio.sleep(4 * _BRIEF)
    expect(await store.get(_NAME) is None, "it is still there")
