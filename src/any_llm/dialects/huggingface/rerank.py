"""Reranking by Hugging Face's servers for embeddings: https://huggingface.github.io/text-embeddings-inference."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.huggingface.wire import dropped, parse, path, refuse
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_object
from any_llm.types.report import Warning as CallWarning
from any_llm.types.rerank import RerankResponse, RerankResult

_INEXPRESSIBLE: Mapping[str, str] = {
    "max_tokens_per_doc": "say `truncate`",
    "top_n": "every document is ranked; take the first ones",
}


def encode_rerank(target: Target, options: Options) -> Encoded:
    """Encode a request; parameters that are not of this library (`raw_scores`, `truncate`, …) are sent as they are."""
    warnings = list(dropped(options, _INEXPRESSIBLE))
    documents: list[JSON] = options["documents"]
    texts = [_text(document, f"documents[{index}]", warnings) for index, document in enumerate(documents)]
    not_sent = {"query", "documents", "return_documents", *_INEXPRESSIBLE}
    body: JSONObject = {"query": options["query"], "texts": texts}
    body |= {name: value for name, value in options.items() if name not in not_sent and value is not None}
    if options.get("return_documents"):
        body["return_text"] = True
    return Encoded(path(target, "text-ranking", "/rerank"), msgspec.json.encode(body), warnings=tuple(warnings))


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
    tree = parse(response.body)
    if not is_list(tree):
        raise refuse(tree)
    results = [_result(item) for item in tree if is_object(item)]
    results.sort(key=lambda result: result.relevance_score, reverse=True)
    return RerankResponse(results=results, model=target.model)


def _result(item: JSONObject) -> RerankResult:
    index, score = item.get("index"), item.get("score")
    result = RerankResult(
        index=index if isinstance(index, int) else 0,
        relevance_score=float(score) if isinstance(score, int | float) else 0.0,
    )
    if isinstance(item.get("text"), str):
        setattr(result, "document", {"text": item["text"]})  # noqa: B010  # the vendor's name, which no field has
    return result


RERANK: Codec[RerankResponse, None] = Codec(encode=encode_rerank, decode=decode_rerank)
"""The operation `rerank`."""
