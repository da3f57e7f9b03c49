"""A key from any source is in no log, error, repr, pickle or dump, whatever goes wrong with the call it is used for."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from any_llm import AnyLLM, KeyEvent, Keys, Retry
from any_llm.engine.settings import Settings
from any_llm.exceptions import AnyLLMError, ConnectionFailedError
from any_llm.pipeline.call import Call
from any_llm.pipeline.observation import Record
from any_llm.pipeline.surroundings import Surroundings
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON
from any_llm.types.secret import Secret
from tests.client.answers import MESSAGES, chunk, completion
from tests.client.test_secrets import everything_said
from tests.middleware.test_rotate import Ring

pytestmark = pytest.mark.unmeasured  # the same calls with another source of the key each time

CANARY = "sk-canary-0123456789abcdefghij"
HEAD = {"content-type": "application/json", "x-request-id": CANARY, "location": f"https://x.example/{CANARY}"}
STREAM = {"content-type": "text/event-stream", "x-request-id": CANARY}
ENCODED = base64.b64encode(CANARY.encode()).decode()
KV = {"data": {"key": CANARY}, "metadata": {"version": 1, "deletion_time": ""}}
MANAGERS: Mapping[str, object] = {
    "vault.example": {"data": KV, "lease_duration": 0},
    "aws.example": {"SecretString": CANARY},
    "gcp.example": {"payload": {"data": ENCODED}},
    "azure.example": {"value": CANARY, "attributes": {"enabled": True}},
    "login.example": {"access_token": "entra-token", "expires_in": 3_599},
}
ENVIRONMENT = {
    "CANARY_KEY": CANARY,
    "VAULT_TOKEN": CANARY,
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "AWS_REGION": "eu-west-1",
    "GOOGLE_OAUTH_ACCESS_TOKEN": CANARY,
    "AZURE_TENANT_ID": "t",
    "AZURE_CLIENT_ID": "c",
    "AZURE_CLIENT_SECRET": CANARY,
    "AZURE_AUTHORITY_HOST": "https://login.example",
}


async def _fetched() -> str:
    return CANARY


SOURCES: Mapping[str, Callable[[], object]] = {
    "argument": lambda: CANARY,
    "secret": lambda: Secret(CANARY),
    "environment": lambda: "env:CANARY_KEY",
    "file": lambda: f"file:{_file()}",
    "command": lambda: f"command:cat {_file()}",
    "keyring": lambda: "keyring:canary/me",
    "function": lambda: lambda: CANARY,
    "coroutine": lambda: _fetched,
    "bare": lambda: CANARY + "-bare",
    "vault": lambda: {"from": "vault:secret/data/openai#key", "address": "https://vault.example"},
    "aws": lambda: {"from": "aws-secret:openai", "endpoint": "https://aws.example"},
    "gcp": lambda: {"from": "gcp-secret:p/openai", "endpoint": "https://gcp.example"},
    "azure": lambda: {"from": "azure-secret:team/openai", "endpoint": "https://azure.example"},
}
"""Every source there is, and a key that stands by mistake where a source should."""


class CanaryRing(Ring):
    """A key ring that holds the canary."""

    @override
    def get_password(self, service: str, username: str) -> str:  # the library's own
        return CANARY


_STACK = contextlib.ExitStack()


def _file() -> str:
    path = Path(tempfile.gettempdir(), f"any-llm-canary-{os.getpid()}")
    path.write_text(CANARY)
    _STACK.callback(path.unlink, missing_ok=True)
    return str(path)


def _said(status: int) -> Callable[[bool], Scripted]:
    told = {"error": {"message": f"it was {CANARY}!", "code": CANARY, "type": CANARY, "param": CANARY}}
    return lambda _: Scripted(status=status, headers=HEAD, chunks=[json.dumps(told).encode()])


def _well(stream: bool) -> Scripted:
    if not stream:
        return Scripted(headers=HEAD, chunks=[json.dumps(completion()).encode()])
    events = "".join(f"data: {json.dumps(each)}\n\n" for each in (chunk("hi"), chunk(finish="stop")))
    return Scripted(headers=STREAM, chunks=[f"{events}data: [DONE]\n\n".encode()])


def _broken(stream: bool) -> Scripted:
    raise ConnectionFailedError(f"no way to the host with {CANARY}", ValueError(CANARY))


def _cut(stream: bool) -> Scripted:
    return Scripted(headers=STREAM if stream else HEAD, chunks=[f'data: {{"x": "{CANARY}'.encode()], truncate=True)


def _malformed(stream: bool) -> Scripted:
    return Scripted(headers=STREAM if stream else HEAD, chunks=[f"data: {{{CANARY}\n\n".encode()])


def _in_band(stream: bool) -> Scripted:
    told = {"error": {"message": CANARY, "code": CANARY}}
    event = f"data: {json.dumps(chunk('hi'))}\n\ndata: {json.dumps(told)}\n\n".encode()
    return Scripted(headers=STREAM, chunks=[event]) if stream else _said(200)(stream)


def _page(stream: bool) -> Scripted:
    return Scripted(headers={"content-type": "text/html"}, chunks=[f"<p>{CANARY}</p>".encode()])


def _odd_text(stream: bool) -> Scripted:
    return Scripted(status=502, headers={"content-type": "text/plain"}, chunks=[CANARY[:20].encode()])


FAULTS: Mapping[str, Callable[[bool], Scripted]] = {
    "well": _well,
    **{str(status): _said(status) for status in (301, 400, 401, 403, 404, 408, 413, 422, 429, 500, 503, 529)},
    "broken": _broken,
    "cut": _cut,
    "malformed": _malformed,
    "in band": _in_band,
    "page": _page,
    "odd": _odd_text,
}
"""What can go wrong, told with the key in every place where a server can put it."""


class Records(logging.Handler):
    """Keeps every text that is logged anywhere, at any level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:  # the library's own
        self.texts.append(f"{self.format(record)} {vars(record)}")


