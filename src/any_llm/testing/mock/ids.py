"""Identifiers that look like a vendor's and are the same in each run with the same seed."""

from __future__ import annotations

from hashlib import blake2b
from random import Random

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HEX = "0123456789abcdef"


class Ids:
    """The identifiers and the randomness of one request: they depend on the mock's seed and the request's number."""

    __slots__ = ("_count", "_random", "_start")

    def __init__(self, seed: int, number: int) -> None:
        self._start = f"{seed}:{number}:"
        self._count = 0
        self._random: Random | None = None

    def take(self, prefix: str = "", length: int = 24, alphabet: str = BASE62) -> str:
        """Return a new identifier: the prefix and as many characters of the alphabet as `length` says."""
        made = ""
        while len(made) < length:
            self._count += 1
            digest = blake2b(f"{self._start}{self._count}".encode()).digest()
            made += "".join([alphabet[byte % len(alphabet)] for byte in digest[: length - len(made)]])
        return prefix + made

    def uuid(self) -> str:
        """Return a new identifier in the form of a UUID of version 4."""
        digits = self.take(length=32, alphabet=HEX)
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    @property
    def random(self) -> Random:
        """Seeded randomness."""
        if self._random is None:
            self._random = Random(self._start)  # noqa: S311  # nothing secret depends on it
        return self._random
