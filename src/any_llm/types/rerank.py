"""Reranking: which of some documents fit a query best. Cohere's shape, which the field reads.

https://docs.cohere.com/reference/rerank
"""

from __future__ import annotations

import msgspec

from any_llm.types.report import Reported
from any_llm.types.value import Value


class RerankResult(Value):
    """How well the document number `index` fits; a higher score is a better fit, scores of models do not compare."""

    index: int = 0
    relevance_score: float = 0.0


class RerankMeta(Value):
    """What the provider counted, by its own names: `billed_units` such as `search_units`, and `tokens`."""

    billed_units: dict[str, float] | None = None
    tokens: dict[str, int] | None = None


class RerankUsage(Value):
    """Tokens that the query and the documents took."""

    total_tokens: int = 0


class RerankResponse(Reported):
    """The documents' scores, best first."""

    id: str = ""
    results: list[RerankResult] = msgspec.field(default_factory=list[RerankResult])
    meta: RerankMeta | None = None
    usage: RerankUsage | None = None
    model: str = ""
