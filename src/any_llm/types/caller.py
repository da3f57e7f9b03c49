"""On whose behalf a call is made: what limits, budgets and caches keep apart."""

from __future__ import annotations

import msgspec


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as the program says it. None of it is sent to a provider, but for what a parameter of its own says.

    Attributes:
        tenant: whose data these are; nothing is ever shared between two tenants.
        user: who asks; where the call says nothing else, the operation's own parameter `user`.
        project: what it is done for.
        tags: words that a call is counted under.
        priority: who goes first where calls wait for one another: the larger number.
    """

    tenant: str = ""
    user: str = ""
    project: str = ""
    tags: tuple[str, ...] = ()
    priority: int = 0


NOBODY = Caller()
"""The caller of a call that does not say."""
