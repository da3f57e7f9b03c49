"""Meeting the user's pydantic types, without loading pydantic for those who have none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeGuard, TypeVar, get_args

from any_llm.types.json import JSONObject

if TYPE_CHECKING:
    import pydantic

T = TypeVar("T")


def is_pydantic(kind: object) -> TypeGuard[type[pydantic.BaseModel]]:
    """Say whether a type is a pydantic model or a pydantic dataclass.

    Such a type exists only where pydantic is loaded already, so there is nothing to import.
    """
    if not isinstance(kind, type) or "pydantic" not in sys.modules:
        return False
    return hasattr(kind, "__pydantic_validator__") and hasattr(kind, "__pydantic_core_schema__")


def mentions_pydantic(kind: object) -> bool:
    """Say whether a type is one of pydantic's or built from such, as `list[Model]` is."""
    return is_pydantic(kind) or any(mentions_pydantic(part) for part in get_args(kind))


def pydantic_schema(kind: type) -> JSONObject:
    """Return the JSON schema that pydantic makes of a type, with its `$defs`.

    Raises:
        TypeError: pydantic has none for it.
    """
    import pydantic  # noqa: PLC0415  # as below

    try:
        return _adapter(kind).json_schema()
    except pydantic.PydanticUserError as error:
        raise TypeError(f"{kind.__qualname__} has no JSON schema: {error.message}") from error


def pydantic_parser(kind: type[T]) -> Callable[[str], T]:
    """Return what makes an instance of JSON text; the parser raises pydantic's own `ValidationError`."""
    return _adapter(kind).validate_json


def _adapter(kind: type[T]) -> pydantic.TypeAdapter[T]:
    import pydantic  # noqa: PLC0415  # the user's own type has loaded it; nobody else pays for it

    return pydantic.TypeAdapter(kind)
