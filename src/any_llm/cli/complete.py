"""`any-llm complete`."""

from __future__ import annotations

import asyncio
from typing import Annotated

from cyclopts import Parameter

from any_llm.cli.asking import ask, ask_streaming, read_options, summary
from any_llm.cli.plain import PlainWriter
from any_llm.cli.target import choose_model
from any_llm.cli.terminal import piped_input, write, write_json
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSON, JSONObject

_INSTRUCTION = (
    "Continue the user's text exactly where it stops. Write only the continuation: do not repeat the text, do not "
    "answer it, do not comment on it."
)


def complete(
    *text: str,
    model: Annotated[str | None, Parameter(name=("--model", "-m"))] = None,
    max_tokens: int | None = None,
    temperature: float | None = None,
    stop: tuple[str, ...] = (),
    echo: bool = False,
    option: Annotated[tuple[str, ...], Parameter(name=("--option", "-o"))] = (),
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Go on with a text where it stops.

    Unlike chat, the model is told to continue the text instead of answering
    it, there is no conversation, and the output is the plain continuation and
    nothing else, on a terminal too.

    Args:
        text: The text to go on with; without one, standard input.
        model: Which model, as provider:model; without it ANY_LLM_MODEL, the configuration, or the local model.
        max_tokens: The most tokens that the continuation may have.
        temperature: How freely to choose words: 0 is the same continuation each time.
        stop: A text at which to stop; may be given several times.
        echo: Print the text in front of its continuation.
        option: Any other parameter, as NAME=VALUE; may be given several times.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print one JSON object, of the same form as that of chat.
    """
    given = " ".join(text) or piped_input(wait=True) or ""
    if not given.strip():
        raise ConfigurationError("No text: give one as an argument or on standard input")
    wanted: dict[str, JSON] = {
        "max_tokens": max_tokens,
        "temperature": temperature,
        "stop": list(stop) or None,
        "api_base": api_base,
    }
    options = {name: value for name, value in wanted.items() if value is not None} | read_options(option)
    messages: list[JSONObject] = [{"role": "system", "content": _INSTRUCTION}, {"role": "user", "content": given}]
    choice = choose_model(model)
    if json:
        write_json(summary(choice, asyncio.run(ask(choice, messages, options))))
        return
    if echo:
        write(given)
    asyncio.run(ask_streaming(choice, messages, options, PlainWriter()))
