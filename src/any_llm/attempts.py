"""What is known about each attempt of a call: reports and errors list them, the first one first."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

AttemptOutcome: TypeAlias = Literal["running", "ok", "failed", "cancelled", "closed"]
"""How an attempt went: `closed` means that the caller left a stream before its end."""


class Attempt(msgspec.Struct, kw_only=True):
    """One attempt to have a call answered. It is written on while the attempt runs, and still after its end.

    Attributes:
        provider: who was asked.
        model: which model of theirs.
        key: a fingerprint of the key that was used, which tells keys apart and gives none away; empty without a key.
        key_alias: what that key is called, or where it was read, such as `env:OPENAI_API_KEY`; empty where nobody says.
        started: when it began, in seconds since 1970.
        waited: how many seconds were waited just before it.
        elapsed: how many seconds it took; of a stream, until its end. `None` while it runs.
        status: the HTTP status of its answer, where there was one.
        outcome: how it went.
        error: the name of the error's class, where it failed.
        code: the vendor's own code for the error, where there is one.
        retry_after: how many seconds the provider asked to wait.
        request_id: the provider's id of the request.
        requests: how many requests were made; more than one where an operation takes several.
        cost: what it cost in US dollars, where somebody reckoned that.
        usage: what it used, as an `any_llm.types.usage.Usage`, where it broke off or its answer was not
            handed on, and that is known.
    """

    provider: str
    model: str
    key: str = ""
    key_alias: str = ""
    started: float = 0.0
    waited: float = 0.0
    elapsed: float | None = None
    status: int | None = None
    outcome: AttemptOutcome = "running"
    error: str | None = None
    code: str | None = None
    retry_after: float | None = None
    request_id: str | None = None
    requests: int = 0
    cost: Decimal | None = None
    usage: msgspec.Struct | None = None

    def to_dict(self) -> Mapping[str, object]:
        """Return the attempt as plain values that JSON can hold; what is unknown is left out."""
        known: dict[str, object] = {
            name: value for name in self.__struct_fields__ if (value := getattr(self, name)) not in (None, "")
        }
        if self.cost is not None:
            known["cost"] = str(self.cost)
        if self.usage is not None:
            known["usage"] = msgspec.to_builtins(self.usage)
        return known


class Considered(msgspec.Struct, frozen=True, kw_only=True):
    """A target that was looked at before a call.

    Attributes:
        target: which, as `provider:model`.
        route: the route it belongs to; of a route within another one, both names.
        place: as the how many-th it is asked, from 1 on; `None` when it was dropped.
        reason: why it was taken, or dropped.
        base_url: where it is asked.
        key: the fingerprint of its key; empty without one.
    """

    target: str
    route: str
    place: int | None = None
    reason: str = ""
    base_url: str = ""
    key: str = ""


class Routing(msgspec.Struct, kw_only=True):
    """How a call found the target that served it.

    Attributes:
        route: the name of the route.
        considered: its targets: first those that were taken, in their order, then the dropped ones.
        passed: what each target failed with before the next one was asked, such as `openai:gpt-5: OverloadedError`.
        restarts: how often a stream began anew in the middle.
        continued: how often a stream was gone on with by another target.
        hedged: how often a second target was asked because the first one was slow.
        hedges_won: how often that one served the call.
    """

    route: str
    considered: tuple[Considered, ...] = ()
    passed: list[str] = msgspec.field(default_factory=list)
    restarts: int = 0
    continued: int = 0
    hedged: int = 0
    hedges_won: int = 0
