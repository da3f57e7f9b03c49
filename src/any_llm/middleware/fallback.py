"""Ask the next target when one cannot serve a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.pipeline.candidates import Chain
from any_llm.pipeline.journey import Journey

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.surroundings import Surroundings


class Fallback:
    """The layer that answers the calls to a route: by the first of its targets that can, and does."""

    __slots__ = ("_surroundings",)

    def __init__(self, _policy: object, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call by a target of the chain that it brings along; one without a chain goes straight on.

        Raises:
            NoTargetError: no target can serve the call as it is.
        """
        chain = call.overrides.get("fallback")
        return await (
            Journey(chain, call, inner, self._surroundings).answer() if isinstance(chain, Chain) else inner(call)
        )
