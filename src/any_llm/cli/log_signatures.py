"""What `any-llm logs` takes, and its help. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from any_llm.cli import bodies

logs = App(
    name="logs",
    help="Look up the calls that the log store keeps, and make them again; without a command, list the latest.",
)


@logs.default
def logs_list(
    *, most: int = 20, model: str = "", outcome: str = "", path: Path | None = None, json: bool = False
) -> None:
    """List the latest calls, oldest first.

    Args:
        most: How many.
        model: Only those of this model, as provider:model or by the model's name alone.
        outcome: Only those that ended so: complete, failed, cancelled or closed.
        path: The file of the store; without it, as the configuration says.
        json: Print a JSON array of objects: id, and the members of a log line.
    """
    bodies.list_logs("", {"most": most, "model": model, "outcome": outcome}, path, json=json)


@logs.command(name="list")
def logs_list_again(
    *, most: int = 20, model: str = "", outcome: str = "", path: Path | None = None, json: bool = False
) -> None:
    """List the latest calls, oldest first.

    Args:
        most: How many.
        model: Only those of this model, as provider:model or by the model's name alone.
        outcome: Only those that ended so: complete, failed, cancelled or closed.
        path: The file of the store; without it, as the configuration says.
        json: Print a JSON array of objects: id, and the members of a log line.
    """
    bodies.list_logs("", {"most": most, "model": model, "outcome": outcome}, path, json=json)


@logs.command(name="search")
def logs_search(
    *text: str, most: int = 20, model: str = "", outcome: str = "", path: Path | None = None, json: bool = False
) -> None:
    """List the latest calls in which all these words were said, by either side.

    Args:
        text: The words; those in quotation marks must stand beside each other.
        most: How many.
        model: Only those of this model, as provider:model or by the model's name alone.
        outcome: Only those that ended so: complete, failed, cancelled or closed.
        path: The file of the store; without it, as the configuration says.
        json: Print a JSON array of objects: id, and the members of a log line.
    """
    bodies.search_logs(text, {"most": most, "model": model, "outcome": outcome}, path, json=json)


@logs.command(name="tail")
def logs_tail(
    *, follow: bool = False, most: int = 10, every: float = 0.5, path: Path | None = None, json: bool = False
) -> None:
    """Print the latest calls, a line for each.

    Args:
        follow: Go on with those that come, until it is interrupted.
        most: How many of those that are there.
        every: Seconds between two looks.
        path: The file of the store; without it, as the configuration says.
        json: Print one JSON object a line.
    """
    bodies.tail_logs(most, every if follow else None, path, json=json)


@logs.command(name="show")
def logs_show(call: str, *, path: Path | None = None, json: bool = False) -> None:
    """Show what was said in a call, and how it went.

    Args:
        call: Its id in the list, or its request id.
        path: The file of the store; without it, as the configuration says.
        json: Print one JSON object: id, line, at, options, spoken, request, response.
    """
    bodies.show_log(call, path, json=json)


@logs.command(name="replay")
def logs_replay(call: str, *, on: str = "", path: Path | None = None, json: bool = False) -> None:
    """Make a call again, as it was or with another model, and print the answer.

    Completions, responses, messages and embeddings can be made again. What was
    masked before it was stored stays masked.

    Args:
        call: Its id in the list, or its request id.
        on: The model to ask instead, as provider:model.
        path: The file of the store; without it, as the configuration says.
        json: Print one JSON object: the answer.
    """
    bodies.replay_log(call, on, path, json=json)
