"""Keys that change while calls are made: read in time, pushed, tried first, and kept while nobody gives another."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from any_llm import AnyLLM, KeyEvent, Keys, RouteTarget, acompletion
from any_llm.engine.settings_file import load_settings
from any_llm.exceptions import AuthenticationError, ConfigurationError, ProviderError
from any_llm.testing.clock import VirtualClock
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret
from tests.client.answers import MESSAGES, completion
from tests.middleware.test_rotate import Vendor, ask, client
from tests.transport.conftest import Serve, serve
from tests.transport.peers import Peer, Received, Script, whole

__all__ = ["serve"]

CANARY = "sk-canary-0123456789abcdef"
PLACE = {"from": "vault:secret/data/openai#key", "address": "https://vault.example", "token": Secret("vault-token")}


class House(Vendor):
    """A vendor and a Vault behind one transport; the latter may be down."""

    def __init__(self, *good: str, key: str) -> None:
        super().__init__(*good)
        self.key = key
        self.down = False
        self.asked = 0
        self.transport = Replay(self.both)

    def both(self, request: HttpRequest) -> Scripted:
        if not request.url.startswith("https://vault.example/"):
            return self.answer(request)
        self.asked += 1
        head = {"content-type": "application/json"}
        if self.down:
            return Scripted(status=503, headers=head, chunks=[b'{"errors": ["Vault is sealed"]}'])
        metadata = {"version": 1, "deletion_time": "", "destroyed": False}
        body = {"data": {"data": {"key": self.key}, "metadata": metadata}, "lease_duration": 0}
        return Scripted(headers=head, chunks=[json.dumps(body).encode()])


async def settle() -> None:
    """Let what was begun beside the calls come to its end."""
    for _ in range(30):
        await asyncio.sleep(0)


async def test_a_key_in_vault_is_read_once_for_all_calls_and_again_in_time() -> None:
    house, clock = House("one", "two", key="one"), VirtualClock()
    asked = client(house, Keys(sources=(PLACE,), ttl=100), clock)
    await asyncio.gather(*(ask(asked) for _ in range(20)))
    assert (house.asked, house.seen) == (1, ["one"] * 20)
    house.key, clock.now = "two", 81.0
    await ask(asked)
    await settle()
    await ask(asked)
    assert (house.asked, house.seen[20:]) == (2, ["one", "two"])


async def test_a_key_stays_in_use_while_its_manager_is_down_and_that_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house, clock, told = House("one", "two", key="one"), VirtualClock(), list[KeyEvent]()
    asked = client(house, Keys(sources=(PLACE,), ttl=100, on_event=told.append), clock)
    await ask(asked)
    house.down = True
    with caplog.at_level(logging.DEBUG):
        for _ in range(10):
            clock.now += 50.0
            await ask(asked)
            await settle()
    assert house.seen == ["one"] * 11
    assert house.asked > 5
    (event,) = [event for event in told if event.reason.startswith("it stays in use")]
    assert "Vault is sealed" in event.reason
    assert "the secret 'secret/data/openai#key' in HashiCorp Vault" in event.reason
    assert len([record for record in caplog.records if "it stays in use" in record.message]) == 1
    house.down, house.key = False, "two"
    clock.now += 50.0
    await ask(asked)
    await settle()
    await ask(asked)
    assert house.seen[-1] == "two"


async def test_a_manager_that_is_down_at_first_is_told_and_asked_again_by_the_next_call() -> None:
    house = House("one", key="one")
    asked = client(house, Keys(sources=(PLACE,)))
    house.down = True
    failures = await asyncio.gather(*(ask(asked) for _ in range(3)), return_exceptions=True)
    assert {type(failure) for failure in failures} == {ProviderError}
    assert len({id(failure) for failure in failures}) == 3
    house.down = False
    await ask(asked)
    assert house.seen == ["one"]


async def test_a_pushed_key_is_read_before_the_next_call_and_kept_where_that_fails() -> None:
    house = House("one", "two", key="one")
    asked = client(house, Keys(sources=(PLACE,)))
    await ask(asked)
    house.key = "two"
    asked.keys.refresh()
    await ask(asked)
    house.down = True
    asked.keys.refresh()
    await ask(asked)
    assert house.seen == ["one", "two", "two"]
    assert house.asked == 3


async def test_a_key_that_is_refused_is_asked_for_again_after_a_while() -> None:
    house, clock = House("two", key="one"), VirtualClock()
    asked = client(house, Keys(sources=(PLACE,)), clock)
    with pytest.raises(AuthenticationError):
        await ask(asked)
    house.key = "two"
    clock.now = 11.0
    await ask(asked)
    assert house.seen == ["one", "two"]


async def test_a_new_key_makes_one_call_before_it_takes_the_place_of_the_old() -> None:
    given, clock, told = ["one"], VirtualClock(), list[KeyEvent]()
    vendor = Vendor("one")
    keys = Keys(sources=(lambda: given[-1],), ttl=10, canary=True, on_event=told.append)
    asked = client(vendor, keys, clock)
    await ask(asked)
    given.append("bad")
    clock.now = 11.0
    answer = await ask(asked)
    assert answer.choices[0].message.content == "hello"
    await ask(asked)
    clock.now = 22.0
    await ask(asked)
    assert vendor.seen == ["one", "bad", "one", "one", "one"]
    vendor.good.add("good")
    given.append("good")
    clock.now = 33.0
    await ask(asked)
    vendor.good.discard("one")
    await ask(asked)
    assert vendor.seen[5:] == ["good", "good"]
    states = [event.state for event in told]
    assert states == ["active", "trial", "dead", "trial", "draining", "active"]


async def test_a_new_key_on_trial_that_must_rest_leaves_the_call_to_the_old() -> None:
    given, clock = ["one"], VirtualClock()
    vendor = Vendor("one", resting="two")
    asked = client(vendor, Keys(sources=(lambda: given[-1],), ttl=10, canary=True), clock)
    await ask(asked)
    given.append("two")
    clock.now = 11.0
    await ask(asked)
    assert vendor.seen == ["one", "two", "one"]
    vendor.resting = ""
    vendor.good.add("two")
    await ask(asked)
    assert vendor.seen[3:] == ["two"]


async def test_a_dry_run_tells_what_each_source_would_give_and_changes_nothing(tmp_path: Path) -> None:
    house = House("one", "two", key="one")
    keys = Keys(sources=(PLACE, f"file:{tmp_path / 'gone'}", Secret("given")))
    asked = client(house, keys)
    await ask(asked)
    house.key = "two"
    new, gone, given = await asked.keys.alook()
    assert (new.state, new.reason, new.fingerprint) == ("active", "it would be new", Secret("two").fingerprint)
    assert (gone.state, gone.fingerprint) == ("dead", "")
    assert "cannot be read for a key" in gone.reason
    assert (given.source, given.reason) == ("the key that was given", "it would be new")
    await ask(asked, tenant="again")
    assert "two" not in house.seen


def test_a_dry_run_can_be_made_by_blocking_code() -> None:
    (event,) = client(Vendor("one"), Keys(sources=(Secret("one"),))).keys.look()
    assert event.state == "active"


def test_a_client_of_one_key_has_none_to_look_at() -> None:
    with pytest.raises(ConfigurationError, match="openai has one key that does not change; say keys="):
        AnyLLM.create("openai", api_key="k").keys.refresh()


async def test_what_a_source_of_ones_own_raises_is_not_shown_because_it_may_hold_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, told = VirtualClock(), list[KeyEvent]()

    def give() -> str:
        if clock.now:
            raise ValueError(CANARY)
        return CANARY

    asked = client(Vendor(CANARY), Keys(sources=(give,), ttl=10, on_event=told.append), clock)
    await ask(asked)
    clock.now = 11.0
    with caplog.at_level(logging.DEBUG):
        await ask(asked)
    assert told[-1].reason == "it stays in use: ValueError"
    assert CANARY not in caplog.text
    assert CANARY not in repr(await asked.keys.alook())


def play_both(seen: list[tuple[str, str]]) -> Script:
    """Return a script that plays Vault and a vendor, and notes with which proof each is asked."""

    async def script(peer: Peer, received: Received) -> None:
        if received.target.startswith("/v1/secret/data/"):
            seen.append(("vault", received.headers.get("x-vault-token", "")))
            body: object = {"data": {"data": {"key": CANARY}, "metadata": {"version": 1, "deletion_time": ""}}}
        else:
            seen.append(("vendor", received.headers.get("authorization", "")))
            body = completion()
        peer.say(whole(json.dumps(body).encode(), fields="content-type: application/json\r\n"))

    return script


async def test_a_key_is_said_by_its_place_as_an_api_key(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []
    server = serve(play_both(seen))
    monkeypatch.setenv("VAULT_ADDR", server.url(""))
    monkeypatch.setenv("VAULT_TOKEN", "hvs.canary")
    asked = AnyLLM.create("openai", api_key="vault:secret/data/openai#key", api_base=server.url("/v1"))
    assert "secret/data" not in repr(asked)
    await ask(asked)
    # Clients are cheap and made often: what was read is read once.
    again = AnyLLM.create("openai", api_key="vault:secret/data/openai#key", api_base=server.url("/v1"))
    await ask(again)
    assert seen == [("vault", "hvs.canary"), *[("vendor", f"Bearer {CANARY}")] * 2]


async def test_a_key_in_a_manager_can_stand_in_a_file(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []
    server = serve(play_both(seen))
    monkeypatch.setenv("TOKEN_FOR_VAULT", "hvs.canary")
    path = tmp_path / "any-llm.toml"
    path.write_text(
        f"""
