"""Names that nothing else has, of calls, leases and reservations."""

from __future__ import annotations

import random

_BITS = 128


def new_name() -> str:
    """Return a name that nothing has, in any process: 32 hexadecimal digits. It is no secret, and may be guessed.

    The system's own source of chance, which `uuid4` asks each time, takes longer than all the rest of a reservation.
    """
    return f"{random.getrandbits(_BITS):032x}"
