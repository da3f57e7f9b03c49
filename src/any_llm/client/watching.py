"""What is known about the health of a client's targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.pipeline.candidates import candidates_of
from any_llm.pipeline.health import circuits, place_of

if TYPE_CHECKING:
    from any_llm.types.health import TargetHealth
    from any_llm.types.json import JSON


def health_of(client: JSON) -> tuple[TargetHealth, ...]:
    """Return the health of the targets of a client: of its routes, or of its provider with its key."""
    known = circuits(client.settings.surroundings).all()
    routes = getattr(client, "routes", None)
    if routes is None:
        own = place_of(client._target)  # noqa: SLF001  # the other half of the client's method
        return tuple(circuit.told() for circuit in known if circuit.place._replace(model="") == own)
    places = {place_of(each.target) for name in routes for each in candidates_of(client.chain(name))}
    return tuple(circuit.told() for circuit in known if circuit.place in places)
