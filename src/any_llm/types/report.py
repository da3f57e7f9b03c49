"""What is known about a call beside its answer: warnings, ids, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from typing_extensions import override

from any_llm.attempts import Attempt, Routing
from any_llm.types.caching import CacheInfo
from any_llm.types.guards import GuardFinding
from any_llm.types.source import Source
from any_llm.types.value import Value

if TYPE_CHECKING:
    from any_llm.types.cost import Cost
    from any_llm.types.costs import Costs, Pricing
    from any_llm.types.usage import Usage


class Warning(msgspec.Struct, frozen=True):  # noqa: A001  # the field's word for it, as in Vercel's `warnings`
    """Something about the request that the provider could not take as it was said.

    `kind` is `dropped` (not sent), `emulated` (reached by other means) or `approximated` (sent as the nearest thing).
    `parameter` is its path, such as `seed` or `messages[2].content[0].cache_control`. `mode` says by what the form
    of an answer was reached: a `tool`, `json_object` or `instructions`.
    """

    kind: str
    parameter: str
    detail: str = ""
    mode: str = ""

    @override
    def __str__(self) -> str:
        return f"{self.parameter} was {self.kind}" + (f": {self.detail}" if self.detail else "")


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One step by which a piece of media came to the provider; some take two.

    Attributes:
        part: the path of its part, such as `messages[0].content[1]`, or the name of its parameter.
        kind: what it is: `image`, `audio`, `video` or `file`.
        how: `url` (the provider fetches it), `inline` (sent within the request), `streamed` (read while it was sent),
            `file_id` (the provider has it), `fetched` (from its URL, by this library) or `uploaded` (to the provider's
            files).
        bytes: how many there were, where they were seen.
        media_type: what it is, as `image/png`.
    """

    part: str
    kind: str
    how: str
    bytes: int | None = None
    media_type: str | None = None

    @override
    def __str__(self) -> str:
        size = "" if self.bytes is None else f", {self.bytes} bytes"
        return f"{self.part} ({self.media_type or self.kind}{size}): {self.how}"


class Report(msgspec.Struct, kw_only=True):
    """How a call went. Times are seconds.

    `deliveries` are the steps by which its media came to the provider. `structured_output` says how the model was held
    to a `response_format`: `native`, by a `tool`, by `json_object` and words, or by `instructions` alone; `None` where
    none was asked for. `carried_over` names the operation by whose shape a call reached a provider that lacks its own,
    such as `completion` for `messages`. `attempts` are the attempts that were made, the last of them this one.
    `request_id` is the provider's id of the request, `client_request_id` ours; where calls are observed, `trace_id` and
    `session_id` are those of the call. `findings` are what guards saw and did. `cache` says what the cache did, where
    there is one. `routing` tells how a call with several targets found this one. `pricing` reckons what an answer cost.
    `metered` is what is known of its usage beside the answer: from the request, or the end of a stream of bytes.
    """

    provider: str = ""
    model: str = ""
    operation: str = ""
    warnings: tuple[Warning, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    status: int | None = None
    headers: Mapping[str, str] = {}
    request_id: str | None = None
    client_request_id: str | None = None
    trace_id: str | None = None
    session_id: str | None = None
    elapsed: float | None = None
    time_to_first_chunk: float | None = None
    structured_output: str | None = None
    carried_over: str | None = None
    findings: tuple[GuardFinding, ...] = ()
    attempts: Sequence[Attempt] = ()
    cache: CacheInfo | None = None
    routing: Routing | None = None
    pricing: Pricing | None = None
    metered: Usage | None = None


class Reported(Value):
    """A whole answer, which knows how its call went."""

    @property
    def report(self) -> Report:
        """How the call went; an empty report for an answer that did not come from a call."""
        report = vars(self).get("_report")
        return report if isinstance(report, Report) else Report()

    @report.setter
    def report(self, report: Report) -> None:
        vars(self)["_report"] = report

    @property
    def raw(self) -> bytes:
        """The answer's body as it came; empty for an answer that did not come whole."""
        place = vars(self).get("_source")
        return place.raw if isinstance(place, Source) else b""

    @property
    def warnings(self) -> tuple[Warning, ...]:
        """What could not be said to the provider as it was meant; nothing is dropped without standing here."""
        return self.report.warnings

    @property
    def cost(self) -> Cost | None:
        """What the answer cost, reckoned now from what it used; `None` where its usage or its price is not known."""
        from any_llm.types.costs import cost_in  # noqa: PLC0415  # most answers are never asked what they cost

        return cost_in(self, self.report)

    @property
    def costs(self) -> Costs:
        """What the whole call cost: the answer, and apart from it what failed, was retried, hedged or passed on."""
        from any_llm.types.costs import costs_in  # noqa: PLC0415  # most answers are never asked what they cost

        return costs_in(self, self.report)

    @property
    def cache(self) -> CacheInfo | None:
        """What the cache did for this answer; `None` where there is no cache."""
        return self.report.cache

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request, from its response headers."""
        return self.report.request_id
