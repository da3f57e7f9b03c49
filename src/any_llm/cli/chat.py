"""`any-llm chat`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import Parameter

from any_llm.cli.asking import Writer, ask, ask_streaming, read_options, read_schema, summary
from any_llm.cli.attachments import file_part, image_part
from any_llm.cli.plain import PlainWriter
from any_llm.cli.repl import talk
from any_llm.cli.target import choose_model
from any_llm.cli.terminal import console, draws, interactive, piped_input, write_json
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSON, JSONObject

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


def chat(
    *prompt: str,
    model: Annotated[str | None, Parameter(name=("--model", "-m"))] = None,
    system: Annotated[str | None, Parameter(name=("--system", "-s"))] = None,
    image: Annotated[tuple[str, ...], Parameter(name=("--image", "-i"))] = (),
    file: Annotated[tuple[str, ...], Parameter(name=("--file", "-f"))] = (),
    temperature: float | None = None,
    max_tokens: int | None = None,
    reasoning_effort: Effort | None = None,
    schema: str | None = None,
    option: Annotated[tuple[str, ...], Parameter(name=("--option", "-o"))] = (),
    api_base: str | None = None,
    stream: Annotated[bool, Parameter(negative="--no-stream")] = True,
    plain: bool = False,
    stdin: Annotated[bool | None, Parameter(negative="--no-stdin")] = None,
    json: bool = False,
) -> None:
    """Ask a model, or talk with it when no prompt is given on a terminal.

    What is piped in is the prompt, or is added to the prompt that is given.
    On a terminal the answer is drawn as Markdown; in a pipe it is plain text,
    and nothing but the answer.

    Args:
        prompt: What to ask; several words need no quotes.
        model: Which model, as provider:model; without it ANY_LLM_MODEL, the configuration, or the local model.
        system: What the model is told to be.
        image: An image to look at, a path or a URL; may be given several times.
        file: A text file or PDF to read; may be given several times.
        temperature: How freely to choose words: 0 is the same answer each time.
        max_tokens: The most tokens that the answer may have.
        reasoning_effort: How much to think before answering.
        schema: A file with a JSON schema that the answer shall fit; the answer is JSON then.
        option: Any other parameter, as NAME=VALUE, such as top_p=0.9; may be given several times.
        api_base: Where the provider's API begins, instead of the usual place.
        stream: Show the answer while it comes.
        plain: Show the text as the model writes it, also on a terminal.
        stdin: Wait for piped input however long it takes, or do not read it; otherwise it is given up on when nothing
            has come after 3 seconds.
        json: Print one JSON object: provider, model, id, content, refusal, reasoning, finish_reason, parsed (with
            --schema), usage, warnings.
    """
    options = _options(temperature, max_tokens, reasoning_effort, schema, api_base) | read_options(option)
    start: list[JSONObject] = [{"role": "system", "content": system}] if system else []
    question = _question(" ".join(prompt), stdin)
    if not question and not (image or file):
        if json or not interactive():
            raise ConfigurationError("No prompt: give one as an argument or on standard input")
        talk(choose_model(model), start, options, lambda: _writer(plain=plain))
        return
    parts = [*map(file_part, file), *map(image_part, image)]
    choice = choose_model(model)
    messages = [*start, {"role": "user", "content": _content(question, parts)}]
    if json:
        write_json(summary(choice, asyncio.run(ask(choice, messages, options))))
    elif stream:
        asyncio.run(ask_streaming(choice, messages, options, _writer(plain=plain or schema is not None)))
    else:
        _show(summary(choice, asyncio.run(ask(choice, messages, options))), _writer(plain=plain or schema is not None))


def _options(
    temperature: float | None,
    max_tokens: int | None,
    reasoning_effort: str | None,
    schema: str | None,
    api_base: str | None,
) -> JSONObject:
    given: dict[str, JSON] = {
        "temperature": temperature,
        "max_tokens": max_tokens,
        "reasoning_effort": reasoning_effort,
        "response_format": read_schema(schema) if schema else None,
        "api_base": api_base,
    }
    return {name: value for name, value in given.items() if value is not None}


def _question(prompt: str, stdin: bool | None) -> str:  # a flag of the command, passed on
    piped = (piped_input(wait=stdin if prompt or stdin is False else True) or "").strip()
    return "\n\n".join(text for text in (prompt, piped) if text)


def _content(question: str, parts: Sequence[JSONObject]) -> str | list[JSONObject]:
    return [*parts, *([{"type": "text", "text": question}] if question else [])] if parts else question


def _writer(*, plain: bool) -> Writer:
    if plain or not draws():
        return PlainWriter()
    from any_llm.cli.markdown import MarkdownWriter  # noqa: PLC0415  # Markdown costs more to load than a short answer takes

    return MarkdownWriter(console())


def _show(answer: JSONObject, writer: Writer) -> None:
    if answer["reasoning"]:
        writer.reasoning(answer["reasoning"])
    if answer["content"] or answer["refusal"]:
        writer.text(answer["content"] or answer["refusal"])
    writer.finish()
