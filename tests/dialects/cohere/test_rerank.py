"""Reranking with Cohere."""

from __future__ import annotations

import pytest

from any_llm.dialects.cohere.rerank import RERANK
from any_llm.exceptions import MalformedResponseError, ProviderError
from tests.dialects.cohere.calls import body_of, respond, target, warned


def test_texts_are_ranked() -> None:
    encoded = RERANK.encode(target("rerank-v3.5"), {"query": "q", "documents": ["a", "b"], "top_n": 1, "priority": 2})
    assert encoded.path == "/v2/rerank"
    assert body_of(encoded) == {
        "model": "rerank-v3.5",
        "query": "q",
        "documents": ["a", "b"],
        "top_n": 1,
        "priority": 2,
    }


def test_of_a_document_its_text_is_ranked() -> None:
    encoded = RERANK.encode(target(), {"query": "q", "documents": [{"text": "a"}, {"title": "b", "text": "c"}]})
    assert body_of(encoded)["documents"] == ["a", '{"title":"b","text":"c"}']
    assert warned(encoded) == [("emulated", "documents[1]")]


def test_the_best_document_comes_first() -> None:
    results = [{"index": 0, "relevance_score": 0.1}, {"index": 1, "relevance_score": 0.9}]
    answer = RERANK.decode(target("rerank-v3.5"), respond({"id": "1", "results": results}))
    assert [result.index for result in answer.results] == [1, 0]
    assert (answer.id, answer.model, answer.meta, answer.usage) == ("1", "rerank-v3.5", None, None)


def test_tokens_are_added_up_where_they_are_told() -> None:
    meta = {"billed_units": {"search_units": 1}, "tokens": {"input_tokens": 5, "output_tokens": None}}
    answer = RERANK.decode(target(), respond({"results": [], "meta": meta}))
    assert answer.usage is not None
    assert answer.usage.total_tokens == 5
    assert answer.meta is not None
    assert answer.meta.billed_units == {"search_units": 1}


def test_an_answer_may_tell_what_is_billed_alone() -> None:
    answer = RERANK.decode(target(), respond({"results": [], "meta": {"billed_units": {"search_units": 1}}}))
    assert answer.usage is None


def test_an_error_inside_a_success_is_raised() -> None:
    with pytest.raises(ProviderError, match="no such thing"):
        RERANK.decode(target(), respond({"message": "no such thing"}))


def test_an_answer_without_results_is_malformed() -> None:
    with pytest.raises(MalformedResponseError, match="without 'results': it has \\['object'\\]"):
        RERANK.decode(target(), respond({"object": "list"}))
