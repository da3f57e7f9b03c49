"""Reranking, by Bedrock's own API, or by the bodies of the models that it is a cover of.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html, and for InvokeModel
https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html
"""

from __future__ import annotations

import msgspec

from any_llm.dialects.bedrock.hosts import region_of, sister
from any_llm.dialects.bedrock.invoke import REQUEST_ID, invoke
from any_llm.dialects.bedrock.wire import decode_object, members, number_of
from any_llm.schemas.shapes import is_mapping
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.rerank import RerankResponse, RerankResult

_READ = frozenset({"query", "documents", "top_n", "return_documents", "max_tokens_per_doc"})


def encode_rerank(target: Target, options: Options) -> Encoded:
    """Encode a request to the API beside the models'; parameters that it does not know go to the model.

    It is signed with a pair of AWS keys only, and is found beside Bedrock's own host only: with a key of Bedrock's, or
    at another host, the model itself is asked.
    """
    warnings: list[CallWarning] = []
    if options.get("return_documents"):
        warnings.append(CallWarning("dropped", "return_documents", "the documents are not sent back"))
    more: JSONObject = {name: value for name, value in options.items() if name not in _READ and value is not None}
    limit = options.get("max_tokens_per_doc")
    host = sister(target.base_url, "bedrock-agent-runtime")
    if host is None or target.key is not None:
        return _ask_model(target, options, more, warnings)
    if limit is not None:
        more["max_tokens_per_doc"] = limit
    region = region_of(target.base_url)
    arn = (
        target.model
        if target.model.startswith("arn:")
        else f"arn:aws:bedrock:{region}::foundation-model/{target.model}"
    )
    model: JSONObject = {"modelArn": arn} | ({"additionalModelRequestFields": more} if more else {})
    wanted: JSONObject = {"modelConfiguration": model}
    if options.get("top_n") is not None:
        wanted["numberOfResults"] = options["top_n"]
    body = {
        "queries": [{"type": "TEXT", "textQuery": {"text": options["query"]}}],
        "sources": [_source(document) for document in options["documents"]],
        "rerankingConfiguration": {"type": "BEDROCK_RERANKING_MODEL", "bedrockRerankingConfiguration": wanted},
    }
    return Encoded(f"{host}/rerank", msgspec.json.encode(body), warnings=tuple(warnings))


def _source(document: JSON) -> JSONObject:
    if is_mapping(document) and set(document) != {"text"}:
        inline: JSONObject = {"type": "JSON", "jsonDocument": dict(document)}
    else:
        text: JSON = document["text"] if is_mapping(document) else document
        inline = {"type": "TEXT", "textDocument": {"text": text}}
    return {"type": "INLINE", "inlineDocumentSource": inline}


def _ask_model(target: Target, options: Options, more: JSONObject, warnings: list[CallWarning]) -> Encoded:
    documents = [
        _text(document, f"documents[{index}]", warnings) for index, document in enumerate(options["documents"])
    ]
    body: JSONObject = {"query": options["query"], "documents": documents, **more}
    if "cohere." in target.model:
        body.setdefault("api_version", 2)
    for name in ("top_n", "max_tokens_per_doc"):
        if options.get(name) is not None:
            body[name] = options[name]
    return invoke(target, body, warnings)


def _text(document: JSON, where: str, warnings: list[CallWarning]) -> JSON:
    if not is_mapping(document):
        return document
    if set(document) == {"text"}:
        return document["text"]
    warnings.append(CallWarning("emulated", where, "its JSON was sent as a text"))
    return msgspec.json.encode(document).decode()


def decode_rerank(target: Target, response: HttpResponse) -> RerankResponse:
    """Decode an answer of either API, best document first.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no results.
    """
    answer = decode_object(response, "results")
    results = [_result(result) for result in members(answer, "results")]
    results.sort(key=lambda result: result.relevance_score, reverse=True)
    ranked = RerankResponse(id=response.headers.get(REQUEST_ID, ""), model=target.model, results=results)
    if answer.get("nextToken"):
        setattr(ranked, "nextToken", answer["nextToken"])  # noqa: B010  # the vendor's name, which no field has
    return ranked


def _result(result: JSONObject) -> RerankResult:
    score: JSON = result.get("relevanceScore", result.get("relevance_score"))
    value = RerankResult(
        index=number_of(result, "index") or 0, relevance_score=float(score) if isinstance(score, int | float) else 0.0
    )
    if result.get("document") is not None:
        setattr(value, "document", result["document"])  # noqa: B010  # the vendor's name, which no field has
    return value


RERANK: Codec[RerankResponse, None] = Codec(encode=encode_rerank, decode=decode_rerank)
"""The operation `rerank`."""
