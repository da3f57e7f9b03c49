"""The shape of a reranking."""

from __future__ import annotations

from any_llm.types.rerank import RerankMeta, RerankResponse, RerankResult, RerankUsage


def test_an_answer_is_read_and_dumped_as_it_was() -> None:
    sent = {
        "id": "1",
        "results": [{"index": 2, "relevance_score": 0.9, "document": {"text": "x"}}],
        "meta": {"billed_units": {"search_units": 1.0}, "tokens": {"input_tokens": 3}},
        "usage": {"total_tokens": 3},
        "model": "rerank-v3.5",
    }
    answer = RerankResponse.model_validate(sent)
    assert answer.model_dump() == sent
    assert answer.results[0].model_extra == {"document": {"text": "x"}}


def test_an_answer_can_be_made_by_hand() -> None:
    answer = RerankResponse(
        results=[RerankResult(index=1, relevance_score=0.5)], meta=RerankMeta(), usage=RerankUsage(total_tokens=2)
    )
    assert answer.model_dump(exclude_none=True)["results"] == [{"index": 1, "relevance_score": 0.5}]
    assert RerankResponse().results == []
