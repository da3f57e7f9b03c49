"""Tools: callables are described, dictionaries are checked."""

from __future__ import annotations

import dataclasses
import functools
import gc
import weakref
from collections.abc import Callable
from typing import Annotated, Any, Literal, Optional

import jsonschema
import pydantic
import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.tools import callable_to_tool, prepare_tools
from any_llm.types.value import Value


@dataclasses.dataclass
class Location:
    """Where on earth."""

    latitude: float
    longitude: float = 0.0


class Search(pydantic.BaseModel):
    """Search the web."""

    query: str
    limit: int = 5


def weather(  # type: ignore[no-untyped-def]  # noqa: D417  # some parameters are not described
    city: str,
    unit: Literal["celsius", "fahrenheit"] = "celsius",
    *,
    near: Annotated[Location | None, "Prefer stations around here."] = None,
    days: Optional[int] = None,  # noqa: UP045  # the older spelling is read too
    fields: list[str] = [],  # noqa: B006  # people write this
    guessed=3,  # noqa: ANN001  # people write this
    untold=None,  # noqa: ANN001  # people write this
    **more: object,
) -> str:
    """Tell the weather.

    Args:
        city: The city, in English.
        days: How far ahead.

    Returns:
        A sentence.
    """
    return f"{city} {unit} {near} {days} {fields} {guessed} {untold} {more}"


