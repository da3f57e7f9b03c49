"""Which of the options addressed to providers by name are for the target of a call, and where they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from any_llm.engine.translation import with_merged
from any_llm.exceptions import InvalidRequestError
from any_llm.types.addressed import ProviderOptions
from any_llm.types.json import JSON

if TYPE_CHECKING:
    from any_llm.spec.dialect import Encoded
    from any_llm.spec.provider import Provider

_TYPED = frozenset(ProviderOptions.__annotations__)


def options_for(provider: Provider, addressed: Mapping[str, Mapping[str, JSON]]) -> Mapping[str, JSON]:
    """Return what is addressed to a provider: by its name, else by its format's if it has no options of its own."""
    own = addressed.get(provider.name)
    if own is not None or provider.name in _TYPED:
        return own or {}
    return addressed.get(provider.dialect, {})


def with_addressed(
    encoded: Encoded, provider: Provider, addressed: Mapping[str, Mapping[str, JSON]], members: Mapping[str, JSON]
) -> tuple[Encoded, Mapping[str, JSON]]:
    """Return a request with what is addressed to its provider, and the further members of its body.

    Objects in a JSON body are merged; of a form the fields are replaced, as `members` does.

    Raises:
        InvalidRequestError: the request has no body; or something cannot be written as JSON.
    """
    own = options_for(provider, addressed)
    if not own:
        return encoded, members
    if encoded.form:
        return encoded, {**own, **members}
    if not encoded.body:
        raise InvalidRequestError(
            f"{provider.name}={[*own]!r} has no place here: this request has no body of JSON", param=provider.name
        )
    return msgspec.structs.replace(encoded, body=with_merged(encoded.body, own)), members
