"""No key in any message, repr, excerpt, dictionary or pickle, whatever the server echoes."""

from __future__ import annotations

import asyncio
import json
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm import AnyLLM, Audit, Cache, Health, Ledger, Limit, Route
from any_llm.engine.settings import Settings
from any_llm.exceptions import AnyLLMError, ConfigurationError
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Mock
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON
from tests.client.answers import MESSAGES, chunk

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)
STATUSES = st.sampled_from([200, 301, 400, 401, 404, 429, 500, 503])
PLACES = st.sampled_from(["message", "code", "type", "param", "all", "raw", "cut"])


def body(key: str, place: str) -> bytes:
    """Return an error body that echoes the key somewhere."""
    if place == "raw":
        return b"<p>" + key.encode() + b"</p>"
    if place == "cut":
        # The excerpt ends inside the key.
        return b"x" * (2_000 - len(key) + 1) + key.encode()
    facts = dict.fromkeys(["message", "code", "type", "param"], f"it was {key}!") if place == "all" else {place: key}
    return json.dumps({"error": {"message": "no", **facts}}).encode()


def everything_said(error: AnyLLMError) -> str:
    """Return all texts that an error shows to anyone."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes, from the line itself
    shown = [error, again, error.original_exception, error.__cause__]
    texts = [f"{item!s} {item!r}" for item in shown] + [
        str(vars(error)),
        str(vars(again)),
        str(error.to_dict()),
        error.explain(),
    ]
    return "\n".join(
        [*texts, *traceback.format_exception(error), json.dumps(error.to_dict()), str(error.to_wire("problem"))]
    )


async def failure(key: str, scripted: Scripted, *, stream: bool) -> AnyLLMError | None:
    client = AnyLLM.create("openai", key, settings=Settings(transport=Replay(lambda _: scripted), retry=None))
    try:
        answer = await client.acompletion("m", [*MESSAGES, {"role": "user", "content": key}], stream=stream)
        if stream:
            async for _ in answer:  # type: ignore[union-attr]  # a stream was asked for
                pass
    except AnyLLMError as error:
        return error
    return None


@given(KEYS, STATUSES, PLACES, st.booleans())
def test_an_error_never_shows_the_key(key: str, status: int, place: str, stream: bool) -> None:
    headers = {"content-type": "application/json", "x-request-id": key, "location": f"https://host/{key}"}
    error = asyncio.run(
        failure(key, Scripted(status=status, headers=headers, chunks=(body(key, place),)), stream=stream)
    )
    if error is not None:
        said = everything_said(error)
        assert key not in said
        assert json.dumps(key)[1:-1] not in said


@given(KEYS)
def test_an_error_inside_a_stream_never_shows_the_key(key: str) -> None:
    events = [chunk("hel"), {"error": {"message": key, "code": key, "type": key, "param": key}}]
    chunks = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]
    scripted = Scripted(headers={"content-type": "text/event-stream"}, chunks=chunks)
    error = asyncio.run(failure(key, scripted, stream=True))
    assert error is not None
    assert key not in everything_said(error)


def test_what_another_library_raised_is_dropped_when_it_shows_the_key() -> None:
    key = "sk-canary-0123456789"

    def refuse(request: HttpRequest) -> Scripted:
        assert key in request.headers["Authorization"]
        assert key not in repr(request)
        inner = ValueError(f"headers: {request.headers}")
        raise AnyLLMError("it failed", inner) from inner

    client = AnyLLM.create("openai", key, settings=Settings(transport=Replay(refuse), retry=None))
    with pytest.raises(AnyLLMError, match="it failed") as caught:
        asyncio.run(client.acompletion("m", MESSAGES))
    assert caught.value.original_exception is None
    assert key not in everything_said(caught.value)


@pytest.mark.parametrize("said", [{"limits": [Limit(amount=1)]}, {"cache": True}, {"health": Health()}])
async def test_the_password_of_a_store_stands_in_no_error_and_no_repr(said: JSON) -> None:
    surroundings, place = Surroundings(), "mysql://me:hunter2@host"
    with pytest.raises(ConfigurationError) as caught:
        await Mock().client(store=place, surroundings=surroundings, **said).acompletion("m", MESSAGES)
    told = everything_said(caught.value)
    assert "'mysql://host'" in told
    assert "hunter2" not in told
    place = "redis://me:hunter2@127.0.0.1:1"
    client = Mock().client(store=place, surroundings=surroundings, **said)
    await client.acompletion("m", MESSAGES)
    assert surroundings.kept
    database = "postgresql://me:hunter2@host/db"
    for shown in (client.settings, surroundings, Ledger(store=database), Audit(place=database, key="audit.pem")):
        assert "hunter2" not in repr(shown)


def test_what_encrypts_the_cache_stands_in_no_repr() -> None:
    keys = ("env:CACHE_KEY", "command:give --token hunter2", {"from": "vault:a/b#c", "token": "hunter2"})
    shown = repr(Settings(cache=Cache(encryption=keys)))
    assert "encryption=('env:CACHE_KEY', <a str>, 'vault:a/b#c')" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("target", [{"model": "openai:gpt-5", "apikey": "hunter2"}, {"model": 5, "api_key": "hunter2"}])
def test_a_target_that_is_written_wrongly_is_told_of_without_its_key(target: JSON) -> None:
    with pytest.raises(ConfigurationError, match="A target of a route is not valid") as caught:
        Route(targets=(target,))
    assert "hunter2" not in str(caught.value)
    assert ", ".join(target) in str(caught.value)
