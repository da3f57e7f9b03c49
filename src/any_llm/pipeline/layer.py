"""A layer of one's own, and where it stands; and the places of all layers, as data to look at."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.call import Middleware
from any_llm.types.http import is_number

OnFailure: TypeAlias = Literal["fail_closed", "fail_open"]
Ring: TypeAlias = Literal["call", "target", "attempt"]

ON_FAILURE: tuple[OnFailure, ...] = ("fail_closed", "fail_open")
"""What may be done about a layer that breaks."""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """A middleware, and where it stands: directly `before` (outside) or `after` (inside) a neighbour.

    Without a neighbour it stands outside of all, as a bare callable does.

    Attributes:
        middleware: the callable.
        name: what others name it by; without one, the callable's own name. One of `any_llm.engine.order.ORDER` stands
            in the place of that name.
        before: the name of the layer just inside of it.
        after: the name of the layer just outside of it.
        timeout: how many seconds it may take of its own, what it waits for the layers inside of it not counted.
        on_failure: what happens when it takes longer, or raises what is not an `AnyLLMError`: `fail_closed` fails the
            call, `fail_open` goes on without it. An `AnyLLMError` is its verdict, and always counts.
        routes: the names of routes; only calls to one of them come by it. Without any, all calls do.
    """

    middleware: Middleware
    name: str = ""
    before: str = ""
    after: str = ""
    timeout: float | None = None
    on_failure: OnFailure = "fail_closed"
    routes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not callable(cast("object", self.middleware)):
            raise ConfigurationError(f"middleware is {self.middleware!r}, which cannot be called")
        if self.before and self.after:
            raise ConfigurationError(f"before is {self.before!r} and after is {self.after!r}; name one neighbour")
        if self.timeout is not None and not (is_number(cast("object", self.timeout)) and self.timeout > 0):
            raise ConfigurationError(f"timeout is {self.timeout!r}; give a positive number of seconds, or None")
        if self.on_failure not in ON_FAILURE:
            raise ConfigurationError(f"on_failure is {self.on_failure!r}; use one of {', '.join(ON_FAILURE)}")
        if isinstance(cast("object", self.routes), str):
            raise ConfigurationError(f"routes is {self.routes!r}; give a list of names, such as ['fast']")

    @property
    def called(self) -> str:
        """What others name it by."""
        own: object = getattr(self.middleware, "__name__", None)
        return self.name or (own if isinstance(own, str) else type(self.middleware).__name__)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a layer stands: `position` counts from the outermost, which is 0.

    `ring` says how often it runs: once per `call`, per `target` that is tried, or per `attempt`. `built_in` says
    whether it is this library's own, and `routes` whose calls alone come by it.
    """

    name: str
    ring: Ring
    position: int
    built_in: bool
    timeout: float | None = None
    on_failure: OnFailure = "fail_closed"
    routes: tuple[str, ...] = ()
