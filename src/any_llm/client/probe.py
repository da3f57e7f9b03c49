"""`probe`: try on the live model what it can, within a price, and remember what was seen."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias, cast

import msgspec

from any_llm.client.anyllm import AnyLLM
from any_llm.client.capabilities import capabilities
from any_llm.client.observations import Observation, remember
from any_llm.client.trials import TRIALS, Seen, Trial, Verdict
from any_llm.exceptions import (
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    UnsupportedOperationError,
    UnsupportedParameterError,
)
from any_llm.pipeline.stream import EventStream
from any_llm.types.capabilities import Capabilities, Kind
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.json import JSON, JSONObject

Outcome: TypeAlias = Literal["yes", "no", "unclear", "not asked", "failed"]
"""How a trial ended: the model can; it cannot; the answer shows neither; nothing was asked; or something went wrong."""

MAX_COST = Decimal("0.05")
"""US dollars that a probe may cost when nothing else is said."""

_MILLION = 1_000_000
_ROOM, _LEAST = 512, 128
_ROOM_TO_THINK, _LEAST_TO_THINK = 4_096, 1_024
"""Tokens that an answer may have, and without which it is not worth asking: thinking counts, so more with it."""


_Answer: TypeAlias = "ChatCompletion | EventStream[ChatCompletionChunk]"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How one trial ended. `cost` is US dollars, `None` when nobody knows the price."""

    trial: str
    outcome: Outcome
    detail: str = ""
    seconds: float = 0.0
    cost: Decimal | None = None


class ProbeReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe found out.

    Attributes:
        model: the model as `provider:model`.
        date: the day of the probe.
        results: how each trial ended, in their order.
        observations: what was seen, by the name of the fact.
        cost: US dollars spent, by the known prices; `None` when nobody knows them.
        stopped: why the probe ended before its last trial; empty when it did not.
        path: the file that remembers it; empty when nothing was remembered.
    """

    model: str
    date: dt.date
    results: tuple[Result, ...]
    observations: Mapping[str, Observation]
    cost: Decimal | None
    stopped: str = ""
    path: str = ""


class _Prices(NamedTuple):
    read: Decimal
    written: Decimal


class _Budget:
    """What may be spent, and what was."""

    __slots__ = ("_cap", "_least", "_prices", "_room", "spent")

    def __init__(self, known: Capabilities, cap: Decimal) -> None:
        read, written = known.input_price.value, known.output_price.value
        self._prices = None if read is None or written is None else _Prices(read, written)
        thinks = known.reasoning.value is not False
        self._room, self._least = (_ROOM_TO_THINK, _LEAST_TO_THINK) if thinks else (_ROOM, _LEAST)
        limit = known.max_output_tokens.value
        self._room = min(self._room, limit) if limit else self._room
        self._least = min(self._least, self._room)
        self._cap = cap
        self.spent = Decimal(0)

    @property
    def known(self) -> bool:
        """Whether the model's prices are known."""
        return self._prices is not None

    def room(self, trial: Trial) -> int:
        """Return the tokens that an answer may have so that the cap holds even if it takes them all; 0 if none."""
        if self._prices is None:
            return self._room
        left = self._cap - self.spent - self._prices.read * trial.tokens / _MILLION
        if left < 0:
            return 0
        affordable = int(left * _MILLION / self._prices.written) if self._prices.written else self._room
        return min(self._room, affordable) if affordable >= self._least else 0

    def least(self, trial: Trial) -> Decimal:
        """Return what the cap must be for a trial to be made."""
        prices = self._prices or _Prices(Decimal(0), Decimal(0))
        return (prices.read * trial.tokens + prices.written * self._least) / _MILLION

    def pay(self, trial: Trial, seen: Seen | None, room: int) -> Decimal | None:
        """Count what a trial cost: by its usage, or by what it may have cost at most when it does not tell."""
        if self._prices is None:
            return None
        read, written = (seen.read, seen.written) if seen and seen.counted else (trial.tokens, room)
        cost = (self._prices.read * read + self._prices.written * written) / _MILLION
        self.spent += cost
        return cost


