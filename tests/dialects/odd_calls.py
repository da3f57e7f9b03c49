"""Odd answers and odd questions for every operation of every dialect, and what comes of them."""

from __future__ import annotations

import ast
import asyncio
import copy
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random

import msgspec

import any_llm.dialects
from any_llm.engine.dispatch import dispatcher
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.call import Call
from any_llm.pipeline.stream import is_stream
from any_llm.spec.dialect import Dialect
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.conformance.samples import GARBAGE, OPTIONS, target_of
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.json import JSON, JSONObject

DIALECTS: Sequence[str] = [each.name for each in pkgutil.iter_modules(any_llm.dialects.__path__) if each.ispkg]
KINDS = ("application/json", "text/event-stream", "application/x-ndjson", "application/octet-stream", "audio/mpeg")
SCALARS: Sequence[JSON] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    7,
    2**63,
    1.5,
    -0.0,
    1e308,
    "",
    "a",
    "é\u2028😀",
    "1",
    "\x00",
    "{}",
)
DEEPEST = 5
BRIEF = Timeouts(total=0.05)
"""What an operation of several requests may take that gets no end."""


def dialect(name: str) -> Dialect:
    """Return a dialect by its folder."""
    found = import_module(f"any_llm.dialects.{name}").DIALECT
    assert isinstance(found, Dialect)
    return found


@cache
def words(name: str) -> Sequence[str]:
    """Return the texts in the source of a dialect: the names of members that it reads are among them."""
    folder = Path(any_llm.dialects.__path__[0]) / name
    trees = (ast.parse(path.read_text("utf-8")) for path in sorted(folder.glob("*.py")))
    nodes = (node for tree in trees for node in ast.walk(tree))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return sorted({text for text in texts if 0 < len(text) < 40 and " " not in text})


def cases() -> Iterator[tuple[str, Operation]]:
    """Return every operation of every dialect."""
    for name in DIALECTS:
        for operation in dialect(name).operations:
            yield name, operation


def tree(random: Random, known: Sequence[str], depth: int = DEEPEST) -> JSON:
    """Make up JSON in which the dialect may find what it looks for, where it does not expect it."""
    kind = random.random()
    if depth and kind < 0.45:
        return {random.choice(known): tree(random, known, depth - 1) for _ in range(random.randrange(6))}
    if depth and kind < 0.6:
        return [tree(random, known, depth - 1) for _ in range(random.randrange(3))]
    return random.choice(known) if kind < 0.75 else random.choice(SCALARS)


def body(random: Random, known: Sequence[str]) -> bytes:
    """Make up a body: JSON, a stream of it, its beginning only, or no JSON at all."""
    kind = random.random()
    if kind < 0.1:
        return random.choice(GARBAGE)
    if kind < 0.15:
        return random.randbytes(random.randrange(80))
    made = {random.choice(known): tree(random, known) for _ in range(random.randrange(1, 9))}
    text = msgspec.json.encode(made if kind < 0.8 else tree(random, known))
    return text if kind < 0.9 else text[: random.randrange(len(text) + 1)]


def framed(random: Random, known: Sequence[str], kind: str) -> list[bytes]:
    """Make up a streamed body."""
    texts = [body(random, known) for _ in range(random.randrange(1, 5))]
    if kind == "text/event-stream":
        heads = (b"", b"event: %s\n" % random.choice(known).encode())
        return [b"%sdata: %s\n\n" % (random.choice(heads), text) for text in texts]
    return [text + b"\n" for text in texts]


def provider_of(name: str) -> Provider:
    """Return a provider that has all that a dialect can."""
    return Provider(
        name="any", base_url="https://any.example/v1", dialect=name, operations=frozenset(dialect(name).operations)
    )


def call(name: str, operation: Operation, changes: JSONObject | None = None) -> Call:
    """Return the plainest call of an operation, with changes."""
    options = {**copy.deepcopy(dict(OPTIONS[operation])), **(changes or {})}
    return Call(
        operation=operation,
        target=target_of(provider_of(name)),
        options={key: value for key, value in options.items() if value is not None},
        timeouts=BRIEF,
    )


async def outcome(asked: Call, answer: Callable[[HttpRequest], Scripted]) -> JSON:
    """Make a call through the engine and take all that it gives: the value, the items, or our error."""
    replay = Replay(answer)
    try:
        value = (await dispatcher(lambda _: replay)(asked)).value
        if is_stream(value):
            async with value:
                items: JSON = [item async for item in value]
            return items, None if value.fold is None else value.response
    except AnyLLMError as error:
        return error
    else:
        return value
    finally:
        assert replay.open == 0


def run(asked: Call, answer: Callable[[HttpRequest], Scripted]) -> JSON:
    """Do it, and let nothing hang."""
    return asyncio.run(asyncio.wait_for(outcome(asked, answer), 10))
