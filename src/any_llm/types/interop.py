"""Meeting other libraries' models: the vendors' SDK classes and pydantic. Loaded only when one of them is there."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from any_llm.exceptions import MissingExtraError

if TYPE_CHECKING:
    from any_llm.types.value import Value


def to_sdk(value: Value) -> object:
    """Build the vendor SDK's own instance of a value, nested ones included, without validating again.

    Raises:
        MissingExtraError: the SDK is not installed.
        TypeError: the SDK has no such class.
    """
    module_name, _, class_name = value.sdk_type.partition(":")
    if not class_name:
        msg = f"{type(value).__name__} has no counterpart in a vendor's SDK"
        raise TypeError(msg)
    package = module_name.partition(".")[0]
    try:
        kind = getattr(import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(package, package, reason="to convert to its own types") from error
    return kind.construct(**value.model_dump(exclude_unset=True))


def pydantic_schema(kind: type[Value]) -> object:
    """Return the pydantic-core schema that lets a value be a field of a pydantic model."""
    core_schema = import_module("pydantic_core.core_schema")
    return core_schema.no_info_plain_validator_function(
        kind.model_validate,
        serialization=core_schema.plain_serializer_function_ser_schema(_dump),
        json_schema_input_schema=core_schema.dict_schema(),
    )


def _dump(value: object) -> object:
    return cast("Value", value).model_dump()
