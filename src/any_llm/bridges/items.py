"""Reading what a caller handed in: lists of dictionaries, of our values, or of a vendor SDK's models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from any_llm.exceptions import InvalidMessageError
from any_llm.schemas.shapes import is_list, is_mapping, is_object
from any_llm.types.json import JSON, JSONObject


def as_object(item: JSON, path: str) -> JSONObject:
    """Return one item as a dictionary that must not be changed; what is `None` in a model is left out.

    Raises:
        InvalidMessageError: it is neither a dictionary nor a model.
    """
    if is_object(item):
        return item
    if is_mapping(item):
        return dict(item)
    dump = getattr(item, "model_dump", None)
    if callable(dump):
        return cast("JSONObject", dump(exclude_none=True))
    raise InvalidMessageError(f"{path} must be an object, found {type(item).__name__} {item!r:.80}", param=path)


def as_objects(items: JSON, path: str) -> list[tuple[str, JSONObject]]:
    """Return the items of a list as dictionaries, each with its path.

    Raises:
        InvalidMessageError: it is not a list, or an item of it is no object.
    """
    if isinstance(items, tuple):
        items = [*items]
    if not is_list(items):
        raise InvalidMessageError(f"{path} must be a list, found {type(items).__name__} {items!r:.80}", param=path)
    places = ((f"{path}[{index}]", item) for index, item in enumerate(items))
    return [(place, as_object(item, place)) for place, item in places]


def object_in(value: JSON) -> JSONObject:
    """Return a member of a vendor's that should be an object; an empty one where it is something else."""
    return value if is_object(value) else {}


def objects_in(value: JSON) -> list[JSONObject]:
    """Return the objects in a member of a vendor's that should be a list; none where it is something else."""
    return [entry for entry in value if is_object(entry)] if is_list(value) else []


def text_of(item: JSONObject, name: str, path: str) -> str:
    """Return a member that must be text.

    Raises:
        InvalidMessageError: it is absent, or something else.
    """
    value = item.get(name)
    if isinstance(value, str):
        return value
    found = f"{type(value).__name__} {value!r:.80}" if name in item else "nothing"
    raise InvalidMessageError(f"{path}.{name} must be text, found {found}", param=f"{path}.{name}")


def unknown(path: str, member: str, value: JSON, known: Iterable[str]) -> InvalidMessageError:
    """Return the error that says that a role or type has no counterpart in a chat."""
    return InvalidMessageError(
        f"{path}.{member} is {value!r}, which a chat completion cannot hold; use one of {', '.join(sorted(known))}",
        param=f"{path}.{member}",
    )
