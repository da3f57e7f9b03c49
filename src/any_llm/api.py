"""The module functions under the name that Mozilla's `any_llm` gives them."""

from __future__ import annotations

from any_llm.client.blocking_functions import completion, embedding, list_models, messages, responses
from any_llm.client.functions import acompletion, aembedding, alist_models, amessages, aresponses

__all__ = [
    "acompletion",
    "aembedding",
    "alist_models",
    "amessages",
    "aresponses",
    "completion",
    "embedding",
    "list_models",
    "messages",
    "responses",
]
