"""Tools: Python callables become the descriptions that models read; descriptions are checked and passed on."""

from __future__ import annotations

import functools
import inspect
import types
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from any_llm.exceptions import InvalidMessageError
from any_llm.schemas.checking import Place, check_schema, malformed
from any_llm.schemas.docstrings import Docstring, parse_docstring
from any_llm.schemas.foreign import is_pydantic
from any_llm.schemas.json_schema import SchemaWriter, described, json_schema, with_default
from any_llm.schemas.objects import Absent, object_type, own_docstring
from any_llm.schemas.shapes import is_mapping
from any_llm.types.json import JSON, JSONObject

__all__ = ["callable_to_tool", "prepare_tools"]


_GUESSED = frozenset({bool, int, float, list, dict})
"""Types that a parameter without an annotation is taken to have when its default has them."""


class _Target(NamedTuple):
    """What stands behind a callable; `annotated` holds the annotations, `given` names the arguments already given."""

    name: str
    documentation: str
    signature: inspect.Signature
    annotated: Callable[..., object]
    given: frozenset[str]


def prepare_tools(
    tools: Sequence[Mapping[str, JSON] | Callable[..., object]], built_in_tools: Sequence[type] | None = None
) -> list[JSON]:
    """Return tools as dictionaries: callables described, dictionaries checked and otherwise as they are.

    Args:
        tools: dictionaries in OpenAI's, the Responses API's, Anthropic's or a vendor's own shape, Python callables, or
            classes whose fields are the tool's parameters.
        built_in_tools: types whose instances are passed on untouched.

    Raises:
        InvalidMessageError: naming the tool, the field and what was found there.
    """
    _check_list(tools)
    untouched = tuple(built_in_tools or ())
    return [_prepare(tool, index, untouched) for index, tool in enumerate(tools)]


def _check_list(tools: object) -> None:
    if not isinstance(tools, Sequence) or isinstance(tools, str):
        raise malformed("tools", "a list of tools", tools)


def _prepare(tool: Any, index: int, untouched: tuple[type, ...]) -> JSON:  # noqa: ANN401  # whatever the caller gave
    if is_mapping(tool):
        _check(tool, index)
        return tool
    if isinstance(tool, untouched):
        return tool
    place = f"tools[{index}]"
    dump = getattr(tool, "model_dump", None)
    if callable(dump) and not isinstance(tool, type):
        dumped: JSON = dump(exclude_none=True)
        _check(dumped, index)
        return dumped
    if not callable(tool):
        raise malformed(place, "a dictionary or a callable", tool)
    try:
        return _described(tool)
    except InvalidMessageError as error:
        raise InvalidMessageError(f"{place}: {error.message}", param=place) from error


def _check(tool: Mapping[str, JSON], index: int) -> None:
    """Check what every vendor's shape has in common, and OpenAI's wholly."""
    function = tool.get("function")
    if function is None:
        _check_flat(tool, f"tools[{index}]")
    elif not is_mapping(function):
        raise malformed(f"tools[{index}].function", "an object", function)
    else:
        _check_function(function, ("tools", index), "function")


def _check_function(function: Mapping[str, JSON], tool: Place, key: str) -> None:
    name, parameters = function.get("name"), function.get("parameters")
    if type(name) is not str or not name:
        raise malformed(((tool, key), "name"), "the tool's name", name)
    if parameters is not None:
        check_schema(parameters, ((tool, key), "parameters"))


def _check_flat(tool: Mapping[str, JSON], place: str) -> None:
    """Check a tool that keeps its name at the top, as the Responses API's and Anthropic's do, or that has none."""
    kind, name = tool.get("type"), tool.get("name")
    if kind is not None and not isinstance(kind, str):
        raise malformed((place, "type"), "the tool's type", kind)
    if not tool or (kind == "function" and "name" not in tool):
        raise malformed((place, "function"), "an object with the function's name", tool.get("function"))
    if "name" in tool and (not isinstance(name, str) or not name):
        raise malformed((place, "name"), "the tool's name", name)
    for key in ("parameters", "input_schema"):
        if tool.get(key) is not None:
            check_schema(tool[key], (place, key))


def _described(func: Callable[..., object]) -> JSONObject:
    """Describe a callable, functions and methods only once.

    What is remembered is JSON text, so that every caller has dictionaries of its own, and by weak reference, so that
    nothing a function holds is kept alive.
    """
    if inspect.isfunction(func):
        tool: JSONObject = msgspec.json.decode(_remembered(weakref.ref(func), method=False))
    elif inspect.ismethod(func) and inspect.isfunction(func.__func__):
        tool = msgspec.json.decode(_remembered(weakref.ref(func.__func__), method=True))
    else:
        tool = callable_to_tool(func)
    return tool


@functools.lru_cache(maxsize=256)
def _remembered(reference: weakref.ref[types.FunctionType], *, method: bool) -> bytes:
    function = reference()
    assert function is not None  # whoever asks holds it
    tool = callable_to_tool(types.MethodType(function, function) if method else function)
    try:
        return msgspec.json.encode(tool)
    except ValueError as error:
        message = f"The tool of {function.__name__!r} cannot be written as JSON: {error}"
        raise InvalidMessageError(message) from error


