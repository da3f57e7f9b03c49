"""Voyage AI's wire format, embeddings and reranking: https://docs.voyageai.com/reference."""

from __future__ import annotations

from any_llm.dialects.voyage.embeddings import EMBEDDING
from any_llm.dialects.voyage.errors import decode_error
from any_llm.dialects.voyage.rerank import RERANK
from any_llm.spec.dialect import Dialect
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="voyage",
    operations={Operation.EMBEDDING: EMBEDDING, Operation.RERANK: RERANK},
    decode_error=decode_error,
)
