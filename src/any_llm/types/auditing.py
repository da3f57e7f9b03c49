"""What is written into the audit log, where it is, and how long it stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, cast, get_args

import msgspec
from typing_extensions import override

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number
from any_llm.types.secret import show_record

ContentMode: TypeAlias = Literal["none", "hash", "redacted", "encrypted"]
Durability: TypeAlias = Literal["group", "commit"]
AuditFailure: TypeAlias = Literal["refuse", "continue"]


def shown_place(place: str) -> str:
    """Return the place of a log as a text may show it: of one in PostgreSQL, the name of the database alone."""
    if place.startswith("sqlite:"):
        return place
    scheme, _, rest = place.partition(":")
    return f"{scheme}://…/{rest.partition('?')[0].rpartition('/')[2].rpartition('@')[2]}"


class Audit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How calls are audited.

    Attributes:
        place: where the log is: `sqlite:PATH`, or `postgresql://…`.
        content: what is kept of requests and answers: `none`, their digest (`hash`), that and the texts without secrets
            and personal data (`redacted`), or both `encrypted` with a key of the one whose call it was.
        durability: `group` answers at once, and writes what has come together within `group_window`; `commit` answers
            only when the event is on the disk, so that nothing is lost of what anybody has had an answer to.
        group_window: how many seconds events are gathered for one transaction.
        capacity: how many events may wait to be written; calls wait for room.
        on_failure: what becomes of calls while the log cannot be written: `refuse` or `continue`.
        checkpoint_events: after how many events of a tenant a checkpoint is signed.
        checkpoint_seconds: after how many seconds one is, if there was any event.
        key: the file of the private key that signs, PEM for Ed25519; for SQLite the place of the log and `.key`.
        retention: how many days events are kept, by their class: `access`, `admin`, or one of the program's own; the
            others stay.
    """

    place: str = "sqlite:audit.db"
    content: ContentMode = "hash"
    durability: Durability = "group"
    group_window: float = 0.02
    capacity: int = 10_000
    on_failure: AuditFailure = "refuse"
    checkpoint_events: int = 1_000
    checkpoint_seconds: float = 3_600.0
    key: str = ""
    retention: Mapping[str, float] = {}

    def __post_init__(self) -> None:
        """Check what can be checked without opening anything.

        Raises:
            ConfigurationError: a value is none of those allowed; the error names it.
        """
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ConfigurationError(f"audit.{name} is {getattr(self, name)!r}; use one of {', '.join(allowed)}")
        if not self.place.startswith(("sqlite:", "postgresql:", "postgres:")):
            raise ConfigurationError("audit.place is not 'sqlite:PATH' or 'postgresql://…'")
        if not self.place.startswith("sqlite:") and not self.key:
            raise ConfigurationError("audit.key is empty; name the file of the key that signs a log in PostgreSQL")
        self._check_numbers()

    def _check_numbers(self) -> None:
        for name in ("group_window", "capacity", "checkpoint_events", "checkpoint_seconds"):
            value: object = getattr(self, name)
            if not is_number(value) or value < (name != "group_window"):
                raise ConfigurationError(f"audit.{name} is {value!r}; give a positive number")
        for kind, days in self.retention.items():
            if not is_number(cast("object", days)) or days < 0 or kind == "audit":
                raise ConfigurationError(
                    f"audit.retention[{kind!r}] is {days!r}; give a number of days, and none for the class 'audit'"
                )

    @override
    def __repr__(self) -> str:
        # Its place may hold a password.
        return show_record(self, place=repr(shown_place(self.place)))

    @property
    def key_path(self) -> str:
        """The file of the key that signs."""
        return self.key or f"{self.place.partition(':')[2].removeprefix('//')}.key"


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "content": get_args(ContentMode),
    "durability": get_args(Durability),
    "on_failure": get_args(AuditFailure),
}
