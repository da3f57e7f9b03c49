"""What a store promises."""

from __future__ import annotations

import asyncio
import uuid

import msgspec

from any_llm.spec.store import Boards, Buckets, Claims, Counters, Draw, KeyValue
from any_llm.testing.conformance.dialects import Checks
from any_llm.testing.conformance.finding import expect
from any_llm.types.json import JSON

_NAME, _OTHER = "any-llm:conformance", "any-llm:conformance:other"
_BRIEF = 0.05
_LONG = 3_600.0
_MANY = 20


def checks(_name: str, store: JSON) -> Checks:
    """Return the promises of a store and how each is checked."""
    yield "it has the methods of a store", lambda: expect(isinstance(store, KeyValue), f"it is {store!r}")
    yield "what is set can be got", lambda: _keeps(store)
    yield "what is deleted is gone", lambda: _forgets(store)
    yield "what has a time is gone after it", lambda: _expires(store)
    if isinstance(store, Counters):
        yield "a count adds up, and ends with its time", lambda: _counts(store)
    if isinstance(store, Claims):
        yield "a name has one owner at a time", lambda: _claims(store)
    if isinstance(store, Boards):
        yield "what each has pinned up all see, until its time is over", lambda: _pins(store)
    if isinstance(store, Buckets):
        yield "no more is drawn than there is, all or nothing", lambda: _draws(store)
        yield "what is given back can be drawn again, and a debt is paid first", lambda: _gives_back(store)
        yield "what is leased comes back when it is returned or over", lambda: _leases(store)


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


async def _counts(store: Counters) -> None:
    name = f"{_NAME}:count:{_fresh()}"
    expect(await store.count(name) == 0, "a count that is new is not nothing")
    added = await asyncio.gather(*(store.increment(name, 2, seconds=_LONG) for _ in range(_MANY)))
    expect(sorted(added) == [2 * (number + 1) for number in range(_MANY)], f"the counts were {sorted(added)}")
    expect(await store.count(name) == 2 * _MANY, "the count is not what was added")
    brief = f"{name}:brief"
    await store.increment(brief, seconds=_BRIEF)
    await asyncio.sleep(4 * _BRIEF)
    expect(await store.count(brief) == 0, "it is still there")


async def _pins(store: Boards) -> None:
    board = f"{_NAME}:board:{_fresh()}"
    await store.pin(board, "a", b"1", seconds=_BRIEF)
    await store.pin(board, "b", b"2 \x00", seconds=_LONG)
    found = {each.owner: each for each in await store.pin(board, "b", b"3 \xff", seconds=_LONG)}
    expect({owner: each.value for owner, each in found.items()} == {"a": b"1", "b": b"3 \xff"}, f"it was {found}")
    expect(found["a"].age >= found["b"].age >= 0, f"the ages were {found['a'].age} and {found['b'].age}")
    await asyncio.sleep(4 * _BRIEF)
    found = {each.owner: each for each in await store.pin(board, "c", b"", seconds=_BRIEF)}
    expect(set(found) == {"b", "c"}, f"pinned up are {sorted(found)}")
    expect(len(await store.pin(f"{board}:other", "d", b"", seconds=_BRIEF)) == 1, "boards are not kept apart")


async def _claims(store: Claims) -> None:
    name = f"{_NAME}:claim:{_fresh()}"
    won = await asyncio.gather(*(store.claim(name, str(owner), seconds=_LONG) for owner in range(_MANY)))
    expect(sum(won) == 1, f"{sum(won)} owners have it")
    owner = str(won.index(True))
    expect(await store.claim(name, owner, seconds=_LONG), "its owner cannot have it anew")
    await store.release(name, "somebody else")
    expect(not await store.claim(name, "somebody else", seconds=_LONG), "it was taken from its owner")
    await store.release(name, owner)
    expect(await store.claim(name, "somebody else", seconds=_BRIEF), "it was not released")
    await asyncio.sleep(4 * _BRIEF)
    expect(await store.claim(name, owner, seconds=_BRIEF), "a claim outlives its time")


async def _draws(store: Buckets) -> None:
    small = Draw(bucket=f"{_NAME}:small:{_fresh()}", amount=1, capacity=5, window=_LONG)
    large = Draw(bucket=f"{_NAME}:large:{_fresh()}", amount=1, capacity=_MANY, window=_LONG)
    drawn = await asyncio.gather(*(store.draw([small, large]) for _ in range(_MANY)))
    granted = sum(one.granted for one in drawn)
    expect(granted == 5, f"{granted} of 5 were granted")
    refused = next(one for one in drawn if not one.granted)
    expect(refused.short == small.bucket and 0 < refused.wait <= _LONG / 5, f"a refusal says {refused}")
    left = (await store.draw([large])).left[0]
    expect(_MANY - 6 <= left < _MANY - 5, f"{left} is left where {_MANY - 6} should be: refusals drew, too")


async def _gives_back(store: Buckets) -> None:
    draw = Draw(bucket=f"{_NAME}:back:{_fresh()}", amount=4, capacity=5, window=_LONG)
    expect((await store.draw([draw])).granted, "a new bucket is not full")
    await store.give_back([msgspec.structs.replace(draw, amount=3)])
    expect((await store.draw([draw])).granted, "what was given back cannot be drawn")
    await store.give_back([msgspec.structs.replace(draw, amount=-5)])
    await store.give_back([msgspec.structs.replace(draw, amount=4)])
    expect(not (await store.draw([draw])).granted, "a debt is not paid first")
    await store.give_back([msgspec.structs.replace(draw, amount=100)])
    expect((await store.draw([draw])).left[0] <= 1, "a bucket holds more than it can")


async def _leases(store: Buckets) -> None:
    bucket = f"{_NAME}:lease:{_fresh()}"
    one, two, three = (
        Draw(bucket=bucket, amount=1, capacity=2, window=_LONG, lease=lease) for lease in ("one", "two", "three")
    )
    expect((await store.draw([one])).granted and (await store.draw([two])).granted, "two of two are not granted")
    expect(not (await store.draw([three])).granted, "three of two are granted")
    await store.give_back([one])
    expect((await store.draw([three])).granted, "a lease that was returned is still out")
    await store.give_back([msgspec.structs.replace(three, amount=-2)])
    look = msgspec.structs.replace(three, amount=3, lease="look")
    expect((await store.draw([look])).left[0] == -2, "what was added to a lease is not held with it")
    brief = Draw(bucket=f"{bucket}:brief", amount=1, capacity=1, window=_BRIEF, lease="one")
    expect((await store.draw([brief])).granted, "a new bucket is not full")
    await asyncio.sleep(4 * _BRIEF)
    again = msgspec.structs.replace(brief, lease="two")
    expect((await store.draw([again])).granted, "a lease outlives its time")


def _fresh() -> str:
    """Return a name that nobody has used, also not in a run before this one."""
    return uuid.uuid4().hex
