"""What tracing and metrics are told of calls, and where that goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, cast

import msgspec

from any_llm.exceptions import ConfigurationError

Content: TypeAlias = Literal["", "NO_CONTENT", "SPAN_ONLY", "EVENT_ONLY", "SPAN_AND_EVENT"]
Propagate: TypeAlias = Literal["own", "all", "none"]
Label: TypeAlias = Literal["user", "tenant", "tag", "route"]

_CONTENTS = ("", "NO_CONTENT", "SPAN_ONLY", "EVENT_ONLY", "SPAN_AND_EVENT")
_PROPAGATE = ("own", "all", "none")
_LABELS = ("user", "tenant", "tag", "route")
_BACKENDS = ("opentelemetry", "prometheus", "statsd")
_METHODS = ("instrument", "flush")
_FEWEST = 300
"""With fewer there would hardly be more than what is kept for `other`."""


class Telemetry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Spans and events of calls, by OpenTelemetry's conventions for generative AI (the extra `otel`).

    Where the program has set up no OpenTelemetry SDK, nothing listens and nothing is made.

    Attributes:
        content: where what was said goes: `NO_CONTENT`, `SPAN_ONLY`, `EVENT_ONLY` or `SPAN_AND_EVENT`. Empty, the
            variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says it, and without one nothing goes out.
        redact: what is masked in what was said: `secrets`, `personal`, or single labels such as `EMAIL`.
        patterns: regular expressions of what else is masked, by labels in capital letters.
        longest: a text of more characters than this is cut.
        propagate: which hosts are sent the trace's id (`traceparent`): `own` ones, `all`, or `none`. Own are this
            machine, private networks, names that no public server has, and `own_hosts`.
        own_hosts: further hosts of one's own; `*.example.com` stands for all below it.
        layers: whether each layer between a call and its attempts has a span, too, with the time that it took itself;
            where spans are sampled that takes about 20 µs each.
        identities: whether spans tell the caller's user, tenant and tags.
        tracers: the provider of tracers (a `TracerProvider`) in place of the process's own.
        events: the provider of loggers (a `LoggerProvider`) in place of the process's own.
    """

    content: Content = ""
    redact: tuple[str, ...] = ("secrets", "personal")
    patterns: Mapping[str, str] = {}
    longest: int = 20_000
    propagate: Propagate = "own"
    own_hosts: tuple[str, ...] = ()
    identities: bool = False
    layers: bool = False
    tracers: object = None
    events: object = None

    def __post_init__(self) -> None:
        """Check what is said.

        Raises:
            ConfigurationError: a value cannot be; the error names it.
        """
        _choose("content", self.content, _CONTENTS)
        _choose("propagate", self.propagate, _PROPAGATE)
        _whole("longest", self.longest, 1)
        _texts("redact", self.redact, "('secrets', 'personal')")
        _texts("own_hosts", self.own_hosts, "('llm.internal', '*.example.com')")


class Metrics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Counts and times of calls, by OpenTelemetry's conventions for generative AI and of our own.

    Attributes:
        backends: where they go: `opentelemetry` (the extra `otel`), `prometheus` (the extra `prometheus`), `statsd`, or
            objects that are an `any_llm.telemetry.measures.Backend`.
        labels: what else tells series apart: the `user`, `tenant`, first `tag` or `route` of a call.
        max_series: how many series there may be, 300 at least, each bucket of a histogram counted; beyond three
            quarters of them, what calls say of themselves is `other`.
        refresh: what is looked at rather than told (breakers, queues, connections) is looked at when somebody reads the
            metrics, and when calls begin and end, not sooner than after so many seconds.
        each_chunk: whether the time of each piece of a stream is measured, as the conventions say, for the price of a
            measure each; else one for each stream, its average.
        statsd: where a statsd or DogStatsD listens for UDP, as `host:port`.
        exemplars: whether histograms remember the trace of a call, where its span is sampled.
        meters: the provider of meters (a `MeterProvider`) in place of the process's own.
        registry: the `prometheus_client.CollectorRegistry` in place of the process's own.
    """

    backends: tuple[object, ...] = ("opentelemetry",)
    labels: tuple[Label, ...] = ()
    max_series: int = 2_000
    refresh: float = 1.0
    each_chunk: bool = False
    statsd: str = "127.0.0.1:8125"
    exemplars: bool = True
    meters: object = None
    registry: object = None

    def __post_init__(self) -> None:
        """Check what is said.

        Raises:
            ConfigurationError: a value cannot be; the error names it.
        """
        if isinstance(cast("object", self.backends), str) or not self.backends:
            raise ConfigurationError(f"backends is {self.backends!r}; give a tuple, such as ('prometheus',)")
        for backend in self.backends:
            if isinstance(backend, str):
                _choose("backends", backend, _BACKENDS)
            elif not all(callable(getattr(backend, name, None)) for name in _METHODS):
                raise ConfigurationError(
                    f"backends holds {backend!r}; a backend has the methods {' and '.join(_METHODS)}"
                )
        _texts("labels", self.labels, "('tenant',)")
        for label in self.labels:
            _choose("labels", label, _LABELS)
        _whole("max_series", self.max_series, _FEWEST)


def _choose(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigurationError(f"{name} is {value!r}; use one of {', '.join(filter(None, allowed))}")


def _whole(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name} is {value!r}; give a whole number from {least} on")


def _texts(name: str, value: object, example: str) -> None:
    if isinstance(value, str):
        raise ConfigurationError(f"{name} is {value!r}; give a tuple, such as {example}")
