"""Reranking: https://developers.cloudflare.com/workers-ai/models/bge-reranker-base."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.cloudflare.wire import dropped, refuse, result_of, run_path
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_object
from any_llm.types.report import Warning as CallWarning
from any_llm.types.rerank import RerankResponse, RerankResult

_INEXPRESSIBLE: Mapping[str, str] = {"max_tokens_per_doc": "the model cuts documents itself"}
_NOT_SENT = frozenset({"query", "documents", "top_n", "return_documents", *_INEXPRESSIBLE})


def encode_rerank(target: Target, options: Options) -> Encoded:
    """Encode a request; parameters that are not of this library are sent as they are."""
    warnings = list(dropped(options, _INEXPRESSIBLE))
    if options.get("return_documents"):
        warnings.append(CallWarning("dropped", "return_documents", "the documents are not sent back"))
    documents: list[JSON] = options["documents"]
    contexts = [{"text": _text(document, f"documents[{at}]", warnings)} for at, document in enumerate(documents)]
    body: JSONObject = {"query": options["query"], "contexts": contexts}
    if options.get("top_n") is not None:
        body["top_k"] = options["top_n"]
    body |= {name: value for name, value in options.items() if name not in _NOT_SENT and value is not None}
    return Encoded(run_path(target), msgspec.json.encode(body), warnings=tuple(warnings))


def _text(document: JSON, where: str, warnings: list[CallWarning]) -> JSON:
    if not is_mapping(document):
        return document
    if set(document) == {"text"}:
        return document["text"]
    warnings.append(CallWarning("emulated", where, "its JSON was sent as a text"))
    return msgspec.json.encode(document).decode()


def decode_rerank(target: Target, response: HttpResponse) -> RerankResponse:
    """Decode an answer, best document first.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no list of scores.
    """
    result = result_of(response)
    listed: JSON = result.get("response")
    if not is_list(listed):
        raise refuse(result)
    results = [_result(item) for item in listed if is_object(item)]
    results.sort(key=lambda ranked: ranked.relevance_score, reverse=True)
    return RerankResponse(results=results, model=target.model)


def _result(item: JSONObject) -> RerankResult:
    index, score = item.get("id"), item.get("score")
    return RerankResult(
        index=index if isinstance(index, int) else 0,
        relevance_score=float(score) if isinstance(score, int | float) else 0.0,
    )


RERANK: Codec[RerankResponse, None] = Codec(encode=encode_rerank, decode=decode_rerank)
"""The operation `rerank`."""
