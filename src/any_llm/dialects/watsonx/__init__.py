"""The format of IBM's watsonx.ai: https://cloud.ibm.com/apidocs/watsonx-ai."""

from __future__ import annotations

from any_llm.dialects.watsonx.chat import COMPLETION
from any_llm.dialects.watsonx.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="watsonx",
    operations=LateCodecs(
        __name__,
        {
            Operation.TEXT_COMPLETION: "text:TEXT_COMPLETION",
            Operation.EMBEDDING: "embeddings:EMBEDDING",
            Operation.RERANK: "rerank:RERANK",
            Operation.LIST_MODELS: "models:LIST_MODELS",
        },
        {Operation.COMPLETION: COMPLETION},
    ),
    decode_error=decode_error,
)
