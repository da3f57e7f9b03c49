"""What `any-llm cache eval` does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

import any_llm
from any_llm.cli.target import choose_model
from any_llm.cli.terminal import console, draws, note, table, write, write_json
from any_llm.cli.wishes import EvaluationWish
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.local.models import DEFAULT_MODEL
from any_llm.pipeline.paraphrases import (
    SHIPPED,
    Interval,
    Judged,
    Scored,
    judge,
    load_pairs,
    recommended,
    scored,
    texts_of,
)
from any_llm.testing.bench.plot import check_plot
from any_llm.testing.bench.thresholds import draw_thresholds
from any_llm.types.caching import Cache
from any_llm.types.json import JSON

_AT_ONCE = 32
_GRID = tuple(step / 200 for step in range(100, 201))
"""The thresholds that are measured: from 0.5 to 1 in steps of 0.005."""

_SHOWN = (0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.99)
"""Those that the table shows, beside the recommended one."""

_MOST_WRONG = 10


def evaluate(wish: EvaluationWish, *, json: bool) -> None:
    """Measure a model with pairs of questions, and show what it would answer rightly and wrongly at each threshold.

    Raises:
        ConfigurationError: the pairs cannot be read, or the picture could not be written.
        AnyLLMError: the model cannot be asked.
    """
    if not 0 < wish.max_false_hits < 1:
        raise ConfigurationError(f"--max-false-hits is {wish.max_false_hits!r}; give a part of 1, such as 0.02")
    if wish.plot is not None:
        check_plot(wish.plot)
    pairs = load_pairs(wish.pairs or SHIPPED)
    model = choose_model(wish.model or _usual_model()).reference
    vectors = asyncio.run(_vectors(model, texts_of(pairs), shown=not json))
    measured = scored(pairs, vectors)
    judged = [judge(measured, threshold, vetoed=wish.veto) for threshold in _GRID]
    best = recommended(judged, wish.max_false_hits)
    if wish.plot is not None:
        bare = [judge(measured, threshold, vetoed=False) for threshold in _GRID]
        draw_thresholds(wish.plot, model, judged, bare if wish.veto else (), None if best is None else best.threshold)
    told = _wrong(measured, wish, best or judged[-1])
    if json:
        same = sum(pair.same for pair in pairs)
        write_json(
            {
                "model": model,
                "same": same,
                "other": len(pairs) - same,
                "veto": wish.veto,
                "max_false_hits": wish.max_false_hits,
                "recommended": None if best is None else _plain(best),
                "thresholds": [_plain(one) for one in judged],
                "wrong": [msgspec.to_builtins(one) for one in told],
            }
        )
        return
    _show(model, judged, best, wish, told)


def _usual_model() -> str:
    cache = default_settings().cache
    return cache.semantic.model if isinstance(cache, Cache) and cache.semantic is not None else f"local:{DEFAULT_MODEL}"


async def _vectors(model: str, texts: Sequence[str], *, shown: bool) -> Mapping[str, Sequence[float]]:
    found: dict[str, Sequence[float]] = {}
    with _bar(model, len(texts), shown=shown) as advance:
        for start in range(0, len(texts), _AT_ONCE):
            asked = texts[start : start + _AT_ONCE]
            answer = await any_llm.aembedding(model, list(asked))
            found |= {asked[row.index]: row.embedding for row in answer.data}
            advance(len(asked))
    return found


def _wrong(measured: Sequence[Scored], wish: EvaluationWish, at: Judged) -> list[Scored]:
    """Return the pairs that would wrongly have one answer, most alike first."""
    wrong = [
        each
        for each in measured
        if not each.pair.same and each.similarity >= at.threshold and not (wish.veto and each.veto)
    ]
    return sorted(wrong, key=lambda each: -each.similarity)


def _plain(judged: Judged) -> Mapping[str, JSON]:
    return {**msgspec.to_builtins(judged), "precision": judged.precision}


def _show(
    model: str, judged: Sequence[Judged], best: Judged | None, wish: EvaluationWish, wrong: Sequence[Scored]
) -> None:
    rows = [
        (
            f"{one.threshold:g}{' *' if one is best else ''}",
            _percent(one.hit_rate),
            _percent(one.false_hit_rate),
            f"{one.precision:.1%}",
        )
        for one in judged
        if one.threshold in _SHOWN or one is best
    ]
    table("", ("threshold", "hit rate (95 %)", "false-hit rate (95 %)", "precision"), rows)
    if best is None:
        write(f"No threshold keeps the false hits of {model} below {wish.max_false_hits:.1%}: take another model\n")
    else:
        write(f"Recommended for {model}: threshold={best.threshold:g}\n")
    for each in wrong[:_MOST_WRONG]:
        note(f"one answer for both ({each.similarity:.3f}): {each.pair.one} – {each.pair.other}")


def _percent(interval: Interval) -> str:
    return f"{interval.part:.1%} ({interval.low:.1%} to {interval.high:.1%})"


@contextmanager
def _bar(model: str, texts: int, *, shown: bool) -> Generator[Callable[[int], None]]:
    """Give a function to tell how many more texts are done; it draws on a terminal only."""
    if not (shown and draws(sys.stderr)):
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415  # heavy

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(error=True), transient=True) as bar:
        task = bar.add_task(f"Asking {model}", total=texts)
        yield lambda count: bar.advance(task, count)
