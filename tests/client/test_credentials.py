"""Credentials that are fetched, from the public client to real sockets."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from any_llm import AnyLLM, Provider
from any_llm.auth.access import shared_credentials
from any_llm.exceptions import AnyLLMError, AuthenticationError, ConnectionFailedError, MissingApiKeyError
from any_llm.spec.provider import Operation, Placeholder
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON, JSONObject
from tests.auth.conftest import CANARY, Issue, Issuer, issue
from tests.transport.conftest import serve
from tests.transport.peers import Received

__all__ = ["issue", "serve"]

HELLO = [{"role": "user", "content": "Hello"}]
ANSWER: JSONObject = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
}
Make = Callable[..., AnyLLM]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Keep nothing of what one test fetched for the next."""
    shared_credentials.cache_clear()
    yield
    shared_credentials.cache_clear()


def record(auth: str, **rest: JSON) -> Provider:
    return Provider(
        name="cloud",
        base_url="https://{account}.cloud.example",
        placeholders={"account": Placeholder(variables=("CLOUD_ACCOUNT",))},
        key="CLOUD_API_KEY",
        key_optional=True,
        auth=auth,
        operations=frozenset({Operation.COMPLETION}),
        **rest,
    )


@pytest.fixture
def bank(issue: Issue) -> Issuer:
    """Start a server that gives out tokens."""
    return issue(lambda _: {"access_token": f"token-{CANARY}", "expires_in": 3_600})


@pytest.fixture
def cloud(issue: Issue) -> Issuer:
    """Start a server that answers who has a token."""

    def answer(received: Received) -> object:
        if received.headers.get("authorization") != f"Bearer token-{CANARY}":
            return "401 Unauthorized", {"error": {"message": f"Not {received.headers.get('authorization')}"}}
        return ANSWER

    return issue(answer)


@pytest.fixture
def client(cloud: Issuer, bank: Issuer) -> Make:
    """Make a client of the cloud, whose keys are exchanged for tokens."""

    def make(key: str = CANARY, **client_args: object) -> AnyLLM:
        mine = record("ibm", auth_options={"token_url": bank.origin})
        return AnyLLM.create("cloud", key, cloud.origin, providers={"cloud": mine}, **client_args)

    return make


async def test_a_hundred_calls_at_once_fetch_one_token(client: Make, bank: Issuer, cloud: Issuer) -> None:
    answers = await asyncio.gather(*(client().acompletion("m", HELLO) for _ in range(100)))
    assert all(isinstance(answer, ChatCompletion) for answer in answers)
    assert (len(bank.heard), len(cloud.heard)) == (1, 100)


async def test_the_token_goes_to_the_provider_and_the_key_does_not(client: Make, bank: Issuer, cloud: Issuer) -> None:
    await client(f"key-{CANARY}").acompletion("m", HELLO)
    assert bank.forms()[0]["apikey"] == f"key-{CANARY}"
    assert f"key-{CANARY}" not in str(cloud.heard)
    assert f"token-{CANARY}" not in str(bank.heard)


def test_the_blocking_api_and_its_threads_share_the_token(client: Make, bank: Issuer) -> None:
    told: list[object] = []
    threads = [threading.Thread(target=lambda: told.append(client().completion("m", HELLO))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [type(answer) for answer in told] == [ChatCompletion] * 8
    assert len(bank.heard) == 1


async def test_a_stream_is_signed_too(client: Make, bank: Issuer) -> None:
    with pytest.raises(AnyLLMError, match="stream"):
        await client().acompletion("m", HELLO, stream=True)
    assert len(bank.heard) == 1


async def test_a_token_that_the_provider_repeats_in_an_error_is_not_shown(client: Make, issue: Issue) -> None:
    cloud = issue(lambda seen: ("401 No", {"error": {"message": f"Not {seen.headers['authorization']}"}}))
    bank = issue(lambda _: {"access_token": f"token-{CANARY}"})
    mine = record("ibm", auth_options={"token_url": bank.origin})
    with pytest.raises(AuthenticationError, match="Not Bearer") as caught:
        await AnyLLM.create("cloud", "k", cloud.origin, providers={"cloud": mine}).acompletion("m", HELLO)
    assert CANARY not in f"{caught.value!r} {caught.value.to_dict()} {caught.value.__cause__!r}"


async def test_a_refused_key_is_an_error_of_the_provider(issue: Issue) -> None:
    bank = issue(lambda _: ("400 Bad Request", {"errorCode": "BXNIM0415E", "errorMessage": f"No key {CANARY}"}))
    mine = record("ibm", auth_options={"token_url": bank.origin})
    client = AnyLLM.create("cloud", CANARY, "http://127.0.0.1:1", providers={"cloud": mine})
    with pytest.raises(AuthenticationError, match=r"\[cloud\] IBM Cloud's token endpoint refused") as caught:
        await client.acompletion("m", HELLO)
    assert (caught.value.provider_name, caught.value.model, caught.value.code) == ("cloud", "m", "BXNIM0415E")
    assert CANARY not in f"{caught.value!r} {caught.value.to_dict()} {client!r}"


async def test_a_token_endpoint_that_nobody_answers_at_is_named() -> None:
    mine = record("ibm", auth_options={"token_url": "http://127.0.0.1:1"})
    with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1:1") as caught:
        await AnyLLM.create("cloud", CANARY, "http://127.0.0.1:2", providers={"cloud": mine}).acompletion("m", HELLO)
    assert caught.value.retryable


async def test_what_identifies_the_program_may_be_an_argument(cloud: Issuer) -> None:
    async def give() -> str:
        return f"token-{CANARY}"

    for given in ({"azure_ad_token_provider": give}, {"azure_ad_token": f"token-{CANARY}"}):
        client = AnyLLM.create("cloud", api_base=cloud.origin, providers={"cloud": record("azure")}, **given)
        assert isinstance(await client.acompletion("m", HELLO), ChatCompletion)
        assert CANARY not in f"{client!r} {client._target!r}"


async def test_an_argument_that_is_none_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    mine = {"cloud": record("google")}
    client = AnyLLM.create("cloud", api_base="http://127.0.0.1:1", providers=mine, access_token=None)
    with pytest.raises(MissingApiKeyError, match="CLOUD_API_KEY or GOOGLE_APPLICATION_CREDENTIALS"):
        await client.acompletion("m", HELLO)


async def test_a_file_of_credentials_is_all_that_google_needs(
    cloud: Issuer, bank: Issuer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    (tmp_path / "adc.json").write_text(json.dumps(content | {"token_uri": bank.origin, "quota_project_id": "p-1"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "adc.json"))
    client = AnyLLM.create("cloud", api_base=cloud.origin, providers={"cloud": record("google")})
    await client.acompletion("m", HELLO)
    assert cloud.heard[0].headers["x-goog-user-project"] == "p-1"
