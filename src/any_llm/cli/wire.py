"""`any-llm wire`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from any_llm.cli.exits import Exit
from any_llm.cli.terminal import console, draws, table, write, write_json
from any_llm.testing.wire.folder import Folder, open_folder, replay_all
from any_llm.testing.wire.lock import write_lock as write_fingerprints
from any_llm.testing.wire.summary import Summary, summarise
from any_llm.testing.wire.verdict import Verdict


def wire(
    directory: Path,
    *,
    provider: str | None = None,
    api: str | None = None,
    verbose: bool = False,
    write_lock: Path | None = None,
    json: bool = False,
) -> Exit:
    """Replay recorded exchanges, and compare what this library makes of them with what they say.

    Each recorded request is said again through the public functions and must
    come out as it was recorded; each recorded answer is read again, whole, in
    pieces, cut short and in other shapes, and must say what an independent
    reading of its bytes says. Nothing is sent to anybody.

    The exit code is 0 when every recording passes, 1 when any fails, and 2
    when there is none to replay.

    Args:
        directory: A folder of recordings, or one of its files.
        provider: Only the recordings of this provider.
        api: Only the recordings of this API, such as openai.chat.
        verbose: Show too which differences do not count and why, and which requests were not said again.
        write_lock: Replay nothing, but write the fingerprints of the recordings into this file. In the folder, under
            the name recordings.lock, it lets later runs see what was changed.
        json: Print one JSON object: rows, failures, not_in_scope, not_said, equivalences, unreadable, recordings,
            failed.
    """
    folder = open_folder(directory, provider=provider, api=api)
    if write_lock is not None:
        write_fingerprints(write_lock, folder.recordings)
        write(f"{len(folder.recordings)} fingerprints are in {write_lock}\n")
        return Exit.DONE
    summary = summarise(folder, asyncio.run(_replay(folder)))
    if json:
        write_json(msgspec.to_builtins(summary))
    else:
        _show(summary, verbose=verbose)
    if not folder.recordings and not folder.unreadable:
        return Exit.USAGE
    return Exit.UNEXPECTED if summary.failed else Exit.DONE


async def _replay(folder: Folder) -> list[Verdict]:
    if not draws(sys.stderr):
        return await replay_all(folder)
    from rich.progress import Progress  # noqa: PLC0415  # loaded only when it is drawn

    with Progress(console=console(error=True), transient=True) as progress:
        task = progress.add_task("replaying", total=len(folder.recordings))
        return await replay_all(folder, lambda _verdict: progress.advance(task))


def _show(summary: Summary, *, verbose: bool) -> None:
    columns = ("provider", "API", "recordings", "decoded", "re-encoded", "not said", "failed")
    rows = [tuple(map(str, msgspec.structs.astuple(row))) for row in summary.rows]
    counts = zip(*(msgspec.structs.astuple(row)[2:] for row in summary.rows), strict=True)
    table("", columns, [*rows, ("all", "", *(str(sum(column)) for column in counts))] if rows else rows)
    told = [f"{failure.id}\n    {failure.step}: {failure.reason}" for failure in summary.failures]
    told += [f"{file['path']}\n    is no recording: {file['reason']}" for file in summary.unreadable]
    if summary.not_in_scope:
        count, names = sum(summary.not_in_scope.values()), len(summary.not_in_scope)
        told.append(f"not in scope: {count} recordings of {names} other APIs" + ("" if verbose else " (see --verbose)"))
    if verbose:
        told += [f"    {count} of {name}" for name, count in summary.not_in_scope.items()]
        told += [f"not said: {count} requests: {reason}" for reason, count in summary.not_said.items()]
        told += [
            f"does not count: {rule['name']} (in {rule['recordings']} requests): {rule['reason']}"
            for rule in summary.equivalences
        ]
    ended = f"{summary.failed} of {summary.recordings + len(summary.unreadable)} failed"
    write("".join(f"{line}\n" for line in [*told, ended]))
