"""The mock as a test uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from any_llm.exceptions import ConfigurationError
from any_llm.providers.registry import provider
from any_llm.testing.mock.answer import Answer, Failure
from any_llm.testing.mock.answerers.answerer import Answerer, Given, answer_of
from any_llm.testing.mock.answerers.echo import echo
from any_llm.testing.mock.clock import Clock, RealClock, VirtualClock
from any_llm.testing.mock.faults.registry import find_fault
from any_llm.testing.mock.physics import Physics
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.responder import Behaviour, Responder
from any_llm.testing.mock.running import Running
from any_llm.testing.mock.server import MockServer
from any_llm.testing.mock.transport import MockTransport


class Mock:
    """A provider that answers as the vendors do, and misbehaves as they do when it is told to.

    In a `with` block it listens on a port of this machine, for any client; `transport` answers without a socket, in the
    block or outside of it.

    Args:
        answerer: what decides the answers; by default the echo.
        physics: how fast the answers come.
        clock: the time; `VirtualClock()` makes all waits pass at once.
        seed: what identifiers, made-up values, jitter and chance depend on.
        fault: the fault that every request gets, such as `stall`.
        chances: faults by name, with how likely each is for a request, from 0 to 1.
        host: where it listens.
        port: on which port; 0 for any free one.
    """

    def __init__(  # noqa: PLR0913  # a mock's settings, each by its name
        self,
        answerer: Answerer = echo,
        *,
        physics: Physics | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        fault: str = "",
        chances: Mapping[str, float] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._responder = Responder(
            Behaviour(
                answerer=answerer,
                physics=physics or Physics(),
                clock=clock or RealClock(),
                seed=seed,
                chances=chances or {},
            )
        )
        self._server = MockServer(self._responder, host, port)
        self._running: Running | None = None
        self.transport = MockTransport(self._responder)
        if fault:
            self.fault(fault)

    def start(self) -> Self:
        """Listen, in a thread of its own.

        Raises:
            OSError: the port is taken.
        """
        self._running = Running(self._server)
        return self

    def stop(self) -> None:
        """Stop listening, and break what is still open."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """Where it listens: `http://127.0.0.1:port`.

        Raises:
            ConfigurationError: it does not listen.
        """
        if self._running is None:
            raise ConfigurationError("The mock does not listen; use it in a `with` block, or call its start()")
        return self._server.origin

    def url(self, name: str = "openai") -> str:
        """Return the base URL of a provider, as `api_base=` or its variable takes it.

        Raises:
            UnsupportedProviderError: nobody has this name.
        """
        path = urlsplit(provider(name).base_url).path.partition("{")[0].rstrip("/")
        return f"{self.origin}/{name}{path}"

    @property
    def clock(self) -> Clock:
        """The time of the mock."""
        return self._responder.behaviour.clock

    @property
    def calls(self) -> Sequence[MockRequest]:
        """Every request so far, the oldest first."""
        return tuple(self._responder.calls)

    @property
    def last(self) -> MockRequest:
        """The newest request.

        Raises:
            AssertionError: there was none.
        """
        if not self._responder.calls:
            raise AssertionError("The mock was not called")
        return self._responder.calls[-1]

    def reply(self, *answers: Given) -> None:
        """Answer with these from now on, one after the other, and with the last one again and again."""
        left = [answer_of(answer) for answer in answers]

        def next_answer(_request: MockRequest) -> Answer | Failure | None:
            return left.pop(0) if len(left) > 1 else left[0]

        self._responder.behaviour.answerer = next_answer if left else echo

    def fault(self, call: str = "") -> None:
        """Break every request from now on in this way, such as `stall` or `status=503`; empty for none.

        Raises:
            ConfigurationError: there is no such fault.
        """
        found = [find_fault(each)[0] for each in call.split(",")] if call else []
        self._responder.behaviour.fault = call
        if self._running is not None:
            self._running.do(self._server.listen(next((fault.listener for fault in found if fault.listener), "")))

    def reset(self) -> None:
        """Forget the calls and what was kept between them, and echo again without faults."""
        self._responder.calls.clear()
        self._responder.shelf.clear()
        self.reply()
        self.fault()


__all__ = ["Mock", "Physics", "VirtualClock"]