async def probe(
    model: str,
    *,
    max_cost: Decimal | float | str = MAX_COST,
    unknown_price: bool = False,
    keep: bool = True,
    **client_args: JSON,
) -> ProbeReport:
    """Ask a live model a few small questions, one after the other, to see what it can.

    What is seen is kept in a file on this machine, and `capabilities` tells it as `probed`, before what is declared.
    A trial counts only when its answer shows something: a model that was not called upon, an overloaded provider or an
    answer that was cut short prove nothing. Before each trial it is made sure that even its longest answer is paid for
    by what is left of `max_cost`.

    Args:
        model: the model as `provider:model`.
        max_cost: US dollars that it may cost at most.
        unknown_price: go on when nobody knows the model's prices; nothing bounds the cost then but the number of trials
            and the length of their answers.
        keep: remember what was seen.
        **client_args: as for `AnyLLM.create`, such as `api_key` and `api_base`.

    Raises:
        ConfigurationError: nobody knows the prices, or the cap does not pay for a single trial.
        AnyLLMError: the model does not answer the simplest question: the provider's error.
    """
    known = capabilities(model)
    budget = _Budget(known, _dollars(max_cost))
    reference = f"{known.provider}:{known.model}"
    if not budget.known and not unknown_price:
        raise ConfigurationError(
            f"Nobody knows the prices of {reference!r}, so max_cost cannot hold: set them in the settings "
            f"([models.{reference!r}] input_price and output_price), or allow it (unknown_price=True, --yes)"
        )
    if not budget.room(TRIALS[0]):
        raise ConfigurationError(
            f"max_cost is {max_cost}, but one trial of {reference!r} may cost {budget.least(TRIALS[0]):.4f} US dollars"
        )
    client = AnyLLM.create(known.provider, **{"retry": None, **client_args, "on_unsupported": "error"})
    results: list[Result] = []
    seen: dict[str, Observation] = {}
    today = dt.datetime.now(dt.UTC).date()
    async for result, verdict in _run(client, known, budget):
        results.append(result)
        seen.update(_observations(verdict, known, today))
    complete = len(results) == len(TRIALS)
    return ProbeReport(
        model=reference,
        date=today,
        results=tuple(results),
        observations=seen,
        cost=budget.spent if budget.known else None,
        stopped="" if complete else f"the next trial could have gone beyond {max_cost} US dollars",
        path=str(remember(reference, seen)) if keep and seen else "",
    )


def _dollars(amount: Decimal | float | str) -> Decimal:
    try:
        dollars = Decimal(str(amount))
    except ArithmeticError:
        dollars = Decimal(-1)
    if not dollars >= 0:
        raise ConfigurationError(f"max_cost is {amount!r}; give US dollars, such as 0.05")
    return dollars


async def _run(client: AnyLLM, known: Capabilities, budget: _Budget) -> AsyncIterator[tuple[Result, Verdict]]:
    for number, trial in enumerate(TRIALS):
        room = budget.room(trial)
        if not room:
            return
        started = time.monotonic()
        outcome, verdict, seen = await _try(client, known, trial, room)
        if number == 0 and outcome not in {"yes", "unclear"}:
            raise verdict.error or MalformedResponseError(
                f"{known.provider}:{known.model} gave an empty answer to {trial.messages[0]['content']!r}"
            )
        # Nobody charges for a request that was refused; one that broke off may have been charged as a whole.
        free = outcome == "not asked" or (verdict.error is not None and outcome == "no")
        cost = None if free else budget.pay(trial, seen, room)
        took = round(time.monotonic() - started, 3)
        yield Result(trial=trial.name, outcome=outcome, detail=verdict.detail, seconds=took, cost=cost), verdict


async def _try(client: AnyLLM, known: Capabilities, trial: Trial, room: int) -> tuple[Outcome, Verdict, Seen | None]:
    ask = cast("Callable[..., Awaitable[_Answer]]", client.acompletion)
    options: JSONObject = {"max_tokens": room, **trial.options}
    try:
        answer = await ask(model=known.model, messages=list(trial.messages), **options)
        seen = await Seen.of(answer)
    except UnsupportedParameterError as error:
        return "not asked", Verdict(detail=error.message, error=error), None
    except (AuthenticationError, ModelNotFoundError):
        raise
    except (InvalidRequestError, UnsupportedOperationError) as error:
        return "no", Verdict(shown=trial.refused, detail=error.message, error=error), None
    except (ProviderError, RateLimitError, RequestTimeoutError) as error:
        return "failed", Verdict(detail=f"{type(error).__name__}: {error.message}", error=error), None
    verdict = trial.judge(seen)
    outcome: Outcome = "unclear" if verdict.can is None else "yes" if verdict.can else "no"
    return outcome, verdict, seen


def _observations(verdict: Verdict, known: Capabilities, today: dt.date) -> Mapping[str, Observation]:
    kinds: Sequence[tuple[Kind, Mapping[str, JSON]]] = (("observed", verdict.by_the_way), ("probed", verdict.shown))
    found: dict[str, Observation] = {}
    for kind, values in kinds:
        for name, value in values.items():
            told = _with_form(known, value) if name == "tool_choice" else value
            found[name] = Observation(value=told, kind=kind, date=today)
    return found


def _with_form(known: Capabilities, change: JSON) -> list[str]:
    """Return the known forms of `tool_choice` with one more, or without those that force a call."""
    forms = list(known.tool_choice.value or ("auto",))
    if change:
        return [*forms, *([] if change in forms else [change])]
    return [form for form in forms if form in {"auto", "none"}]
