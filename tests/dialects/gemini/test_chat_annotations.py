"""Grounding and citations."""

from __future__ import annotations

from any_llm.dialects.gemini.chat_annotations import annotations_of
from any_llm.types.json import JSON, JSONObject

WEB: JSONObject = {"web": {"uri": "https://a.example", "title": "A"}}


def cited(start: int, end: int) -> JSONObject:
    return {
        "type": "url_citation",
        "url_citation": {"url": "https://a.example", "title": "A", "start_index": start, "end_index": end},
    }


def grounded(segment: JSONObject, text: str, indices: JSON = (0,)) -> list[JSONObject]:
    support = {"groundingChunkIndices": list(indices), "segment": segment}
    return annotations_of({"groundingMetadata": {"groundingChunks": [WEB], "groundingSupports": [support]}}, text)


def test_nothing_said_is_no_annotation() -> None:
    assert annotations_of({"groundingMetadata": {"webSearchQueries": ["a"]}}, "Hi") == []


def test_places_are_counted_in_characters() -> None:
    assert grounded({"startIndex": 3, "endIndex": 5, "text": "bc"}, "éabc") == [cited(2, 4)]
    assert grounded({"endIndex": 2}, "éabc") == [cited(0, 1)]


def test_a_segment_of_another_part_is_found_by_its_text() -> None:
    assert grounded({"startIndex": 0, "endIndex": 2, "partIndex": 1, "text": "bc"}, "abc") == [cited(1, 3)]


def test_a_segment_that_is_not_found_is_the_whole_text() -> None:
    assert grounded({"endIndex": 2, "text": "xy"}, "abc") == [cited(0, 3)]


def test_sources_that_there_are_not_are_left_out() -> None:
    assert grounded({"endIndex": 1}, "abc", [0, 7, -1, "x"]) == [cited(0, 1)]


def test_sources_without_supports_stand_for_the_whole_text() -> None:
    assert annotations_of({"groundingMetadata": {"groundingChunks": [WEB]}}, "abc") == [cited(0, 3)]


def test_a_source_without_a_url_keeps_its_shape() -> None:
    chunks: list[JSON] = [{"retrievedContext": {"text": "passage", "fileSearchStore": "s"}}, {}]
    assert annotations_of({"groundingMetadata": {"groundingChunks": chunks}}, "abc") == [
        {
            "type": "retrievedContext",
            "retrievedContext": {"text": "passage", "fileSearchStore": "s", "start_index": 0, "end_index": 3},
        },
        {"type": "unknown", "unknown": {"start_index": 0, "end_index": 3}},
    ]


def test_citations_are_annotations() -> None:
    facts = {
        "citationMetadata": {"citations": [{"startIndex": 1, "endIndex": 2, "uri": "https://a.example", "title": "A"}]}
    }
    assert annotations_of(facts, "abc") == [cited(1, 2)]
    facts = {"citationMetadata": {"citationSources": [{"endIndex": 2, "license": "mit"}]}}
    assert annotations_of(facts, "abc") == [
        {"type": "citation", "citation": {"endIndex": 2, "license": "mit", "start_index": 0, "end_index": 2}}
    ]
