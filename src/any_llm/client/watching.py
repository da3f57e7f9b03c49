"""The health of a client's targets: what its calls have shown, and what they say when they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from any_llm.client.checking import Asking
from any_llm.pipeline.candidates import candidates_of
from any_llm.pipeline.health import circuits, hints, place_of
from any_llm.pipeline.health_sharing import sharing_of
from any_llm.types.health import Checks, Evidence, Health

if TYPE_CHECKING:
    from any_llm.client.routed import Routed
    from any_llm.pipeline.candidates import Candidate
    from any_llm.pipeline.health import Circuit, Place
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.spec.dialect import Target
    from any_llm.types.health import HealthCheck, TargetHealth
    from any_llm.types.json import JSON


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a target said when it was asked, and what calls have shown.

    Attributes:
        target: which, as `provider:model`.
        state: whether it `answers` or `fails`.
        seconds: how long that took.
        detail: what is wrong, or whether the model is listed.
        source: what was asked: what costs nothing, or the shortest answer.
        live: what calls have shown, of this process or of those that share its store; `None` where nothing is known.
    """

    target: str
    state: Literal["answers", "fails"]
    seconds: float | None = None
    detail: str = ""
    source: Evidence = "unbilled probe"
    live: TargetHealth | None = None


def health_of(client: JSON) -> tuple[TargetHealth, ...]:
    """Return the health of the targets of a client: of its routes, or of its provider with its key."""
    surroundings: Surroundings = client.settings.surroundings
    routes = getattr(client, "routes", None)
    known: Sequence[Circuit] = tuple(circuits(surroundings).all())
    if routes is None:
        known = [circuit for circuit in known if _is_of(circuit, client._target)]  # noqa: SLF001  # its other half
    else:
        places = {place_of(each.target) for name in routes for each in candidates_of(client.chain(name))}
        known = [circuit for circuit in known if _asked_at(circuit) in places]
    told, hint = [circuit.told() for circuit in known], hints(surroundings)
    return tuple(msgspec.structs.replace(each, hint=hint.get(each.provider, "")) if hint else each for each in told)


def targets_of(client: JSON) -> list[Target]:
    """Return the targets that calls of a client have been for: of the routes asked so far, or of its provider."""
    chains: Sequence[JSON] | None = getattr(client, "chains", None)
    if chains is not None:
        found = {place_of(each.target): each.target for chain in chains for each in candidates_of(chain)}
        return list(found.values())
    target: Target = client._target  # noqa: SLF001  # the other half of the client's method
    models = {
        circuit.place.model
        for circuit in circuits(client.settings.surroundings).all()
        if _is_of(circuit, target) and not circuit.pooled
    }
    return [msgspec.structs.replace(target, model=model) for model in sorted(models) if model]


def _is_of(circuit: Circuit, target: Target) -> bool:
    """Say whether a health is that of a client's target, whichever the model."""
    return _asked_at(circuit)._replace(model="") == place_of(target)._replace(model="")


def _asked_at(circuit: Circuit) -> Place:
    """Return where a client asks: without a key of its own where keys take turns."""
    return circuit.place._replace(key="") if circuit.pooled else circuit.place


async def check(client: Routed, names: Sequence[str], *, billed: bool = False) -> list[Checked]:
    """Ask the targets of routes whether they answer, all at once: for what nobody charges for, unless `billed`."""
    settings = client.settings
    candidates = {place_of(each.target): each for name in names for each in candidates_of(client.chain(name))}
    policy = settings.health or Health()
    asking = Asking(settings, policy.checks or Checks())
    sharing = sharing_of(policy, msgspec.structs.replace(settings.surroundings, store=settings.store))
    if sharing is not None:
        sharing.tell()
        await sharing.settle()
    return await asyncio.gather(*(_checked(each, client, asking, billed=billed) for each in candidates.values()))


async def _checked(candidate: Candidate, client: Routed, asking: Asking, *, billed: bool) -> Checked:
    target = candidate.target
    check, error = await asking.unbilled(target)
    if billed and not error:
        further, error = await asking.billed(target, candidate.facts())
        check = _with_reason(check, further) if further.ok is None else further
    circuit = circuits(client.settings.surroundings).find(target)
    return Checked(
        target=candidate.name,
        state="fails" if error else "answers",
        seconds=check.seconds,
        detail=check.detail,
        source=check.source,
        live=None if circuit is None else circuit.told(),
    )


def _with_reason(check: HealthCheck, further: HealthCheck) -> HealthCheck:
    return msgspec.structs.replace(check, detail=f"{check.detail}; no billed check: {further.detail}")
