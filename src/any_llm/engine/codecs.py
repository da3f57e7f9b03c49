"""Which codec answers an operation at a provider: its dialect's own, or a bridge over its chat completions."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from any_llm.bridges import BRIDGES
from any_llm.engine.plugins import DIALECTS, load
from any_llm.exceptions import ConfigurationError, UnsupportedOperationError
from any_llm.providers.registry import builtin_dialect
from any_llm.spec.dialect import Codec, Dialect, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.json import JSON

_INLINE_BATCHES = "inline_batches"
_NAMED = 5


def dialect_of(provider: Provider, operation: Operation = Operation.COMPLETION) -> Dialect:
    """Return the wire format in which a provider is asked for an operation, by default for chat completions.

    What crosses a bridge is asked as a chat completion.

    Raises:
        ConfigurationError: no built-in or plugged-in dialect has the name.
    """
    crosses = operation in BRIDGES and operation not in provider.operations
    name = provider.dialects.get(Operation.COMPLETION if crosses else operation, provider.dialect)
    dialect = builtin_dialect(name) or load(DIALECTS, name, Dialect)
    if dialect is None:
        msg = f"provider {provider.name!r} speaks the dialect {name!r}, which is not installed"
        raise ConfigurationError(msg)
    return dialect


@lru_cache(maxsize=4_096)
def codec_of(provider: Provider, operation: Operation) -> Codec[JSON, JSON]:
    """Return the codec for an operation at a provider.

    Raises:
        UnsupportedOperationError: the provider has neither the operation nor the chat completions to carry it.
    """
    if operation is Operation.REQUEST:
        from any_llm.engine.requests import REQUEST  # noqa: PLC0415  # few programs say their requests themselves

        return REQUEST
    native = dialect_of(provider, operation).operations.get(operation)
    if native is not None and operation in provider.operations:
        return native
    chat = dialect_of(provider).operations.get(Operation.COMPLETION)
    bridge = BRIDGES.get(operation)
    if bridge is None or chat is None or Operation.COMPLETION not in provider.operations:
        offered = ", ".join(sorted(provider.operations))
        msg = f"{provider.name} does not offer {operation}; it offers {offered}{_elsewhere(operation)}"
        raise UnsupportedOperationError(msg, provider_name=provider.name, operation=operation)
    return msgspec.structs.replace(bridge(chat), over=Operation.COMPLETION.value)


def _elsewhere(operation: Operation) -> str:
    """Return the end of a message that names a few providers with an operation."""
    from any_llm.providers.catalog import CATALOG  # noqa: PLC0415  # only what fails needs it

    names = [provider.name for provider in CATALOG if operation in provider.operations]
    rest = len(names) - _NAMED
    return f". It is offered by {', '.join(names[:_NAMED])}" + (f" and {rest} more" if rest > 0 else "")


def codec_for(target: Target, operation: Operation) -> Codec[JSON, JSON]:
    """Return the codec for an operation at a target: its provider's own, or a bridge where that does not suit.

    Raises:
        UnsupportedOperationError: the provider has neither the operation nor the chat completions to carry it.
    """
    codec = codec_of(target.provider, operation)
    if codec.suits is None or codec.suits(target):
        return codec
    return codec_of(_without(target.provider, operation), operation)


@lru_cache(maxsize=256)
def _without(provider: Provider, operation: Operation) -> Provider:
    return msgspec.structs.replace(provider, operations=provider.operations - {operation})


def is_native(provider: Provider, operation: Operation) -> bool:
    """Say whether a provider has an operation itself, rather than through a bridge."""
    return operation in provider.operations and operation in dialect_of(provider, operation).operations


def has_inline_batches(provider: Provider) -> bool:
    """Say whether the requests of a batch go into requests, rather than into a file that is uploaded."""
    return dialect_of(provider, Operation.CREATE_BATCH).inline_batches or _INLINE_BATCHES in provider.quirks