def callable_to_tool(func: Callable[..., object]) -> JSONObject:
    """Describe a Python callable as a tool in OpenAI's shape.

    The name, parameters, types and defaults come from the signature, the descriptions from the docstring (in Google's,
    NumPy's or reST's style) or from `Annotated[T, "text"]`. Functions, coroutine functions, methods, partials (whose
    given arguments are left out), objects with `__call__`, and classes with fields are understood.

    Raises:
        InvalidMessageError: (a `ValueError`) it has no docstring, or a parameter cannot be told to a model.
    """
    if isinstance(func, type) and (is_pydantic(func) or object_type(func) is not None):
        return _tool(func.__name__, own_docstring(func), json_schema(func))
    target = _target(func)
    if not target.documentation.strip():
        message = f"Function {target.name!r} must have a docstring: models read it to know when to call the function"
        raise InvalidMessageError(message)
    docstring = parse_docstring(target.documentation)
    return _tool(target.name, docstring, _parameters(target, docstring))


def _tool(name: str, docstring: Docstring, parameters: JSONObject) -> JSONObject:
    parameters.pop("description", None)
    return {"type": "function", "function": {"name": name, "description": docstring.text, "parameters": parameters}}


def _target(func: Callable[..., object]) -> _Target:
    given: set[str] = set()
    while isinstance(func, functools.partial):
        bound = list(inspect.signature(func.func).parameters)[: len(func.args)]
        given.update(bound, func.keywords)
        func = func.func
    signature, name = _signature(func), getattr(func, "__name__", None)
    if isinstance(name, str):
        annotated: Callable[..., object] = vars(func).get("__init__", func) if isinstance(func, type) else func
        return _Target(name, inspect.getdoc(func) or "", signature, annotated, frozenset(given))
    call = type(func).__call__
    documentation = call.__doc__ or inspect.getdoc(type(func)) or ""
    return _Target(type(func).__name__, documentation, signature, call, frozenset(given))


def _signature(func: Callable[..., object]) -> inspect.Signature:
    try:
        return inspect.signature(func)
    except ValueError as error:
        message = f"{func!r} does not tell its parameters: wrap it in a function of your own"
        raise InvalidMessageError(message) from error


def _parameters(target: _Target, docstring: Docstring) -> JSONObject:
    writer = SchemaWriter()
    hints = _hints(target)
    properties: JSONObject = {}
    required: list[str] = []
    for parameter in target.signature.parameters.values():
        if parameter.name in target.given or parameter.kind is parameter.VAR_KEYWORD:
            continue
        _refuse_unnamed(parameter, target)
        kind = hints.get(parameter.name, _type_of_default(parameter.default))
        schema = _write(writer, _unless_none(kind, parameter.default), f"{target.name}({parameter.name})")
        text = docstring.parameters.get(parameter.name, "")
        schema = described(described(schema, text), f"Parameter {parameter.name} of type {_shown(kind)}")
        empty = parameter.default is parameter.empty
        properties[parameter.name] = with_default(schema, _default(parameter.default))
        if empty:
            required.append(parameter.name)
    return writer.document({"type": "object", "properties": properties, "required": required})


def _hints(target: _Target) -> dict[str, object]:
    function = inspect.unwrap(target.annotated)
    try:
        return get_type_hints(function, include_extras=True)
    except Exception as error:  # an annotation in quotes is code, which may raise anything
        message = (
            f"The annotations of {target.name!r} cannot be read: {error}. Define the types it uses at module level"
        )
        raise InvalidMessageError(message) from error


def _refuse_unnamed(parameter: inspect.Parameter, target: _Target) -> None:
    if parameter.kind in {parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY}:
        shown = "*" + parameter.name if parameter.kind is parameter.VAR_POSITIONAL else f"{parameter.name}, /"
        message = f"{target.name}({shown}): models give arguments by name; make it a named parameter, or a list"
        raise InvalidMessageError(message, param=parameter.name)


def _write(writer: SchemaWriter, kind: object, place: str) -> JSONObject:
    try:
        return writer.write(kind)
    except (TypeError, NameError) as error:
        raise InvalidMessageError(f"{place}: {error}") from error


def _type_of_default(default: object) -> object:
    """Guess the type of a parameter that is not annotated: that of its default, else a text."""
    kind: object = type(default)
    return kind if kind in _GUESSED else str


def _default(default: object) -> object:
    return Absent.DEFAULT if default is inspect.Parameter.empty or default is None else default


def _unless_none(kind: object, default: object) -> object:
    """Take `None` out of the type of a parameter that is `None` when it is left out: leaving it out says the same."""
    if default is None and get_origin(kind) is Annotated:
        inner, *metadata = get_args(kind)
        return Annotated[(_unless_none(inner, None), *metadata)]
    if default is None and get_origin(kind) in {Union, types.UnionType}:
        return Union[tuple(option for option in get_args(kind) if option is not types.NoneType)]  # noqa: UP007  # built
    return kind


def _shown(kind: object) -> str:
    return getattr(kind, "__name__", None) or str(kind)
