"""What the ledger knows of a call and of an attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class CallRow(NamedTuple):
    """One call of the program's.

    Attributes:
        id: its name; a row that comes again with the same name replaces the one before.
        started: when it began, in seconds since 1970.
        elapsed: how many seconds it took.
        operation: what was asked.
        provider: who answered, or was to.
        model: which model.
        key: the fingerprint of the key that it began with.
        tenant: whose data these are.
        user_name: who asked.
        project: what for.
        route: by which route, where it had one.
        request_id: the call's own id.
        tags: the words it is counted under, as a JSON list.
        outcome: `complete`, `failed`, `cancelled` or `closed`; `running` for one whose end has not been told.
        error: the class of the error, where it failed.
        stream: whether the answer came in pieces.
        cache: what the cache did, where there is one.
        attempts: how many attempts were made.
        cost: what all of it cost in US dollars, as an exact decimal; `None` where nothing of it is known.
        saved: what the cache saved.
        unknown: how many attempts have a cost that nobody knows.
    """

    id: str
    started: float
    elapsed: float | None = None
    operation: str = ""
    provider: str = ""
    model: str = ""
    key: str = ""
    tenant: str = ""
    user_name: str = ""
    project: str = ""
    route: str = ""
    request_id: str = ""
    tags: str = "[]"
    outcome: str = "running"
    error: str | None = None
    stream: int = 0
    cache: str | None = None
    attempts: int = 0
    cost: str | None = None
    saved: str | None = None
    unknown: int = 0


class AttemptRow(NamedTuple):
    """One attempt to have a call answered, with what there is to know of its call.

    Attributes:
        id: its name: the call's, and its number.
        call_id: the call's name.
        number: as the how many-th it was made, from 1 on.
        started: when it began, in seconds since 1970.
        elapsed: how many seconds it took.
        operation: what was asked.
        provider: who was asked.
        model: which model.
        key: the fingerprint of the key that was used.
        tenant: whose data these are.
        user_name: who asked.
        project: what for.
        route: by which route, where it had one.
        request_id: the call's own id.
        provider_request_id: the provider's id of the request.
        tags: the words it is counted under, as a JSON list.
        role: what it was for the call: `answer`, `failed`, `retried`, `hedged` or `fallback`.
        outcome: how it went.
        error: the class of the error, where it failed.
        status: the HTTP status of its answer.
        input_tokens: the whole input.
        cache_read_tokens: the part of it that was read from a cache.
        cache_write_tokens: the part of it that was written to one.
        output_tokens: the whole output.
        reasoning_tokens: the part of it that was thought.
        usage: all that it used, as the JSON of `any_llm.types.usage.Usage`; `None` where nobody told.
        cost: in US dollars, as an exact decimal; `None` where it is not known.
        price_source: whose prices these are, and which version.
        price_date: of which day they are.
        unpriced: what was used and has no price, as a JSON object of units and amounts; `None` where there is nothing.
    """

    id: str
    call_id: str
    number: int
    started: float
    elapsed: float | None = None
    operation: str = ""
    provider: str = ""
    model: str = ""
    key: str = ""
    tenant: str = ""
    user_name: str = ""
    project: str = ""
    route: str = ""
    request_id: str = ""
    provider_request_id: str | None = None
    tags: str = "[]"
    role: str = "answer"
    outcome: str = ""
    error: str | None = None
    status: int | None = None
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    usage: str | None = None
    cost: str | None = None
    price_source: str | None = None
    price_date: str | None = None
    unpriced: str | None = None


class UnwritableError(ValueError):
    """A row holds what the database has no room for, such as a number beyond 64 bits; to try again would be idle."""


class Entry(NamedTuple):
    """A call and its attempts, which are written together or not at all."""

    call: CallRow
    attempts: Sequence[AttemptRow] = ()


TABLES: Mapping[str, type[CallRow | AttemptRow]] = {"ledger_calls": CallRow, "ledger_attempts": AttemptRow}
"""Each table and what its rows are; the columns have the names of the fields."""


def storable(text: str) -> str:
    """Return a text as all databases take it: PostgreSQL has no NUL, and none has half a pair of surrogates."""
    return (
        text if text.isascii() and "\0" not in text else text.replace("\0", "\ufffd").encode(errors="replace").decode()
    )
