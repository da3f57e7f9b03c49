"""What `any-llm logs` does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import sleep
from typing import get_args

import msgspec

import any_llm
from any_llm.cli.terminal import table, write, write_json
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.stream import Ending
from any_llm.stores.call_log import CallLog, Kept, Wanted
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping
from any_llm.types.logs import LogStore

_COLUMNS = ("id", "time", "model", "operation", "outcome", "ms", "in", "out", "usd", "request_id")
_ASKED_AGAIN = frozenset({"completion", "responses", "messages", "embedding"})
_NOT_AGAIN = ("stream", "stream_options", "cache")
_ALL = 2**62
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_OUTCOMES = get_args(Ending)
_IN_THE_ROW = frozenset({
    "schema", "event", "level", "logger", "timestamp", "provider", "model", "operation", "outcome", "error",
    "duration_ms", "input_tokens", "output_tokens", "cost_usd", "request_id",
})  # fmt: skip
"""Members of a line that its row tells, or that are the same for all."""


def list_logs(text: str, wanted: Mapping[str, JSON], path: Path | None, *, json: bool) -> None:
    """List calls.

    Raises:
        ConfigurationError: what is wanted cannot be, or there is no store.
        StoreError: the store cannot be read.
    """
    _check_most(wanted["most"])
    if wanted["outcome"] and wanted["outcome"] not in _OUTCOMES:
        raise ConfigurationError(f"--outcome is {wanted['outcome']!r}; use one of {', '.join(_OUTCOMES)}")
    found = _store(path).find(Wanted(text=text, **wanted))
    if json:
        write_json([{"id": number} | line for number, line in found])
    else:
        table("", _COLUMNS, [_row(number, line) for number, line in found])


def search_logs(words: Sequence[str], wanted: Mapping[str, JSON], path: Path | None, *, json: bool) -> None:
    """List calls in which these words were said.

    Raises:
        ConfigurationError: there are no words, or as `list_logs` says.
        StoreError: the store cannot be read.
    """
    # The quotation marks of a shell are gone by now.
    text = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    if not text.strip(' "'):
        raise ConfigurationError("No words to look for: give them as arguments; `any-llm logs` lists all calls")
    list_logs(text, wanted, path, json=json)


def tail_logs(most: int, every: float | None, path: Path | None, *, json: bool) -> None:
    """Print the latest calls, and those that come.

    Raises:
        ConfigurationError: a number is not positive, or there is no store.
        StoreError: the store cannot be read.
    """
    _check_most(most)
    if every is not None and not every > 0:
        raise ConfigurationError(f"--every is {every:g}; give a positive number of seconds")
    store, after = _store(path), 0
    while True:
        for number, line in store.find(Wanted(after=after, most=most)):
            after = number
            if json:
                write_json({"id": number} | line, line=True)
            else:
                write("\t".join(_row(number, line)) + "\n")
        if every is None:
            return
        most = _ALL
        sleep(every)


def show_log(call: str, path: Path | None, *, json: bool) -> None:
    """Show a call.

    Raises:
        ConfigurationError: there is no such call.
        StoreError: the store cannot be read.
    """
    number, kept = _found(call, path)
    if json:
        write_json({"id": number} | msgspec.to_builtins(kept))
        return
    write("\t".join(_row(number, kept.line)) + "\n")
    for name, value in kept.line.items():
        if name not in _IN_THE_ROW:
            write(f"{name}: {value if isinstance(value, str) else msgspec.json.encode(value).decode()}\n")
    if kept.options:
        write(f"\n{msgspec.json.format(msgspec.json.encode(kept.options), indent=2).decode()}\n")
    for message in kept.request:
        role = message.get("role", "user") if is_mapping(message) else "user"
        write(f"\n[{role}]\n{_words(message)}\n")
    for message in kept.response:
        write(f"\n[answer]\n{_words(message)}\n")


def replay_log(call: str, on: str, path: Path | None, *, json: bool) -> None:
    """Make a call again.

    Raises:
        ConfigurationError: it is none that can be made again, or there is no such call.
        StoreError: the store cannot be read.
        AnyLLMError: it fails this time.
    """
    number, kept = _found(call, path)
    operation = str(kept.line.get("operation", ""))
    if operation not in _ASKED_AGAIN or not kept.spoken:
        raise ConfigurationError(
            f"The call {number} is a {operation!r}; only {', '.join(sorted(_ASKED_AGAIN))} can be made again"
        )
    if _has_digest([kept.options, *kept.request]):
        raise ConfigurationError(
            f"The call {number} was made with a file of which only the digest is kept, so that it cannot be made again"
        )
    options = {name: value for name, value in kept.options.items() if name not in _NOT_AGAIN}
    said: JSON = list(kept.request)
    if len(said) == 1 and isinstance(said[0], str):
        said = said[0]
    model = on or f"{kept.line['provider']}:{kept.line['model']}"
    answer = getattr(any_llm, operation)(model=model, **{kept.spoken: said}, **options)
    told: JSONObject = answer.to_dict()
    words = _words(told)
    # Vectors are no words.
    if json or not words:
        write_json(told)
    else:
        write(f"{words}\n")


def _check_most(most: JSON) -> None:
    if most < 1:
        raise ConfigurationError(f"--most is {most}; give a positive number of calls")


def _has_digest(value: JSON) -> bool:
    """Say whether something is only known by its digest."""
    if isinstance(value, str):
        return _DIGEST.fullmatch(value) is not None
    if is_mapping(value):
        return any(map(_has_digest, value.values()))
    return is_list(value) and any(map(_has_digest, value))


def _row(number: int, line: JSONObject) -> tuple[str, ...]:
    at = msgspec.json.decode(msgspec.json.encode(line.get("timestamp", "")))
    told = (line.get("duration_ms"), line.get("input_tokens"), line.get("output_tokens"), line.get("cost_usd"))
    return (
        str(number),
        str(at),
        f"{line.get('provider', '')}:{line.get('model', '')}",
        str(line.get("operation", "")),
        str(line.get("error") or line.get("outcome", "")),
        *("" if value is None else f"{value:.0f}" if isinstance(value, float) else str(value) for value in told),
        str(line.get("request_id", "")),
    )


def _store(path: Path | None) -> CallLog:
    known = default_settings().log_store
    place = path or Path(known.path if isinstance(known, LogStore) else LogStore().path)
    if not place.exists():
        raise ConfigurationError(
            f"There is no log store at {str(place)!r}; turn it on with log_store = true, or name it with --path"
        )
    return CallLog(place)


def _found(call: str, path: Path | None) -> tuple[int, Kept]:
    found = _store(path).show(call)
    if found is None:
        raise ConfigurationError(f"The log store has no call {call!r}; `any-llm logs` lists them")
    return found


def _words(value: JSON) -> str:
    return "\n".join(_texts(value))


def _texts(value: JSON) -> Iterator[str]:
    """Yield what a message says: the texts of its content, of the answers in it, and of what tools are called with."""
    if isinstance(value, str):
        yield value
    elif is_list(value):
        for item in value:
            yield from _texts(item)
    elif is_mapping(value):
        for name in (
            "choices",
            "message",
            "output",
            "content",
            "text",
            "refusal",
            "tool_calls",
            "function",
            "name",
            "arguments",
        ):
            if value.get(name):
                yield from _texts(value[name])
