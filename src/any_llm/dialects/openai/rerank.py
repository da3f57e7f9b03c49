"""Reranking as OpenAI-compatible servers do it, in the shape of Cohere and Jina.

https://docs.vllm.ai/en/latest/serving/openai_compatible_server · https://docs.together.ai/reference/rerank
"""

from __future__ import annotations

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import refuse, tree_of
from any_llm.dialects.openai.places import place
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.rerank import RerankResponse, RerankResult
from any_llm.types.value import revive


def encode_rerank(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    body: JSONObject = {"model": target.model, **options}
    warnings = adapt(body, target.provider, Operation.RERANK)
    return Encoded(place(target, Operation.RERANK, "/rerank"), msgspec.json.encode(body), warnings=tuple(warnings))


def decode_rerank(_target: Target, response: HttpResponse) -> RerankResponse:
    """Decode an answer, best first; some servers call the results `data`, and the scores `score`.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no results, or one without a score.
    """
    tree = tree_of(response)
    if "results" not in tree and is_list(tree.get("data")):
        tree["results"] = tree.pop("data")
    for row in tree.get("results") or ():
        if is_object(row) and "score" in row:
            row.setdefault("relevance_score", row.pop("score"))
    answer = revive(RerankResponse, tree)
    if not answer.results:
        refuse(answer, response, ("results",))
    rows: list[JSON] = answer.results
    if not all(isinstance(row, RerankResult) for row in rows):
        raise MalformedResponseError("The answer has a result that is no object with an index and a score")
    answer.results.sort(key=_score, reverse=True)
    return answer


def _score(row: RerankResult) -> float:
    return row.relevance_score


RERANK: Codec[RerankResponse, None] = Codec(encode=encode_rerank, decode=decode_rerank)
"""The operation `rerank`."""
