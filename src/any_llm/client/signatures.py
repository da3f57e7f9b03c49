"""Signatures that name every parameter, from the one place where the parameters stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

_DEFAULTS: Mapping[str, str] = {"reasoning_effort": "auto"}


def spell_out(options: type, *more: str) -> Callable[[F], F]:
    """Show the parameters of an options dictionary in a function's signature, before its remaining keywords.

    `more` names parameters that come last, as the module functions' `api_key` does.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        given = list(signature.parameters.values())
        *ordinary, rest = given
        last = [parameter for parameter in ordinary if parameter.name in more]
        ordinary = [parameter for parameter in ordinary if parameter.name not in more]
        named = {parameter.name for parameter in given}
        keywords = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name), annotation=annotation)
            for name, annotation in options.__annotations__.items()
            if name not in named
        ]
        others = rest.replace(name="kwargs", annotation=object)
        function.__signature__ = signature.replace(parameters=[*ordinary, *keywords, *last, others])  # type: ignore[attr-defined]  # as `inspect` documents
        return function

    return decorate
