"""Signatures that name every parameter, from the one place where the parameters stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from types import FunctionType
from typing import TypeVar, cast

F = TypeVar("F", bound=Callable[..., object])

_DEFAULTS: Mapping[str, str] = {"reasoning_effort": "auto"}


_FUNCTION_OPTIONS = "any_llm.client.functions.options"


class LateSignature(inspect.Signature):
    """A signature that is worked out when somebody reads it: few programs do, and all would wait for it."""

    __slots__ = ("make",)

    make: Callable[[], inspect.Signature]

    def __getattr__(self, name: str) -> object:
        # Python asks here for what a slot does not hold yet.
        if name not in inspect.Signature.__slots__:
            raise AttributeError(name)
        whole = self.make()
        super().__init__(tuple(whole.parameters.values()), return_annotation=whole.return_annotation)
        return getattr(self, name)


def spell_out(options: type | str) -> Callable[[F], F]:
    """Show the parameters of an options dictionary in a function's signature, before its remaining keywords.

    A name is one of `any_llm.client.functions.options`, which then loads only for those who look.
    """

    def decorate(function: F) -> F:
        late = LateSignature.__new__(LateSignature)
        late.make = partial(_spelled, cast("FunctionType", function), options)
        function.__signature__ = late  # type: ignore[attr-defined]  # as `inspect` documents
        return function

    return decorate


def _spelled(function: FunctionType, options: type | str) -> inspect.Signature:
    # The function itself has the signature that is being made; one of the same code has its own.
    plain = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    plain.__kwdefaults__, plain.__annotations__ = function.__kwdefaults__, function.__annotations__
    signature = inspect.signature(plain)
    *ordinary, rest = signature.parameters.values()
    named = {parameter.name for parameter in ordinary}
    kind = getattr(import_module(_FUNCTION_OPTIONS), options) if isinstance(options, str) else options
    keywords = [parameter for parameter in _keywords(kind) if parameter.name not in named]
    return signature.replace(parameters=[*ordinary, *keywords, rest.replace(name="kwargs", annotation=object)])


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
