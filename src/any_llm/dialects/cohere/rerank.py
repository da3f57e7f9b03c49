"""Reranking in Cohere's format: https://docs.cohere.com/reference/rerank."""

from __future__ import annotations

import msgspec

from any_llm.dialects.cohere.wire import path, read_answer
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from any_llm.types.report import Warning as CallWarning
from any_llm.types.rerank import RerankResponse, RerankResult, RerankUsage
from any_llm.types.value import decode


def encode_rerank(target: Target, options: Options) -> Encoded:
    """Encode a request.

    Cohere ranks texts. Of a document with a `text` alone that is its text; one with more fields is sent as the text of
    its JSON, as https://docs.cohere.com/docs/rerank-overview recommends for structured data, with a warning.
    """
    warnings: list[CallWarning] = []
    documents = [
        _text(document, f"documents[{index}]", warnings) for index, document in enumerate(options["documents"])
    ]
    body = {"model": target.model, **options, "documents": documents}
    return Encoded(path(target, "/rerank"), msgspec.json.encode(body), warnings=tuple(warnings))


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
    read_answer(response, "results")
    answer = decode(RerankResponse, response.body)
    answer.model = answer.model or target.model
    answer.results.sort(key=_score, reverse=True)
    if answer.usage is None and answer.meta is not None and is_object(answer.meta.tokens):
        answer.usage = RerankUsage(total_tokens=sum(int(count or 0) for count in answer.meta.tokens.values()))
    return answer


def _score(result: RerankResult) -> float:
    return result.relevance_score


RERANK: Codec[RerankResponse, None] = Codec(encode=encode_rerank, decode=decode_rerank)
"""The operation `rerank`."""
