"""Options that are addressed to providers by name, such as `anthropic={"speed": "fast"}`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import lru_cache

from any_llm.engine.plugins import PROVIDERS, found
from any_llm.exceptions import InvalidRequestError
from any_llm.providers.catalog import BY_NAME
from any_llm.types.addressed import ProviderOptions
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.options import CompletionOptions, EmbeddingOptions, MessagesOptions, ResponsesOptions

_TYPED = frozenset(ProviderOptions.__annotations__)
_KNOWN = _TYPED | BY_NAME.keys()
_ORDINARY = (
    frozenset(
        {
            *CompletionOptions.__annotations__,
            *ResponsesOptions.__annotations__,
            *MessagesOptions.__annotations__,
            *EmbeddingOptions.__annotations__,
            "input_data",
            "inputs",
            "messages",
            "output_format",
            "response_format",
            "stream",
        }
    )
    - _TYPED
)
"""Parameters that a provider's name does not hide, whatever users call theirs."""

_CLOSE = 0.8
_NOTHING: Mapping[str, Mapping[str, JSON]] = {}


def take_addressed(options: JSONObject, configured: Mapping[str, object]) -> Mapping[str, Mapping[str, JSON]]:
    """Take what is addressed to providers out of `options`, and return it by the providers' names.

    Args:
        options: what was said; it is changed.
        configured: the providers of the settings, by name.

    Raises:
        InvalidRequestError: an option that looks like a provider's name is none, or is not a dictionary.
    """
    if _ORDINARY.issuperset(options):
        return _NOTHING
    names = [
        name
        for name, value in options.items()
        if name in _KNOWN or (type(value) is dict and name not in _ORDINARY and _is_name(name, configured))
    ]
    return {name: _checked(name, options.pop(name)) for name in names} if names else _NOTHING


def _is_name(name: str, configured: Mapping[str, object]) -> bool:
    if name in configured:
        return True
    plugged, meant = _look_up(name)
    if meant:
        raise InvalidRequestError(
            f"{name}= is addressed to no provider; did you mean {meant}=? "
            f"A parameter that is really called {name!r} goes into extra_body=",
            param=name,
        )
    return plugged


@lru_cache(maxsize=1_024)
def _look_up(name: str) -> tuple[bool, str]:
    """Say whether a plug-in has this name, and if not, which provider's name it is close to."""
    if name in found(PROVIDERS):
        return True, ""
    return False, next(iter(difflib.get_close_matches(name, sorted(_TYPED), 1, _CLOSE)), "")


def _checked(name: str, options: JSON) -> Mapping[str, JSON]:
    if not is_mapping(options):
        raise InvalidRequestError(
            f"{name} is {options!r}; what is addressed to a provider is a dictionary of its own parameters", param=name
        )
    return options
