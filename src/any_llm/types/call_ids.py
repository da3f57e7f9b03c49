"""Ids of tool calls, brought into the form that the vendor asked next accepts.

A conversation that began at one vendor goes on at another one, whose API may refuse the ids of the first. The same id
becomes the same other one wherever it stands, so that results still refer to their calls.
"""

from __future__ import annotations

import hashlib
import re

import msgspec


class CallIds(msgspec.Struct, frozen=True):
    """Which ids an API takes: those that `accepted` matches wholly; others become `prefix` and `digits` of a hash."""

    accepted: re.Pattern[str]
    prefix: str = "call_"
    digits: int = 24

    def fit(self, call_id: str) -> str:
        """Return an id as it is if the API takes it, else the one that stands for it there."""
        if self.accepted.fullmatch(call_id):
            return call_id
        return self.prefix + hashlib.sha256(call_id.encode()).hexdigest()[: self.digits]
