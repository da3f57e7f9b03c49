"""Where an answer comes from: grounding and citations as OpenAI's annotations.

https://ai.google.dev/gemini-api/docs/google-search and https://ai.google.dev/api/generate-content#citationmetadata
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.gemini.wire import entries, members, text_of
from any_llm.types.json import JSON, JSONObject


def annotations_of(facts: Mapping[str, JSON], text: str) -> list[JSONObject]:
    """Return the annotations of a text that a candidate's `groundingMetadata` and `citationMetadata` tell.

    Places are counted in characters; the vendor counts bytes. What grounds the answer without saying which part of it
    stands for the whole text. A source without a URL keeps the vendor's shape.
    """
    cited = members(facts.get("citationMetadata"))
    citations = [members(one) for one in entries(cited.get("citations")) or entries(cited.get("citationSources"))]
    return [
        *_grounded(members(facts.get("groundingMetadata")), text),
        *(_annotation({"citation": one}, *_span(one, text)) for one in citations),
    ]


def _grounded(grounding: JSONObject, text: str) -> list[JSONObject]:
    chunks = [members(chunk) for chunk in entries(grounding.get("groundingChunks"))]
    supports = [members(support) for support in entries(grounding.get("groundingSupports"))]
    if not supports:
        return [_annotation(chunk, 0, len(text)) for chunk in chunks]
    return [
        _annotation(chunks[index], *_span(members(support.get("segment")), text))
        for support in supports
        for index in entries(support.get("groundingChunkIndices"))
        if isinstance(index, int) and 0 <= index < len(chunks)
    ]


def _annotation(source: JSONObject, start: int, end: int) -> JSONObject:
    """Return the annotation of a source, an object whose one member names its kind (`web`, `retrievedContext`, …)."""
    kind = next(iter(source), "unknown")
    told = members(source.get(kind))
    place = {"start_index": start, "end_index": end}
    url = text_of(told.get("uri"))
    if not url:
        return {"type": kind, kind: {**told, **place}}
    return {"type": "url_citation", "url_citation": {"url": url, "title": text_of(told.get("title")), **place}}


def _span(segment: JSONObject, text: str) -> tuple[int, int]:
    """Return the characters that a segment covers, which it tells in bytes of one of the answer's parts."""
    start, end, quoted = segment.get("startIndex", 0), segment.get("endIndex", 0), text_of(segment.get("text"))
    raw = text.encode()
    covered = raw[start:end].decode("utf-8", "ignore")
    if quoted and covered != quoted:
        found = text.find(quoted)
        return (found, found + len(quoted)) if found >= 0 else (0, len(text))
    begin = len(raw[:start].decode("utf-8", "ignore"))
    return begin, begin + len(covered)
