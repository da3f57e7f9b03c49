"""Keys: where they are read, which is used, and what becomes of those that a provider refuses."""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError
from typing_extensions import override

from any_llm import AnyLLM, KeyEvent, Keys, Limit, LimitExceededError, Limits
from any_llm.auth.key_sources import source_of
from any_llm.engine.settings import Settings
from any_llm.engine.settings_file import load_settings
from any_llm.exceptions import AuthenticationError, ConfigurationError, MissingExtraError, RateLimitError
from any_llm.testing.clock import VirtualClock
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON
from any_llm.types.limits import Per
from any_llm.types.secret import Secret
from tests.client.answers import MESSAGES, completion

MINE = "sk-mine-0123456789"


class Vendor:
    """Takes some keys, rests others, refuses the rest; and counts what it saw."""

    def __init__(self, *good: str, resting: str = "") -> None:
        self.good = set(good)
        self.resting = resting
        self.seen: list[str] = []
        self.transport = Replay(self.answer)

    def answer(self, request: HttpRequest) -> Scripted:
        key = request.headers["Authorization"].removeprefix("Bearer ")
        self.seen.append(key)
        head = {"content-type": "application/json"}
        if key == self.resting:
            return Scripted(
                status=429, headers={**head, "retry-after": "5"}, chunks=[b'{"error": {"message": "slow"}}']
            )
        if key not in self.good:
            return Scripted(status=401, headers=head, chunks=[b'{"error": {"message": "who"}}'])
        body = json.loads(request.body if isinstance(request.body, bytes) else b"")
        if body.get("stream"):
            chunk = {"id": "1", "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"}]}
            events = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
            return Scripted(headers={"content-type": "text/event-stream"}, chunks=[events])
        return Scripted(headers=head, chunks=[json.dumps(completion()).encode()])


class Ring(KeyringBackend):
    """A key ring in memory."""

    priority = 0
    broken = False

    @override
    def get_password(self, service: str, username: str) -> str:
        if self.broken:
            raise KeyringError("locked")
        return f"from-{service}-{username}"

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringError("read only")


def client(vendor: Vendor, keys: Keys, clock: VirtualClock | None = None, **settings: JSON) -> AnyLLM:
    clock = clock or VirtualClock()
    return AnyLLM.create(
        "openai", transport=vendor.transport, keys=keys, retry=None, surroundings=clock.surroundings(), **settings
    )


async def ask(asked: AnyLLM, **options: JSON) -> JSON:
    return await asked.acompletion("m", MESSAGES, **options)


async def test_several_keys_are_used_by_their_weights() -> None:
    vendor = Vendor("a", "b")
    asked = client(vendor, Keys(sources=(Secret("a"), Secret("b")), weights=(3, 1)))
    for _ in range(40):
        await ask(asked)
    assert (vendor.seen.count("a"), vendor.seen.count("b")) == (30, 10)


async def test_a_key_that_is_given_goes_before_the_pool() -> None:
    vendor = Vendor("mine")
    asked = AnyLLM.create("openai", "mine", transport=vendor.transport, keys=Keys(sources=(Secret("a"),)))
    await ask(asked)
    assert vendor.seen == ["mine"]


async def test_another_providers_keys_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "usual")
    vendor = Vendor("usual")
    settings = Settings(transport=vendor.transport, keys={"groq": Keys(sources=(Secret("a"),))})
    await ask(AnyLLM.create("openai", settings=settings))
    assert vendor.seen == ["usual"]


async def test_a_refused_key_is_dead_and_the_next_one_answers() -> None:
    vendor, told = Vendor("b"), list[KeyEvent]()
    keys = Keys(sources=(Secret("a"), Secret("b")), on_event=told.append)
    asked = client(vendor, keys)
    answer = await ask(asked)
    await ask(asked)
    assert vendor.seen == ["a", "b", "b"]
    assert [attempt.status for attempt in answer.report.attempts] == [401, 200]
    assert ("dead", "the provider refused it (401)") in [(event.state, event.reason) for event in told]
    assert len({event.fingerprint for event in told}) == 2


