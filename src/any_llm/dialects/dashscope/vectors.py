"""Embeddings and reranking: https://www.alibabacloud.com/help/en/model-studio/text-embedding-synchronous-api."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.dashscope.wire import read_output, request
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding, EmbeddingUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.report import Warning as CallWarning
from any_llm.types.rerank import RerankResponse
from any_llm.types.value import revive

_EMBED = "/services/embeddings/text-embedding/text-embedding"
_RERANK = "/services/rerank/text-rerank/text-rerank"
_RENAMED: Mapping[str, str] = {"dimensions": "dimension"}
_INPUTS = frozenset({"inputs", "query", "documents"})


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request; what is not OpenAI's (`text_type`, `output_type`, …) is a parameter."""
    texts: JSON = options["inputs"]
    warnings: list[CallWarning] = []
    if options.get("encoding_format") not in (None, "float"):
        warnings.append(CallWarning("dropped", "encoding_format", "vectors come as numbers"))
    if options.get("user") is not None:
        warnings.append(CallWarning("dropped", "user", "the API does not ask who its user is"))
    given = {"texts": [texts] if isinstance(texts, str) else list(texts)}
    return request(target, _EMBED, given, _parameters(options, {"encoding_format", "user"}), warnings)


def encode_rerank(target: Target, options: Options) -> Encoded:
    """Encode a request; what is not of other vendors (`instruct`, …) is a parameter."""
    warnings: list[CallWarning] = []
    if options.get("max_tokens_per_doc") is not None:
        warnings.append(CallWarning("dropped", "max_tokens_per_doc", "documents are cut at the model's own limit"))
    given = {"query": options["query"], "documents": list(options["documents"])}
    return request(target, _RERANK, given, _parameters(options, {"max_tokens_per_doc"}), warnings)


def _parameters(options: Options, left: set[str]) -> JSONObject:
    said = {name: value for name, value in options.items() if name not in _INPUTS and name not in left}
    return {_RENAMED.get(name, name): value for name, value in said.items() if value is not None}


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer; sparse vectors stay readable on their rows.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    output, answer = read_output(response)
    rows: JSON = output.get("embeddings")
    if not is_list(rows) or not rows or not all(is_object(row) for row in rows):
        raise MalformedResponseError(f"an answer without vectors: its output has {sorted(output)}")
    tokens = _tokens(answer)
    return CreateEmbeddingResponse(
        data=[revive(Embedding, {**row, "index": row.get("text_index", index)}) for index, row in enumerate(rows)],
        model=target.model,
        usage=EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens),
    )


def decode_rerank(target: Target, response: HttpResponse) -> RerankResponse:
    """Decode an answer, best document first.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no results.
    """
    output, answer = read_output(response)
    if not is_list(output.get("results")):
        raise MalformedResponseError(f"an answer without results: its output has {sorted(output)}")
    told = {"id": answer.get("request_id") or "", "usage": {"total_tokens": _tokens(answer)}, "model": target.model}
    return revive(RerankResponse, {"results": output["results"], **told})


def _tokens(answer: JSONObject) -> int:
    usage: JSON = answer.get("usage")
    return int(usage.get("total_tokens") or 0) if is_object(usage) else 0


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""

RERANK: Codec[RerankResponse, None] = Codec(encode=encode_rerank, decode=decode_rerank)
"""The operation `rerank`."""
