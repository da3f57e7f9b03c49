"""`any-llm embed`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

import any_llm
from any_llm.cli.asking import read_options, tell_warnings
from any_llm.cli.target import ModelChoice, choose_model
from any_llm.cli.terminal import draws, piped_input, table, write, write_json
from any_llm.exceptions import ConfigurationError
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.json import JSONObject

_SHOWN = 4


def embed(
    *text: str,
    model: Annotated[str | None, Parameter(name=("--model", "-m"))] = None,
    dimensions: int | None = None,
    option: Annotated[tuple[str, ...], Parameter(name=("--option", "-o"))] = (),
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Turn texts into vectors.

    Each argument is a text; without arguments each line of standard input is
    one. On a terminal a summary is shown; in a pipe, or with --json, one JSON
    object per line and text: index, text, embedding (a list of numbers).

    Args:
        text: A text.
        model: Which model, as provider:model; without it ANY_LLM_MODEL, the configuration, or the local model.
        dimensions: How long the vectors shall be, where the model offers a choice.
        option: Any other parameter, as NAME=VALUE; may be given several times.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print JSON lines, also on a terminal.
    """
    texts = list(text) or [line for line in (piped_input(wait=True) or "").splitlines() if line.strip()]
    if not texts:
        raise ConfigurationError("No texts: give them as arguments, or as lines on standard input")
    options = read_options(option)
    options |= {"dimensions": dimensions} if dimensions else {}
    options |= {"api_base": api_base} if api_base else {}
    choice = choose_model(model)
    response = asyncio.run(_embed(choice, texts, options))
    if json or not draws():
        for index, (one, vector) in enumerate(zip(texts, response.data, strict=True)):
            write_json({"index": index, "text": one, "embedding": list(vector.embedding)}, line=True)
    else:
        _summarise(texts, response)


async def _embed(choice: ModelChoice, texts: Sequence[str], options: JSONObject) -> CreateEmbeddingResponse:
    response = await any_llm.aembedding(choice.reference, list(texts), **options)
    tell_warnings(response.report)
    return response


def _summarise(texts: Sequence[str], response: CreateEmbeddingResponse) -> None:
    rows = [
        (one, str(len(vector.embedding)), " ".join(f"{number:.4f}" for number in vector.embedding[:_SHOWN]) + " …")
        for one, vector in zip(texts, response.data, strict=True)
    ]
    table("", ("text", "dimensions", "begins"), rows)
    if response.usage:
        write(f"{response.usage.prompt_tokens} tokens, {response.model}\n")