async def test_a_key_that_must_rest_rests_and_comes_back() -> None:
    vendor, clock = Vendor("a", "b", resting="a"), VirtualClock()
    asked = client(vendor, Keys(sources=(Secret("a"), Secret("b"))), clock)
    await ask(asked)
    await ask(asked)
    assert vendor.seen == ["a", "b", "b"]
    vendor.resting, clock.now = "", 6.0
    await ask(asked)
    assert vendor.seen[-1] == "a"


@pytest.mark.parametrize("trouble", ["resting", "refused"])
async def test_a_key_that_comes_back_takes_its_share_and_not_all_that_it_has_missed(
    trouble: str, tmp_path: Path
) -> None:
    place = tmp_path / "key"
    place.write_text("b")
    clock, vendor = VirtualClock(), Vendor("a", *("b" if trouble == "resting" else ""))
    vendor.resting = "b" if trouble == "resting" else ""
    asked = client(vendor, Keys(sources=(Secret("a"), f"file:{place}"), weights=(1, 2)), clock)
    for _ in range(30):
        await ask(asked)
    vendor.resting = ""
    vendor.good.add("new")
    place.write_text("new" if trouble == "refused" else "b")
    clock.now += 20
    vendor.seen.clear()
    for _ in range(30):
        await ask(asked)
    assert vendor.seen.count("a") == pytest.approx(10, abs=1)


async def test_keys_that_are_said_anew_for_each_call_are_the_same_keys() -> None:
    vendor, surroundings = Vendor("b"), VirtualClock().surroundings()
    held: list[int] = []

    async def ask_anew() -> None:
        keys = Keys(
            sources=(Secret("a"), Secret("b"), {"from": "vault:secret/x#key", "token": "env:T"}), weights=[3, 2, 1]
        )
        settings: JSON = {"transport": vendor.transport, "keys": keys, "retry": None, "surroundings": surroundings}
        await ask(AnyLLM.create("openai", **settings))
        held.append(len(surroundings.kept))

    for _ in range(3):
        await ask_anew()
    assert vendor.seen == ["a", "b", "b", "b"]
    assert len(set(held)) == 1


async def test_other_keys_and_those_of_another_transport_are_others() -> None:
    surroundings = VirtualClock().surroundings()
    one, other = Vendor("a"), Vendor("b", "a")
    for vendor, key, seen in ((one, "b", ["b"]), (other, "b", ["b"]), (other, "a", ["b", "a"])):
        keys = Keys(sources=(Secret(key),))
        asked = AnyLLM.create("openai", transport=vendor.transport, keys=keys, retry=None, surroundings=surroundings)
        if vendor is one:
            with pytest.raises(AuthenticationError):
                await ask(asked)
        else:
            await ask(asked)
        assert vendor.seen == seen


def test_a_key_whose_limits_leave_room_goes_before_one_that_must_wait() -> None:
    clock, left, seen = VirtualClock(), {"a": 3, "b": 100}, []

    def answer(request: HttpRequest) -> Scripted:
        key = request.headers["Authorization"].removeprefix("Bearer ")
        seen.append(key)
        left[key] -= 1
        told = {"limit": "60", "remaining": str(max(0, left[key])), "reset": "40s"}
        headers = {f"x-ratelimit-{name}-requests": value for name, value in told.items()}
        content_type = {"content-type": "application/json"}
        return Scripted(headers={**content_type, **headers}, chunks=[json.dumps(completion()).encode()])

    keys = Keys(sources=(Secret("a"), Secret("b")))
    asked = AnyLLM.create(
        "openai", transport=Replay(answer), keys=keys, retry=None, limits=Limits(), surroundings=clock.surroundings()
    )

    async def make() -> None:
        began = clock.now
        for _ in range(20):
            await ask(asked)
        assert clock.now == began
        assert (seen.count("a"), seen.count("b")) == (3, 17)
        left["b"] = 0
        for _ in range(3):
            await ask(asked)
        # The first answer told that nothing is left with this key either, so there was something to wait for.
        assert clock.now > began

    clock.run(make())