def parameters(tool: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tool["function"]["parameters"]
    return found


def test_function_is_described_by_its_signature_and_docstring() -> None:
    tool = callable_to_tool(weather)
    assert tool["type"] == "function"
    assert tool["function"]["name"] == "weather"
    assert tool["function"]["description"] == "Tell the weather.\n\nReturns:\n    A sentence."
    assert parameters(tool)["required"] == ["city"]
    properties = parameters(tool)["properties"]
    assert properties["city"] == {"type": "string", "description": "The city, in English."}
    assert properties["unit"]["enum"] == ["celsius", "fahrenheit"]
    assert properties["unit"]["default"] == "celsius"
    assert properties["near"]["description"] == "Prefer stations around here."
    assert properties["near"]["properties"]["latitude"] == {"type": "number"}
    assert properties["days"] == {"type": "integer", "description": "How far ahead."}
    assert properties["fields"]["items"] == {"type": "string"}
    assert properties["fields"]["default"] == []
    assert properties["guessed"]["type"] == "integer"
    assert properties["untold"] == {"type": "string", "description": "Parameter untold of type str"}
    assert "more" not in properties


def test_described_parameters_are_a_valid_schema_that_accepts_calls() -> None:
    schema = parameters(callable_to_tool(weather))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate({"city": "Paris", "near": {"latitude": 48.8}})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({"city": "Paris", "unit": "kelvin"})


def test_class_used_twice_is_defined_once() -> None:
    def travel(start: Location, end: Location) -> None:
        """Travel."""

    schema = parameters(callable_to_tool(travel))
    assert schema["properties"]["start"]["$ref"] == "#/$defs/Location"
    assert list(schema["$defs"]) == ["Location"]


class Library:
    """A library."""

    async def find(self, title: str) -> None:
        """Find a book."""

    @staticmethod
    def lend(days: int) -> None:
        """Lend a book."""

    @classmethod
    def found(cls, city: str) -> None:
        """Found a library."""

    def __call__(self, shelf: int) -> None:
        """Look at a shelf."""


class Kettle:
    """Boil water."""

    def __init__(self, litres: float) -> None:
        self.litres = litres


class Counter:
    """Count something."""

    def __call__(self, what: str) -> int:
        return len(what)


@pytest.mark.parametrize(
    ("func", "name", "description", "properties"),
    [
        (Library().find, "find", "Find a book.", {"title"}),
        (Library.lend, "lend", "Lend a book.", {"days"}),
        (Library.found, "found", "Found a library.", {"city"}),
        (Library(), "Library", "Look at a shelf.", {"shelf"}),
        (Counter(), "Counter", "Count something.", {"what"}),
        (Kettle, "Kettle", "Boil water.", {"litres"}),
        (Search, "Search", "Search the web.", {"query", "limit"}),
        (Location, "Location", "Where on earth.", {"latitude", "longitude"}),
        (
            functools.partial(functools.partial(weather, "Paris"), unit="celsius", days=3),
            "weather",
            "Tell the weather.\n\nReturns:\n    A sentence.",
            {"near", "fields", "guessed", "untold"},
        ),
    ],
    ids=[
        "method",
        "static",
        "class method",
        "callable object",
        "documented class",
        "plain class",
        "pydantic",
        "dataclass",
        "partial",
    ],
)
def test_every_kind_of_callable_is_described(
    func: Callable[..., object], name: str, description: str, properties: set[str]
) -> None:
    function = callable_to_tool(func)["function"]
    assert function["name"] == name
    assert function["description"] == description
    assert set(function["parameters"]["properties"]) == properties


def test_plain_class_is_described_by_what_makes_it() -> None:
    assert parameters(callable_to_tool(Kettle))["properties"]["litres"]["type"] == "number"


def test_decorated_function_is_described_by_what_it_wraps() -> None:
    def logged(func: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(func)
        def wrapper(*args: object, **kwargs: object) -> object:
            return func(*args, **kwargs)

        return wrapper

    assert callable_to_tool(logged(weather)) == callable_to_tool(weather)


def undocumented(city: str) -> None: ...


def blank(city: str) -> None:
    """ """  # noqa: D419  # that is the mistake


@pytest.mark.parametrize("func", [undocumented, blank, lambda city: city])
def test_function_without_docstring_is_refused(func: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="must have a docstring"):
        callable_to_tool(func)


def starred(*cities: str) -> None:
    """Take many."""


def positional(city: str, /) -> None:
    """Take one."""


def unspeakable(number: complex) -> None:
    """Take a number."""


def unknown(thing: Missing) -> None:  # type: ignore[name-defined]  # noqa: F821  # that is the mistake
    """Take a thing."""


@pytest.mark.parametrize(
    ("func", "message"),
    [
        (starred, r"tools\[1\]: starred\(\*cities\): models give arguments by name"),
        (positional, r"tools\[1\]: positional\(city, /\): models give arguments by name"),
        (unspeakable, r"tools\[1\]: unspeakable\(number\): complex has no JSON schema"),
        (unknown, r"tools\[1\]: The annotations of 'unknown' cannot be read: name 'Missing' is not defined"),
        (dict, r"tools\[1\]: <class 'dict'> does not tell its parameters"),
        (undocumented, r"tools\[1\]: Function 'undocumented' must have a docstring"),
        (3, r"tools\[1\]: expected a dictionary or a callable, found int 3"),
    ],
    ids=["starred", "positional", "unspeakable", "unknown", "builtin", "undocumented", "number"],
)
def test_callable_that_cannot_be_described_is_refused_by_place(func: Any, message: str) -> None:  # noqa: ANN401  # every kind of mistake
    with pytest.raises(InvalidMessageError, match=message) as caught:
        prepare_tools([weather, func])
    assert caught.value.param == "tools[1]"


OPENAI = {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize(
    "tool",
    [
        OPENAI,
        {"type": "function", "function": {"name": "find"}},
        {"type": "function", "name": "find", "parameters": {"type": "object"}, "strict": True},
        {"name": "find", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}},
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "web_search"},
        {"google_search": {}},
    ],
    ids=str,
)
def test_dictionary_is_passed_as_it_is(tool: dict[str, Any]) -> None:
    assert prepare_tools([tool])[0] is tool


def test_value_is_dumped() -> None:
    class Tool(Value):
        type: str = ""
        function: dict[str, object] = {}  # noqa: RUF012  # msgspec copies it
        note: str | None = None

    assert prepare_tools([Tool(type="function", function={"name": "find"})]) == [  # type: ignore[list-item]  # a model
        {"type": "function", "function": {"name": "find"}}
    ]


def test_built_in_tools_are_untouched() -> None:
    class BuiltIn:
        pass

    tool = BuiltIn()
    assert prepare_tools([tool], built_in_tools=[BuiltIn])[0] is tool  # type: ignore[list-item]  # a vendor's own class


@pytest.mark.parametrize(
    ("tool", "param", "found"),
    [
        ({}, "tools[1].function", "NoneType None"),
        ({"type": "function"}, "tools[1].function", "NoneType None"),
        ({"type": "function", "function": "find"}, "tools[1].function", "str 'find'"),
        ({"type": "function", "function": {}}, "tools[1].function.name", "NoneType None"),
        ({"type": "function", "function": {"name": ""}}, "tools[1].function.name", "str ''"),
        ({"type": "function", "function": {"name": "f", "parameters": []}}, "tools[1].function.parameters", "list []"),
        (
            {"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "x"}}}}},
            "tools[1].function.parameters.properties.a.type",
            "str 'x'",
        ),
        ({"type": 3}, "tools[1].type", "int 3"),
        ({"type": "function", "name": 3}, "tools[1].name", "int 3"),
        ({"name": "f", "input_schema": 3}, "tools[1].input_schema", "int 3"),
        ({"name": "f", "parameters": 3}, "tools[1].parameters", "int 3"),
    ],
    ids=str,
)
def test_malformed_dictionary_is_refused_by_place(tool: dict[str, Any], param: str, found: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        prepare_tools([OPENAI, tool])
    assert caught.value.param == param
    assert caught.value.message.startswith(f"{param}: expected ")
    assert caught.value.message.endswith(found)


@pytest.mark.parametrize("tools", [OPENAI, "find", weather], ids=["one tool", "text", "function"])
def test_something_other_than_a_list_is_refused(tools: Any) -> None:  # noqa: ANN401  # every kind of mistake
    with pytest.raises(InvalidMessageError, match="tools: expected a list of tools"):
        prepare_tools(tools)


def test_each_caller_gets_dictionaries_of_its_own() -> None:
    first = prepare_tools([weather, Library().find])
    first[0]["function"]["parameters"]["properties"].clear()
    second = prepare_tools([weather, Library().find])
    assert set(second[0]["function"]["parameters"]["properties"]) >= {"city"}
    assert set(second[1]["function"]["parameters"]["properties"]) == {"title"}


def test_objects_and_classes_are_described_beside_functions() -> None:
    assert [tool["function"]["name"] for tool in prepare_tools([weather, Library(), Search])] == [
        "weather",
        "Library",
        "Search",
    ]


def test_what_a_function_holds_is_not_kept_alive() -> None:
    def make() -> Callable[..., object]:
        held = Library()

        def tool(city: str) -> object:
            """Use what is held."""
            return held, city

        return tool

    tool = make()
    prepare_tools([tool])
    gone = weakref.ref(tool)
    del tool
    gc.collect()
    assert gone() is None
