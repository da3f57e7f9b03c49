"""What is loaded by the name of its place, not before it is needed."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.types.json import JSON


@cache
def placed(place: str) -> JSON:
    """Return what stands at a place, which is written `module:name`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
