"""Whatever a caller gives as `response_format` becomes OpenAI's form, and answers become the type."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
import pydantic
import pytest

from any_llm.exceptions import InvalidMessageError, ResponseFormatError
from any_llm.schemas.formats import encode_format


@dataclasses.dataclass
class Person:
    name: str
    age: int = 0


class Place(TypedDict):
    city: str
    zip: NotRequired[str]


class Animal(msgspec.Struct):
    legs: Annotated[int, msgspec.Meta(ge=0)]


class Model(pydantic.BaseModel):
    name: str
    age: int


class Tree(pydantic.BaseModel):
    children: list[Tree] = []


class Loose(TypedDict):
    anything: dict[str, Any]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Person, '{"name": "A", "age": 3}', Person("A", 3)),
        (Person, '```json\n{"name": "A"}\n```', Person("A")),
        (Place, '{"city": "B"}', {"city": "B"}),
        (Animal, '{"legs": 4}', Animal(4)),
        (Model, '{"name": "A", "age": 3}', Model(name="A", age=3)),
        (Tree, '{"children": [{}]}', Tree(children=[Tree()])),
        (list[Person], '{"value": [{"name": "A"}]}', [Person("A")]),
        (list[Person], '[{"name": "A"}]', None),
        (list[Model], '{"value": [{"name": "A", "age": 3}]}', [Model(name="A", age=3)]),
        (Literal["yes", "no"], '{"value": "no"}', "no"),
        (int, '{"value": 3}', 3),
        (dict[str, int], '{"value": {"a": 3}}', {"a": 3}),
        (dict[str, int], '{"a": 3}', {"a": 3}),
        (list[Annotated[int, []]], '{"value": [3]}', [3]),
    ],
    ids=str,
)
def test_answer_becomes_the_type(kind: Any, text: str, value: object) -> None:  # noqa: ANN401  # every kind of type
    parser = encode_format(kind).parser
    assert parser is not None
    if value is None:
        with pytest.raises(ResponseFormatError):
            parser(text)
    else:
        assert parser(text) == value
        assert type(parser(text)) is type(value)


def test_type_becomes_a_strict_schema() -> None:
    assert encode_format(Person).wire == {
        "type": "json_schema",
        "json_schema": {
            "name": "Person",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "age": {"type": "integer", "description": "Default: 0"}},
                "required": ["name", "age"],
                "additionalProperties": False,
            },
        },
    }


@pytest.mark.parametrize("kind", [Model, Tree, Animal, list[Person], int])
def test_closed_types_are_strict_and_their_root_is_an_object(kind: Any) -> None:  # noqa: ANN401  # every kind of type
    wire = encode_format(kind).wire["json_schema"]
    assert wire["strict"] is True
    assert wire["schema"]["type"] == "object"


@pytest.mark.parametrize("kind", [Place, Loose, dict[str, int]])
def test_types_that_may_leave_something_out_or_add_to_it_are_not_strict(kind: Any) -> None:  # noqa: ANN401  # every kind of type
    wire = encode_format(kind).wire["json_schema"]
    assert wire["strict"] is False
    assert wire["schema"]["type"] == "object"


def test_type_is_encoded_once() -> None:
    assert encode_format(Person).wire is encode_format(Person).wire


def test_schema_is_put_into_the_form_unchanged_and_its_answer_is_plain() -> None:
    schema = {"title": "A person!", "type": "object", "properties": {"name": {"type": "string"}}}
    wire, parser = encode_format(schema)
    assert wire == {"type": "json_schema", "json_schema": {"name": "A_person", "schema": schema, "strict": False}}
    assert parser is not None
    assert parser('{"name": "A"}') == {"name": "A"}


def test_strict_schema_is_recognised() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert encode_format(schema).wire["json_schema"] == {"name": "response", "schema": schema, "strict": True}


def test_schema_that_is_no_object_is_wrapped() -> None:
    wire, parser = encode_format({"type": "array", "items": {"$ref": "#/$defs/N"}, "$defs": {"N": {"type": "integer"}}})
    schema = wire["json_schema"]["schema"]
    assert schema["properties"] == {"value": {"type": "array", "items": {"$ref": "#/$defs/N"}}}
    assert schema["$defs"] == {"N": {"type": "integer"}}
    assert parser is not None
    assert parser('{"value": [1]}') == [1]


@pytest.mark.parametrize(
    "given",
    [
        {"type": "json_object"},
        {"type": "text"},
        {"type": "regex", "regex": "a+"},
        {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}, "strict": True}},
        {"type": "json_schema", "json_schema": {"name": "x"}},
    ],
    ids=str,
)
def test_form_of_a_vendor_is_sent_as_it_is_and_not_parsed(given: dict[str, Any]) -> None:
    assert encode_format(given) == (given, None)


def test_form_of_the_responses_api_is_understood() -> None:
    given = {"type": "json_schema", "name": "x", "schema": {"type": "object"}, "strict": True}
    inner = {"name": "x", "schema": {"type": "object"}, "strict": True}
    assert encode_format(given) == ({"type": "json_schema", "json_schema": inner}, None)


@pytest.mark.parametrize(
    ("given", "param", "found"),
    [
        (3, "response_format", "int 3"),
        (Person("A"), "response_format", "the class itself, not an instance"),
        ({}, "response_format", "dict {}"),
        ({"type": "objct", "properties": {}}, "response_format.type", "'objct'"),
        ({"type": "object", "properties": {"a": {"type": "x"}}}, "response_format.properties.a.type", "'x'"),
        ({"type": "json_schema"}, "response_format.json_schema", "NoneType None"),
        ({"type": "json_schema", "json_schema": {}}, "response_format.json_schema.name", "NoneType None"),
        (
            {"type": "json_schema", "json_schema": {"name": "x", "schema": 3}},
            "response_format.json_schema.schema",
            "int 3",
        ),
        (complex, "response_format", "complex has no JSON schema"),
        (list[complex], "response_format", "complex has no JSON schema"),
        (Person | Animal | dict[str, int], "response_format", "more than one"),
    ],
    ids=str,
)
def test_malformed_format_is_refused_by_place(given: Any, param: str, found: str) -> None:  # noqa: ANN401  # every kind of mistake
    with pytest.raises(InvalidMessageError) as caught:
        encode_format(given)
    assert caught.value.param == param
    assert found in caught.value.message


def test_answer_that_does_not_fit_is_kept_in_the_error() -> None:
    parser = encode_format(Person).parser
    assert parser is not None
    with pytest.raises(ResponseFormatError, match="missing required field `name`") as caught:
        parser('{"age": 3}')
    assert caught.value.text == '{"age": 3}'


def test_answer_that_is_no_json_is_kept_in_the_error() -> None:
    parser = encode_format({"type": "object"}).parser
    assert parser is not None
    with pytest.raises(ResponseFormatError, match="malformed") as caught:
        parser("Sure!")
    assert caught.value.text == "Sure!"


def test_pydantic_raises_its_own_error() -> None:
    parser = encode_format(Model).parser
    assert parser is not None
    with pytest.raises(pydantic.ValidationError):
        parser('{"name": "A", "age": "x"}')


def test_pydantic_is_not_loaded_for_those_who_do_not_use_it() -> None:
    program = (
        "import sys, msgspec\n"
        "from any_llm.schemas.formats import encode_format\n"
        "class A(msgspec.Struct):\n    a: int\n"
        "assert encode_format(A).parser('{\"a\": 1}').a == 1\n"
        "assert encode_format({'type': 'object'}).wire\n"
        "print('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
