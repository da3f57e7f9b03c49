"""The surface of the drop-in, held against a table of Mozilla's: a name that is missing breaks somebody's program."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import any_llm
from any_llm import AnyLLM, exceptions
from any_llm.exceptions import AnyLLMError

TABLE: Mapping[str, Any] = tomllib.loads((Path(__file__).parent / "drop_in.toml").read_text("utf-8"))
FUNCTIONS: Mapping[str, Sequence[str]] = TABLE["functions"]
METHODS: Mapping[str, Sequence[str]] = TABLE["methods"]
POSITIONAL: Mapping[str, Any] = TABLE["positional"]


def parameters(function: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    """Return a function's parameters by name."""
    return inspect.signature(function).parameters


@pytest.mark.parametrize("name", [*TABLE["exports"], *FUNCTIONS, *(f"a{name}" for name in FUNCTIONS)])
def test_every_name_of_the_drop_in_is_exported(name: str) -> None:
    assert name in any_llm.__all__
    assert getattr(any_llm, name) is not None


def by_position(function: Callable[..., object]) -> list[str]:
    """Return the names of the parameters that may be given by position."""
    ordinary = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return [name for name, parameter in parameters(function).items() if parameter.kind in ordinary]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("prefix", ["", "a"])
def test_a_function_has_the_drop_ins_parameters(name: str, prefix: str) -> None:
    function = getattr(any_llm, prefix + name)
    assert [word for word in FUNCTIONS[name] if word not in parameters(function)] == []


@pytest.mark.parametrize("name", [name for name in POSITIONAL if name != "AnyLLM"])
@pytest.mark.parametrize("prefix", ["", "a"])
def test_a_function_takes_by_position_what_the_drop_ins_takes(name: str, prefix: str) -> None:
    expected = POSITIONAL[name]
    assert by_position(getattr(any_llm, prefix + name))[: len(expected)] == expected


@pytest.mark.parametrize("name", POSITIONAL["AnyLLM"])
def test_a_method_takes_by_position_what_the_drop_ins_takes(name: str) -> None:
    expected = POSITIONAL["AnyLLM"][name]
    found = [word for word in by_position(getattr(AnyLLM, name)) if word != "self"]
    assert found[: len(expected)] == expected


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_the_drop_ins_parameters(name: str) -> None:
    assert [word for word in METHODS[name] if word not in parameters(getattr(AnyLLM, name))] == []


@pytest.mark.parametrize("name", TABLE["attributes"]["names"])
def test_a_class_says_what_it_supports(name: str) -> None:
    assert hasattr(AnyLLM, name)
    assert hasattr(AnyLLM.get_provider_class("openai"), name)


@pytest.mark.parametrize("name", TABLE["exceptions"])
def test_an_exception_is_made_of_the_drop_ins_parameters(name: str) -> None:
    kind: Callable[..., AnyLLMError] = getattr(exceptions, name)
    words: Sequence[str] = TABLE["exceptions"][name]
    error = kind(**{word: 418 if word == "status_code" else word for word in words})
    assert isinstance(error, AnyLLMError)
    told = [word for word in words if word not in {"status", "additional_message"}]
    assert [word for word in told if not hasattr(error, word)] == []


@pytest.mark.parametrize("module", TABLE["modules"])
def test_a_module_has_the_drop_ins_names(module: str) -> None:
    loaded = import_module(f"any_llm.{module}")
    assert [name for name in TABLE["modules"][module] if not hasattr(loaded, name)] == []


@pytest.mark.parametrize("place", TABLE["fields"])
def test_a_type_has_the_drop_ins_fields(place: str) -> None:
    module, _, name = place.rpartition(".")
    kind = getattr(import_module(f"any_llm.{module}"), name)
    shown = inspect.get_annotations(kind)
    assert [field for field in TABLE["fields"][place] if field not in shown and not hasattr(kind, field)] == []