@contextlib.contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Keep what is logged, from DEBUG on, by whichever logger."""
    handler, root = Records(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler.texts
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


@pytest.fixture(scope="module", autouse=True)
def surroundings() -> Iterator[None]:
    """Give the tests an environment and a key ring that hold the canary."""
    with pytest.MonkeyPatch.context() as patch, _STACK:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setattr("keyring.core._keyring_backend", CanaryRing())  # type: ignore[no-untyped-call]  # the library's own
        assert keyring.get_password("a", "b") == CANARY
        yield


def pickled(value: object) -> str:
    """Return what a pickle of something shows; nothing where it refuses."""
    try:
        return pickle.dumps(value).decode("latin-1")
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        return f"{error!r}"


class Telling:
    """Answers for the vendor and for every manager, as their faults say, and keeps what requests look like."""

    def __init__(self, fault: str, manager_fault: str, *, stream: bool) -> None:
        self.texts: list[str] = []
        self._fault = FAULTS[fault]
        self._manager_fault = manager_fault
        self._stream = stream

    @override
    def __reduce__(self) -> tuple[object, ...]:  # what a server heard is not for a pickle
        raise TypeError("not to be pickled")

    def answer(self, request: HttpRequest) -> Scripted:
        """Answer a request."""
        self.texts.append(repr(request))
        host = request.url.partition("://")[2].partition("/")[0]
        if host not in MANAGERS:
            return self._fault(self._stream)
        if self._manager_fault == "well" or host == "login.example":
            return Scripted(headers=HEAD, chunks=[json.dumps(MANAGERS[host]).encode()])
        return FAULTS[self._manager_fault](False)


class Watching:
    """Keeps what observers of calls, such as those that write spans and ledgers, are told."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def begin(self, call: Call) -> tuple[Call, object]:
        """Keep the call."""
        self.seen.append(call)
        return call, "noted"

    def end(self, noted: object, record: Record) -> None:
        """Keep how it went."""
        self.seen += [record, record.report, *record.attempts, *(each.to_dict() for each in record.attempts)]


def client_with(source: str, transport: Replay, told: list[KeyEvent], watching: Watching) -> tuple[AnyLLM, object]:
    """Return a client whose key is from a source, and how that was said."""
    settings = Settings(
        transport=transport, retry=Retry(max_attempts=1), surroundings=Surroundings(), observers=(watching,)
    )
    said = SOURCES[source]()
    if source == "argument":
        return AnyLLM.create("openai", api_key=str(said), settings=settings), None
    keys = Keys(sources=(said,), on_event=told.append)
    return AnyLLM.create("openai", keys=keys, settings=settings), keys


async def tell_everything(source: str, fault: str, manager_fault: str, *, stream: bool) -> list[str]:
    """Make a call with a key from a source that goes wrong, and return every text that comes of it."""
    telling, told = Telling(fault, manager_fault, stream=stream), list[KeyEvent]()
    texts, watching = telling.texts, Watching()
    with everything_logged() as logged:
        values: list[object] = [told]
        try:
            asked, keys = client_with(source, Replay(telling.answer), told, watching)
            values += [asked, asked.settings, keys, asked.layers]
            values += [] if keys is None else await asked.keys.alook()
            reply: JSON = await asked.acompletion("m", MESSAGES, stream=stream)
            values += [reply, reply.report]
            values += [item async for item in reply] if stream else [reply.to_dict(), reply.model_dump_json()]
        except AnyLLMError as error:
            texts.append(everything_said(error))
        for value in [*values, *watching.seen]:
            texts += [repr(value), str(value), pickled(value)]
    return texts + logged


@pytest.mark.parametrize("source", SOURCES)
@given(st.sampled_from(sorted(FAULTS)), st.sampled_from(sorted(FAULTS)), st.booleans())
def test_a_canary_key_is_in_no_text(source: str, fault: str, manager_fault: str, stream: bool) -> None:
    texts = asyncio.run(tell_everything(source, fault, manager_fault, stream=stream))
    assert len(texts) > 1
    shown = [text for text in texts if CANARY in text or ENCODED in text or CANARY[:20] in text]
    assert shown == []


async def test_the_canary_would_be_found_where_it_is_shown() -> None:
    with everything_logged() as logged:
        logging.getLogger("somebody").debug("the key is %s", CANARY)
    assert CANARY in logged[0]
    assert CANARY in pickled({"key": CANARY})
