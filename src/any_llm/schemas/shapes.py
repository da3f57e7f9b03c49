"""What a piece of foreign JSON is, under the name that the rooms above `types` know."""

from __future__ import annotations

from any_llm.types.json import is_list, is_mapping, is_object

__all__ = ["is_list", "is_mapping", "is_object"]
