"""Keys: whatever fails at whichever provider, no text that anyone sees holds the key."""

from __future__ import annotations

import asyncio
import functools
import io
import json
import logging
import pickle
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import msgspec

from any_llm import AnyLLM
from any_llm.auth.headers import SIGNERS
from any_llm.engine.codecs import is_native
from any_llm.engine.dispatch import dispatcher
from any_llm.engine.settings import Settings
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.stream import is_stream
from any_llm.providers.catalog import CATALOG
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.conformance.samples import OPTIONS
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.json import JSON, JSONObject

KEY = "any+canary/5f2d7c41b8e94a60=="
"""A key that looks like none, so that only knowing it finds it; it has what forms and URLs escape."""

TOKEN = 'ya-canary.9c3e\\7d"2<b>&61'  # as above
"""What a key is exchanged for; it has what JSON escapes."""

NAMES: Sequence[str] = sorted(each.name for each in CATALOG if each.transport == "http")
STATUSES = (200, 200, 301, 400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529)
KINDS = ("application/json", "text/event-stream", "text/html", "application/vnd.amazon.eventstream")
BRIEF = Timeouts(total=0.05)

WAYS: Mapping[str, Sequence[JSONObject]] = {
    "aws": ({}, {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": KEY, "aws_session_token": TOKEN}),
    "azure": ({}, {"azure_ad_token": TOKEN}, {"azure_ad_token_provider": lambda: TOKEN}),
    "google": ({}, {"access_token": TOKEN}, {"access_token": lambda: TOKEN}),
}
"""The arguments with which a program may prove who it is, beside a key alone, by how a provider is signed."""


class Case(NamedTuple):
    """One call that may fail: `body` is what is answered, in which `KEY` stands for the key in any form.

    `way` numbers the ways to prove who is asking, `place` the places where the answer has the key beside its body.
    """

    name: str
    way: int = 0
    status: int = 400
    kind: str = KINDS[0]
    body: bytes = b"KEY"
    stream: bool = False
    cut: bool = False
    place: int = 0
    operation: int = 0


def forms(key: str) -> Sequence[str]:
    """Return how a server may write a key that it was sent: as it is, or as JSON, a form, an URL or Go escape it."""
    go = json.dumps(key)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return list(dict.fromkeys([key, json.dumps(key)[1:-1], quote(key, safe=""), quote_plus(key), go, repr(key)[1:-1]]))


def secrets_of(case: Case) -> Sequence[str]:
    """Return the secrets that a call is made with: what the program gave, and what it was exchanged for."""
    given = given_in(case)
    if not given:
        return [KEY, TOKEN] if record(case.name).auth == "ibm" and case.way % 2 else [KEY]
    return [KEY, TOKEN] if KEY in given.values() else [TOKEN]


def given_in(case: Case) -> JSONObject:
    """Return the arguments that prove who is asking, beside a key alone."""
    ways = WAYS.get(record(case.name).auth, ({},))
    return dict(ways[case.way % len(ways)])


@functools.cache
def record(name: str) -> Provider:
    """Return a provider of the catalogue."""
    return next(each for each in CATALOG if each.name == name)


@functools.cache
def operations(name: str) -> Sequence[Operation]:
    """Return what can be asked of a provider in its own format, the plainest first."""
    provider = record(name)
    return [each for each in OPTIONS if each in provider.operations and is_native(provider, each)]


def client_of(case: Case, replay: Replay) -> AnyLLM:
    """Return a client that was given the secrets in one of the ways its provider takes them."""
    provider, given = record(case.name), given_in(case)
    key = None if given else KEY
    named = {name: "place" for name, each in provider.placeholders.items() if not each.of}
    base = None if provider.base_url else "https://any.example/v1"
    settings = Settings(
        transport=replay, headers={"Authorization": f"Bearer {secrets_of(case)[0]}"} if case.place == 3 else {}
    )
    return AnyLLM.create(case.name, key, base, settings=settings, **named, **given)


def answer_to(case: Case, request: HttpRequest) -> Scripted:
    """Return the answer: a token to who exchanges the key for one, and else what the case says."""
    if isinstance(request.body, bytes) and request.body.startswith(b"grant_type=") and case.way % 2:
        return Scripted(chunks=[msgspec.json.encode({"access_token": TOKEN, "expires_in": 3600})])
    known = secrets_of(case)
    written = [form for secret in known for form in forms(secret)]
    body, place = case.body, 0
    while b"KEY" in body:
        body, place = body.replace(b"KEY", written[(place + case.place) % len(written)].encode(), 1), place + 1
    headers = {"content-type": case.kind, "x-request-id": known[0], "location": f"https://host/?key={known[0]}"}
    if case.place % 2:
        headers |= {"retry-after": known[-1], "www-authenticate": f'Bearer error="{known[-1]}"'}
    if case.place == 2:
        raise AnyLLMError(f"it was {known[0]}", ValueError(f"{dict(request.headers)} {known[-1]}"))
    return Scripted(status=case.status, headers=headers, chunks=[body[:99], body[99:]], truncate=case.cut)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Collect everything that anyone logs."""
    text = io.StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(text)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


def said_by(error: AnyLLMError) -> Iterator[str]:
    """Yield all texts that an error shows to anyone."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes, from the line itself
    for item in (error, again, error.original_exception, error.__cause__, error.__context__):
        yield f"{item!s} {item!r} {getattr(item, '__dict__', '')}"
    yield str(error.to_dict())
    yield json.dumps(error.to_dict())
    yield error.explain()
    yield json.dumps([error.to_wire("completion"), error.to_wire("messages"), error.to_wire("problem")])
    yield "".join(traceback.format_exception(error))


async def _texts(case: Case, texts: list[str]) -> None:
    replay = Replay(lambda request: answer_to(case, request))
    client = client_of(case, replay)
    offered = operations(case.name)
    operation = offered[case.operation % len(offered)]
    options: dict[str, JSON] = {**OPTIONS[operation], **({"stream": True} if case.stream else {})}
    target = msgspec.structs.replace(client._target, model="model-1")
    call = Call(operation=operation, target=target, options=options, timeouts=BRIEF)
    texts += [repr(client), repr(client.settings), repr(call), repr(target)]
    try:
        reply: Reply = await dispatcher(lambda _: replay)(call)
        texts.append(f"{reply.report.warnings!r} {reply.report.deliveries!r}")
        if is_stream(reply.value):
            async with reply.value as stream:
                texts.append(repr(stream))
                async for _ in stream:
                    continue
    except AnyLLMError as error:
        texts += said_by(error)
    finally:
        texts += map(repr, replay.requests)
        assert replay.open == 0


@functools.cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def check_case(case: Case) -> None:
    """No text of a call, however it ends, holds a secret in any form."""
    texts: list[str] = []
    with logged() as log:
        _runner().run(asyncio.wait_for(_texts(case, texts), 10))
    said = "\n".join([*texts, log.getvalue()])
    found = [secret for each in secrets_of(case) for secret in forms(each) if secret in said]
    assert not found, next(text for text in [*texts, log.getvalue()] if found[0] in text)


def check(data: bytes) -> None:
    """Take the provider, its way, the status and the rest from six bytes, and the body from those after them."""
    if len(data) < 6:
        return
    name, way, status, kind, flags, operation = data[:6]
    check_case(
        Case(
            name=NAMES[name % len(NAMES)],
            way=way,
            status=STATUSES[status % len(STATUSES)],
            kind=KINDS[kind % len(KINDS)],
            body=data[6:],
            stream=bool(flags & 1),
            cut=bool(flags & 2),
            place=flags >> 2,
            operation=operation,
        )
    )


KINDS_OF_AUTH = sorted({each.auth for each in CATALOG if each.transport == "http"} | set(SIGNERS))
"""Every way of signing that the catalogue has."""
