"""Tokens that the program itself provides: a text, or a function that returns one, asynchronous or not."""

from __future__ import annotations

import inspect

from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSON
from any_llm.types.secret import Secret


async def provided(given: object, name: str) -> Secret:
    """Return the token that an argument of a client means; a function is called for each request.

    A function that is not asynchronous holds up the event loop while it runs; it should return what it has.

    Raises:
        ConfigurationError: it is neither, or the function returns something else than a text.
    """
    value: JSON = given
    if callable(value):
        value = value()
        if inspect.isawaitable(value):
            value = await value
    if isinstance(value, str):
        value = Secret(value)
    if isinstance(value, Secret) and value:
        return value
    raise ConfigurationError(
        f"{name} gives a {type(value).__name__}; it must be a text, or a function that returns one, async or not"
    )
