"""The health of a client's targets: what its calls have shown, and what they say when they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from any_llm.client.arguments import build_call
from any_llm.engine.build import build
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.candidates import candidates_of
from any_llm.pipeline.health import circuits, place_of
from any_llm.spec.provider import Operation

if TYPE_CHECKING:
    from any_llm.client.routed import Routed
    from any_llm.pipeline.call import Handler
    from any_llm.pipeline.candidates import Candidate
    from any_llm.types.health import TargetHealth
    from any_llm.types.json import JSON

_PATIENCE = 10.0


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a target said when it was asked for its models.

    Attributes:
        target: which, as `provider:model`.
        state: whether it `answers` or `fails`; `unknown` when it has no list of models, so that asking it would cost.
        seconds: how long that took.
        detail: what is wrong, or whether the model is listed.
    """

    target: str
    state: Literal["answers", "fails", "unknown"]
    seconds: float | None = None
    detail: str = ""


def health_of(client: JSON) -> tuple[TargetHealth, ...]:
    """Return the health of the targets of a client: of its routes, or of its provider with its key."""
    known = circuits(client.settings.surroundings).all()
    routes = getattr(client, "routes", None)
    if routes is None:
        own = place_of(client._target)  # noqa: SLF001  # the other half of the client's method
        return tuple(circuit.told() for circuit in known if circuit.place._replace(model="") == own)
    places = {place_of(each.target) for name in routes for each in candidates_of(client.chain(name))}
    return tuple(circuit.told() for circuit in known if circuit.place in places)


async def check(client: Routed, names: Sequence[str]) -> list[Checked]:
    """Ask the targets of routes for their models, all at once: nobody charges for that."""
    candidates = {place_of(each.target): each for name in names for each in candidates_of(client.chain(name))}
    settings = msgspec.structs.replace(client.settings, retry=None, fallback=None, health=None, deadline=_PATIENCE)
    handler = build(settings)
    return await asyncio.gather(*(_checked(each, client, handler) for each in candidates.values()))


async def _checked(candidate: Candidate, client: Routed, handler: Handler) -> Checked:
    target = candidate.target
    if Operation.LIST_MODELS not in target.provider.operations:
        return Checked(target=candidate.name, state="unknown", detail="it has no list of models")
    clock = client.settings.surroundings.clock
    began = clock.monotonic()
    call = build_call(Operation.LIST_MODELS, target, {"deadline": _PATIENCE}, client.settings)
    try:
        reply = await handler(call)
    except AnyLLMError as error:
        return Checked(
            target=candidate.name,
            state="fails",
            seconds=clock.monotonic() - began,
            detail=f"{type(error).__name__}: {error.message}",
        )
    listed = {str(model.id).rpartition("/")[2] for model in reply.value}
    found = "the model is listed" if target.model.rpartition("/")[2] in listed else "the model is not listed"
    return Checked(target=candidate.name, state="answers", seconds=clock.monotonic() - began, detail=found)
