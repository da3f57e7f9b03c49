"""Write the page of what came of the recorded exchanges: by provider and API, and what was left out, with the reasons.

Usage: `python scripts/wire_table.py FOLDER` replays a folder of recordings and writes the page; with `--check` it says
whether the page is stale and ends with 1 when it is.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from any_llm.testing.wire.folder import open_folder, replay_all
from any_llm.testing.wire.summary import Summary, summarise

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "proof.md"
DIALECTS = ROOT / "tests" / "dialects"

REASONS: Mapping[str, str] = {
    "google.other": "events of a connection that stays open, which is no request with an answer",
    "ollama.other": "no call: somebody looks whether the server is there",
}
"""Why recordings of an API are not replayed on purpose."""

_HEAD = """\
<!-- made by scripts/wire_table.py: do not edit -->
# What recorded exchanges prove

Real exchanges with vendors are replayed by [`any-llm wire`](cli.md#recorded-exchanges). *Decoded*: the answer was read,
whole and in pieces, and said what an independent reading of its bytes says. *Re-encoded*: the request was said again
through the public functions, and came out as it was recorded. *Not said*: a request that could not be said again, for
one of [the reasons below](#what-was-not-said-again). *Failed*: it did not do one of these.
"""


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: int = 0) -> str:
    """Return a Markdown table whose last columns hold numbers."""
    rule = ["---"] * (len(heads) - numbers) + ["--:"] * numbers
    lines = [heads, *([_plain(str(cell)) for cell in row] for row in rows)]
    shown = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([shown[0], f"|{'|'.join(rule)}|", *shown[1:]]) + "\n"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def reason_for(api: str) -> str:
    """Return why the recordings of an API are not replayed."""
    if api in REASONS:
        return REASONS[api]
    vendor = api.partition(".")[0]
    if (DIALECTS / vendor).is_dir():
        return f"read by tests of its own, in `tests/dialects/{vendor}`"
    return "no wire format of this library speaks it"


def page(summary: Summary) -> str:
    """Return the page for what came of a folder."""
    counts = [tuple(map(int, msgspec.structs.astuple(row)[2:])) for row in summary.rows]
    sums = [sum(column) for column in zip(*counts, strict=True)]
    rows = [*(msgspec.structs.astuple(row) for row in summary.rows), ("all", "", *sums)]
    providers = len({row.provider for row in summary.rows})
    parts = [
        _HEAD,
        f"{summary.recordings} recordings of {providers} providers; {summary.failed} failed.\n",
        table(("provider", "API", "recordings", "decoded", "re-encoded", "not said", "failed"), rows, numbers=5),
    ]
    if summary.failures:
        faults = [(f"`{fault.id}`", fault.step, fault.reason) for fault in summary.failures]
        parts += ["## What failed\n", table(("recording", "step", "reason"), faults)]
    parts += [
        "## What was not said again\n",
        table(("reason", "requests"), summary.not_said.items(), numbers=1),
        "## What was not replayed\n",
        table(
            ("API", "reason", "recordings"),
            [(f"`{api}`", reason_for(api), count) for api, count in summary.not_in_scope.items()],
            numbers=1,
        ),
        "## What does not count as a difference\n",
        table(
            ("difference", "reason", "requests"),
            [(rule["name"], rule["reason"], rule["recordings"]) for rule in summary.equivalences],
            numbers=1,
        ),
    ]
    return "\n".join(parts)


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` compare it; return 1 when it is stale, 2 when there are no recordings."""
    folders = [Path(argument) for argument in arguments if not argument.startswith("--")]
    if len(folders) != 1 or not folders[0].is_dir():
        print("Usage: python scripts/wire_table.py FOLDER [--check], with a folder of recordings", file=sys.stderr)
        return 2
    folder = open_folder(folders[0], provider=None, api=None)
    renewed = page(summarise(folder, asyncio.run(replay_all(folder))))
    if PAGE.is_file() and PAGE.read_text("utf-8") == renewed:
        return 0
    if "--check" in arguments:
        print(f"{PAGE.relative_to(ROOT)} is stale: run scripts/wire_table.py")
        return 1
    PAGE.write_text(renewed, "utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written anew")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
