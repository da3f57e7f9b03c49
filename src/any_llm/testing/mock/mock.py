"""The mock as a test uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from any_llm.client.anyllm import AnyLLM
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing.mock.addresses import base_url, environment
from any_llm.testing.mock.answer import Answer, Failure
from any_llm.testing.mock.answerers.answerer import Answerer, Given, answer_of
from any_llm.testing.mock.answerers.files import load_script, script_of
from any_llm.testing.mock.answerers.obliging import oblige
from any_llm.testing.mock.answerers.script import Rule
from any_llm.testing.mock.assertions import demand_called, snapshot_of
from any_llm.testing.mock.clock import Clock, ClockOf, JumpingClock, RealClock
from any_llm.testing.mock.faults.registry import find_fault
from any_llm.testing.mock.limits import Limits, Meter
from any_llm.testing.mock.physics import Physics
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.responder import Behaviour, Responder
from any_llm.testing.mock.running import Running
from any_llm.testing.mock.server import MockServer
from any_llm.testing.mock.transport import MockTransport
from any_llm.testing.mock.wire import Rendered
from any_llm.types.json import JSON, JSONObject


class Mock:
    """A provider that answers as the vendors do, and misbehaves as they do when it is told to.

    In a `with` block it listens on a port of this machine, for any client; `transport` answers without a socket, in the
    block or outside of it.

    Args:
        answerer: what decides the answers; by default what the request asks for, else its echo.
        physics: how fast the answers come.
        clock: the time; `JumpingClock()` makes all waits pass at once.
        seed: what identifiers, made-up values, jitter and chance depend on.
        fault: the fault that every request gets, such as `stall`.
        chances: faults by name, with how likely each is for a request, from 0 to 1.
        limits: what each key may ask per minute and altogether; without them there is no limit.
        keys: the keys that are accepted; without them any is, and none is needed where the vendor can do without.
        secrets: the secrets by access key, with which AWS's requests are signed; without them every secret is `mock`.
        host: where it listens.
        port: on which port; 0 for any free one.
    """

    def __init__(  # noqa: PLR0913  # a mock's settings, each by its name
        self,
        answerer: Answerer = oblige,
        *,
        physics: Physics | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        fault: str = "",
        chances: Mapping[str, float] | None = None,
        limits: Limits | None = None,
        keys: Iterable[str] = (),
        secrets: Mapping[str, str] | None = None,
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
                keys=frozenset(keys) | frozenset(secrets or ()),
                secrets=secrets or {},
                meter=Meter(limits) if limits else None,
            )
        )
        self._server = MockServer(self._responder, host, port)
        self._running: Running | None = None
        self._manner = ""
        self.transport = MockTransport(self._responder)
        if fault:
            self.fault(fault)

    def start(self) -> Self:
        """Listen, in a thread of its own.

        Raises:
            OSError: the port is taken.
        """
        self._running = Running(self._server)
        self._listen()
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
        return base_url(self.origin, name)

    def environment(self) -> dict[str, str]:
        """Return the environment variables that send this library, and the vendors' own, to this mock."""
        return environment(self.origin)

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

        def next_answer(_request: MockRequest) -> Answer | Failure | Rendered | None:
            return left.pop(0) if len(left) > 1 else left[0]

        self._responder.behaviour.answerer = next_answer if left else oblige

    def accept(self, *keys: str) -> None:
        """Accept these keys from now on and no others, as when keys are changed; without any, accept all again."""
        behaviour = self._responder.behaviour
        behaviour.keys = frozenset(keys) | frozenset(behaviour.secrets)

    def answer_with(self, answerer: Answerer) -> None:
        """Have a function decide every answer from now on; it takes the request and returns what `reply` takes."""
        self._responder.behaviour.answerer = answerer

    def script(self, rules: Sequence[Rule | Mapping[str, JSON]] | str | Path) -> None:
        """Answer by rules from now on: `Rule`s, objects with their fields, or a file that holds some.

        Raises:
            ConfigurationError: they are no rules.
        """
        self.answer_with(load_script(rules) if isinstance(rules, str | Path) else script_of(rules))

    def assert_called_with(self, **expected: JSON) -> MockRequest:
        """Return the newest call that is as expected: `model="m", temperature=0, messages__0__role="user"`.

        Raises:
            AssertionError: there is none; the error tells what the closest one has otherwise.
        """
        return demand_called(self.calls, expected)

    def assert_called_once_with(self, **expected: JSON) -> MockRequest:
        """Return the only call, which is as expected.

        Raises:
            AssertionError: there were more or none, or it is not.
        """
        if len(self.calls) != 1:
            raise AssertionError(f"The mock was called {len(self.calls)} times, not once")
        return demand_called(self.calls, expected)

    def assert_not_called(self) -> None:
        """Demand that there was no call.

        Raises:
            AssertionError: there was one.
        """
        if self.calls:
            raise AssertionError(f"The mock was called {len(self.calls)} times: {self.last.method} {self.last.path}")

    def snapshot(self) -> str:
        """Return the newest request as a text that is the same in every run, to compare with one in a file."""
        return snapshot_of(self.last)

    def client(self, name: str = "openai", **arguments: JSON) -> AnyLLM:
        """Return a client of a provider whose requests this mock answers, without a socket.

        It makes each call once, so that a test sees each failure; one that is about retries says `retry=Retry()`, and
        their waits pass by the mock's clock.
        """
        given: JSONObject = {"api_key": "mock", "transport": self.transport}
        if "settings" not in arguments:
            given |= {"retry": None, "surroundings": Surroundings(clock=ClockOf(self.clock))}
        given |= arguments
        return AnyLLM.create(name, **given)

    def fault(self, call: str = "", *, times: int | None = None) -> None:
        """Break every request from now on in this way, such as `stall` or `status=503`; empty for none.

        With `times` only so many requests are broken; the port itself then goes on to listen, and a fault below HTTP
        resets the connection.

        Raises:
            ConfigurationError: there is no such fault.
        """
        found = [find_fault(each)[0] for each in call.split(",")] if call else []
        self._responder.behaviour.fault, self._responder.behaviour.fault_left = call, times
        self._manner = next((fault.listener for fault in found if fault.listener and times is None), "")
        self._listen()

    def _listen(self) -> None:
        if self._running is not None:
            self._running.do(self._server.listen(self._manner))

    def reset(self) -> None:
        """Forget the calls and what was kept between them, and echo again without faults."""
        self._responder.forget()
        self.reply()
        self.fault()


__all__ = ["JumpingClock", "Mock", "Physics"]
