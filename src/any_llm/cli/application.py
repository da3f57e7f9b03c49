"""The commands, each loaded when it is called, and what becomes of their failures."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import msgspec
from cyclopts import App, CycloptsError, Parameter

import any_llm
from any_llm.cli.commands import COMMANDS, EXIT_CODES
from any_llm.cli.exits import Exit, exit_code
from any_llm.exceptions import AnyLLMError
from any_llm.types.json import JSONObject
from any_llm.types.secret import redact


def application() -> App:
    """Return the application with its commands, none of them loaded yet."""
    app = App(
        name="any-llm",
        help_epilogue=EXIT_CODES,
        help_format="plaintext",
        version=any_llm.__version__,
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=(), show_default=False),
    )
    for command in COMMANDS:
        app.command(command.target, name=command.name)
    app.register_install_completion_command(add_to_startup=False)  # pyright: ignore[reportUnknownMemberType]  # untyped
    return app


def run(arguments: Sequence[str]) -> int:
    """Run the command with some arguments and return its exit code; failures are told in one line on standard error."""
    tokens, debug = _take_flag(arguments, "--debug")
    try:
        returned: object = application()(
            tokens, exit_on_error=False, print_error=False, result_action="return_value", verbose=False
        )
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads on, as with `any-llm … | head`; what is still buffered must not fail at exit again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.PIPE
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001  # the border of the process: all are told and counted
        if debug:
            sys.stderr.write(redact(traceback.format_exc()))
        told = _tell(error)
        _write_failure(told, as_json="--json" in tokens)
        return Exit(told["exit_code"])
    return returned if isinstance(returned, int) else Exit.DONE


def _take_flag(arguments: Sequence[str], flag: str) -> tuple[list[str], bool]:
    """Take a flag that any command has out of the arguments in front of `--`."""
    tokens = list(arguments)
    end = tokens.index("--") if "--" in tokens else len(tokens)
    if flag not in tokens[:end]:
        return tokens, False
    tokens.remove(flag)
    return tokens, True


def _tell(error: BaseException) -> JSONObject:
    """Return what there is to say about a failure: at least its message and the exit code."""
    match error:
        case AnyLLMError():
            return {**error.to_dict(), "message": str(error), "exit_code": exit_code(error)}
        case CycloptsError():
            return {"type": "usage", "message": f"{error} (see any-llm --help)", "exit_code": Exit.USAGE}
        case KeyboardInterrupt():
            return {"type": "interrupted", "message": "interrupted", "exit_code": Exit.INTERRUPTED}
        case _:
            text = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
            return {"type": "unexpected", "message": text, "exit_code": Exit.UNEXPECTED}


def _write_failure(told: JSONObject, *, as_json: bool) -> None:
    message = " ".join(str(told["message"]).split())
    if as_json:
        line = msgspec.json.encode(
            {"error": {**told, "message": message, "exit_code": int(told["exit_code"])}}
        ).decode()
    else:
        line = f"any-llm: {message}"
    sys.stderr.write(redact(line) + "\n")
