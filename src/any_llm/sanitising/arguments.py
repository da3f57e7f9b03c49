"""Whether the arguments of tool calls fit the schemas of their tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import NamedTuple

import msgspec

from any_llm.exceptions import MissingExtraError
from any_llm.sanitising.pins import name_of
from any_llm.types.json import JSON, is_list, is_mapping


class Misfit(NamedTuple):
    """A tool call whose arguments do not fit: the tool's name, and what is wrong, without the arguments themselves."""

    tool: str
    problem: str


def misfits(answer: JSON, tools: Sequence[JSON]) -> Iterator[Misfit]:
    """Yield what does not fit among the tool calls of a whole answer, in whichever shape.

    Raises:
        MissingExtraError: the library that checks schemas is not installed.
    """
    schemas = {name_of(tool): _schema_of(tool) for tool in tools if is_mapping(tool)}
    for name, arguments in _calls(answer):
        if name not in schemas:
            yield Misfit(name, "there is no such tool")
        elif problem := _problem(arguments, schemas[name]):
            yield Misfit(name, problem)


def _schema_of(tool: Mapping[str, JSON]) -> JSON:
    function = tool.get("function")
    described: Mapping[str, JSON] = function if is_mapping(function) else tool
    return described.get("parameters") or described.get("input_schema") or {}


def _calls(answer: JSON) -> Iterator[tuple[str, JSON]]:
    for choice in getattr(answer, "choices", None) or ():
        for call in choice.message.tool_calls or ():
            if call.function is not None:
                yield call.function.name or "", call.function.arguments
    for name in ("content", "output"):
        parts: JSON = getattr(answer, name, None)
        for part in parts if is_list(parts) else ():
            if getattr(part, "type", "") == "tool_use":
                yield part.name, part.input
            elif getattr(part, "type", "") == "function_call":
                yield part.name, part.arguments


def _problem(arguments: JSON, schema: JSON) -> str:
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments or "{}")
        except msgspec.DecodeError as error:
            return f"its arguments are not JSON: {error}"
    found: JSON = next(iter(_validator()(schema).iter_errors(arguments)), None)
    if found is None:
        return ""
    place = found.json_path.removeprefix("$").removeprefix(".") or "the arguments"
    return f"{place} does not fit its schema's {found.validator!r}"


@cache
def _validator() -> Callable[[JSON], JSON]:
    try:
        library: JSON = import_module("jsonschema")
    except ImportError as error:
        raise MissingExtraError("guards", "jsonschema", reason="it checks arguments of tools") from error
    return library.Draft202012Validator
