"""What `any-llm bench` does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle, islice

import msgspec

from any_llm.cli.asking import read_options
from any_llm.cli.exits import Exit
from any_llm.cli.progress import progress
from any_llm.cli.target import choose_model
from any_llm.cli.terminal import note, table, write_json
from any_llm.cli.wishes import BenchWish, Request
from any_llm.client.capabilities import capabilities
from any_llm.exceptions import ConfigurationError
from any_llm.testing.bench.figures import Figures, Spread, figures
from any_llm.testing.bench.load import Ask, asker, measure
from any_llm.testing.bench.plan import Plan
from any_llm.testing.bench.plot import check_plot, draw
from any_llm.testing.bench.sample import Sample
from any_llm.types.json import JSON, JSONObject

REQUESTS = 20
"""How many calls are made when nothing says how many."""
_UNKNOWN = "unknown"
_TEXT = "The quick brown fox jumps over the lazy dog while an old owl looks on and says nothing at all"


def bench(models: Sequence[str], request: Request, wish: BenchWish, *, json: bool) -> int:
    """Measure models, one after the other, and show the figures; when interrupted, of what was measured until then.

    Raises:
        ConfigurationError: the plan makes no sense, or the picture could not be written.
        AnyLLMError: the first call fails, and would again, such as for want of a key.
    """
    plan = _plan(wish)
    if wish.plot is not None:
        check_plot(wish.plot)
    if wish.raw is not None and not wish.raw.parent.is_dir():
        raise ConfigurationError(f"--raw {str(wish.raw)!r} cannot be written: there is no such folder")
    asks = _asks(models, request, wish)
    measured: dict[str, list[Sample]] = {}
    interrupted = False
    try:
        for name, ask in asks.items():
            measured[name] = []
            with progress(f"Measuring {name}", plan.expected, shown=not json) as advance:
                asyncio.run(measure(plan, ask, partial(_keep, measured[name], advance)))
    except KeyboardInterrupt:
        interrupted = True
        note("interrupted; this is what was measured so far")
    _tell(measured, wish, json=json)
    if interrupted:
        return Exit.INTERRUPTED
    some = all(any(not sample.failed for sample in samples) for samples in measured.values())
    return Exit.DONE if some else Exit.PROVIDER


def _asks(models: Sequence[str], request: Request, wish: BenchWish) -> Mapping[str, Ask]:
    options = read_options(request)
    chosen = [choose_model(model).reference for model in models or (None,)]
    return {reference: asker(reference, partial(_request, wish, options)) for reference in chosen}


def _plan(wish: BenchWish) -> Plan:
    return Plan(
        requests=REQUESTS if wish.requests is None and wish.duration is None else wish.requests,
        duration=wish.duration,
        rate=wish.rate,
        concurrency=wish.concurrency,
        warm_up=wish.warm_up,
    )


def _request(wish: BenchWish, options: Mapping[str, JSON], number: int) -> JSONObject:
    text = wish.prompt if wish.prompt is not None else _text(wish.prompt_words, number)
    return {"messages": [{"role": "user", "content": text}], "stream": wish.stream, **options}


def _text(words: int, number: int) -> str:
    """Return a request of about so many words, whose start no other has, so that no cache of prompts answers it."""
    told = islice(cycle(_TEXT.split()), words)
    return f"({number}) {' '.join(told)}. Go on with this story."


def _keep(samples: list[Sample], advance: Callable[[], None], sample: Sample) -> None:
    samples.append(sample)
    advance()


def _tell(measured: Mapping[str, Sequence[Sample]], wish: BenchWish, *, json: bool) -> None:
    told = [figures(name, samples, capabilities(name)) for name, samples in measured.items()]
    if wish.raw is not None:
        lines = (
            msgspec.json.encode({"model": name, **msgspec.to_builtins(sample)})
            for name, samples in measured.items()
            for sample in samples
        )
        wish.raw.write_bytes(b"".join(line + b"\n" for line in lines))
    if wish.plot is not None:
        draw(wish.plot, measured)
    if json:
        write_json(msgspec.to_builtins(told))
        return
    _show_spreads(told)
    _show_sums(told)
    for one in told:
        for error, count in one.errors.items():
            note(f"{one.model}: {count} × {error}")


def _show_spreads(told: Sequence[Figures]) -> None:
    rows = [
        (one.model, name, *shown)
        for one in told
        for name, shown in (
            ("time to first token", _milliseconds(one.time_to_first_token)),
            ("between tokens", _milliseconds(one.inter_token_latency)),
            ("whole call", _milliseconds(one.total)),
            ("tokens per second", _cells(one.tokens_per_second, 1, "")),
        )
    ]
    table("", ("model", "figure", "p50", "p90", "p99", "worst"), rows)


def _show_sums(told: Sequence[Figures]) -> None:
    rows = [
        (
            one.model,
            str(one.calls),
            str(one.failed),
            _rate(one.calls_per_second),
            _rate(one.output_tokens_per_second),
            _count(one.input_tokens),
            _count(one.output_tokens),
            _UNKNOWN if one.cost is None else f"${one.cost:.6f}",
        )
        for one in told
    ]
    table("", ("model", "calls", "failed", "calls/s", "tokens/s", "tokens in", "tokens out", "cost"), rows)


def _milliseconds(values: Spread | None) -> Sequence[str]:
    return _cells(values, 1_000, " ms")


def _cells(values: Spread | None, scale: float, unit: str) -> Sequence[str]:
    if values is None:
        return ("–",) * 4
    return [f"{value * scale:.1f}{unit}" for value in (values.p50, values.p90, values.p99, values.worst)]


def _count(value: int | None) -> str:
    return _UNKNOWN if value is None else str(value)


def _rate(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.1f}"
