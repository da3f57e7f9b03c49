"""Whether and where a ledger is kept of what calls used and cost."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast

import msgspec
from typing_extensions import override

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number
from any_llm.types.secret import redact, show, show_record

Durability: TypeAlias = Literal["batched", "synchronous", "durable"]

_DURABILITY = ("batched", "synchronous", "durable")
_LONGEST = 60.0


class Ledger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ledger: a row for every call, and one for every attempt that was made for it.

    `batched` writes behind the call, in one transaction for all that came meanwhile: when the process is killed, the
    rows of the last `within` seconds are lost, and of the transaction that is under way. What has been written is safe
    from the end of the process; the last moments before the *machine* fails may be lost.

    `synchronous` writes twice in the middle of a call, before it is made and before its answer is handed over, so that
    no call is missing when the process is killed: one whose end is not known stays there as `running`. The event loop
    stands still meanwhile, for a tenth of a millisecond or so. `durable` also waits for the disk, so that nothing is
    missing when the machine fails; that takes as long as the disk does. While a PostgreSQL server is away, both keep
    their rows in a file in the user's folder for the state of programs; `batched` keeps up to 100,000 calls in memory.

    Attributes:
        store: where: a file's path, `sqlite:PATH`, or `postgresql://USER@HOST/DATABASE`; without it, the file
            `any-llm/ledger.db` in the user's folder for the state of programs.
        durability: `batched`, `synchronous` or `durable`.
        within: after how many seconds at most a row is on its way to the store, in the mode `batched`.
        retention: how many days rows are kept; `None` for ever.
    """

    store: str = ""
    durability: Durability = "batched"
    within: float = 0.05
    retention: float | None = None

    def __post_init__(self) -> None:
        """Check what can be checked without opening anything.

        Raises:
            ConfigurationError: a value cannot be; the error names it.
        """
        if not isinstance(cast("object", self.store), str):
            raise ConfigurationError(f"ledger.store is {redact(show(self.store))}; give a path or a postgresql:// URL")
        if self.durability not in _DURABILITY:
            raise ConfigurationError(f"ledger.durability is {self.durability!r}; use one of {', '.join(_DURABILITY)}")
        if not is_number(cast("object", self.within)) or not 0 < self.within <= _LONGEST:
            raise ConfigurationError(
                f"ledger.within is {self.within!r}; give seconds, above 0 and at most {_LONGEST:g}"
            )
        if self.retention is not None and not (is_number(cast("object", self.retention)) and self.retention > 0):
            raise ConfigurationError(f"ledger.retention is {self.retention!r}; give a positive number of days, or None")

    @override
    def __repr__(self) -> str:
        # Its place may hold a password.
        return show_record(self)
