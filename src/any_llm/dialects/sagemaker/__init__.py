"""The format of Amazon SageMaker's endpoints, which hand bodies to servers of one's own.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Runtime.html
"""

from __future__ import annotations

from any_llm.dialects.sagemaker.chat import COMPLETION
from any_llm.dialects.sagemaker.embeddings import EMBEDDING
from any_llm.dialects.sagemaker.errors import decode_error
from any_llm.dialects.sagemaker.text import TEXT_COMPLETION
from any_llm.spec.dialect import Dialect
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="sagemaker",
    operations={
        Operation.COMPLETION: COMPLETION,
        Operation.TEXT_COMPLETION: TEXT_COMPLETION,
        Operation.EMBEDDING: EMBEDDING,
    },
    decode_error=decode_error,
)
