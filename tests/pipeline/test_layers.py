"""Where layers stand, and what happens when one of them breaks or hangs."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import msgspec
import pytest

from any_llm import AnyLLM, Hooks, Layer, MiddlewareError, Retry, Settings
from any_llm.engine.order import ORDER
from any_llm.engine.settings_file import load_settings
from any_llm.engine.stack import BUILT_IN, places, stack
from any_llm.exceptions import ConfigurationError, InvalidRequestError, ProviderError
from any_llm.pipeline.call import Call, Handler, Middleware, Reply
from any_llm.pipeline.compose import compose
from any_llm.pipeline.layer import OnFailure
from any_llm.testing.clock import VirtualClock
from any_llm.types.json import JSON
from any_llm.types.report import Report
from tests.client.answers import KEY
from tests.pipeline.test_middleware import CALL


async def mine(call: Call, inner: Handler) -> Reply:
    return await inner(call)


async def other(call: Call, inner: Handler) -> Reply:
    return await inner(call)


async def centre(call: Call) -> Reply:
    await asyncio.sleep(0)
    return Reply(value=call.operation, report=Report())


def names(*layers: Middleware | Layer, **arguments: JSON) -> list[str]:
    return [place.name for place in places(Settings(middleware=layers, **arguments))]


def test_retry_stands_around_each_target_by_default() -> None:
    (place,) = AnyLLM.create("openai", KEY, retry=Retry()).layers
    assert (place.name, place.ring, place.position, place.built_in) == ("retry", "attempt", 0, True)
    assert AnyLLM.create("openai", KEY, retry=None).layers == ()
    assert stack(Settings(retry=None)) == []


def test_every_layer_of_ours_has_a_place_in_the_order_and_a_setting() -> None:
    assert all(built_in.name in ORDER and hasattr(Settings(), built_in.setting) for built_in in BUILT_IN)


@pytest.mark.parametrize(
    ("layers", "order"),
    [
        ((mine, other), ["mine", "other", "retry"]),
        ((Layer(middleware=mine, before="retry"),), ["mine", "retry"]),
        ((Layer(middleware=mine, after="retry"),), ["retry", "mine"]),
        ((Layer(middleware=mine, after="retry"), other), ["other", "retry", "mine"]),
        ((Layer(middleware=mine, after="cache"), other), ["other", "mine", "retry"]),
        ((Layer(middleware=mine, name="rate_limit"),), ["retry", "rate_limit"]),
        ((Layer(middleware=mine, after="retry"), Layer(middleware=other, before="mine")), ["retry", "other", "mine"]),
        ((mine, Layer(middleware=other, before="mine")), ["other", "mine", "retry"]),
        (
            (Layer(middleware=mine, before="fallback"), Layer(middleware=other, before="cache")),
            ["other", "mine", "retry"],
        ),
        ((Layer(middleware=Hooks(), after="retry"),), ["retry", "Hooks"]),
    ],
)
def test_a_layer_stands_beside_the_neighbour_it_names(layers: tuple[Middleware | Layer, ...], order: list[str]) -> None:
    assert names(*layers) == order


@pytest.mark.parametrize(
    ("layer", "ring"),
    [
        (Layer(middleware=mine), "call"),
        (Layer(middleware=mine, before="fallback"), "call"),
        (Layer(middleware=mine, after="fallback"), "target"),
        (Layer(middleware=mine, before="retry"), "target"),
        (Layer(middleware=mine, after="retry"), "attempt"),
    ],
)
def test_a_place_says_how_often_it_is_come_by(layer: Layer, ring: str) -> None:
    (place,) = (place for place in places(Settings(middleware=(layer,))) if place.name == "mine")
    assert place.ring == ring
    assert not place.built_in


def test_a_neighbour_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"'mine' stands beside 'rety', which there is not; name .*retry"):
        AnyLLM.create("openai", KEY, middleware=[Layer(middleware=mine, before="rety")])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"middleware": 3}, "middleware is 3, which cannot be called"),
        ({"before": "retry", "after": "cache"}, "before is 'retry' and after is 'cache'; name one neighbour"),
        ({"timeout": 0}, "timeout is 0; give a positive number of seconds"),
        ({"on_failure": "open"}, "on_failure is 'open'; use one of fail_closed, fail_open"),
    ],
)
def test_a_layer_that_cannot_be_is_refused(arguments: dict[str, JSON], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Layer(**{"middleware": mine, **arguments})


def test_a_layer_stands_inside_retry_and_sees_every_attempt() -> None:
    clock = VirtualClock()
    seen: list[float] = []

    async def count(call: Call, inner: Handler) -> Reply:
        seen.append(call.waited)
        return await inner(call)

    async def fail(call: Call) -> Reply:
        raise ProviderError("it failed")

    chosen = Settings(middleware=(Layer(middleware=count, after="retry"),), surroundings=clock.surroundings())

    async def make() -> None:
        with pytest.raises(ProviderError):
            await compose(stack(chosen), fail)(msgspec.structs.replace(CALL, attempts=[]))

    clock.run(make())
    assert seen == [0, 0.5, 1.0]


def guarded(middleware: Middleware, on_failure: OnFailure, timeout: float | None = None) -> Handler:
    layer = Layer(middleware=middleware, name="mine", on_failure=on_failure, timeout=timeout)
    return compose(stack(Settings(retry=None, middleware=(layer,))), centre)


async def breaks_before(call: Call, inner: Handler) -> Reply:
    raise ZeroDivisionError


async def breaks_after(call: Call, inner: Handler) -> Reply:
    await inner(call)
    raise ZeroDivisionError


async def hangs_before(call: Call, inner: Handler) -> Reply:
    await asyncio.sleep(3600)
    return await inner(call)


async def hangs_after(call: Call, inner: Handler) -> Reply:
    await inner(call)
    await asyncio.sleep(3600)
    raise AssertionError


@pytest.mark.parametrize("middleware", [breaks_before, breaks_after, hangs_before, hangs_after])
def test_a_layer_that_may_be_passed_by_does_not_take_the_call_with_it(
    middleware: Middleware, caplog: pytest.LogCaptureFixture
) -> None:
    clock = VirtualClock()
    with caplog.at_level(logging.WARNING, logger="any_llm"):
        reply = clock.run(guarded(middleware, "fail_open", 2.0)(CALL))
    assert reply.value == CALL.operation
    (warning,) = reply.report.warnings
    assert (warning.kind, warning.parameter) == ("skipped", "layer mine")
    assert "the call goes on without it" in caplog.text
    assert clock.now <= 2.0


@pytest.mark.parametrize("middleware", [hangs_before, hangs_after])
def test_a_layer_that_takes_too_long_fails_the_call_otherwise(middleware: Middleware) -> None:
    with pytest.raises(MiddlewareError, match=r"The layer 'mine' took longer than its 2.0 s"):
        VirtualClock().run(guarded(middleware, "fail_closed", 2.0)(CALL))


async def test_what_a_layer_raises_reaches_the_caller_otherwise() -> None:
    with pytest.raises(ZeroDivisionError):
        await guarded(breaks_before, "fail_closed", 2.0)(CALL)


async def test_the_verdict_of_a_layer_always_counts() -> None:
    async def refuse(call: Call, inner: Handler) -> Reply:
        raise InvalidRequestError("not today")

    with pytest.raises(InvalidRequestError, match="not today"):
        await guarded(refuse, "fail_open")(CALL)


@pytest.mark.parametrize("failure", [ProviderError("it failed"), KeyError("a bug inside"), TimeoutError()])
def test_what_fails_inside_is_not_the_layers_failure(failure: Exception) -> None:
    async def fail(call: Call) -> Reply:
        await asyncio.sleep(100)
        raise failure

    async def wraps(call: Call, inner: Handler) -> Reply:
        try:
            return await inner(call)
        except KeyError:
            raise ZeroDivisionError from None

    layer = Layer(middleware=wraps, name="mine", on_failure="fail_open", timeout=5.0)
    handler = compose(stack(Settings(retry=None, middleware=(layer,))), fail)
    with pytest.raises(type(failure)):
        VirtualClock().run(handler(CALL))


async def test_what_a_broken_layer_was_answered_last_is_the_answer() -> None:
    answers: list[Reply | Exception] = [ProviderError("it failed"), Reply(value="said", report=Report())]

    async def fail_once(call: Call) -> Reply:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def asks_again(call: Call, inner: Handler) -> Reply:
        try:
            await inner(call)
        except ProviderError:
            await inner(call)
        raise ZeroDivisionError

    layer = Layer(middleware=asks_again, name="mine", on_failure="fail_open")
    reply = await compose(stack(Settings(retry=None, middleware=(layer,))), fail_once)(CALL)
    assert reply.value == "said"


def test_a_configuration_file_says_what_is_to_be_made_again(tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    environment = {"ANY_LLM_CONFIG": str(file)}
    file.write_text(
        'deadline = 30\n[retry]\nmax_attempts = 5\nerrors = { RateLimitError = 9 }\n[caller]\ntenant = "a"\n'
    )
    read = load_settings(environment)
    assert read.retry == Retry(max_attempts=5, errors={"RateLimitError": 9})
    assert (read.deadline, read.caller.tenant) == (30, "a")
    fewer = load_settings(environment | {"ANY_LLM_MAX_RETRIES": "1"}).retry
    assert fewer is not None
    assert (fewer.max_attempts, fewer.errors) == (2, {"RateLimitError": 9})
    file.write_text("retry = false\n")
    assert load_settings(environment).retry is None
    assert load_settings(environment | {"ANY_LLM_MAX_RETRIES": "2"}).retry == Retry(max_attempts=3)
    file.write_text("[retry]\nmax_attempts = 0\n")
    with pytest.raises(ConfigurationError, match="max_attempts is 0"):
        load_settings(environment)
    with pytest.raises(ConfigurationError, match="ANY_LLM_MAX_RETRIES is 'many'; give a whole number from 0 on"):
        load_settings({"ANY_LLM_MAX_RETRIES": "many"})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"retry": 3}, "retry is 3; give an any_llm.Retry, or None for no retries"),
        ({"deadline": 0}, "deadline is 0; give a positive number of seconds, or None"),
        ({"caller": "me"}, "caller is 'me'; give an any_llm.Caller"),
    ],
)
def test_settings_that_cannot_be_are_refused(arguments: dict[str, JSON], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Settings(**arguments)
