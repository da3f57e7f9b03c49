"""Reranking: https://docs.voyageai.com/reference/reranker-api."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.voyage.errors import refuse
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, is_list, is_mapping, is_object
from any_llm.types.report import Warning as CallWarning
from any_llm.types.rerank import RerankResponse, RerankResult
from any_llm.types.value import revive

_RENAMED: Mapping[str, str] = {"top_n": "top_k"}
_INEXPRESSIBLE: Mapping[str, str] = {"max_tokens_per_doc": "say truncation"}


def encode_rerank(target: Target, options: Options) -> Encoded:
    """Encode a request; of a document with a `text` that is ranked, of another one the text of its JSON."""
    warnings = [CallWarning("dropped", name, _INEXPRESSIBLE[name]) for name in options if name in _INEXPRESSIBLE]
    body = {"model": target.model} | {
        _RENAMED.get(name, name): value for name, value in options.items() if name not in _INEXPRESSIBLE
    }
    body["documents"] = [_text(document, index, warnings) for index, document in enumerate(options["documents"])]
    return Encoded("/rerank", msgspec.json.encode(body), warnings=tuple(warnings))


def _text(document: JSON, index: int, warnings: list[CallWarning]) -> JSON:
    if not is_mapping(document):
        return document
    if set(document) == {"text"}:
        return document["text"]
    warnings.append(CallWarning("emulated", f"documents[{index}]", "its JSON was sent as a text"))
    return msgspec.json.encode(document).decode()


def decode_rerank(_target: Target, response: HttpResponse) -> RerankResponse:
    """Decode an answer, best document first.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no results.
    """
    tree: JSON = msgspec.json.decode(response.body)
    rows: JSON = tree.get("data") if is_object(tree) else None
    if not is_list(rows) or not all(map(is_object, rows)):
        raise refuse(tree, response.status, "results")
    answer = revive(
        RerankResponse, {**{name: value for name, value in tree.items() if name != "data"}, "results": rows}
    )
    answer.results.sort(key=_score, reverse=True)
    return answer


def _score(result: RerankResult) -> float:
    return result.relevance_score


RERANK: Codec[RerankResponse, None] = Codec(encode=encode_rerank, decode=decode_rerank)
"""The operation `rerank`."""
