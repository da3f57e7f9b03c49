"""What `any-llm rerank` does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import any_llm
from any_llm.cli.asking import read_options, tell_warnings
from any_llm.cli.terminal import piped_input, table, write_json
from any_llm.cli.wishes import Request
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSONObject

if TYPE_CHECKING:
    from any_llm.types.rerank import RerankResponse


def rerank(query: str, documents: Sequence[str], request: Request, *, json: bool) -> None:
    """Rank texts, or the lines of standard input.

    Raises:
        ConfigurationError: there are no texts.
    """
    texts = list(documents) or [line for line in (piped_input(wait=True) or "").splitlines() if line.strip()]
    if not texts:
        raise ConfigurationError("No texts to rank: give them after the query, or as lines on standard input")
    answer = asyncio.run(_rank(query, texts, request, read_options(request)))
    if json:
        for result in answer.results:
            score: JSONObject = {"index": result.index, "relevance_score": result.relevance_score}
            write_json({**score, "document": texts[result.index]}, line=True)
    else:
        rows = [(f"{result.relevance_score:.4f}", str(result.index), texts[result.index]) for result in answer.results]
        table("", ("score", "index", "document"), rows)


async def _rank(query: str, texts: Sequence[str], request: Request, options: JSONObject) -> RerankResponse:
    answer = await any_llm.arerank(cast("str", request.model), query, texts, **options)
    tell_warnings(answer.report, options)
    return answer
