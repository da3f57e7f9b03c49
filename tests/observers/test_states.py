"""What shows a state is measured as it is when somebody reads it, or soon after the last call."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, generate_latest
from typing_extensions import override

from any_llm import AnyLLM, Limit, Metrics
from any_llm.observers.metrics import Metrics as Observer
from any_llm.pipeline.health import circuits
from any_llm.pipeline.surroundings import Surroundings
from any_llm.pipeline.watched import decisions, watched
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.telemetry.backends.prometheus import exposition
from any_llm.telemetry.looks import Looks
from any_llm.testing import Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.request import MockRequest
from any_llm.types.health import Health
from tests.observers.kept import Kept, measured
from tests.transport.peers import Server, say_nothing

MESSAGES = [{"role": "user", "content": "Say hello."}]
_LONG = 10_000.0
"""Seconds after which nobody in these tests looks by himself."""


def of_prometheus() -> tuple[Metrics, Callable[[str], float | None]]:
    """Return a policy, and what reads the one series of an instrument, as a scrape does."""
    registry = CollectorRegistry()

    def read(name: str) -> float | None:
        found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", generate_latest(registry).decode(), re.MULTILINE)
        return None if found is None else float(found[1])

    policy = Metrics(backends=("prometheus",), registry=registry, refresh=_LONG)
    return policy, lambda name: read(name.replace(".", "_"))


def of_opentelemetry() -> tuple[Metrics, Callable[[str], float | None]]:
    """Return a policy, and what reads the one series of an instrument, as an exporter does."""
    reader = InMemoryMetricReader()

    def read(name: str) -> float | None:
        data: Any = reader.get_metrics_data()
        points = {
            metric.name: metric.data.data_points[0].value
            for metric in (data.resource_metrics[0].scope_metrics[0].metrics if data else ())
            if hasattr(metric.data.data_points[0], "value")
        }
        return points.get(name)

    return Metrics(meters=MeterProvider([reader]), refresh=_LONG), read


@pytest.mark.parametrize("backend", [of_prometheus, of_opentelemetry])
async def test_a_reader_sees_the_calls_and_connections_of_this_moment(
    backend: Callable[[], tuple[Metrics, Callable[[str], float | None]]],
) -> None:
    policy, read = backend()
    server = Server(say_nothing)
    try:
        client = AnyLLM.create(
            "openai", api_key="k", api_base=server.url("/v1"), metrics=policy, surroundings=Surroundings()
        )
        tasks = [asyncio.create_task(client.acompletion(model="gpt-5", messages=MESSAGES)) for _ in range(3)]
        assert await server.reaches(live=3)
        assert (read("anyllm.calls.active"), read("anyllm.pool.connections")) == (3, 3)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    finally:
        server.stop()
    assert (read("anyllm.calls.active"), read("anyllm.pool.connections")) == (0, 0)


async def test_the_connections_of_all_clients_count_and_so_does_who_waits_for_one(kept: Kept) -> None:
    said = measured(kept)
    observer = Observer(said["metrics"], said["surroundings"])
    server = Server(say_nothing)
    try:
        clients = [
            AnyLLM.create("openai", api_key="k", api_base=server.url("/v1"), max_connections=most, **said)
            for most in (1, 2)
        ]
        calls = [client.acompletion(model="gpt-5", messages=MESSAGES) for client in clients for _ in range(3)]
        tasks = [asyncio.create_task(call) for call in calls]
        assert await server.reaches(live=3)
        for _ in range(1_000):
            # Those who wait do so a few turns of the loop after the others are connected.
            await asyncio.sleep(0)
        observer.look()
        connections = kept.of("anyllm.pool.connections")[()][-1]
        waiting = kept.of("anyllm.queue.depth")[("connections",)][-1]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    finally:
        server.stop()
    assert (connections, waiting) == (3, 3)


async def test_calls_are_counted_together_whichever_policy_measures_them(kept: Kept) -> None:
    surroundings = Surroundings()
    with Mock(fault="stall") as mock:
        clients = [mock.client("openai", **measured(kept, surroundings, labels=labels)) for labels in ((), ("tenant",))]
        tasks = [asyncio.create_task(client.acompletion(model="gpt-5", messages=MESSAGES)) for client in clients]
        # They are on their way from the first thing that they do.
        await asyncio.sleep(0)
        seen = kept.of("anyllm.calls.active")[()][-1]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert seen == 2
    assert kept.of("anyllm.calls.active")[()][-1] == 0


def test_where_nobody_reads_the_last_state_of_many_calls_is_sent_a_little_later(kept: Kept) -> None:
    clock = VirtualClock()
    mock = Mock()

    async def story() -> None:
        client = mock.client("openai", **measured(kept, clock.surroundings(), refresh=1.0))
        await asyncio.gather(*(client.acompletion(model="gpt-5", messages=MESSAGES) for _ in range(50)))
        assert kept.of("anyllm.calls.active")[()] == [1], "nobody looks twice within a second"
        await clock.sleep(1.5)

    clock.run(story())
    assert kept.of("anyllm.calls.active")[()] == [1, 0]


async def test_who_waits_for_a_limit_is_counted_while_he_does_and_so_is_what_was_decided(kept: Kept) -> None:
    said = measured(kept)
    observer = Observer(said["metrics"], said["surroundings"])
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slowly(_request: MockRequest) -> str:
        asked.set()
        await answer.wait()
        return "hello"

    with Mock() as mock:
        mock.answer_with(slowly)
        client = mock.client("openai", retry=None, limits=[Limit(amount=1, of="concurrency")], **said)
        tasks = [asyncio.create_task(client.acompletion(model="gpt-5", messages=MESSAGES)) for _ in range(4)]
        await asked.wait()
        # The others are waiting when they have had their turn.
        await asyncio.sleep(0)
        observer.look()
        waiting = kept.of("anyllm.queue.depth")[("limits",)][-1]
        answer.set()
        await asyncio.gather(*tasks)
        observer.look()
    assert waiting == 3
    assert kept.of("anyllm.queue.depth")[("limits",)][-1] == 0
    assert {labels: sum(values) for labels, values in kept.of("anyllm.limiter.decisions").items()} == {
        ("allowed",): 1,
        ("waited",): 3,
    }


def test_a_model_with_several_keys_is_as_healthy_as_the_worst(kept: Kept) -> None:
    said = measured(kept)
    known = circuits(said["surroundings"])
    for place in ("https://a.example.com/v1", "https://b.example.com/v1", "https://c.example.com/v1"):
        circuit = known.of(Target(provider=Provider(name="openai"), model="gpt-5", base_url=place), Health(failures=1))
        if "b." in place:
            circuit.failed("OverloadedError")
    Observer(said["metrics"], said["surroundings"]).look()
    assert kept.of("anyllm.breaker.state") == {("openai", "gpt-5"): [2]}


def test_who_looks_while_somebody_does_counts_nothing_twice(kept: Kept) -> None:
    said = measured(kept)
    observer = Observer(said["metrics"], said["surroundings"])
    decisions(said["surroundings"])["allowed"] = 5

    def look() -> list[tuple[tuple[str, ...], float]]:
        observer.look()
        return [(("limits",), 0.0)]

    watched(said["surroundings"])["anyllm.queue.depth", "limits"] = look
    observer.look()
    assert kept.of("anyllm.limiter.decisions") == {("allowed",): [5]}
    assert kept.of("anyllm.queue.depth") == {("limits",): [0.0]}


def test_what_cannot_be_looked_at_harms_nobody_who_reads(caplog: pytest.LogCaptureFixture) -> None:
    policy, read = of_prometheus()
    surroundings = Surroundings()
    observer = Observer(policy, surroundings)

    def broken() -> list[tuple[tuple[str, ...], float]]:
        raise RuntimeError("dictionary changed size during iteration")

    watched(surroundings)["anyllm.queue.depth", "limits"] = broken
    assert read("anyllm.calls.active") == 0
    assert "changed size" in caplog.text
    watched(surroundings)["anyllm.queue.depth", "limits"] = lambda: [(("limits",), 3.0)]
    assert read("anyllm.queue.depth") == 3
    del observer


def test_a_registry_does_not_keep_alive_what_looks_for_it() -> None:
    policy, read = of_prometheus()
    observer = Observer(policy, Surroundings())
    assert read("anyllm.calls.active") == 0
    del observer
    gc.collect()
    assert exposition(registry=policy.registry).body, "and asks nobody then"


def test_looks_forget_who_is_gone() -> None:
    class Looking:
        """Counts how often it looks."""

        def __init__(self) -> None:
            self.times = 0

        def look(self) -> None:
            """Look."""
            self.times += 1

    looks, stays, goes = Looks(), Looking(), Looking()
    looks.add(stays.look)
    looks.add(goes.look)
    looks()
    del goes
    gc.collect()
    looks()
    assert stays.times == 2


def test_two_policies_with_one_provider_of_meters_count_together_and_tell_their_labels_apart() -> None:
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader])
    surroundings = Surroundings()
    with Mock() as mock:
        for labels in ((), (), ("tenant",)):
            client = mock.client("openai", metrics=Metrics(meters=meters, labels=labels), surroundings=surroundings)
            client.completion(model="gpt-5", messages=MESSAGES, tenant="acme")
    data: Any = reader.get_metrics_data()
    (scope,) = data.resource_metrics[0].scope_metrics
    metrics = {metric.name: metric.data.data_points for metric in scope.metrics}
    assert len(metrics) == len(scope.metrics), "each instrument is there once"
    (attempts,) = metrics["anyllm.attempts"]
    assert attempts.value == 3
    costs = {point.attributes.get("tenant"): point.value for point in metrics["anyllm.cost"]}
    assert costs[None] == pytest.approx(2 * costs["acme"])


class Failing(Kept):
    """A backend that fails at everything."""

    @override
    def flush(self) -> None:
        raise ZeroDivisionError

    @override
    def instrument(self, instrument: object) -> Any:  # what it returns is not looked at
        def bind(labels: tuple[str, ...]) -> Callable[[float, object], None]:
            if "chat" in labels:
                raise LookupError(labels)
            return lambda value, _trace: value / 0  # type: ignore[return-value]  # it never returns

        return bind


async def test_a_backend_that_fails_keeps_no_other_from_its_measures(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    policy = Metrics(backends=(Failing(), kept), refresh=0)
    with Mock() as mock:
        client = mock.client("openai", metrics=policy, surroundings=Surroundings())
        for _ in range(2):
            assert (await client.acompletion(model="gpt-5", messages=MESSAGES)).choices
    assert [len(values) for values in kept.of("gen_ai.client.operation.duration").values()] == [2]
    assert [len(values) for values in kept.of("anyllm.attempts").values()] == [2]
    assert kept.flushed == 4
    assert caplog.text.count("A backend of metrics fails") == 1, "it is told once"


@pytest.fixture
def kept() -> Kept:
    return Kept()
