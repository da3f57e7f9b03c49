"""Foreign JSON as a named type."""

from __future__ import annotations

from typing import Any, TypeAlias

JSON: TypeAlias = Any
"""Anything that JSON can say. Its shape is somebody else's, so whoever reads it checks what is there.

A recursive alias would say more, but msgspec cannot resolve one, and every reader would have to narrow each step twice.
"""

JSONObject: TypeAlias = dict[str, Any]
"""One JSON object."""
