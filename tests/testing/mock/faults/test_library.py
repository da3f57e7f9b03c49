"""What this library makes of every fault, whole and streamed, over a socket and in this process."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from typing import Final

import pytest

import any_llm
from any_llm import AnyLLM, Timeouts, exceptions
from any_llm.testing import Mock
from any_llm.testing.mock.fault import Fault, Outcome
from any_llm.testing.mock.faults.registry import faults
from any_llm.testing.mock.mock import VirtualClock
from any_llm.transport.pool import Pool, PoolSettings
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk

TEXT: Final = "Grüße aus 東京 – naïve café, and a good many words more until the answer has its length. 🙂"
LIMITS: Final = Timeouts(connect=2.0, first_token=0.5, idle=0.5, total=1.5)
LONGEST: Final = 5.0
"""No outcome may take so many seconds, on however slow a machine."""

SHOULD_BE_WHOLE: Final = frozenset({"length-cut", "content-filter", "refusal", "empty-answer", "broken-arguments",
                                    "unknown-tool", "zero-choices"})
