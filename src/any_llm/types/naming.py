"""Names by which targets are chosen without naming a provider."""

from __future__ import annotations

ROUTE = "route"
"""What stands before the name of a route, as a provider's name does: `route:fast`."""

UNNAMED = "auto"
"""The name of the route of a client that was made from a list of targets."""
