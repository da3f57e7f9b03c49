"""The conformance suite: built-in parts pass it, and every broken promise is found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec
import pytest
from typing_extensions import override

from any_llm.dialects.openai import DIALECT
from any_llm.engine.codecs import dialect_of
from any_llm.exceptions import ProviderError
from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.providers.catalog import CATALOG
from any_llm.spec.dialect import Codec, Dialect, Encoded, Options, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.conformance import Finding, verify
from any_llm.types.completion import ChatCompletion
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON

COMPLETION = DIALECT.operations[Operation.COMPLETION]
GOOD = Provider(name="acme", base_url="https://acme.example/v1", key="ACME_API_KEY", docs="https://acme.example/docs")


def broken(kind: str, name: str, plugin: object) -> list[Finding]:
    return [finding for finding in asyncio.run(verify(kind, name, plugin)) if not finding.kept]


@pytest.mark.parametrize("name", sorted({record.dialect for record in CATALOG}))
def test_built_in_formats_keep_their_promises(name: str) -> None:
    assert broken("dialect", name, dialect_of(Provider(name="x", dialect=name))) == []


@pytest.mark.parametrize("record", CATALOG, ids=lambda record: record.name)
def test_built_in_providers_keep_theirs(record: Provider) -> None:
    found = [finding.promise for finding in broken("provider", record.name, record)]
    assert set(found) <= {"it replaces no built-in provider", "its base URL is one"}


def test_a_good_provider_keeps_every_promise() -> None:
    assert broken("provider", "acme", GOOD) == []


@pytest.mark.parametrize(
    ("changes", "promise"),
    [
        ({"name": "other"}, "its name is that of its entry point"),
        ({"base_url": "ftp://acme.example"}, "its base URL is one"),
        ({"base_url": "https://acme.example/"}, "its base URL is one"),
        ({"base_url": ""}, "its base URL is one"),
        ({"key": "acme-key"}, "its key is an environment variable"),
        ({"docs": ""}, "it names its documentation"),
        ({"auth": "handshake"}, "it is signed in a known way"),
        ({"framing": "morse"}, "its streams are framed in a known way"),
        ({"dialect": "klingon"}, "its wire format is there"),
        ({"operations": frozenset()}, "it offers something"),
    ],
)
def test_each_promise_of_a_provider_is_checked(changes: dict[str, JSON], promise: str) -> None:
    found = broken("provider", "acme", msgspec.structs.replace(GOOD, **changes))
    assert promise in [finding.promise for finding in found]


def with_codec(**functions: Callable[..., object]) -> Dialect:
    codec: Codec[JSON, JSON] = msgspec.structs.replace(COMPLETION, **functions)
    return msgspec.structs.replace(DIALECT, name="bad", operations={Operation.COMPLETION: codec})


def leaks_the_key(target: Target, options: Options) -> Encoded:
    return Encoded("/x", b"{}", {"X-Key": target.key.reveal() if target.key else ""})


def reads_the_clock(target: Target, options: Options) -> Encoded:
    return Encoded("/x", str(time.monotonic_ns()).encode())


def changes_options(target: Target, options: Options) -> Encoded:
    options["messages"].clear()
    return Encoded("/x", b"{}")


def divides_by_zero(target: Target, response: HttpResponse) -> JSON:
    return 1 // 0


@pytest.mark.parametrize(
    ("dialect", "promise"),
    [
        (msgspec.structs.replace(DIALECT, name="else"), "its name is that of its entry point"),
        (msgspec.structs.replace(DIALECT, name="bad", operations={}), "it has an operation"),
        (with_codec(encode=leaks_the_key), "completion: no key is in a request"),
        (with_codec(encode=reads_the_clock), "completion: the same request is encoded the same"),
        (with_codec(encode=changes_options), "completion: the caller's options stay as they are"),
        (with_codec(decode=divides_by_zero), "completion: any bytes end in a value or an error"),
        (with_codec(encode=reads_the_clock), "its modules do no I/O and read no clock"),
        (
            msgspec.structs.replace(DIALECT, name="bad", decode_error=lambda target, response: None),
            "every failure of a provider becomes an error",
        ),
    ],
)
def test_each_promise_of_a_format_is_checked(dialect: Dialect, promise: str) -> None:
    assert promise in [finding.promise for finding in broken("dialect", "bad", dialect)]


async def passes(call: Call, call_on: Handler) -> Reply:
    return await call_on(call)


async def swallows(call: Call, call_on: Handler) -> Reply:
    try:
        return await call_on(call)
    except ProviderError:
        return Reply(value=ChatCompletion(), report=None)  # type: ignore[arg-type]  # what a careless one does


async def reads_ahead(call: Call, call_on: Handler) -> Reply:
    reply = await call_on(call)
    if reply.streamed:
        await anext(reply.value)
    return reply


async def returns_the_value(call: Call, call_on: Handler) -> JSON:
    return (await call_on(call)).value


def test_a_good_middleware_keeps_every_promise() -> None:
    assert broken("middleware", "good", passes) == []


@pytest.mark.parametrize(
    ("middleware", "promise"),
    [
        (swallows, "a failure before the answer reaches the caller"),
        (reads_ahead, "every piece of a stream reaches the caller"),
        (returns_the_value, "a whole answer reaches the caller"),
        (3, "it can be called"),
    ],
)
def test_each_promise_of_a_middleware_is_checked(middleware: object, promise: str) -> None:
    assert promise in [finding.promise for finding in broken("middleware", "bad", middleware)]


class Forgetful:
    """A store that keeps nothing."""

    async def get(self, name: str) -> bytes | None:
        return None

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        return None

    async def delete(self, name: str) -> None:
        return None


class Eternal(Forgetful):
    """A store that forgets nothing."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    @override
    async def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    @override
    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        self.kept[name] = value


def test_each_promise_of_a_store_is_checked() -> None:
    assert [finding.promise for finding in broken("store", "bad", Forgetful())] == ["what is set can be got"]
    assert [finding.promise for finding in broken("store", "bad", Eternal())] == [
        "what is deleted is gone",
        "what has a time is gone after it",
    ]
    assert "it has the methods of a store" in [finding.promise for finding in broken("store", "bad", 3)]


def test_what_a_group_does_not_hold_is_told_first() -> None:
    assert [finding.reason for finding in broken("provider", "x", 3)] == ["it yields int"]


def test_a_command_needs_words_for_its_help() -> None:
    assert broken("command", "x", test_a_command_needs_words_for_its_help) != []
