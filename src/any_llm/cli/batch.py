"""What `any-llm batch` and the commands below it do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import any_llm
from any_llm.cli.asking import tell_warnings
from any_llm.cli.exits import Exit
from any_llm.cli.terminal import note, table, write, write_json
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSON, JSONObject

if TYPE_CHECKING:
    from any_llm.types.batch import Batch, BatchResultItem


def list_batches(provider: str, parameters: Mapping[str, JSON], *, json: bool) -> None:
    """List a provider's batches."""
    batches = asyncio.run(any_llm.alist_batches(provider, **_given(parameters)))
    if json:
        write_json([batch.model_dump(exclude_none=True) for batch in batches])
    else:
        table("", ("id", "status", "done"), [(batch.id, batch.status, _done(batch)) for batch in batches])


def create_batch(provider: str, file: Path, parameters: Mapping[str, JSON], *, json: bool) -> None:
    """Begin a batch.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    if not file.is_file():
        raise ConfigurationError(f"{str(file)!r} is no file; give one of JSON lines, each with custom_id and body")
    batch = asyncio.run(any_llm.acreate_batch(provider, file, **_given(parameters)))
    tell_warnings(batch.report, parameters)
    if json:
        write_json(batch.model_dump(exclude_none=True))
    else:
        write(f"{batch.id}\n")


def tell_batch(
    provider: str, batch_id: str, parameters: Mapping[str, JSON], *, every: float | None, json: bool
) -> None:
    """Say how far a batch is; with a number of seconds in `every`, ask until it is finished."""
    batch = asyncio.run(_follow(provider, batch_id, _given(parameters), every))
    if json:
        write_json(batch.model_dump(exclude_none=True))
    else:
        write(f"{batch.status}\t{_done(batch)}\n")


async def _follow(provider: str, batch_id: str, options: JSONObject, every: float | None) -> Batch:
    told = ""
    while True:
        batch = await any_llm.aretrieve_batch(provider, batch_id, **options)
        if every is None or batch.finished:
            return batch
        if told != (told := f"{batch.status} {_done(batch)}"):
            note(told)
        await asyncio.sleep(every)


def tell_results(provider: str, batch_id: str, parameters: Mapping[str, JSON], *, json: bool) -> Exit:
    """Print what became of the requests of a batch, and say whether one of them failed."""
    results = asyncio.run(any_llm.aretrieve_batch_results(provider, batch_id, **_given(parameters))).results
    for item in results:
        if json:
            write_json(item.model_dump(exclude_none=True), line=True)
        else:
            write(f"{item.custom_id}\t{' '.join(_shown(item).split())}\n")
    return Exit.UNEXPECTED if any(item.error for item in results) else Exit.DONE


def _shown(item: BatchResultItem) -> str:
    """Return a result on one line: an error, the text of an answer, or else its JSON."""
    if item.error is not None:
        return f"failed: {item.error.message or item.error.code}"
    if choices := getattr(item.result, "choices", None):
        message = getattr(choices[0], "message", choices[0])
        return str(getattr(message, "content", "") or getattr(message, "text", ""))
    if text := getattr(item.result, "output_text", ""):
        return str(text)
    return msgspec.json.encode(item.result.model_dump(exclude_none=True), enc_hook=list).decode()


def _done(batch: Batch) -> str:
    counts = batch.request_counts
    if counts is None:
        return ""
    failed = f", {counts.failed} failed" if counts.failed else ""
    return f"{counts.completed} of {counts.total}{failed}"


def _given(parameters: Mapping[str, JSON]) -> JSONObject:
    return {name: value for name, value in parameters.items() if value is not None}
