"""The semantic side of the cache: a question as a vector, those closest to it, and whether the model is good enough."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.exceptions import AnyLLMError, ConfigurationError, MalformedResponseError
from any_llm.pipeline.call import Call
from any_llm.pipeline.nearness import Asked, Questions
from any_llm.pipeline.question import Question, question_of
from any_llm.pipeline.veto import veto
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation

if TYPE_CHECKING:
    from any_llm.pipeline.call import Handler
    from any_llm.pipeline.shelf import Shelf
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.semantic import Semantic

_LOG = logging.getLogger("any_llm")

EMBEDDER = "embedder"
"""Under which name a call brings along, in its context, the target that turns texts into vectors."""

_PAUSE = 5.0
"""For how many seconds a model that failed is not asked, so that calls do not wait for it."""

_AT_ONCE = 64


class Near(NamedTuple):
    """A question with its vector."""

    question: Question
    vector: bytes


class Similar:
    """What the questions of a shelf have in common.

    Raises:
        MissingExtraError: NumPy is not installed.
    """

    def __init__(self, shelf: Shelf, surroundings: Surroundings) -> None:
        self._clock = surroundings.clock
        self._questions = Questions(shelf, surroundings.clock)
        self._paused = float("-inf")
        self._precisions: dict[tuple[str, float, bool], float | None] = {}

    async def near(self, call: Call, namespace: str, policy: Semantic, inner: Handler) -> Near | None:
        """Return the question of a call as a vector; `None` where it has none, or none can be had now.

        Raises:
            ConfigurationError: the model is not as precise as it must be, or cannot be asked.
        """
        question = question_of(call, namespace, policy)
        if question is None or self._clock.monotonic() < self._paused:
            return None
        try:
            if policy.min_precision is not None and not await self._is_precise(call, policy, inner):
                return None
            (vector,) = await _embed(call, [question.text], inner)
            return Near(question, self._questions.vector(vector))
        except ConfigurationError:
            raise
        except AnyLLMError as error:
            self._paused = self._clock.monotonic() + _PAUSE
            _LOG.warning("The cache goes on without similar questions for %g s: %s", _PAUSE, error)
            return None

    async def closest(self, near: Near, policy: Semantic) -> list[tuple[Asked, float]]:
        """Return the earlier questions that may have the same answer, closest first, with how similar they are."""
        question = near.question
        found = await self._questions.closest(question.scope, near.vector, policy.threshold, policy.max_entries)
        return [(asked, by) for asked, by in found if not (policy.veto and veto(question.text, asked.text))]

    async def add(self, near: Near, name: str, seconds: float, policy: Semantic) -> None:
        """Keep a question whose answer is kept under a name, for so many seconds."""
        asked = Asked(near.question.text, name, self._clock.time() + seconds, near.vector)
        await self._questions.add(near.question.scope, asked, policy.max_entries)

    async def _is_precise(self, call: Call, policy: Semantic, inner: Handler) -> bool:
        """Say whether the model has shown that it is good enough; while another call has that shown, it has not."""
        name = (policy.model, policy.threshold, policy.veto)
        if name not in self._precisions:
            self._precisions[name] = None
            try:
                self._precisions[name] = await _precision(call, policy, inner)
            except BaseException:
                del self._precisions[name]
                raise
        precision, least = self._precisions[name], policy.min_precision
        if precision is None:
            return False
        if least is not None and precision < least:
            raise ConfigurationError(
                f"semantic.model {policy.model!r} at the threshold {policy.threshold:g} has a precision of "
                f"{precision:.3f} with the shipped pairs of questions, less than min_precision={least:g}: raise the "
                "threshold, or take another model; `any-llm cache eval` shows which"
            )
        return True


async def _precision(call: Call, policy: Semantic, inner: Handler) -> float:
    """Return which part of what would be answered would be answered rightly; nothing answered is nothing wrong."""
    # The pairs are loaded by the few programs that have them measured.
    from any_llm.pipeline.paraphrases import judge, load_pairs, scored, texts_of  # noqa: PLC0415

    pairs = load_pairs()
    texts = texts_of(pairs)
    vectors: list[Sequence[float]] = []
    for start in range(0, len(texts), _AT_ONCE):
        vectors += await _embed(call, texts[start : start + _AT_ONCE], inner)
    judged = judge(scored(pairs, dict(zip(texts, vectors, strict=True))), policy.threshold, vetoed=policy.veto)
    return judged.precision


async def _embed(call: Call, texts: Sequence[str], inner: Handler) -> list[Sequence[float]]:
    target = call.context.get(EMBEDDER)
    if not isinstance(target, Target):
        raise ConfigurationError("A semantic cache needs a call that knows its model, as those of any_llm.AnyLLM do")
    asking = Call(
        operation=Operation.EMBEDDING,
        target=target,
        options={"inputs": list(texts)},
        timeouts=call.timeouts,
        request_id=call.request_id,
        deadline=call.deadline,
        caller=call.caller,
    )
    answer = (await inner(asking)).value
    rows = sorted(answer.data, key=lambda row: row.index)
    if len(rows) != len(texts):
        raise MalformedResponseError(f"{target.provider.name} made {len(rows)} vectors of {len(texts)} texts")
    return [row.embedding for row in rows]


def similar_of(shelf: Shelf, place: object, surroundings: Surroundings) -> Similar:
    """Return what a shelf has in similar questions, made on first use."""
    return surroundings.shared(("similar", place, id(shelf)), lambda: Similar(shelf, surroundings))


def with_embedder(call: Call, target: Target) -> Call:
    """Return a call that brings along who turns texts into vectors."""
    return msgspec.structs.replace(call, context={**call.context, EMBEDDER: target})
