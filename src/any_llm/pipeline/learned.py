"""The limits of a provider as its own answers tell them, so that it need not refuse anything.

Nothing is known before the first answer: until then one call goes each second. After it, no more is on its way than the
provider says remains. When nothing does, the next calls wait until the whole is there again, or only until enough is,
where the answers show that it comes back bit by bit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from math import inf
from threading import Lock
from typing import TYPE_CHECKING

from any_llm.types.estimate import Amounts
from any_llm.types.told_limits import Told, told_limits

if TYPE_CHECKING:
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.spec.dialect import Target

_EACH = 1.0
_SEEN = 2.0
"""How many seconds the end of a limit must move before that says anything: times are told in whole seconds."""

_MOST = 10_000
"""Of how many targets limits are known at most."""

_LIKE = 0.2
"""How far what is told may lie beside what would be if a limit came back bit by bit."""


def limits_name(target: Target) -> str:
    """Return the name of the limits that a target has with its key."""
    return f"{target.base_url} {target.key.fingerprint if target.key else ''} {target.model}"


def limits_learned(surroundings: Surroundings) -> LimitsLearned:
    """Return what is known in these surroundings."""
    return surroundings.shared("limits learned", LimitsLearned)


class LimitsLearned:
    """What is known about the limits of many targets, by their names; no more than so many, for any thread.

    Those of programs are few, but who calls with keys of others, or with keys that change, would have ever more.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, Learned] = OrderedDict()
        self._lock = Lock()

    def find(self, target: Target) -> Learned | None:
        """Return what is known of a target; `None` where nothing was asked of it."""
        return self._known.get(limits_name(target))

    def of(self, name: str) -> Learned:
        """Return what is known of limits, made on first use; what was used longest ago makes room."""
        with self._lock:
            learned = self._known.get(name)
            if learned is None:
                learned = self._known[name] = Learned()
                while len(self._known) > _MOST:
                    self._known.popitem(last=False)
            else:
                self._known.move_to_end(name)
            return learned


