"""Embeddings, which Hugging Face calls the extraction of features, and rankings by its servers for them.

https://huggingface.co/docs/inference-providers/tasks/feature-extraction and
https://huggingface.github.io/text-embeddings-inference
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.huggingface.wire import dropped, parse, path, refuse
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding
from any_llm.types.http import HttpResponse
from any_llm.types.vectors import vectors_of

_INEXPRESSIBLE: Mapping[str, str] = {
    "dimensions": "a vector has as many numbers as its model gives",
    "user": "the server does not ask who the user is",
}


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request; parameters that are not OpenAI's (`normalize`, `truncate`, …) are sent as they are."""
    inputs = options["inputs"]
    body = {"inputs": inputs if isinstance(inputs, str) else list(inputs)}
    not_sent = {"inputs", "encoding_format", "stream", *_INEXPRESSIBLE}
    body |= {name: value for name, value in options.items() if name not in not_sent and value is not None}
    reasons = dict(_INEXPRESSIBLE)
    if options.get("encoding_format") != "float":
        reasons["encoding_format"] = "vectors are sent as numbers"
    route = path(target, "feature-extraction", "/embed")
    return Encoded(route, msgspec.json.encode(body), warnings=dropped(options, reasons))


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer: a vector, or a list of them; of the vectors of each token, the mean is the text's.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    tree = parse(response.body)
    vectors = vectors_of(tree)
    if not vectors:
        raise refuse(tree)
    rows = [Embedding(index=index, embedding=vector) for index, vector in enumerate(vectors)]
    return CreateEmbeddingResponse(data=rows, model=target.model)


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""
