"""What was seen of one call."""

from __future__ import annotations

import msgspec


class Sample(msgspec.Struct, kw_only=True):
    """One call as it went. Times are seconds after the start of the measurement.

    Attributes:
        number: its number.
        intended: when it was to be sent. What is late counts from here, so that a server which stalls cannot hide that
            by holding up the calls that would have shown it (coordinated omission).
        sent: when it was sent.
        arrivals: when pieces of its text arrived; empty for an answer that was not streamed.
        ended: when it had ended, well or not.
        read: the tokens of the request, `None` when the provider does not tell; `cached` of them were in its cache.
        written: the tokens of the answer, `None` when the provider does not tell.
        error: the class of the error that it ended with, empty if it did not.
        status: the HTTP status of that error, if it has one.
    """

    number: int
    intended: float
    sent: float
    ended: float
    arrivals: list[float] = []
    read: int | None = None
    cached: int = 0
    written: int | None = None
    error: str = ""
    status: int | None = None

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return bool(self.error)

    @property
    def time_to_first_token(self) -> float | None:
        """Seconds from when it was to be sent to the first piece of text; `None` if there was none."""
        return self.arrivals[0] - self.intended if self.arrivals else None

    @property
    def total(self) -> float:
        """Seconds from when it was to be sent to its end."""
        return self.ended - self.intended

    @property
    def gaps(self) -> list[float]:
        """Seconds between the arrivals of text."""
        return [later - earlier for earlier, later in zip(self.arrivals, self.arrivals[1:], strict=False)]

    @property
    def tokens_per_second(self) -> float | None:
        """How fast its text came, from the first piece to the last; of a whole answer, from when it was sent.

        `None` when the provider does not tell how many tokens there were, or all came at once.
        """
        if self.written is None:
            return None
        if not self.arrivals:
            return _rate(self.written, self.ended - self.sent)
        # What came with the first piece took no time of this.
        return _rate(self.written * (1 - 1 / len(self.arrivals)), self.arrivals[-1] - self.arrivals[0])


def _rate(tokens: float, seconds: float) -> float | None:
    return tokens / seconds if tokens and seconds > 0 else None
