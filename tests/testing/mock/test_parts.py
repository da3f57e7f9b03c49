"""The small parts: requests, routes, clocks, physics, limits, identifiers, the shelf."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.testing import JumpingClock, Limits, Mock, Physics
from any_llm.testing.mock.answer import Answer, Failure, RefusedError
from any_llm.testing.mock.asked import Asked, Turn, count_tokens, tokens_of
from any_llm.testing.mock.assertions import snapshot_of
from any_llm.testing.mock.clock import EPOCH, RealClock
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.limits import Level, Meter, duration, limit_headers
from any_llm.testing.mock.physics import plan_of
from any_llm.testing.mock.plan import Wait
from any_llm.testing.mock.request import MockRequest, request_of
from any_llm.testing.mock.router import route
from any_llm.testing.mock.shelf import Shelf
from any_llm.testing.mock.wire import Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires import registry as wires
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a b.jsonl"\r\nContent-Type: text/x\r\n\r\n'
    b"\r\n\r\n{}\r\n\xff\r\n--b--\r\n"
)


def test_a_form_is_read_to_the_byte() -> None:
    request = request_of("post", "/v1/files", {"Content-Type": 'multipart/form-data; boundary="b"'}, FORM)
    assert request.fields == {"purpose": "batch"}
    part = request.form[1]
    assert (part.name, part.filename, part.content_type, part.content) == (
        "file", "a b.jsonl", "text/x", b"\r\n\r\n{}\r\n\xff",
    )  # fmt: skip
    assert "file: file 'a b.jsonl' (text/x), 9 bytes" in snapshot_of(request)
    assert request_of("GET", "/", {}, b"x").form == ()


def test_a_request_knows_its_parts() -> None:
    request = request_of("get", "https://h:1/a%20b?key=k&x=1&x=2", {"X-A": "b"}, b'{"a":1}')
    assert (request.method, request.host, request.path, request.query["x"]) == ("GET", "h:1", "/a%20b", "2")
    assert (request.key, request.json, request.model, request.stream, request.text) == ("k", {"a": 1}, "", False, "")
    assert snapshot_of(request).startswith("GET /a%20b?x=2\nx-a: b\n")
    assert snapshot_of(request_of("POST", "/", {}, b"\xff")).endswith("1 bytes\n")
    assert snapshot_of(request_of("GET", "/", {}, b"")) == "GET /\n\n"


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"Authorization": "Bearer a"}, "a"), ({"x-api-key": "b"}, "b"), ({"api-key": "c"}, "c"),
        ({"x-goog-api-key": "d"}, "d"), ({"Authorization": "AWS4-HMAC-SHA256 x"}, ""), ({}, ""),
    ],
    ids=str,
)  # fmt: skip
def test_a_key_is_found_wherever_a_vendor_has_it(headers: dict[str, str], key: str) -> None:
    assert request_of("GET", "/", headers, b"").key == key


@pytest.mark.parametrize("body", [b"{", b"[]"], ids=repr)
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        _ = request_of("POST", "/", {}, body).object
    assert caught.value.failure.status == 400


def test_an_answer_finds_out_what_nobody_said() -> None:
    asked = Asked(turns=(Turn("system", "a"), Turn("user", "hello you"), Turn("assistant", "x")), n=2)
    answer = Answer(text="12345", reasoning="1234")
    assert (asked.text, Asked(inputs=("a",)).text, Asked(query="q").text) == ("hello you", "a", "q")
    usage = answer.usage_for(asked)
    assert (usage.output, usage.reasoning, usage.total - usage.input) == (6, 2, 6)
    assert [Answer(refusal="no").finish_reason, Answer(finish="length").finish_reason] == ["refusal", "length"]
    assert [Failure(status=status).meaning for status in (429, 418, 599)] == ["rate_limit", "invalid_request", "server"]
    assert "".join(tokens_of("hello")) == "hello"
    assert len(tokens_of("hello")) == count_tokens("hello") == 2


def test_identifiers_depend_on_the_seed_and_the_request() -> None:
    assert Ids(1, 2).take("a_", 100) == Ids(1, 2).take("a_", 100) != Ids(1, 3).take("a_", 100)
    ids = Ids(1, 2)
    assert ids.take() != ids.take()
    assert len(ids.uuid()) == 36
    assert ids.random.random() == Ids(1, 2).random.random()


def test_a_shelf_keeps_each_kind_apart() -> None:
    shelf = Shelf()
    numbers = shelf.room("a", int)
    numbers.put("one", 1)
    assert shelf.room("a", int).get("one") == 1
    assert shelf.room("a", str).values() == []
    assert (numbers.values(), numbers.pop("one"), numbers.get("one")) == ([1], 1, None)
    shelf.clear()
    assert shelf.room("a", int) is not numbers


ACME = Wire(
    name="acme.models",
    vendor="anthropic",
    routes=(Route(method="GET", path="/v1/models", operation="list_models"),),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=lambda headers: "anthropic-version" in headers,
)


@pytest.mark.parametrize(
    ("url", "headers", "wire", "vendor"),
    [
        ("/v1/models", {}, "openai.models", "openai"),
        ("/v1/models/", {}, "openai.models", "openai"),
        ("/v1/models", {"anthropic-version": "x"}, "acme.models", "anthropic"),
        ("/anthropic/v1/models", {}, "acme.models", "anthropic"),
        ("https://api.anthropic.com/v1/models", {}, "acme.models", "anthropic"),
        ("https://api.groq.com/openai/v1/models", {}, "openai.models", "groq"),
        ("/groq/openai/v1/models", {}, "openai.models", "groq"),
        ("/models", {}, "openai.models", "openai"),
        ("http://localhost:8080/anthropic/v1/models", {}, "acme.models", "anthropic"),
        ("https://us-east-1.example.com/v1/models", {}, "openai.models", "openai"),
        ("/v9/nothing", {}, "", ""),
    ],
    ids=str,
)
def test_a_path_goes_to_whom_it_is_meant_for(
    monkeypatch: pytest.MonkeyPatch, url: str, headers: dict[str, str], wire: str, vendor: str
) -> None:
    known = (ACME, *wires.wires())
    monkeypatch.setattr("any_llm.testing.mock.router.wires", lambda: known)
    route.__globals__["_hits"].cache_clear()
    request = request_of("GET", url, headers, b"")
    route(request)
    route.__globals__["_hits"].cache_clear()
    assert (request.wire, request.vendor) == (wire, vendor)


def test_what_stands_in_a_path_is_decoded() -> None:
    request = request_of("GET", "/inference/v1/models/a%2Fb/c", {}, b"")
    route(request)
    assert (request.prefix, request.params) == ("/inference/v1", {"model": "a/b/c"})


def test_physics_time_the_pieces() -> None:
    pieces = (Piece(b"start"), Piece(b"a", 1), Piece(b"b", 2), Piece(b"done"))
    waits = [
        step.seconds
        for step in plan_of(Rendered(pieces=pieces), Physics(ttft=2, tps=4), Ids(0, 0))
        if isinstance(step, Wait)
    ]
    assert waits == [2, 0.25, 0.5]
    whole = plan_of(Rendered(body=b"x", tokens=8), Physics(ttft=1, tps=4), Ids(0, 0))
    assert whole[0] == Wait(3)
    assert plan_of(Rendered(body=b"x", tokens=8), Physics(ttft=1), Ids(0, 0))[0] == Wait(1)
    shaken = [
        step.seconds
        for step in plan_of(Rendered(pieces=pieces), Physics(ttft=2, tps=4, jitter=0.5), Ids(0, 0))
        if isinstance(step, Wait)
    ]
    assert all(low <= wait <= high for wait, low, high in zip(shaken, (1, 0.125, 0.25), (3, 0.375, 0.75), strict=True))
    assert shaken != waits


@pytest.mark.parametrize("wrong", [{"ttft": -1}, {"tps": -1}, {"jitter": 2}], ids=str)
def test_impossible_physics_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Physics(**wrong)


async def test_virtual_time_wakes_waiters_in_their_order() -> None:
    clock, woken = JumpingClock(), list[tuple[str, float]]()

    async def wait(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now() - EPOCH))

    lost = asyncio.ensure_future(clock.sleep(2))
    never = asyncio.ensure_future(clock.sleep(math.inf))
    await asyncio.sleep(0)
    lost.cancel()
    await asyncio.gather(wait("late", 3600), wait("soon", 1), wait("now", 0))
    assert woken == [("now", 0), ("soon", 1), ("late", 3600)]
    assert not never.done()
    never.cancel()
    clock.advance(5)
    assert clock.now() == EPOCH + 3605


async def test_real_time_passes() -> None:
    clock, before = RealClock(), time.time()
    await clock.sleep(0.001)
    assert clock.now() > before
    never = asyncio.ensure_future(clock.sleep(math.inf))
    await asyncio.sleep(0)
    never.cancel()
    with pytest.raises(asyncio.CancelledError):
        await never


def test_limits_are_told_in_the_words_of_the_vendor() -> None:
    meter = Meter(Limits(requests=60, tokens=600))
    assert meter.ask("k", 100, EPOCH) is None
    levels = meter.levels("k", EPOCH)
    assert limit_headers("openai", levels, EPOCH) == {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "600",
        "x-ratelimit-remaining-tokens": "500",
        "x-ratelimit-reset-tokens": "10s",
    }
    assert limit_headers("anthropic", {"tokens": Level(10, 3, 1.5)}, EPOCH) == {
        "anthropic-ratelimit-tokens-limit": "10",
        "anthropic-ratelimit-tokens-remaining": "3",
        "anthropic-ratelimit-tokens-reset": "2026-01-01T00:00:02Z",
    }
    assert limit_headers("none", levels, EPOCH) == {}
    assert [duration(seconds) for seconds in (0.12, 1.5, 360, 61.5)] == ["120ms", "1.5s", "6m0s", "1m1.5s"]
    assert Meter(Limits()).levels("k", EPOCH) == {}


def test_too_many_tokens_are_refused() -> None:
    meter = Meter(Limits(tokens=100, quota_tokens=250))
    too_large = meter.ask("k", 101, EPOCH)
    assert too_large is not None
    assert "too large" in too_large.message
    assert meter.ask("k", 100, EPOCH) is None
    waiting = meter.ask("k", 50, EPOCH)
    assert waiting is not None
    assert waiting.headers["retry-after"] == "30"
    assert meter.ask("other", 50, EPOCH) is None
    meter.spend("k", 140, EPOCH)
    spent = meter.ask("k", 50, EPOCH + 3600)
    assert spent is not None
    assert spent.kind == "quota"
    with pytest.raises(ConfigurationError, match="requests is 0"):
        Limits(requests=0)


def test_headers_of_limits_come_with_the_answers() -> None:
    mock = Mock(limits=Limits(requests=60), clock=JumpingClock())
    mock.client().completion("m", [{"role": "user", "content": "x"}])
    mock.client().list_models()
    assert isinstance(mock.last, MockRequest)
    assert mock.last.operation == "list_models"
