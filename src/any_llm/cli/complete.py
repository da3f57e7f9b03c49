"""What `any-llm complete` does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from any_llm.cli.asking import ask, ask_streaming, read_options, summary
from any_llm.cli.plain import PlainWriter
from any_llm.cli.target import choose_model
from any_llm.cli.terminal import piped_input, write, write_json
from any_llm.cli.wishes import Request
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSONObject

_INSTRUCTION = (
    "Continue the user's text exactly where it stops. Write only the continuation: do not repeat the text, do not "
    "answer it, do not comment on it."
)


def complete(words: Sequence[str], request: Request, *, echo: bool, json: bool) -> None:
    """Go on with a text, or with what stands on standard input, where it stops.

    Raises:
        ConfigurationError: there is no text.
    """
    given = " ".join(words) or piped_input(wait=True) or ""
    if not given.strip():
        raise ConfigurationError("No text: give one as an argument or on standard input")
    options = read_options(request)
    messages: list[JSONObject] = [{"role": "system", "content": _INSTRUCTION}, {"role": "user", "content": given}]
    choice = choose_model(request.model)
    if json:
        write_json(summary(choice, asyncio.run(ask(choice, messages, options))))
        return
    if echo:
        write(given)
    asyncio.run(ask_streaming(choice, messages, options, PlainWriter()))
