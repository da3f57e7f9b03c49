"""Meeting other libraries' models: the vendors' SDK classes and pydantic. Each is loaded only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import ClassVar, Protocol

from any_llm.exceptions import MissingExtraError
from any_llm.types.json import JSONObject


class Convertible(Protocol):
    """What has a counterpart in a vendor's SDK; `sdk_type` is its `module:class`, empty for none."""

    sdk_type: ClassVar[str]

    def model_dump(self, *, exclude_unset: bool = False) -> JSONObject:
        """Return the plain values to build the counterpart from."""
        ...


def to_sdk(value: Convertible) -> object:
    """Build the vendor SDK's own instance of a value, nested ones included, without validating again.

    Raises:
        MissingExtraError: the SDK is not installed.
        TypeError: the SDK has no such class.
    """
    module_name, _, class_name = value.sdk_type.partition(":")
    if not class_name:
        raise TypeError(f"{type(value).__name__} has no counterpart in a vendor's SDK")
    package = module_name.partition(".")[0]
    try:
        kind = getattr(import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(package, package, reason="to convert to its own types") from error
    return kind.construct(**value.model_dump(exclude_unset=True))


def pydantic_schema(validate: Callable[[object], object]) -> object:
    """Return the pydantic-core schema that lets a value be a field of a pydantic model."""
    core_schema = import_module("pydantic_core.core_schema")
    return core_schema.no_info_plain_validator_function(
        validate,
        serialization=core_schema.plain_serializer_function_ser_schema(_dump),
        json_schema_input_schema=core_schema.dict_schema(),
    )


def _dump(value: Convertible) -> JSONObject:
    return value.model_dump()
