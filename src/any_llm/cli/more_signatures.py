"""What `any-llm plugins`, `any-llm matrix` and `any-llm bench` take, and their help. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import App, Parameter

from any_llm.cli import bodies
from any_llm.cli.wishes import BenchWish, Request

Kind: TypeAlias = Literal["provider", "dialect", "middleware", "store", "command"]

plugins = App(
    name="plugins", help="List, begin and check plug-ins: providers, dialects, middleware, stores and commands."
)


@plugins.default
def plugins_overview(*, json: bool = False) -> None:
    """List the plug-ins that are installed.

    Args:
        json: Print a JSON array of objects: kind, name, package, version, value.
    """
    bodies.list_plugins(json=json)


@plugins.command(name="list")
def plugins_list(*, json: bool = False) -> None:
    """List the plug-ins that are installed; none of them is imported.

    Args:
        json: Print a JSON array of objects: kind, name, package, version, value.
    """
    bodies.list_plugins(json=json)


@plugins.command(name="new")
def plugins_new(name: str, *, kind: Kind = "provider", directory: Path | None = None) -> None:
    """Begin the package of a new plug-in, which passes its own tests as it is.

    Args:
        name: What it is called, such as acme.
        kind: What it adds.
        directory: Where to write it, instead of any-llm-NAME.
    """
    bodies.new_plugin(name, kind=kind, directory=directory)


@plugins.command(name="verify")
def plugins_verify(*names: str, json: bool = False) -> int:
    """Check what plug-ins promise; the exit code is 1 when a promise is not kept.

    Args:
        names: Which; without one all that are installed.
        json: Print a JSON array of objects: kind, name, package, version, value, findings (promise, kept, reason).
    """
    return bodies.verify_plugins(names, json=json)


def matrix(
    what: Literal["operations", "parameters", "models"] = "operations",
    *,
    provider: str | None = None,
    json: bool = False,
) -> None:
    """Show what providers offer, what parameters become, or what models can, and what proves it.

    Args:
        what: Which table.
        provider: Only this provider, with the details of each cell.
        json: Print one JSON object: by row and column the status, and where there are any test, recordings, detail.
    """
    bodies.matrix(what, provider=provider, json=json)


def bench(
    *models: str,
    requests: Annotated[int | None, Parameter(name=("--requests", "-n"))] = None,
    duration: float | None = None,
    rate: float | None = None,
    concurrency: Annotated[int | None, Parameter(name=("--concurrency", "-c"))] = None,
    warm_up: int = 1,
    prompt: str | None = None,
    prompt_words: int = 50,
    max_tokens: int = 100,
    option: Annotated[tuple[str, ...], Parameter(name=("--option", "-o"))] = (),
    stream: Annotated[bool, Parameter(negative="--no-stream")] = True,
    api_base: str | None = None,
    plot: Path | None = None,
    raw: Path | None = None,
    json: bool = False,
) -> int:
    """Measure how soon, how fast, how reliably and at what cost models answer.

    With --rate calls are sent at fixed times, whether or not earlier ones have
    been answered, and what is late counts from when it was to be sent: a
    server that stalls cannot hide it. Without, each of --concurrency callers
    sends its next call when it has its answer.

    The exit code is 6 when all calls of a model failed. Ctrl-C ends it and
    shows what was measured so far.

    Args:
        models: Models, as provider:model; without one ANY_LLM_MODEL, the configuration, or the local model.
        requests: How many calls; 20 unless there is a duration.
        duration: Seconds during which calls are sent.
        rate: Calls per second.
        concurrency: How many callers there are (1), or with --rate how many calls may be on their way (any number).
        warm_up: How many calls are made first and do not count.
        prompt: What is asked; the same each time.
        prompt_words: How long a made-up prompt is; each starts differently, so that no cache of prompts answers it.
        max_tokens: The most tokens that an answer may have.
        option: Any other parameter, as NAME=VALUE, such as timeout=10; may be given several times.
        stream: Stream the answers; without that there is no time to the first token.
        api_base: Where the provider's API begins, instead of the usual place.
        plot: A file to draw the times into, ending in .png or .svg; needs the extra plot.
        raw: A file to write each call into, as a line of JSON.
        json: Print a JSON array of objects: model, calls, failed, errors, seconds, calls_per_second,
            time_to_first_token, inter_token_latency, tokens_per_second, total and wait (each p50, p90, p99, worst,
            count), input_tokens, output_tokens, output_tokens_per_second, cost (`null` when unknown).
    """
    wish = BenchWish(requests, duration, rate, concurrency, warm_up, prompt, prompt_words, stream, plot, raw)
    return bodies.bench(
        models, Request(None, {"max_tokens": max_tokens, "api_base": api_base}, option), wish, json=json
    )
