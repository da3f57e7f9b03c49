"""What `any-llm chat` does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from any_llm.cli.asking import Writer, ask, ask_streaming, read_options, summary
from any_llm.cli.attachments import file_part, image_part
from any_llm.cli.plain import PlainWriter
from any_llm.cli.repl import talk
from any_llm.cli.target import choose_model
from any_llm.cli.terminal import console, draws, interactive, piped_input, write_json
from any_llm.cli.wishes import Manner, Question, Request
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSON, JSONObject


def chat(asked: Question, request: Request, manner: Manner) -> None:
    """Ask a model, or talk with it when no prompt is given on a terminal.

    Raises:
        ConfigurationError: there is no prompt, and nobody to type one; or a file cannot be read.
    """
    options = read_options(request)
    start: list[JSONObject] = [{"role": "system", "content": asked.system}] if asked.system else []
    question = _question(" ".join(asked.words), asked.stdin)
    if not question and not (asked.images or asked.files):
        if manner.json or not interactive():
            raise ConfigurationError("No prompt: give one as an argument or on standard input")
        talk(choose_model(request.model), start, options, lambda: _writer(plain=manner.plain))
        return
    parts = [*map(file_part, asked.files), *map(image_part, asked.images)]
    choice = choose_model(request.model)
    messages = [*start, {"role": "user", "content": _content(question, parts)}]
    plain = manner.plain or request.schema is not None
    if manner.json:
        write_json(summary(choice, asyncio.run(ask(choice, messages, options))))
    elif manner.stream:
        asyncio.run(ask_streaming(choice, messages, options, _writer(plain=plain)))
    else:
        _show(summary(choice, asyncio.run(ask(choice, messages, options))), _writer(plain=plain))


def _question(prompt: str, stdin: bool | None) -> str:
    piped = (piped_input(wait=stdin if prompt or stdin is False else True) or "").strip()
    return "\n\n".join(text for text in (prompt, piped) if text)


def _content(question: str, parts: Sequence[JSON]) -> str | list[JSON]:
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