class Learned:
    """What is known about one key at one provider, and what is on its way there. For any thread."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._away: dict[str, float] = dict.fromkeys(("requests", "tokens", "input_tokens", "output_tokens"), 0.0)
        self._blocked_until = 0.0
        self._began = 0.0
        self._back = 0
        self._answered = False
        self._lock = Lock()

    @property
    def answers(self) -> int:
        """How many calls have come back so far."""
        return self._back

    def take(self, amounts: Amounts, now: float) -> float:
        """Return in how many seconds such a call may go: none when it is on its way now.

        Infinity says: when another call has come back.
        """
        with self._lock:
            seconds = self._wait(amounts, now)
            if not self._answered:
                if not self._away["requests"]:
                    self._began = now
                seconds = max(seconds, self._began + self._away["requests"] * _EACH - now)
            if seconds <= 0:
                self._change(amounts, 1)
            return seconds

    def look(self, amounts: Amounts, now: float) -> float:
        """Return in how many seconds such a call might go, and count nothing."""
        with self._lock:
            return self._wait(amounts, now)

    def _wait(self, amounts: Amounts, now: float) -> float:
        waits = (
            known.wait(amounts.of(known.unit), self._away[known.unit], self._back, now)
            for known in self._known.values()
        )
        return max(0.0, self._blocked_until - now, *waits)

    def undo(self, amounts: Amounts) -> None:
        """Take a call back that did not go after all."""
        with self._lock:
            self._change(amounts, -1)

    def come_back(self, amounts: Amounts, answers: int, headers: Mapping[str, str], now: float, epoch: float) -> None:
        """A call has been answered with these headers.

        Args:
            amounts: what `take` was told.
            answers: how many there had been when it went.
            headers: the headers of the answer, names in lower case.
            now: the time that `take` is told.
            epoch: the same in seconds since 1970.
        """
        told = told_limits(headers, epoch)
        with self._lock:
            self._change(amounts, -1)
            self._back += 1
            self._answered = True
            for name, said in told.items():
                known = self._known.get(name)
                if known is None:
                    self._known[name] = _Known(said, self._back, now)
                else:
                    known.hear(said, answers, self._back, now)

    def fail(self, amounts: Amounts, retry_after: float | None, now: float, *, taken: bool) -> None:
        """A call has failed.

        Args:
            amounts: what `take` was told.
            retry_after: how many seconds the provider has said to wait.
            now: the time that `take` is told.
            taken: whether the provider may have counted it.
        """
        with self._lock:
            self._change(amounts, -1)
            self._back += 1
            self._answered = self._answered or retry_after is None
            if retry_after is not None:
                self._blocked_until = max(self._blocked_until, now + retry_after)
            if taken:
                for known in self._known.values():
                    known.spend(amounts.of(known.unit), self._back, now)

    def _change(self, amounts: Amounts, sign: int) -> None:
        for unit in self._away:
            self._away[unit] += sign * amounts.of(unit)


class _Known:
    """One limit: what remained when, and when the whole is there again.

    An answer to a call that went after another answer had come knows more than that one. Of two that were on their way
    together nobody knows which was counted first, so the smaller rest counts.
    """

    def __init__(self, said: Told, back: int, now: float) -> None:
        self.unit = said.unit
        self._limit = max(said.limit, said.remaining)
        self._period = said.period
        self._each = 0.0
        self._renewed = -inf
        self._whole_at = inf
        self._replace(said, back, now, self._whole(said, now))

    def wait(self, amount: float, away: float, back: int, now: float) -> float:
        """Return in how many seconds there may be so much beside what is on its way; infinity when that must end."""
        remaining = self._left(back, now)
        needed = min(amount, self._limit)
        if remaining - away >= needed:
            return 0.0
        if remaining >= needed:
            return inf
        if self._each:
            return (needed - remaining) * self._each
        return max(self._whole_at - now, 1e-3)

    def spend(self, amount: float, back: int, now: float) -> None:
        """Count what the provider may have counted and did not tell of."""
        self._remaining = max(0.0, self._left(back, now) - amount)
        self._at = now

    def hear(self, said: Told, answers: int, back: int, now: float) -> None:
        """Hear what an answer says to a call that went when there had been so many answers."""
        left = self._left(back, now)
        self._limit = max(said.limit, said.remaining, 0.0 if said.limit else self._limit)
        whole_at = self._whole(said, now)
        if answers >= self._heard:
            self._look(said, whole_at, now)
            if said.reset is None and now < self._whole_at and said.remaining <= left:
                whole_at = self._whole_at
            self._replace(said, back, now, whole_at)
        elif said.reset is None or whole_at > self._renewed + self._period / 2:
            self._remaining = min(left, said.remaining)
            self._at = now
            self._whole_at = max(self._whole_at, whole_at)

    def _look(self, said: Told, whole_at: float, now: float) -> None:
        """See whether the limit comes back bit by bit: then its end moves with each call that is counted."""
        used = self._limit - said.remaining
        moved = whole_at - self._whole_at
        if said.reset is None or used <= self._used or now >= self._whole_at:
            return
        if moved <= _SEEN:
            self._each = 0.0
            return
        each = moved / (used - self._used)
        self._each = each if abs(used * each - said.reset) <= _LIKE * said.reset + _SEEN else 0.0

    def _replace(self, said: Told, back: int, now: float, whole_at: float) -> None:
        self._remaining, self._at, self._heard = said.remaining, now, back
        self._used = self._limit - said.remaining
        self._whole_at = whole_at

    def _whole(self, said: Told, now: float) -> float:
        if said.reset is None:
            return now + said.period
        self._period = max(self._period, said.reset)
        return now + said.reset

    def _left(self, back: int, now: float) -> float:
        if now >= self._whole_at:
            # Nobody has told of the time that begins now.
            self._remaining, self._at, self._used = self._limit, now, 0.0
            # Who has gone before this, with as many answers, knows nothing about it.
            self._heard = back + 1
            self._whole_at, self._renewed = now + self._period, now
        if self._each:
            return min(self._limit, self._remaining + (now - self._at) / self._each)
        return self._remaining
