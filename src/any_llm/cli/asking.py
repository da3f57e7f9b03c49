"""One question to a model: from the flags to a request, and from the reply to what is printed."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

import msgspec

import any_llm
from any_llm.cli.target import ModelChoice
from any_llm.cli.terminal import note
from any_llm.cli.wishes import Request
from any_llm.exceptions import ConfigurationError
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.json import JSON, JSONObject, decode_json
from any_llm.types.report import Report

_LIMIT_ADDED = ("emulated", "max_tokens")


class Writer(Protocol):
    """Shows an answer while it comes."""

    def reasoning(self, text: str) -> None:
        """Show a piece of what the model thinks before it answers."""
        ...

    def text(self, text: str) -> None:
        """Show a piece of the answer."""
        ...

    def finish(self) -> None:
        """Show what is left, and end the line."""
        ...


def read_options(request: Request) -> JSONObject:
    """Return the parameters that were given, under the names that the public functions have for them.

    In those given as `NAME=VALUE` a value that is JSON is taken as that, any other as text.

    Raises:
        ConfigurationError: a pair has no `=`, or the schema cannot be read.
    """
    schema = {"response_format": _read_schema(request.schema)} if request.schema else {}
    given = {name: value for name, value in request.parameters.items() if value is not None}
    return given | schema | _read_pairs(request.pairs)


def _read_pairs(pairs: Sequence[str]) -> JSONObject:
    options: JSONObject = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (equals and name.isidentifier()):
            message = f"--option {pair!r}: write NAME=VALUE, such as top_p=0.9 or stop='[\"END\"]'"
            raise ConfigurationError(message)
        try:
            options[name] = decode_json(value)
        except msgspec.DecodeError:
            options[name] = value
    return options


def _read_schema(path: str) -> JSONObject:
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=dict[str, JSON])
    except OSError as error:
        message = f"--schema {path!r} cannot be read: {error.strerror}"
        raise ConfigurationError(message) from error
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        message = f"--schema {path!r} is no JSON schema: {error}"
        raise ConfigurationError(message) from error


async def ask(choice: ModelChoice, messages: Sequence[JSONObject], options: Mapping[str, JSON]) -> ChatCompletion:
    """Return a model's whole answer."""
    said: JSONObject = {"model": choice.reference, "messages": list(messages), "stream": False, **options}
    answer = await cast("Awaitable[object]", any_llm.acompletion(**said))
    assert isinstance(answer, ChatCompletion)  # not a stream
    tell_warnings(answer.report, options)
    return answer


async def ask_streaming(
    choice: ModelChoice, messages: Sequence[JSONObject], options: Mapping[str, JSON], writer: Writer
) -> ChatCompletion:
    """Write a model's answer while it comes, and return the whole of it.

    What was written when something goes wrong stays written; the connection is closed in every case.
    """
    stream = await any_llm.acompletion(model=choice.reference, messages=list(messages), stream=True, **options)
    try:
        async with stream:
            while chunks := await stream.batch():
                _write_chunks(chunks, writer)
    finally:
        writer.finish()
    tell_warnings(stream.report, options)
    answer: ChatCompletion = stream.response
    return answer


def _write_chunks(chunks: Sequence[ChatCompletionChunk], writer: Writer) -> None:
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices if choice.index == 0]
    thought = "".join(str.__str__(delta.reasoning) for delta in deltas if delta.reasoning)
    said = "".join(delta.content or delta.refusal or "" for delta in deltas)
    if thought:
        writer.reasoning(thought)
    if said:
        writer.text(said)


def tell_warnings(report: Report, options: Mapping[str, JSON]) -> None:
    """Tell what the provider could not take as it was said.

    Some vendors demand a limit for the answer; that they got one which nobody asked about is no news.
    """
    for warning in report.warnings:
        if (warning.kind, warning.parameter) != _LIMIT_ADDED or _LIMIT_ADDED[1] in options:
            note(f"warning: {warning}")


def summary(choice: ModelChoice, answer: ChatCompletion) -> JSONObject:
    """Return an answer as `--json` shows it.

    `provider` and `model` (as the provider names it), `id`, `content` (`null` when there is no text), `refusal`,
    `reasoning`, `finish_reason`, `parsed` (only with a schema), `usage` (`null` when the provider does not tell) and
    `warnings`, a list of texts.
    """
    first = answer.choices[0] if answer.choices else None
    message = first.message if first else None
    parsed = getattr(message, "parsed", None)
    return {
        "provider": choice.provider.name,
        "model": answer.model or choice.model,
        "id": answer.id,
        "content": message.content if message else None,
        "refusal": message.refusal if message else None,
        "reasoning": str.__str__(message.reasoning) if message and message.reasoning else None,
        "finish_reason": first.finish_reason if first else None,
        **({} if parsed is None else {"parsed": parsed}),
        "usage": answer.usage.model_dump(exclude_none=True) if answer.usage else None,
        "warnings": [str(warning) for warning in answer.warnings],
    }
