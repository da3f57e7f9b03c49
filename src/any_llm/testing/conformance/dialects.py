"""What a wire format promises."""

from __future__ import annotations

import ast
import copy
import importlib.util
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from any_llm.exceptions import AnyLLMError
from any_llm.spec.dialect import Codec, Dialect, Encoded, StreamDecoder, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.conformance.finding import ends_well, expect
from any_llm.testing.conformance.samples import CANARY, GARBAGE, OPTIONS, STATUSES, target_of
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON

_IMPURE = frozenset({"aiohttp", "asyncio", "httpx", "httpx2", "logging", "os", "random", "requests", "socket", "time"})

Checks = Iterator[tuple[str, Callable[[], Awaitable[None] | None]]]


def checks(name: str, dialect: Dialect) -> Checks:
    """Return the promises of a dialect and how each is checked."""
    target = target_of(Provider(name="conformance", dialect=name, operations=frozenset(dialect.operations)))
    yield "its name is that of its entry point", lambda: expect(dialect.name == name, f"its name is {dialect.name!r}")
    yield "it has an operation", lambda: expect(dialect.operations, "it has none")
    yield "its modules do no I/O and read no clock", lambda: _is_pure(dialect)
    yield "every failure of a provider becomes an error", lambda: _errors(dialect, target)
    for operation, codec in dialect.operations.items():
        yield from _codec_checks(operation, codec, target)


def _codec_checks(operation: Operation, codec: Codec[JSON, JSON], target: Target) -> Checks:
    if operation in OPTIONS:
        ask = partial(copy.deepcopy, OPTIONS[operation])
        yield f"{operation}: the same request is encoded the same", lambda: _encodes_alike(codec, target, ask())
        yield f"{operation}: no key is in a request", lambda: _holds_no_key(encoded(codec, target, ask()))
        yield f"{operation}: the caller's options stay as they are", lambda: _leaves(codec, target, ask())
    yield f"{operation}: any bytes end in a value or an error", lambda: _decodes(codec, target)
    if codec.stream is not None:
        yield f"{operation}: any stream ends in items or an error", lambda: _streams(codec, target)


def encoded(codec: Codec[JSON, JSON], target: Target, options: Mapping[str, JSON]) -> Encoded | None:
    """Return a request; `None` where it is refused with an error of this library's, as ids of another form are."""
    try:
        return codec.encode(target, options)
    except AnyLLMError:
        return None


def _encodes_alike(codec: Codec[JSON, JSON], target: Target, options: Mapping[str, JSON]) -> None:
    first, second = encoded(codec, target, options), encoded(codec, target, options)
    expect(first == second, "two encodings of one request differ")
    path = first.path if first is not None else ""
    expect(path.startswith(("/", "https://")) or not path, f"the path is {path!r}")


def _holds_no_key(made: Encoded | None) -> None:
    expect(CANARY not in repr(made), "the key is in the request; signing is the engine's")


def _leaves(codec: Codec[JSON, JSON], target: Target, options: Mapping[str, JSON]) -> None:
    before = copy.deepcopy(dict(options))
    encoded(codec, target, options)
    expect(before == dict(options), "the options have changed")


def _decodes(codec: Codec[JSON, JSON], target: Target) -> None:
    for body in GARBAGE:
        response = HttpResponse(200, {"content-type": "application/json"}, body)
        ends_well(partial(codec.decode, target, response), f"decoding {body!r}")


def _streams(codec: Codec[JSON, JSON], target: Target) -> None:
    assert codec.stream is not None
    for body in GARBAGE:
        decoder = codec.stream(target, {"stream": True})
        ends_well(partial(_feed, decoder, body), f"a frame of {body!r}")
        ends_well(partial(_finish, decoder), f"the end of a stream after {body!r}")


def _feed(decoder: StreamDecoder[JSON], body: bytes) -> None:
    # A decoder may be lazy: its items are taken.
    list(decoder.feed(Frame("", body)))


def _finish(decoder: StreamDecoder[JSON]) -> None:
    list(decoder.finish())


def _errors(dialect: Dialect, target: Target) -> None:
    for status in STATUSES:
        for body in GARBAGE:
            error: JSON = dialect.decode_error(target, HttpResponse(status, {}, body))
            expect(isinstance(error, AnyLLMError), f"HTTP {status} becomes {error!r}, which is no AnyLLMError")
            expect(CANARY not in str(error), "the key is in the message of an error")


def _is_pure(dialect: Dialect) -> None:
    functions = [dialect.decode_error, *(codec.encode for codec in dialect.operations.values())]
    modules = {getattr(function, "__module__", "") for function in functions}
    for module in sorted(module for module in modules if not module.startswith("any_llm.")):
        impure = _imports(module) & _IMPURE
        expect(not impure, f"{module} imports {', '.join(sorted(impure))}")


def _imports(module: str) -> set[str]:
    found = sys.modules.get(module)
    origin = getattr(found, "__file__", None)
    if origin is None:
        specification = importlib.util.find_spec(module)
        origin = specification.origin if specification else None
    if not origin or not origin.endswith(".py"):
        return set()
    tree = ast.parse(Path(origin).read_text("utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}
