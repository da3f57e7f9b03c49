"""What `any-llm embed` does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import any_llm
from any_llm.cli.asking import read_options, tell_warnings
from any_llm.cli.target import ModelChoice, choose_model
from any_llm.cli.terminal import draws, piped_input, table, write, write_json
from any_llm.cli.wishes import Request
from any_llm.exceptions import ConfigurationError
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.json import JSONObject

_SHOWN = 4


def embed(words: Sequence[str], request: Request, *, json: bool) -> None:
    """Turn texts, or the lines of standard input, into vectors.

    Raises:
        ConfigurationError: there are no texts.
    """
    texts = list(words) or [line for line in (piped_input(wait=True) or "").splitlines() if line.strip()]
    if not texts:
        raise ConfigurationError("No texts: give them as arguments, or as lines on standard input")
    options = read_options(request)
    choice = choose_model(request.model)
    response = asyncio.run(_embed(choice, texts, options))
    if json or not draws():
        for index, (one, vector) in enumerate(zip(texts, response.data, strict=True)):
            write_json({"index": index, "text": one, "embedding": list(vector.embedding)}, line=True)
    else:
        _summarise(texts, response)


async def _embed(choice: ModelChoice, texts: Sequence[str], options: JSONObject) -> CreateEmbeddingResponse:
    response = await any_llm.aembedding(choice.reference, list(texts), **options)
    tell_warnings(response.report, options)
    return response


def _summarise(texts: Sequence[str], response: CreateEmbeddingResponse) -> None:
    rows = [
        (one, str(len(vector.embedding)), " ".join(f"{number:.4f}" for number in vector.embedding[:_SHOWN]) + " …")
        for one, vector in zip(texts, response.data, strict=True)
    ]
    table("", ("text", "dimensions", "begins"), rows)
    if response.usage:
        write(f"{response.usage.prompt_tokens} tokens, {response.model}\n")
