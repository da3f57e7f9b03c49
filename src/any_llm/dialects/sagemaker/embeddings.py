"""Embeddings by endpoints, whose servers answer in one of several shapes.

https://docs.aws.amazon.com/sagemaker/latest/dg/jumpstart-foundation-models-use-python-sdk-estimator-class.html and
https://huggingface.github.io/text-embeddings-inference
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.sagemaker.wire import invoke, parse, refuse
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, is_list, is_object
from any_llm.types.report import Warning as CallWarning
from any_llm.types.vectors import vectors_of

_INEXPRESSIBLE: Mapping[str, str] = {
    "dimensions": "a vector has as many numbers as its model gives",
    "encoding_format": "vectors are sent as numbers",
    "user": "the server does not ask who the user is",
}
_HOLDERS = ("embeddings", "embedding", "vectors", "data")


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request; parameters that are not OpenAI's are sent as they are."""
    inputs = options["inputs"]
    warnings = [
        CallWarning("dropped", name, why)
        for name, why in _INEXPRESSIBLE.items()
        if options.get(name) not in (None, "float")
    ]
    more = {
        name: value
        for name, value in options.items()
        if name not in {"inputs", "stream", *_INEXPRESSIBLE} and value is not None
    }
    return invoke(target, {"inputs": inputs if isinstance(inputs, str) else list(inputs), **more}, warnings)


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer: a list of vectors, one vector, or an object that holds either.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    tree = parse(response.body)
    held: JSON = next((tree[name] for name in _HOLDERS if name in tree), None) if is_object(tree) else tree
    if is_list(held) and held and is_object(held[0]):
        held = [row.get("embedding") for row in held if is_object(row)]
    vectors = vectors_of(held)
    if not vectors:
        raise refuse(tree) if is_object(tree) else MalformedResponseError("an answer without vectors")
    rows = [Embedding(index=index, embedding=vector) for index, vector in enumerate(vectors)]
    return CreateEmbeddingResponse(data=rows, model=target.model)


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""
