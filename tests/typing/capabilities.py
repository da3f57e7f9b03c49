"""What is known about models, as the type checkers see it. Checked, never run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import assert_type

import any_llm
from any_llm import Capabilities, Fact, Selection
from any_llm.client.probe import ProbeReport, probe
from any_llm.providers.capabilities import Record, lookup


async def know() -> None:
    """Ask what is known."""
    known = any_llm.capabilities("openai:m", provider=None)
    assert_type(known, Capabilities)
    assert_type(known.context_window, Fact[int])
    assert_type(known.context_window.value, int | None)
    assert_type(known.input_price.value, Decimal | None)
    assert_type(known.input_modalities.value, tuple[str, ...] | None)
    assert_type(known.retirement_date.value, dt.date | None)
    assert_type(any_llm.select(["vision"], max_price=5, prefer="newest"), list[Selection])
    assert_type(lookup("openai", "m"), Record)
    assert_type(await probe("openai:m"), ProbeReport)