@pytest.mark.parametrize(("per", "answered"), [("tenant", 2), ("key", 4)])
async def test_a_limit_of_ones_own_does_not_have_keys_rest(per: Per, answered: int) -> None:
    vendor, told = Vendor("a", "b"), list[KeyEvent]()
    limit = Limit(amount=2, per=(per,), mode="reject")
    keys = Keys(sources=(Secret("a"), Secret("b")), on_event=told.append)
    asked = client(vendor, keys, limits=Limits(limits=(limit,), learn=False))
    for _ in range(answered):
        await ask(asked, tenant="one")
    with pytest.raises(LimitExceededError):
        await ask(asked, tenant="one")
    assert len(vendor.seen) == answered
    assert {event.state for event in told} == {"active"}
    if per == "tenant":
        await ask(asked, tenant="other")


async def test_a_function_that_is_told_of_events_and_breaks_does_not_fail_the_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def break_down(event: KeyEvent) -> None:
        raise ValueError(MINE)

    vendor = Vendor("b", resting="a")
    keys = Keys(sources=(Secret("a"), Secret("b")), on_event=break_down)
    await ask(client(vendor, keys))
    assert vendor.seen == ["a", "b"]
    assert "The function on_event of keys failed with ValueError" in caplog.text
    assert MINE not in caplog.text


async def test_when_all_keys_rest_the_call_is_told_how_long() -> None:
    vendor = Vendor(resting="a")
    asked = client(vendor, Keys(sources=(Secret("a"),)))
    for _ in range(2):
        with pytest.raises(RateLimitError) as caught:
            await ask(asked)
        assert caught.value.retry_after == 5
    assert vendor.seen == ["a"]


async def test_when_all_keys_are_dead_the_call_says_so() -> None:
    asked = client(Vendor(), Keys(sources=(Secret("a"),)))
    with pytest.raises(AuthenticationError):
        await ask(asked)
    with pytest.raises(AuthenticationError, match="the key that was given is dead"):
        await ask(asked)


async def test_a_stream_that_is_refused_is_begun_with_the_next_key() -> None:
    vendor = Vendor("b")
    stream = await ask(client(vendor, Keys(sources=(Secret("a"), Secret("b")))), stream=True)
    assert "".join([chunk.choices[0].delta.content async for chunk in stream]) == "hi"
    assert vendor.seen == ["a", "b"]


async def test_a_key_is_read_anew_when_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "new")
    given = iter(["old", "new"])
    vendor = Vendor("new")
    await ask(client(vendor, Keys(sources=(lambda: next(given),))))
    assert vendor.seen == ["old", "new"]


async def test_a_source_is_asked_again_after_its_time() -> None:
    given, clock = iter(["one", "two"]), VirtualClock()

    vendor = Vendor("one", "two")
    asked = client(vendor, Keys(sources=(lambda: Secret(next(given)),), ttl=60), clock)
    await ask(asked)
    await ask(asked)
    clock.now = 61.0
    await ask(asked)
    assert vendor.seen == ["one", "one", "two"]


async def test_a_source_that_takes_time_is_asked_beside_the_calls_before_its_time_is_over() -> None:
    given, clock, gate = iter(["one", "two"]), VirtualClock(), asyncio.Event()

    async def fetch() -> Secret:
        await gate.wait()
        return Secret(next(given))

    vendor = Vendor("one", "two")
    asked = client(vendor, Keys(sources=(fetch,), ttl=60), clock)
    gate.set()
    await asyncio.gather(*(ask(asked) for _ in range(3)))
    gate.clear()
    clock.now = 49.0
    await ask(asked)
    assert vendor.seen == ["one"] * 4
    gate.set()
    for _ in range(5):
        await asyncio.sleep(0)
    await ask(asked)
    assert vendor.seen == ["one"] * 4 + ["two"]


