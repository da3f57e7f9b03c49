"""The format of IBM's watsonx.ai: https://cloud.ibm.com/apidocs/watsonx-ai."""

from __future__ import annotations

from any_llm.dialects.watsonx.chat import COMPLETION
from any_llm.dialects.watsonx.embeddings import EMBEDDING
from any_llm.dialects.watsonx.errors import decode_error
from any_llm.dialects.watsonx.models import LIST_MODELS
from any_llm.dialects.watsonx.rerank import RERANK
from any_llm.dialects.watsonx.text import TEXT_COMPLETION
from any_llm.spec.dialect import Dialect
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="watsonx",
    operations={
        Operation.COMPLETION: COMPLETION,
        Operation.TEXT_COMPLETION: TEXT_COMPLETION,
        Operation.EMBEDDING: EMBEDDING,
        Operation.RERANK: RERANK,
        Operation.LIST_MODELS: LIST_MODELS,
    },
    decode_error=decode_error,
)
