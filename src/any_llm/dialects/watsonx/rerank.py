"""Reranking: https://cloud.ibm.com/apidocs/watsonx-ai#text-rerank."""

from __future__ import annotations

import msgspec

from any_llm.dialects.watsonx.embeddings import own_parameters
from any_llm.dialects.watsonx.wire import body_for, encode, path, read_answer
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_object
from any_llm.types.report import Warning as CallWarning
from any_llm.types.rerank import RerankResponse, RerankResult, RerankUsage

_NOT_SENT = frozenset({
    "documents", "max_tokens_per_doc", "parameters", "query", "return_documents", "return_options", "top_n",
    "truncate_input_tokens",
})  # fmt: skip


def encode_rerank(target: Target, options: Options) -> Encoded:
    """Encode a request; members of a body that are not of this library are sent as they are."""
    warnings: list[CallWarning] = []
    documents: list[JSON] = options["documents"]
    inputs = [{"text": _text(document, f"documents[{index}]", warnings)} for index, document in enumerate(documents)]
    body = {**body_for(target, options), "query": options["query"], "inputs": inputs}
    body |= {name: value for name, value in options.items() if name not in _NOT_SENT and value is not None}
    parameters = own_parameters(options)
    wanted: JSONObject = dict(parameters.get("return_options") or {})
    if options.get("top_n") is not None:
        wanted["top_n"] = options["top_n"]
    if options.get("return_documents"):
        wanted["inputs"] = True
    if wanted:
        parameters["return_options"] = wanted
    if options.get("max_tokens_per_doc") is not None:
        parameters["truncate_input_tokens"] = options["max_tokens_per_doc"]
        warnings.append(CallWarning("approximated", "max_tokens_per_doc", "sent as `truncate_input_tokens`"))
    if parameters:
        body["parameters"] = parameters
    return Encoded(path(target, "/text/rerank"), encode(body), warnings=tuple(warnings))


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
        MalformedResponseError: the answer has no results.
    """
    answer = read_answer(response, "results")
    listed: JSON = answer["results"]
    results = [_result(result) for result in listed if is_object(result)] if is_list(listed) else []
    results.sort(key=lambda result: result.relevance_score, reverse=True)
    counted: JSON = answer.get("input_token_count")
    return RerankResponse(
        results=results,
        model=str(answer.get("model_id") or target.model),
        usage=RerankUsage(total_tokens=counted) if isinstance(counted, int) else None,
    )


def _result(result: JSONObject) -> RerankResult:
    index, score = result.get("index"), result.get("score")
    value = RerankResult(
        index=index if isinstance(index, int) else 0,
        relevance_score=float(score) if isinstance(score, int | float) else 0.0,
    )
    if result.get("input") is not None:
        setattr(value, "document", result["input"])  # noqa: B010  # the vendor's name, which no field has
    return value


RERANK: Codec[RerankResponse, None] = Codec(encode=encode_rerank, decode=decode_rerank)
"""The operation `rerank`."""