async def test_a_source_that_fails_is_passed_by_and_told_of_when_it_is_the_only_one(tmp_path: Path) -> None:
    vendor, gone = Vendor("b"), f"file:{tmp_path / 'gone'}"
    await ask(client(vendor, Keys(sources=(gone, Secret("b")))))
    assert vendor.seen == ["b"]
    with pytest.raises(ConfigurationError, match="cannot be read for a key"):
        await ask(client(vendor, Keys(sources=(gone,))))


async def test_a_source_that_fails_later_keeps_its_key() -> None:
    given, clock = iter(["one"]), VirtualClock()
    vendor = Vendor("one")
    asked = client(vendor, Keys(sources=(lambda: next(given),), ttl=60), clock)
    await ask(asked)
    clock.now = 61.0
    await ask(asked)
    assert vendor.seen == ["one", "one"]


async def test_a_new_key_can_be_refused_before_it_is_used() -> None:
    given, clock = iter(["one", "two"]), VirtualClock()

    first: list[KeyEvent] = []

    def inspect(event: KeyEvent) -> None:
        if first and event.fingerprint != first[0].fingerprint:
            raise ValueError("not approved")

    vendor = Vendor("one", "two")
    keys = Keys(sources=(lambda: next(given),), ttl=60, on_event=first.append, before=inspect)
    asked = client(vendor, keys, clock)
    await ask(asked)
    clock.now = 61.0
    await ask(asked)
    assert vendor.seen == ["one", "one"]


