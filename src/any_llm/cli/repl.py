"""A conversation on a terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Protocol

from any_llm.cli.asking import Writer, ask_streaming
from any_llm.cli.target import ModelChoice, choose_model
from any_llm.cli.terminal import note, write
from any_llm.exceptions import AnyLLMError
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON, JSONObject

_PROMPT, _MORE = "> ", ". "
_QUOTES = '"""'
_HELP = """\
/new            forget the conversation
/model NAME     go on with another model, as provider:model
/system TEXT    tell the model what to be
/help           this list
/exit           leave; so does Ctrl-D. Ctrl-C stops an answer.
\"\"\" begins and ends a prompt of several lines.
"""


class _Runner(Protocol):
    """Runs turns of the conversation on one event loop."""

    def __call__(self, messages: Sequence[JSONObject], writer: Writer) -> ChatCompletion: ...


class Conversation:
    """What has been said, to whom, and under which options."""

    def __init__(self, choice: ModelChoice, start: Sequence[JSONObject], options: Mapping[str, JSON]) -> None:
        self.choice = choice
        self.options = options
        self.messages = list(start)

    def forget(self) -> None:
        """Keep only what the model was told to be."""
        self.messages = [message for message in self.messages if message["role"] == "system"]

    def tell_system(self, text: str) -> None:
        """Tell the model anew what to be."""
        rest = [message for message in self.messages if message["role"] != "system"]
        self.messages = [{"role": "system", "content": text}, *rest] if text else rest

    def remember(self, question: str, answer: ChatCompletion) -> None:
        """Add a question and its answer; a question without one is forgotten, since vendors refuse empty messages."""
        content = answer.choices[0].message.content if answer.choices else None
        if content:
            self.messages += [{"role": "user", "content": question}, {"role": "assistant", "content": content}]


def talk(
    choice: ModelChoice, start: Sequence[JSONObject], options: Mapping[str, JSON], make_writer: Callable[[], Writer]
) -> None:
    """Ask and answer until the user leaves.

    A failed turn is told and forgotten, and the conversation goes on. Ctrl-C closes the stream of an answer.
    """
    _enable_editing()
    conversation = Conversation(choice, start, options)
    note(f"talking to {choice.reference}; /help lists commands, Ctrl-D leaves")
    with asyncio.Runner() as runner:

        def run(messages: Sequence[JSONObject], writer: Writer) -> ChatCompletion:
            return runner.run(ask_streaming(conversation.choice, messages, conversation.options, writer))

        while True:
            try:
                line = _read_prompt()
            except KeyboardInterrupt:
                write("\n")
                continue
            except EOFError:
                write("\n")
                return
            if line == "/exit":
                return
            if line.startswith("/"):
                _command(conversation, line)
            elif line:
                _turn(conversation, line, run, make_writer())


def _enable_editing() -> None:
    # The import itself is what gives `input` editing and a history; Windows has no such module.
    with suppress(ImportError):
        import_module("readline")


def _read_prompt() -> str:
    line = input(_PROMPT)
    if not line.startswith(_QUOTES):
        return line.strip()
    lines = [line.removeprefix(_QUOTES)]
    while not lines[-1].rstrip().endswith(_QUOTES):
        lines.append(input(_MORE))
    lines[-1] = lines[-1].rstrip().removesuffix(_QUOTES)
    return "\n".join(lines).strip()


def _command(conversation: Conversation, line: str) -> None:
    name, _, argument = line.partition(" ")
    argument = argument.strip()
    match name:
        case "/new":
            conversation.forget()
        case "/system":
            conversation.tell_system(argument)
        case "/model" if argument:
            try:
                conversation.choice = choose_model(argument)
            except AnyLLMError as error:
                note(str(error))
                return
            note(f"talking to {conversation.choice.reference}")
        case _:
            if name != "/help":
                note(f"unknown command {name!r}")
            sys.stderr.write(_HELP)


def _turn(conversation: Conversation, question: str, run: _Runner, writer: Writer) -> None:
    try:
        answer = run([*conversation.messages, {"role": "user", "content": question}], writer)
    except KeyboardInterrupt:
        note("stopped")
    except AnyLLMError as error:
        note(str(error))
    else:
        conversation.remember(question, answer)
