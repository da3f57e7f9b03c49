"""One cell of the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

Status: TypeAlias = Literal["proven", "declared", "emulated", "no"]
"""What is known: shown by a test, said by somebody, done by this library in another way, or not to be had."""


class Cell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one thing at one provider or model.

    Attributes:
        status: see `Status`.
        test: the id of the test that proves it.
        recordings: over how many recorded exchanges.
        detail: what a parameter becomes there, or who declares a capability.
    """

    status: Status
    test: str = ""
    recordings: int = 0
    detail: str = ""


Table: TypeAlias = Mapping[str, Mapping[str, Cell]]
"""Rows by name, each with its cells by column."""