@pytest.mark.unmeasured
def test_rotating_twenty_times_at_500_calls_a_second_fails_no_call(tmp_path: Path) -> None:
    clock, file = VirtualClock(), tmp_path / "key"
    file.write_text("key-0")
    vendor, changed = Vendor("key-0"), dict[str, float]()
    used: list[tuple[float, str]] = []
    asked = client(vendor, Keys(sources=(f"file:{file}",)), clock)

    async def one() -> None:
        await ask(asked)
        used.append((clock.now, vendor.seen[-1]))

    async def rotate() -> None:
        for number in range(1, 21):
            await clock.sleep(2.0)
            vendor.good.add(f"key-{number}")
            replacement = tmp_path / "next"
            replacement.write_text(f"key-{number}")
            replacement.replace(file)
            changed[f"key-{number}"] = clock.now
            await clock.sleep(1.0)
            vendor.good.discard(f"key-{number - 1}")

    async def everything() -> None:
        rotating = asyncio.create_task(rotate())
        while not rotating.done():
            async with asyncio.TaskGroup() as group:
                for _ in range(50):
                    group.create_task(one())
                await clock.sleep(0.1)

    clock.run(everything())
    assert len(used) > 25_000
    for key, when in changed.items():
        assert min(at for at, name in used if name == key) <= when + 1.0
        number = int(key.rpartition("-")[2])
        assert max(at for at, name in used if name == f"key-{number - 1}") <= when + 1.0


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (f"command:{sys.executable} -c 'print(\"from-command\")'", "from-command"),
        ("env:SOME_KEY", "from-env"),
        (lambda: "from-function", "from-function"),
        (Secret("given"), "given"),
    ],
)
async def test_a_key_is_read_from_its_source(said: object, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", " from-env \n")
    assert (await source_of(said).read()).secret == Secret(key)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"command:{sys.executable} -c 'raise SystemExit(3)'", "ended with 3"),
        ("command:/nowhere/at/all", "cannot be run"),
        ("env:NOT_SET_AT_ALL", "holds no key"),
        (lambda: "kéy", "characters that no header may hold"),
        (lambda: None, "holds no key"),
    ],
)
async def test_a_source_without_a_key_is_named(said: object, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        await source_of(said).read()


async def test_a_key_is_read_from_the_key_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Ring()  # type: ignore[no-untyped-call]  # the library's own
    monkeypatch.setattr("keyring.core._keyring_backend", ring)
    assert (await source_of("keyring:any-llm/me").read()).secret == Secret("from-any-llm-me")
    ring.broken = True
    with pytest.raises(ConfigurationError, match="the key ring's entry 'any-llm/me' cannot be read for a key: locked"):
        await source_of("keyring:any-llm/me").read()


async def test_a_key_ring_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(MissingExtraError, match=r"any-llm\[keyring\]"):
        await source_of("keyring:any-llm/me").read()


@pytest.mark.parametrize("said", ["sk-a-bare-key-0123456789", "env:", 5])
def test_a_bare_key_is_no_source_and_is_not_shown(said: object) -> None:
    with pytest.raises(ConfigurationError, match="its text is not shown") as caught:
        source_of(said)
    assert "sk-a-bare" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Keys(sources=()), "at least one place"),
        (lambda: Keys(sources="env:A"), "needs at least one place"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Keys(sources=("env:A",), weights=(1, 2)), "a positive number for each source"),
        (lambda: Keys(sources=("env:A",), ttl=0), "ttl is 0"),
        (lambda: Settings(keys={"openai": "env:A"}), r"keys\['openai'\] is str"),  # type: ignore[dict-item]  # wrong on purpose
    ],
)
def test_wrong_keys_are_named(make: Callable[[], object], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        make()


def test_keys_can_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "any-llm.toml"
    path.write_text('[keys.openai]\nsources = ["env:A", "file:b"]\nweights = [2, 1]\n')
    assert load_settings({"ANY_LLM_CONFIG": str(path)}).keys["openai"].sources == ("env:A", "file:b")


async def test_a_canary_key_is_in_no_text() -> None:
    canary, told = "sk-canary-0123456789abcdef", list[KeyEvent]()
    keys = Keys(sources=(Secret(canary),), on_event=told.append)
    asked = client(Vendor(), keys)
    with pytest.raises(AuthenticationError) as caught:
        await ask(asked)
    error = caught.value
    texts = [repr(keys), repr(told), repr(asked), repr(asked.settings), str(error), repr(error), str(error.to_dict())]
    assert all(canary not in text for text in texts)
    with pytest.raises(TypeError):
        pickle.dumps(keys)


async def test_keys_have_names_in_reports_by_which_people_know_them() -> None:
    vendor = Vendor("first-key", "second-key", "third-key")
    sources = ("env:ROTATED_KEY", lambda: Secret("second-key", "the spare one"), Secret("third-key"))
    asking = client(vendor, Keys(sources=sources))
    named = client(vendor, Keys(sources=sources, names=("a", "b", "c")))

    async def names(of: AnyLLM) -> set[str]:
        return {(await of.acompletion("m", MESSAGES)).report.attempts[0].key_alias for _ in range(3)}

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ROTATED_KEY", "first-key")
        assert await names(asking) == {"env:ROTATED_KEY", "the spare one", ""}
        assert await names(named) == {"a", "b", "c"}
        environment.setenv("OPENAI_API_KEY", "first-key")
        plain = AnyLLM.create("openai", transport=vendor.transport)
        assert await names(plain) == {"env:OPENAI_API_KEY"}


def test_names_of_keys_are_as_many_as_the_keys(tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text('[keys.openai]\nsources = ["env:A", "command:pass show --token=x b"]\nnames = ["one", "two"]\n')
    assert load_settings({"ANY_LLM_CONFIG": str(file)}).keys["openai"].names == ["one", "two"]
    with pytest.raises(ConfigurationError, match=r"names is \('one',\); give a name for each source"):
        Keys(sources=("env:A", "env:B"), names=("one",))
    with pytest.raises(ConfigurationError, match="names is 'ab'; give a name for each source"):
        Keys(sources=("env:A", "env:B"), names="ab")
