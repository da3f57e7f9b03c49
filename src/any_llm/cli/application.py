"""The commands as one application, and how it is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App, Parameter

import any_llm
from any_llm.cli import bodies
from any_llm.cli.commands import COMMANDS, plugged_in
from any_llm.cli.exits import Exit
from any_llm.cli.explain import asks_for_help, explain


def application(*, completion: bool) -> App:
    """Return the application with its commands, none of their bodies loaded yet.

    Args:
        completion: whether it can install the completion of commands in a shell too, which takes a while to load.
    """
    app = App(
        name="any-llm",
        version=any_llm.__version__,
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=(), show_default=False),
    )
    for command in (*COMMANDS, *plugged_in()):
        app.command(command.target, name=command.name)
    if completion:
        app.register_install_completion_command(add_to_startup=False)  # pyright: ignore[reportUnknownMemberType]  # untyped
    return app


def run(arguments: Sequence[str]) -> int:
    """Run the command with some arguments and return its exit code; failures are told in one line on standard error."""
    tokens, debug = _take_flag(arguments, "--debug")
    try:
        returned = _call(tokens)
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads on, as with `any-llm … | head`; what is still buffered must not fail at exit again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.PIPE
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001  # the border of the process: all are told and counted
        return bodies.tell_failure(error, as_json="--json" in tokens, debug=debug)
    return returned if isinstance(returned, int) else Exit.DONE


def _call(tokens: Sequence[str]) -> object:
    app = application(completion="--install-completion" in tokens[:1])
    if (not tokens or asks_for_help(tokens)) and (page := explain(app, tokens)):
        sys.stdout.write(page)
        return Exit.DONE
    return app(tokens, exit_on_error=False, print_error=False, result_action="return_value", verbose=False)


def _take_flag(arguments: Sequence[str], flag: str) -> tuple[list[str], bool]:
    """Take a flag that any command has out of the arguments in front of `--`."""
    tokens = list(arguments)
    end = tokens.index("--") if "--" in tokens else len(tokens)
    if flag not in tokens[:end]:
        return tokens, False
    tokens.remove(flag)
    return tokens, True
