"""What a mock remembers between requests: files, batches, stored responses."""

from __future__ import annotations

from typing import Generic, TypeVar, cast

Item = TypeVar("Item")


class Shelf:
    """Values of one mock, in rooms: one room for each vendor's kind of thing, such as `openai.files`.

    What a wire puts there is its own; it lives as long as the mock.
    """

    __slots__ = ("_rooms",)

    def __init__(self) -> None:
        self._rooms: dict[tuple[str, type], Room[object]] = {}

    def room(self, name: str, kind: type[Item]) -> Room[Item]:
        """Return the room of this name for values of this kind, made when it is first asked for."""
        # The key holds the kind, so that a room has values of no other.
        return cast("Room[Item]", self._rooms.setdefault((name, kind), Room()))

    def clear(self) -> None:
        """Forget everything."""
        self._rooms.clear()


class Room(Generic[Item]):
    """The values of one kind by their identifiers, in the order in which they came."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def put(self, id: str, item: Item) -> Item:  # noqa: A002  # the word that vendors use
        """Keep a value, in place of the one that had this identifier, and return it."""
        self._items[id] = item
        return item

    def get(self, id: str) -> Item | None:  # noqa: A002  # likewise
        """Return the value with this identifier."""
        return self._items.get(id)

    def find(self, id: str, missing: Exception) -> Item:  # noqa: A002  # likewise
        """Return the value with this identifier.

        Raises:
            Exception: `missing`, when there is none.
        """
        if id not in self._items:
            raise missing
        return self._items[id]

    def pop(self, id: str) -> Item | None:  # noqa: A002  # likewise
        """Take the value with this identifier out and return it."""
        return self._items.pop(id, None)

    def values(self) -> list[Item]:
        """Return all values, the oldest first."""
        return list(self._items.values())
