"""The limits of a provider as its own answers tell them, so that it need not refuse anything.

Nothing is known before the first answer: until then one call goes at a time. After it, no more calls are on their way
than the provider says remain; when none do, the next ones wait until it says that its limit is whole again.
https://platform.openai.com/docs/guides/rate-limits and https://platform.claude.com/docs/en/api/rate-limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from any_llm.types.retry_after import seconds_of

_KINDS = ("requests", "tokens")
_ASK_AGAIN = 0.05
"""After how many seconds a call looks again whether others have come back."""


class _Said(NamedTuple):
    limit: float
    remaining: float
    reset: float | None


class Learned:
    """What is known about one key at one provider, and what is on its way there.

    For each kind (requests, tokens) it keeps what remains, and when the whole is there again.
    """

    def __init__(self) -> None:
        self._limits: dict[str, float] = {}
        self._remaining: dict[str, float] = {}
        self._whole_at: dict[str, float] = {}
        self._away: dict[str, float] = dict.fromkeys(_KINDS, 0.0)
        self._blocked_until = 0.0
        self._answered = False

    @property
    def idle(self) -> bool:
        """Whether nobody needs to be asked: it was answered, and no limit was told."""
        return self._answered and not self._limits and not self._blocked_until

    def wait(self, tokens: float, now: float) -> float:
        """Return in how many seconds a call of so many tokens may go; none when it is on its way now."""
        if now < self._blocked_until:
            return self._blocked_until - now
        if not self._answered and self._away["requests"]:
            return _ASK_AGAIN
        for kind, amount in (("requests", 1.0), ("tokens", tokens)):
            if kind in self._limits and (seconds := self._short(kind, amount, now)) > 0:
                return seconds
        self._away["requests"] += 1
        self._away["tokens"] += tokens
        return 0.0

    def _short(self, kind: str, amount: float, now: float) -> float:
        if now >= self._whole_at.get(kind, now):
            self._remaining[kind] = self._limits[kind]
        left = self._remaining[kind] - self._away[kind]
        if left >= min(amount, self._limits[kind]):
            return 0.0
        if self._away[kind]:
            return _ASK_AGAIN
        return max(self._whole_at[kind] - now, _ASK_AGAIN)

    def come_back(self, tokens: float, headers: Mapping[str, str], now: float, epoch: float) -> None:
        """A call has been answered with these headers.

        Args:
            tokens: what `wait` was told.
            headers: the headers of the answer, names in lower case.
            now: the time that `wait` is told.
            epoch: the same in seconds since 1970.
        """
        self._gone(tokens)
        self._answered = True
        for kind in _KINDS:
            said = _said(headers, kind, epoch)
            if said is None:
                continue
            renewed = now >= self._whole_at.get(kind, now)
            before = self._remaining.get(kind, said.remaining)
            self._limits[kind] = said.limit
            # Answers overtake one another: within one window less remains with each.
            self._remaining[kind] = said.remaining if renewed else min(before, said.remaining)
            if said.reset is not None:
                self._whole_at[kind] = max(now + said.reset, 0.0 if renewed else self._whole_at.get(kind, 0.0))

    def fail(self, tokens: float, retry_after: float | None, now: float) -> None:
        """A call has failed; the provider may have said how long to wait."""
        self._gone(tokens)
        if retry_after is not None:
            self._blocked_until = max(self._blocked_until, now + retry_after)

    def _gone(self, tokens: float) -> None:
        self._away["requests"] -= 1
        self._away["tokens"] -= tokens


def _said(headers: Mapping[str, str], kind: str, epoch: float) -> _Said | None:
    for limit, remaining, reset in (
        (f"x-ratelimit-limit-{kind}", f"x-ratelimit-remaining-{kind}", f"x-ratelimit-reset-{kind}"),
        (f"anthropic-ratelimit-{kind}-limit", f"anthropic-ratelimit-{kind}-remaining", f"anthropic-ratelimit-{kind}-reset"),
        (f"anthropic-ratelimit-input-{kind}-limit", f"anthropic-ratelimit-input-{kind}-remaining", f"anthropic-ratelimit-input-{kind}-reset"),
    ):  # fmt: skip
        try:
            return _Said(float(headers[limit]), float(headers[remaining]), seconds_of(headers.get(reset, ""), epoch))
        except (KeyError, ValueError):
            continue
    return None
