"""Which recorded APIs are replayed, and as which public operation: the table that a new operation is added to."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.spec.provider import Operation


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """How a recorded API is said through the public functions.

    Attributes:
        operation: the public operation.
        dialect: the wire format that speaks this API.
        auth: how a provider without a record of its own is expected to sign, where no recorded header says so.
        methods: the HTTP methods of the operation.
        routes: how the URL's path ends; the longest that fits is cut off to get the base URL.
        arguments: members of the body whose argument has another name.
        needed: members without which a body is not one of this operation's.
        crossed: operations of other shapes through which the same answer is read too.
    """

    operation: Operation
    dialect: str
    routes: tuple[str, ...]
    auth: str = "bearer"
    methods: frozenset[str] = frozenset({"POST"})
    arguments: Mapping[str, str] = {}
    needed: tuple[str, ...] = ()
    crossed: tuple[Operation, ...] = ()


_HELLO = ({"role": "user", "content": "Hello"},)

FALLBACKS: Mapping[Operation, Mapping[str, object]] = {
    Operation.COMPLETION: {"model": "model", "messages": _HELLO},
    Operation.MESSAGES: {"model": "model", "messages": _HELLO, "max_tokens": 1_000},
    Operation.RESPONSES: {"model": "model", "input_data": "Hello"},
    Operation.EMBEDDING: {"model": "model", "inputs": "Hello"},
    Operation.LIST_MODELS: {},
}
"""The plainest arguments of each operation, by their public names."""

STREAMED = frozenset({Operation.COMPLETION, Operation.MESSAGES, Operation.RESPONSES})
"""The operations whose answer may be a stream."""

SCOPES: Mapping[str, Scope] = {
    "openai.chat": Scope(
        operation=Operation.COMPLETION,
        dialect="openai",
        routes=("/chat/completions",),
        needed=("messages",),
        crossed=(Operation.MESSAGES, Operation.RESPONSES),
    ),
    "openai.responses": Scope(
        operation=Operation.RESPONSES,
        dialect="openai",
        routes=("/responses",),
        arguments={"input": "input_data"},
        needed=("input",),
    ),
    "openai.embeddings": Scope(
        operation=Operation.EMBEDDING,
        dialect="openai",
        routes=("/embeddings",),
        arguments={"input": "inputs"},
        needed=("input",),
    ),
    "openai.models": Scope(
        operation=Operation.LIST_MODELS, dialect="openai", routes=("/models",), methods=frozenset({"GET"})
    ),
    "anthropic.messages": Scope(
        operation=Operation.MESSAGES,
        dialect="anthropic",
        auth="x-api-key",
        routes=("/v1/messages", "/messages"),
        needed=("messages",),
        crossed=(Operation.COMPLETION,),
    ),
    "anthropic.models": Scope(
        operation=Operation.LIST_MODELS,
        dialect="anthropic",
        auth="x-api-key",
        routes=("/v1/models", "/models"),
        methods=frozenset({"GET"}),
    ),
}
"""The recorded APIs that are replayed; every other one in a folder is counted as not in scope."""
