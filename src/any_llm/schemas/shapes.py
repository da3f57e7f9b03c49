"""What a piece of foreign JSON is, told in a way that the type checkers follow."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import TypeIs

from any_llm.types.json import JSON, JSONObject


def is_object(value: object) -> TypeIs[JSONObject]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_mapping(value: object) -> TypeIs[Mapping[str, JSON]]:
    """Say whether a value is a mapping of any kind; its keys are taken to be names."""
    return type(value) is dict or isinstance(value, Mapping)


def is_list(value: object) -> TypeIs[list[JSON]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)
