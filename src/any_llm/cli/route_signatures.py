"""What `any-llm route` and `any-llm health` take, and their help. Nothing heavy is imported here."""

from __future__ import annotations

from any_llm.cli import bodies
from any_llm.cli.wishes import RouteWish


def route(  # one parameter for each flag
    *targets: str,
    explain: bool = False,
    message: str = "",
    tools: bool = False,
    vision: bool = False,
    max_tokens: int = 0,
    json: bool = False,
) -> None:
    """List the routes of the configuration file, or tell whom a call to one would ask, and why.

    Nobody is asked anything.

    Args:
        targets: The name of a route, or a list of targets such as openai:gpt-5-mini groq:llama-3.3-70b-versatile.
        explain: List each target in the order it would be asked, then those that cannot serve the call, with reasons.
        message: What the call would say.
        tools: The call would bring tools.
        vision: The call would bring an image.
        max_tokens: How long the answer may be; 0 for no limit.
        json: Print a JSON array of objects: target, route, place (null when it was dropped), reason, base_url, key.
    """
    if explain:
        bodies.explain_route(targets, RouteWish(message, tools, vision, max_tokens), json=json)
    else:
        bodies.list_routes(targets, json=json)


def health(*targets: str, watch: bool = False, every: float = 10.0, billed: bool = False, json: bool = False) -> int:
    """Ask the targets of routes whether they answer, by what costs nothing, and tell what calls have shown.

    What calls have shown is known where the configuration file has a store, which the programs that make them share.
    The exit code is 1 when a target does not answer, or is down.

    Args:
        targets: The name of a route, or a list of targets; without one all routes of the configuration file.
        watch: Ask again and again, until it is interrupted.
        every: Seconds between two rounds.
        billed: Ask for an answer of one token, too, within the caps of the configuration file's [health.checks].
        json: Print a JSON array of objects: target, state, seconds, detail, source, live; one line for each round.
    """
    return bodies.tell_health(targets, every if watch else None, billed=billed, json=json)
