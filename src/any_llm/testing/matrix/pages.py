"""The matrix as pages: Markdown for reading, one HTML page to filter, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

import msgspec

from any_llm.spec.provider import GROUPS, Operation
from any_llm.testing.matrix.cell import Cell, Status, Table
from any_llm.types.json import JSON, JSONObject

MARKS: Mapping[Status, str] = {"proven": "●", "declared": "○", "emulated": "◐", "no": ""}
"""What stands for a status."""

LEGEND = (
    "● proven by a test over recorded exchanges or a real server · ○ declared, and no recording shows it here · "
    "◐ done by this library in another way, which the response says · empty: not to be had."
)
_MADE = "<!-- made by scripts/matrix.py: do not edit -->\n"
_PAGE = Template((Path(__file__).parent / "page.html").read_text("utf-8"))
_GROUPED: Mapping[str, Sequence[Operation]] = {
    "Texts": (
        Operation.COMPLETION,
        Operation.RESPONSES,
        Operation.MESSAGES,
        Operation.TEXT_COMPLETION,
        Operation.EMBEDDING,
        Operation.RERANK,
        Operation.MODERATION,
        Operation.DECIDE,
        Operation.COUNT_TOKENS,
        Operation.OCR,
    ),
    "Images, sound and video": (
        Operation.IMAGE_GENERATION,
        Operation.IMAGE_EDIT,
        Operation.IMAGE_VARIATION,
        Operation.SPEECH,
        Operation.TRANSCRIPTION,
        Operation.TRANSLATION,
        *GROUPS["videos"],
    ),
    "Files, batches and models": (
        *GROUPS["files"],
        *GROUPS["batches"],
        *GROUPS["stored_responses"],
        Operation.LIST_MODELS,
        Operation.RETRIEVE_MODEL,
        Operation.PULL_MODEL,
    ),
}
"""The columns of the tables of operations."""


def operations_page(table: Table) -> str:
    """Return the page of what each provider offers."""
    counts = _counts(table)
    parts = [
        f"{_MADE}# What each provider offers\n",
        f"{LEGEND}\n",
        f"{len(table)} providers. Cells: "
        + ", ".join(f"{count} {status}" for status, count in counts.items() if status != "no")
        + ".\n",
    ]
    for title, operations in _GROUPED.items():
        columns = [operation.value for operation in operations]
        rows = {name: cells for name, cells in table.items() if any(cells[column].status != "no" for column in columns)}
        parts += [f"## {title}\n", _marked(rows, columns)]
    parts += ["## Proofs\n", _proofs(table)]
    return "\n".join(parts)


def parameters_page(table: Table) -> str:
    """Return the page of what each parameter of a completion becomes at each provider."""
    parts = [f"{_MADE}# What each parameter becomes\n", f"{LEGEND}\n"]
    parts.append("Providers that speak a format in the same way share a table.\n")
    for names, cells in _alike(table):
        parts.append(f"## {', '.join(names)}\n")
        rows = [f"| `{name}` | {MARKS[cell.status]} | {cell.detail} |" for name, cell in cells.items()]
        parts.append("\n".join(["| parameter | | becomes |", "|---|:-:|---|", *rows]) + "\n")
    return "\n".join(parts)


def models_page(table: Table) -> str:
    """Return the page of what models can."""
    columns = _columns(table)
    note = (
        "What is declared comes from the sources that `any-llm models show PROVIDER:MODEL` names, with their dates.\n"
    )
    return "\n".join([f"{_MADE}# What models can\n", f"{LEGEND}\n", note, _marked(table, columns)])


def html_page(tables: Mapping[str, Table]) -> str:
    """Return one page with all tables and a filter; it needs nothing from anywhere."""
    data = msgspec.json.encode(_packed(tables)).decode().replace("</", "<\\/")
    return _PAGE.substitute(legend=escape(LEGEND), data=data)


def _packed(tables: Mapping[str, Table]) -> JSONObject:
    """Return the tables with each cell as two numbers: its status, and what is told of it, of which there are few."""
    told: dict[str, int] = {"": 0}
    packed: JSONObject = {}
    for name, table in tables.items():
        rows = {row: [_numbers(cell, told) for cell in cells.values()] for row, cells in table.items()}
        packed[name] = {"columns": _columns(table), "rows": rows}
    return {"statuses": list(MARKS), "told": list(told), "tables": packed}


def _numbers(cell: Cell, told: dict[str, int]) -> JSON:
    recordings = f"{cell.recordings} recordings" if cell.recordings else ""
    text = "\n".join(filter(None, (cell.detail, cell.test, recordings)))
    number = told.setdefault(text, len(told))
    status = list(MARKS).index(cell.status)
    return [status, number] if number else status


def plain(tables: Mapping[str, Table]) -> JSONObject:
    """Return the tables as plain values; what is not to be had is left out."""
    return {
        name: {
            row: {column: msgspec.to_builtins(cell) for column, cell in cells.items() if cell.status != "no"}
            for row, cells in table.items()
        }
        for name, table in tables.items()
    }


def _columns(table: Table) -> list[str]:
    return [column for cells in list(table.values())[:1] for column in cells]


def _marked(table: Table, columns: Sequence[str]) -> str:
    head = f"| | {' | '.join(column.replace('_', ' ') for column in columns)} |"
    rows = [
        f"| `{name}` | {' | '.join(MARKS[cells[column].status] for column in columns)} |"
        for name, cells in table.items()
    ]
    return (
        "\n".join([head, f"|---|{':-:|' * len(columns)}", *rows]).replace("|  |", "| |").replace("|  |", "| |") + "\n"
    )


def _proofs(table: Table) -> str:
    lines = [
        f"- `{name}` {operation}: `{cell.test}`" + (f", {cell.recordings} recordings" if cell.recordings else "")
        for name, cells in table.items()
        for operation, cell in cells.items()
        if cell.status == "proven"
    ]
    return "\n".join(lines) + "\n"


def _alike(table: Table) -> list[tuple[list[str], Mapping[str, Cell]]]:
    """Return the rows, those with the same details together; a cell is then proven where it is for one of them."""
    groups: dict[tuple[tuple[str, bool, str], ...], list[str]] = {}
    for name, cells in table.items():
        key = tuple((column, cell.status in {"proven", "declared"}, cell.detail) for column, cell in cells.items())
        groups.setdefault(key, []).append(name)
    return [
        (names, {column: _best([table[name][column] for name in names]) for column in table[names[0]]})
        for names in groups.values()
    ]


def _best(cells: Sequence[Cell]) -> Cell:
    return next((cell for cell in cells if cell.status == "proven"), cells[0])


def _counts(table: Table) -> Mapping[Status, int]:
    cells = [cell.status for row in table.values() for cell in row.values()]
    return {status: cells.count(status) for status in MARKS}
