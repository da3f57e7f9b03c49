"""What a docstring says about parameters, in the three styles that are in use: Google's, NumPy's and reST's."""

from __future__ import annotations

import inspect
import re
from typing import NamedTuple

_GOOGLE_SECTION = re.compile(
    r"^(?P<indent>\s*)(?:Args|Arguments|Parameters|Params|Attributes|Keyword Args|Kwargs):\s*$"
)
_GOOGLE_ENTRY = re.compile(r"^(?P<indent>\s+)\*{0,2}(?P<name>\w+)\s*(?:\([^)]*\))?\s*:\s*(?P<text>.*)$")
_NUMPY_SECTION = re.compile(r"^(?:Parameters|Other Parameters|Attributes)\s*$")
_NUMPY_ENTRY = re.compile(r"^\*{0,2}(?P<names>\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?$")
_UNDERLINE = re.compile(r"^-{3,}\s*$")
_FIELD = re.compile(r"^\s*[:@](?P<kind>\w+)(?:\s+(?P<rest>[^:]*))?:\s*(?P<text>.*)$")
_PARAMETER_FIELDS = frozenset({"param", "parameter", "arg", "argument", "key", "keyword", "ivar", "var"})
_TYPE_FIELDS = frozenset({"type", "vartype"})


class Docstring(NamedTuple):
    """A docstring taken apart: the text without its list of parameters, and what that list says by name."""

    text: str
    parameters: dict[str, str]


class _Block(NamedTuple):
    """Lines that belong to a list of parameters: the index behind the last one, and what they say."""

    end: int
    found: dict[str, str]


def parse_docstring(docstring: str) -> Docstring:
    """Take a docstring apart.

    What is no list of parameters stays in the text: the summary, what is returned and raised, examples.
    """
    lines = inspect.cleandoc(docstring).splitlines()
    kept: list[str] = []
    parameters: dict[str, str] = {}
    index = 0
    while index < len(lines):
        block = _google(lines, index) or _numpy(lines, index) or _field(lines, index)
        if block is None:
            kept.append(lines[index])
            index += 1
        else:
            parameters.update(block.found)
            index = block.end
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return Docstring(text, {name: description for name, description in parameters.items() if description})


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _google(lines: list[str], start: int) -> _Block | None:
    section = _GOOGLE_SECTION.match(lines[start])
    if section is None:
        return None
    outer = len(section["indent"])
    end = _end_of_indented(lines, start + 1, outer)
    entry_indent = next((_indent(line) for line in lines[start + 1 : end] if line.strip()), outer)
    found: dict[str, list[str]] = {}
    name = ""
    for line in lines[start + 1 : end]:
        entry = _GOOGLE_ENTRY.match(line) if _indent(line) == entry_indent else None
        if entry is not None:
            name = entry["name"]
            found[name] = [entry["text"]]
        elif name:
            found[name].append(line.strip())
    return _Block(end, _joined(found)) if found else None


def _end_of_indented(lines: list[str], start: int, outer: int) -> int:
    end = start
    for index in range(start, len(lines)):
        if lines[index].strip():
            if _indent(lines[index]) <= outer:
                break
            end = index + 1
    return end


def _numpy(lines: list[str], start: int) -> _Block | None:
    if not _NUMPY_SECTION.match(lines[start]) or start + 1 == len(lines) or not _UNDERLINE.match(lines[start + 1]):
        return None
    end = _end_of_numpy_section(lines, start + 2)
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in lines[start + 2 : end]:
        entry = _NUMPY_ENTRY.match(line)
        if entry is not None:
            names = [name.strip(" *") for name in entry["names"].split(",")]
            found.update({name: [] for name in names})
        else:
            for name in names:
                found[name].append(line.strip())
    return _Block(end, _joined(found))


def _end_of_numpy_section(lines: list[str], start: int) -> int:
    for index in range(start + 1, len(lines)):
        if _UNDERLINE.match(lines[index]):
            return index - 1
    return len(lines)


def _field(lines: list[str], start: int) -> _Block | None:
    field = _FIELD.match(lines[start])
    if field is None or field["kind"] not in _PARAMETER_FIELDS | _TYPE_FIELDS or not field["rest"]:
        return None
    end = _end_of_indented(lines, start + 1, _indent(lines[start]))
    if field["kind"] in _TYPE_FIELDS:
        return _Block(end, {})
    name = field["rest"].split()[-1].strip("*")
    return _Block(end, _joined({name: [field["text"], *(line.strip() for line in lines[start + 1 : end])]}))


def _joined(found: dict[str, list[str]]) -> dict[str, str]:
    return {name: " ".join(text for text in texts if text) for name, texts in found.items()}