[keys.openai]
sources = [{{ from = "vault:secret/data/openai#key", address = "{server.url("")}", token = "env:TOKEN_FOR_VAULT" }}]
ttl = 60
canary = true
"""
    )
    settings = load_settings({"ANY_LLM_CONFIG": str(path)})
    await AnyLLM.create("openai", settings=settings, api_base=server.url("/v1")).acompletion("m", MESSAGES)
    assert seen == [("vault", "hvs.canary"), ("vendor", f"Bearer {CANARY}")]


async def test_the_place_of_a_key_can_be_said_to_a_function(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []
    server = serve(play_both(seen))
    monkeypatch.setenv("VAULT_ADDR", server.url(""))
    monkeypatch.setenv("VAULT_TOKEN", "hvs.canary")
    place = "vault:secret/data/functions#key"
    for _ in range(2):
        await acompletion("openai:m", MESSAGES, api_key=place, api_base=server.url("/v1"))
    asked = AnyLLM.create_openai_compatible("mine", server.url("/v1"), api_key=place)
    await ask(asked)
    vendor = ("vendor", f"Bearer {CANARY}")
    assert seen == [("vault", "hvs.canary"), vendor, vendor, ("vault", "hvs.canary"), vendor]


async def test_a_key_is_read_for_every_target_of_a_route_that_is_its_providers() -> None:
    house = House("one", key="one")
    asked = AnyLLM.create(
        ["openai:a", "openai:b"], keys={"openai": Keys(sources=(PLACE,))}, transport=house.transport, retry=None
    )
    await asked.acompletion("auto", MESSAGES)
    assert house.seen == ["one"]
    target = RouteTarget(model="openai:a", api_key="vault:secret/data/openai#key")
    with pytest.raises(ConfigurationError, match=r"say it for all targets of the provider, as keys=\{'openai'"):
        AnyLLM.create([target], transport=house.transport)
