"""Calls are measured by the conventions' instruments and our own, for whichever backends are set."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import CollectorRegistry

from any_llm import AnyLLM, Budget, Budgets, Health, Limit, Metrics, Price, Retry, Settings, Telemetry, tool_span
from any_llm.attempts import Attempt, Routing
from any_llm.engine.pricing import Pricing
from any_llm.exceptions import AnyLLMError, ConfigurationError
from any_llm.observers.metrics import Metrics as Observer
from any_llm.observers.metrics import overhead_of
from any_llm.pipeline.call import Call
from any_llm.pipeline.observation import Record, spent_on
from any_llm.pipeline.stream import Outcome
from any_llm.pipeline.surroundings import Surroundings
from any_llm.pipeline.watched import Waits
from any_llm.refusals import LimitExceededError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.telemetry.backends.prometheus import exposition
from any_llm.telemetry.measures import INSTRUMENTS
from any_llm.testing import Mock
from any_llm.testing.mock.answer import Answer, Usage
from any_llm.types.caller import Caller
from any_llm.types.completion import ChatCompletion, CompletionUsage
from any_llm.types.json import JSON
from any_llm.types.report import Report
from any_llm.types.usage import Usage as UsedUp
from tests.observers.kept import Kept, measured
from tests.telemetry.conventions import pinned
from tests.transport.peers import Server, say_nothing

MESSAGES = [{"role": "user", "content": "Say hello."}]


@pytest.fixture
def kept() -> Kept:
    return Kept()


async def test_a_call_is_measured_with_its_tokens_its_attempts_and_the_overhead(kept: Kept) -> None:
    with Mock() as mock:
        mock.reply(Answer(text="hello", usage=Usage(input=100, output=20)))
        mock.fault("status=503", times=1)
        await mock.client("openai", retry=Retry(base=0.001), **measured(kept)).acompletion(
            model="gpt-5", messages=MESSAGES
        )
    place = ("chat", "openai", "gpt-5", "gpt-5", "api.openai.com", "443")
    ((labels, (seconds,)),) = kept.of("gen_ai.client.operation.duration").items()
    assert labels == (*place, "")
    assert seconds > 0
    assert kept.of("gen_ai.client.token.usage") == {(*place, "input"): [100], (*place, "output"): [20]}
    assert kept.of("anyllm.attempts") == {
        ("openai", "gpt-5", "failed", "OverloadedError"): [1],
        ("openai", "gpt-5", "ok", ""): [1],
    }
    assert kept.of("anyllm.retries") == {("openai", "gpt-5"): [1]}
    ((_, (overhead,)),) = kept.of("anyllm.overhead").items()
    assert 0 < overhead < seconds
    assert kept.of("anyllm.calls.active") == {(): [1, 0]}
    assert kept.flushed == 2, "what is sent goes out when states were looked at, and when the call is over"


async def test_a_failure_and_a_stream_that_is_left_are_measured(kept: Kept) -> None:
    with Mock() as mock:
        client = mock.client("openai", retry=None, **measured(kept))
        stream = await client.acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        await anext(stream)
        stream.close()
        pieces = [piece async for piece in await client.acompletion(model="gpt-5", messages=MESSAGES, stream=True)]
        mock.fault("status=529")
        for streamed in (False, True):
            with pytest.raises(AnyLLMError):
                await client.acompletion(model="gpt-5", messages=MESSAGES, stream=streamed)
    assert len(pieces) > 1
    assert kept.of("anyllm.stream.aborts") == {("openai", "gpt-5", "closed"): [1]}
    errors = [labels[-1] for labels in kept.of("gen_ai.client.operation.duration")]
    assert sorted(errors) == ["", "OverloadedError"]
    (first,) = kept.of("gen_ai.client.operation.time_to_first_chunk").values()
    (each,) = kept.of("gen_ai.client.operation.time_per_output_chunk").values()
    assert len(first) == 2
    assert len(each) == 1


async def test_limits_breakers_caches_and_queues_are_measured(kept: Kept) -> None:
    with Mock() as mock:
        said = measured(kept)
        client = mock.client(
            "openai",
            retry=None,
            cache=True,
            health=Health(failures=1),
            limits=[Limit(amount=3, mode="reject")],
            budgets=Budgets(budgets=(Budget(amount=Decimal("12.5"), name="team"),)),
            **said,
        )
        for _ in range(2):
            await client.acompletion(model="gpt-5", messages=MESSAGES)
        mock.fault("status=500")
        for _ in range(2):
            with pytest.raises(AnyLLMError):
                await client.acompletion(model="gpt-6", messages=MESSAGES)
        mock.fault()
        await client.acompletion(model="gpt-7", messages=MESSAGES)
        with pytest.raises(LimitExceededError):
            await client.acompletion(model="gpt-8", messages=MESSAGES)
    assert kept.of("anyllm.cache.lookups") == {("miss",): [1, 1], ("hit",): [1]}
    assert {key: sum(values) for key, values in kept.of("anyllm.limiter.decisions").items()} == {
        ("allowed",): 3,
        ("rejected",): 1,
    }
    states = {labels[1]: values[-1] for labels, values in kept.of("anyllm.breaker.state").items()}
    assert (states["gpt-5"], states["gpt-6"]) == (0, 2)
    assert kept.of("anyllm.queue.depth")[("limits",)][-1] == 0
    assert kept.of("anyllm.pool.connections") == {}, "the mock's transport has no connections"
    assert 12.4 < kept.of("anyllm.budget.remaining")[("team",)][-1] < 12.5


async def test_connections_in_use_are_measured_at_any_time(kept: Kept) -> None:
    said = measured(kept)
    server = Server(say_nothing)
    try:
        client = AnyLLM.create("openai", api_key="k", api_base=server.url("/v1"), **said)
        # One with connections of its own, of which none is in use.
        AnyLLM.create("openai", api_key="k", max_connections=7, **said)
        observer = Observer(said["metrics"], said["surroundings"])
        task = asyncio.create_task(client.acompletion(model="gpt-5", messages=MESSAGES))
        assert await server.reaches(live=1)
        observer.look()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    finally:
        server.stop()
    assert kept.of("anyllm.pool.connections")[()] == [0, 1, 0]
    assert kept.of("anyllm.calls.active")[()] == [1, 1, 0]


async def test_a_route_is_measured_by_its_fallbacks(kept: Kept) -> None:
    said = measured(kept)
    observer = Observer(said["metrics"], said["surroundings"])
    routing = Routing(route="chat", passed=["openai:a: OverloadedError"], hedged=2, hedges_won=1)
    attempts = [
        Attempt(provider="openai", model="a", outcome="cancelled"),
        Attempt(provider="groq", model="b", outcome="ok", elapsed=1.0),
    ]
    observer.end(None, record(attempts, report=Report(provider="groq", model="b", routing=routing)))
    assert kept.of("anyllm.fallbacks") == {("chat",): [1]}
    assert kept.of("anyllm.hedges") == {("chat", "true"): [1], ("chat", "false"): [1]}
    ((labels, _),) = kept.of("gen_ai.client.operation.duration").items()
    assert labels == ("chat", "groq", "b", "", "", "", ""), "another target served it, so its host is not known"


def record(attempts: list[Attempt], *, elapsed: float = 2.0, report: Report | None = None, **said: JSON) -> Record:
    """Return the record of a call with these attempts."""
    call = Call(
        operation=Operation.COMPLETION,
        target=Target(provider=Provider(name="openai"), model="a", base_url="https://api.openai.com/v1"),
        options={"stream": True} if said.get("first_chunk") is not None else {},
        attempts=attempts,
        **said.pop("call", {}),
    )
    return Record(
        call=call, outcome=Outcome(ending="complete"), report=report or Report(), started=100.0, elapsed=elapsed, **said
    )


def test_overhead_is_what_is_neither_a_wait_for_the_provider_nor_one_between_attempts() -> None:
    waits = Waits(1.25)
    attempts = [
        Attempt(provider="p", model="m", started=100.0),
        Attempt(provider="p", model="m", waited=0.25, started=101.0),
    ]
    assert overhead_of(record(attempts), waits) == 0.5
    assert overhead_of(record(attempts, elapsed=60.0, first_chunk=1.75), waits) == 0.25


COUNTED = ChatCompletion(model="a", usage=CompletionUsage(prompt_tokens=3))
PRICING = Pricing({"openai:a": (Price(input_price=Decimal(4_000), source="the test"),)}, {})
"""By which `COUNTED` costs 1.2 cents."""


def test_what_calls_cost_is_summed_up_and_what_has_no_price_is_counted(kept: Kept) -> None:
    said = measured(kept, labels=("tenant", "user", "tag", "route"))
    observer = Observer(said["metrics"], said["surroundings"])
    attempts = [Attempt(provider="openai", model="a", outcome="ok")]
    priced = Report(provider="openai", model="a", attempts=attempts, pricing=PRICING)
    observer.end(None, record(attempts, value=COUNTED, report=priced))
    observer.end(None, record(attempts, value=COUNTED))
    assert kept.of("anyllm.cost") == {("chat", "openai", "a", "answer", "", "", "", ""): [0.012]}
    assert kept.of("anyllm.cost.unknown") == {("openai", "a"): [1]}


def test_what_attempts_cost_that_are_no_answer_is_told_apart(kept: Kept) -> None:
    said = measured(kept)
    used = UsedUp(input_tokens=2)
    attempts = [
        Attempt(provider="openai", model="a", outcome="failed", status=200, usage=used),
        Attempt(provider="openai", model="a", outcome="failed", status=503),
        Attempt(provider="openai", model="b", outcome="cancelled", status=200, usage=used),
        Attempt(provider="openai", model="a", outcome="ok"),
    ]
    routing = Routing(route="chat", hedged=1)
    report = Report(provider="openai", model="a", attempts=attempts, pricing=PRICING, routing=routing)
    ended = record(attempts, value=COUNTED, report=report)
    Observer(said["metrics"], said["surroundings"]).end(None, ended)
    assert spent_on(ended) == 0.02, "and spans tell what all of it cost"
    place = ("chat", "openai", "a")
    assert kept.of("anyllm.cost") == {(*place, "retried"): [0.008], (*place, "answer"): [0.012]}
    assert kept.of("anyllm.cost.unknown") == {("openai", "b"): [1]}, "nobody knows the price of that model"
    assert kept.of("anyllm.retries") == {("openai", "a"): [1, 1]}, "another target was asked in between"


async def test_what_the_cache_gives_is_neither_used_nor_paid_once_more(kept: Kept) -> None:
    with Mock() as mock:
        client = mock.client("openai", cache=True, **measured(kept))
        for _ in range(3):
            await client.acompletion(model="gpt-5", messages=MESSAGES)
    assert kept.of("anyllm.cache.lookups") == {("miss",): [1], ("hit",): [1, 1]}
    assert [len(values) for values in kept.of("gen_ai.client.token.usage").values()] == [1, 1]
    assert [len(values) for values in kept.of("anyllm.cost").values()] == [1]
    assert [len(values) for values in kept.of("gen_ai.client.operation.duration").values()] == [3]


@pytest.mark.unmeasured
async def test_ten_thousand_users_cannot_make_more_series_than_there_may_be() -> None:
    registry = CollectorRegistry()
    policy = Metrics(backends=("prometheus",), labels=("user", "tenant"), registry=registry)
    surroundings = Surroundings()
    with Mock() as mock:
        client = mock.client("openai", metrics=policy, surroundings=surroundings)
        for number in range(10_000):
            await client.acompletion(model="gpt-5", messages=MESSAGES, user=f"user {number}")
    text = exposition(registry=registry).body.decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert 500 < len(lines) <= policy.max_series
    counted = sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith("gen_ai_client_operation_duration_seconds_count")
    )
    assert counted == 10_000, "what goes to `other` is counted there"
    assert 'user="other"' in text
    assert float(re.search(r"^anyllm_series_overflow_total (\S+)", text, re.MULTILINE)[1]) > 10_000  # type: ignore[index]  # it is there


def test_errors_still_have_series_of_their_own_when_users_have_taken_theirs(kept: Kept) -> None:
    said = measured(kept, labels=("user",), max_series=400)
    observer = Observer(said["metrics"], said["surroundings"])
    failed = Outcome(ending="failed", error=TimeoutError())
    for number in range(100):
        observer.end(None, record([], call={"caller": Caller(user=f"user {number}")}))
    last = record([], call={"caller": Caller(user="user 100")})
    observer.end(None, msgspec.structs.replace(last, outcome=failed))
    errors = {labels[-2:] for labels in kept.of("gen_ai.client.operation.duration")}
    assert ("TimeoutError", "other") in errors
    assert observer._series.used <= 400


def test_opentelemetry_gets_the_prescribed_buckets_units_and_attributes() -> None:
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader])
    policy = Metrics(meters=meters)
    observer = Observer(policy, Surroundings())
    attempts = [Attempt(provider="openai", model="a", outcome="ok")]
    observer.end(None, record(attempts, value=COUNTED, first_chunk=0.5))
    points = dict(_points(reader))
    duration, attributes = points["gen_ai.client.operation.duration"]
    assert list(duration.explicit_bounds) == pinned()["buckets"]["s"]
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "a",
        "gen_ai.response.model": "a",
        "server.address": "api.openai.com",
        "server.port": 443,
    }
    usage, attributes = points["gen_ai.client.token.usage"]
    assert list(usage.explicit_bounds) == pinned()["buckets"]["{token}"]
    assert attributes["gen_ai.token.type"] == "input"
    assert {name for name in points if name.startswith("gen_ai")} <= set(pinned()["metrics"])


def _points(reader: InMemoryMetricReader) -> Iterator[tuple[str, tuple[Any, Mapping[str, Any]]]]:
    data = reader.get_metrics_data()
    assert data is not None
    for metric in data.resource_metrics[0].scope_metrics[0].metrics:
        assert metric.unit == INSTRUMENTS[metric.name].unit
        for point in metric.data.data_points:
            assert isinstance(point, HistogramDataPoint | NumberDataPoint)
            yield metric.name, (point, dict(point.attributes or {}))


async def test_exemplars_name_the_trace_of_a_call() -> None:
    registry, tracers, reader = CollectorRegistry(), TracerProvider(), InMemoryMetricReader()
    policy = Metrics(backends=("prometheus", "opentelemetry"), registry=registry, meters=MeterProvider([reader]))
    with Mock() as mock:
        client = mock.client(
            "openai", metrics=policy, telemetry=Telemetry(tracers=tracers), surroundings=Surroundings()
        )
        await client.acompletion(model="gpt-5", messages=MESSAGES)
    body, content_type = exposition("application/openmetrics-text; version=1.0.0", registry)
    assert content_type.startswith("application/openmetrics-text")
    found = re.search(rb'duration_seconds_bucket\{.*# \{span_id="[0-9a-f]{16}",trace_id="([0-9a-f]{32})"\}', body)
    assert found
    duration, _ = dict(_points(reader))["gen_ai.client.operation.duration"]
    assert [f"{each.trace_id:032x}" for each in duration.exemplars] == [found[1].decode()]


async def test_statsd_gets_one_packet_for_a_call_with_tags() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening, Mock() as mock:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(10)
        host, port = listening.getsockname()
        policy = Metrics(backends=("statsd",), statsd=f"{host}:{port}")
        client = mock.client("openai", metrics=policy, surroundings=Surroundings())
        await client.acompletion(model="gpt-5", messages=MESSAGES, user="a")
        states = listening.recv(65_536).decode().split("\n")
        lines = listening.recv(65_536).decode().split("\n")
    assert "anyllm.calls.active:1|g" in states
    assert any(
        re.fullmatch(
            r"gen_ai\.client\.operation\.duration:[0-9.e-]+\|h\|#gen_ai\.operation\.name:chat,"
            r"gen_ai\.provider\.name:openai,gen_ai\.request\.model:gpt-5,gen_ai\.response\.model:gpt-5,"
            r"server\.address:api\.openai\.com,server\.port:443",
            line,
        )
        for line in lines
    )
    assert any(re.fullmatch(r"anyllm\.attempts:1\|c\|#.*outcome:ok", line) for line in lines)


async def test_a_statsd_that_is_not_there_is_no_harm() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        host, port = taken.getsockname()
    with Mock() as mock:
        client = mock.client("openai", metrics=Metrics(backends=("statsd",), statsd=f"{host}:{port}", refresh=0))
        for _ in range(3):
            assert (await client.acompletion(model="gpt-5", messages=MESSAGES)).choices


def test_tools_are_measured(kept: Kept) -> None:
    settings = Settings(**measured(kept))
    with tool_span("weather", settings=settings):
        pass
    with pytest.raises(KeyError), tool_span("maps", settings=settings):
        raise KeyError
    assert set(kept.of("gen_ai.execute_tool.duration")) == {("weather", ""), ("maps", "KeyError")}


def test_two_policies_of_one_registry_must_agree_on_labels() -> None:
    registry = CollectorRegistry()
    Observer(Metrics(backends=("prometheus",), registry=registry), Surroundings())
    Observer(Metrics(backends=("prometheus",), registry=registry), Surroundings())
    with pytest.raises(ConfigurationError, match="the same metrics"):
        Observer(Metrics(backends=("prometheus",), registry=registry, labels=("user",)), Surroundings())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"backends": "prometheus"}, "give a tuple"),
        ({"backends": ()}, "give a tuple"),
        ({"backends": ("graphite",)}, "use one of opentelemetry, prometheus, statsd"),
        ({"backends": (object(),)}, "methods instrument and flush"),
        ({"labels": ("colour",)}, "use one of user, tenant, tag, route"),
        ({"labels": "user"}, "give a tuple"),
        ({"max_series": 10}, "a whole number from 300"),
    ],
)
def test_what_is_no_policy_is_refused(said: JSON, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Metrics(**said)


@pytest.mark.parametrize("place", ["localhost", "localhost:port", ":8125", "no.such.host.invalid:8125"])
def test_a_statsd_must_have_a_host_and_a_port(place: str) -> None:
    with pytest.raises(ConfigurationError, match="statsd is"):
        Observer(Metrics(backends=("statsd",), statsd=place), Surroundings())
