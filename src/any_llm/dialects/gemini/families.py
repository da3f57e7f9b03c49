"""What the families of Gemini models accept, as data: the API refuses what a model does not have.

Sources: https://ai.google.dev/gemini-api/docs/thinking, .../thought-signatures and .../function-calling, and
https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/thinking.
"""

from __future__ import annotations

import msgspec

_ALL_LEVELS = ("minimal", "low", "medium", "high")
_NO_MINIMAL = ("low", "medium", "high")


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Models whose names contain `name`, and what they accept.

    Attributes:
        name: part of the names of the models.
        levels: the values of `thinkingLevel`, from the least; empty where thinking is not asked for by level.
        budget: the least and the most tokens to think with; `None` where thinking is not asked for by number.
        unthinking: whether a budget of 0 turns thinking off.
        signed: whether calls of functions must come back with the vendor's signatures.
        media_results: whether the result of a function may hold images and files.
        instructed: whether it takes a system instruction.
    """

    name: str
    levels: tuple[str, ...] = _NO_MINIMAL
    budget: tuple[int, int] | None = None
    unthinking: bool = False
    signed: bool = True
    media_results: bool = True
    instructed: bool = True


def _older(name: str, budget: tuple[int, int] | None = None, *, unthinking: bool = False) -> Family:
    return Family(name=name, levels=(), budget=budget, unthinking=unthinking, signed=False, media_results=False)


FAMILIES: tuple[Family, ...] = (
    Family(name="gemini-3-pro-image", levels=(), signed=False),
    Family(name="gemini-3.1-flash-image", levels=("minimal", "high"), signed=False),
    Family(name="gemini-3-pro", levels=("low", "high")),
    Family(name="gemini-3.1-pro", levels=_NO_MINIMAL),
    Family(name="gemini-3-flash", levels=_ALL_LEVELS),
    Family(name="gemini-3.1-flash", levels=_ALL_LEVELS),
    Family(name="gemini-3.5-flash", levels=_ALL_LEVELS),
    Family(name="gemini-3.6-flash", levels=_ALL_LEVELS),
    _older("gemini-2.5-flash-image"),
    _older("gemini-2.5-flash-lite", (512, 24_576), unthinking=True),
    _older("gemini-2.5-flash", (0, 24_576), unthinking=True),
    _older("gemini-2.5-pro", (128, 32_768)),
    _older("gemini-robotics-er-1", (0, 24_576), unthinking=True),
    _older("gemini-2.0"),
    _older("gemini-1"),
    Family(name="gemma-3", levels=(), signed=False, media_results=False, instructed=False),
    _older("gemma"),
    _older("learnlm"),
)
"""The families; the first whose name a model's name contains is its family."""

UNKNOWN = Family(name="")
"""A model that is in no family: newer than this table (3.7 and 3.8 are such), or an alias such as `flash-latest`."""


def family_of(model: str) -> Family:
    """Return the family of a model by its name."""
    return next((family for family in FAMILIES if family.name in model), UNKNOWN)
