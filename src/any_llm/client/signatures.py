"""Signatures that name every parameter, from the one place where the parameters stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

_DEFAULTS: Mapping[str, str] = {"reasoning_effort": "auto"}


def spell_out(options: type) -> Callable[[F], F]:
    """Show the parameters of an options dictionary in a function's signature, before its remaining keywords."""

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        *ordinary, rest = signature.parameters.values()
        named = {parameter.name for parameter in ordinary}
        keywords = [parameter for parameter in _keywords(options) if parameter.name not in named]
        others = rest.replace(name="kwargs", annotation=object)
        function.__signature__ = signature.replace(parameters=[*ordinary, *keywords, others])  # type: ignore[attr-defined]  # as `inspect` documents
        return function

    return decorate


@cache
def _keywords(options: type) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name), annotation=annotation)
        for name, annotation in options.__annotations__.items()
    ]


def omissible(**arguments: object) -> Callable[[F], F]:  # noqa: ARG001  # they are read from the source
    """Mark an operation whose module functions may leave out the model, and say what these arguments are by default.

    `scripts/surfaces.py` reads the mark; nothing happens here.
    """
    return lambda function: function
