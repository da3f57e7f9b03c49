"""Every operation as a method.

Made by `scripts/surfaces.py` from `client/operations*.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence

from any_llm.client.methods.blocking import BlockingOperations
from any_llm.client.methods.blocking_media import BlockingMediaOperations
from any_llm.client.methods.blocking_stored import BlockingStoredOperations
from any_llm.client.methods.blocking_text import BlockingTextOperations

HOOKS: Sequence[str] = ("_acompletion", "_aresponses", "_amessages", "_aembedding", "_alist_models")
"""The methods that subclasses may override."""


class EveryOperation(BlockingOperations, BlockingMediaOperations, BlockingStoredOperations, BlockingTextOperations):
    """Every operation, async and blocking."""
