"""What each command takes, and its help. Nothing heavy is imported here: see `any_llm.cli.bodies`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import App, Parameter

from any_llm.cli import bodies
from any_llm.cli.wishes import Manner, Preference, ProbeWish, Question, Request, Search

Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
ModelFlag: TypeAlias = Annotated[str | None, Parameter(name=("--model", "-m"))]
OptionFlag: TypeAlias = Annotated[tuple[str, ...], Parameter(name=("--option", "-o"))]


def chat(
    *prompt: str,
    model: ModelFlag = None,
    system: Annotated[str | None, Parameter(name=("--system", "-s"))] = None,
    image: Annotated[tuple[str, ...], Parameter(name=("--image", "-i"))] = (),
    file: Annotated[tuple[str, ...], Parameter(name=("--file", "-f"))] = (),
    temperature: float | None = None,
    max_tokens: int | None = None,
    reasoning_effort: Effort | None = None,
    schema: str | None = None,
    option: OptionFlag = (),
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
        file: A text, PDF, other document, recording or video to read; may be given several times.
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
    parameters = {
        "temperature": temperature,
        "max_tokens": max_tokens,
        "reasoning_effort": reasoning_effort,
        "api_base": api_base,
    }
    question = Question(prompt, system, image, file, stdin)
    bodies.chat(question, Request(model, parameters, option, schema), Manner(stream, plain, json))


def complete(
    *text: str,
    model: ModelFlag = None,
    max_tokens: int | None = None,
    temperature: float | None = None,
    stop: tuple[str, ...] = (),
    echo: bool = False,
    option: OptionFlag = (),
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
    parameters = {
        "max_tokens": max_tokens,
        "temperature": temperature,
        "stop": list(stop) or None,
        "api_base": api_base,
    }
    bodies.complete(text, Request(model, parameters, option), echo=echo, json=json)


def embed(
    *text: str,
    model: ModelFlag = None,
    dimensions: int | None = None,
    option: OptionFlag = (),
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Turn texts into vectors.

    Each argument is a text; without arguments each line of standard input is
    one. On a terminal a summary is shown; in a pipe, or with --json, one JSON
    object per line and text: index, text, embedding (a list of numbers).

    Args:
        text: A text.
        model: Which model, as provider:model; without it ANY_LLM_MODEL, the configuration, or the local model.
        dimensions: How long the vectors shall be, where the model offers a choice.
        option: Any other parameter, as NAME=VALUE; may be given several times.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print JSON lines, also on a terminal.
    """
    parameters = {"dimensions": dimensions or None, "api_base": api_base or None}
    bodies.embed(text, Request(model, parameters, option), json=json)


models = App(
    name="models",
    help="List a provider's models, or the local ones; with --needs and its kin find models that can do something.",
)


@models.default
def models_of(
    provider: str | None = None,
    *,
    needs: Annotated[tuple[str, ...], Parameter(name=("--needs", "-n"))] = (),
    max_price: str | None = None,
    min_context: int | None = None,
    prefer: Preference | None = None,
    limit: int = 20,
    why: bool = False,
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """List a provider's models, or the local ones; with --needs and its kin find models that can do something.

    A provider is asked for its list over the network. Models are found in the
    data of this package, without a network: those of the provider, or of all
    that can be called. Prices are US dollars for a million tokens.

    Args:
        provider: The provider's name; `any-llm providers` lists them. Without one the local models are listed.
        needs: What it must be able to do, such as vision,tools; may be given several times.
        max_price: The most that a million tokens may cost, read or written.
        min_context: The least tokens that must fit into its context.
        prefer: What comes first: the lowest price, the largest context, or the newest.
        limit: How many models to find.
        why: Show why each model was found, and what the others lack.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print a JSON array of objects: id, and what the provider says about each model; of found models provider,
            model, chosen, reasons, capabilities.
    """
    wanted = tuple(need.strip() for given in needs for need in given.split(",") if need.strip())
    if not (wanted or max_price or min_context or prefer):
        bodies.models(provider, api_base=api_base, json=json)
        return
    bodies.find_models(Search(provider, wanted, max_price, min_context, prefer or "price", limit, why), json=json)


@models.command(name="show")
def models_show(
    model: str, *, everything: Annotated[bool, Parameter(name="--all")] = False, json: bool = False
) -> None:
    """Show what is known about a model: each value, where it is from, of which day, and what others say.

    Args:
        model: The model, as provider:model.
        everything: Show what is not known too.
        json: Print one JSON object: provider, model, entry, match, closest, and for each fact value, kind, source,
            date, confirmed_by, conflicts.
    """
    bodies.show_model(model, everything=everything, json=json)


@models.command(name="list")
def models_list(*, json: bool = False) -> None:
    """List the local models, installed and to be had.

    Args:
        json: Print a JSON array of objects: id, installed, bytes, licence, attribution, path (`null` unless installed).
    """
    bodies.list_local(json=json)


@models.command(name="pull")
def models_pull(*names: str, provider: str | None = None, api_base: str | None = None) -> None:
    """Fetch local models, so that they answer without a network; or have a server of one's own fetch them.

    Args:
        names: Names from `any-llm models`, URLs of `.gguf` files, or hf:owner/repo/file.gguf; without one the default.
        provider: Who fetches them instead of this machine, such as ollama; the names are those of its library.
        api_base: Where that provider's API is, if not at its usual place.
    """
    bodies.pull(names, provider=provider, api_base=api_base)


@models.command(name="remove")
def models_remove(*names: str) -> None:
    """Delete local models from this machine.

    Args:
        names: Names from `any-llm models`.
    """
    bodies.remove(names)


def providers(*, with_key: bool = False, json: bool = False) -> None:
    """List providers: the name to write in front of a model, whether the key is set, where the API is.

    Args:
        with_key: Only those that can be called right now: their key is set, or they need none.
        json: Print a JSON array of objects: name, ready, key_variable, key_set, key_page, base_url, base_url_variable,
            docs, dialect, operations, tier.
    """
    bodies.providers(with_key=with_key, json=json)


def stubs(*names: str, output: Path | None = None, live: bool = False, json: bool = False) -> None:
    """Tell type checkers and editors about providers of your own.

    Names of models that such a provider's record lists are completed, and
    options addressed to it (`completion(…, acme={…})`) are known. The stubs
    are a package of their own, which the installed one stays without.

    Args:
        names: Providers; without one, all that are configured or plugged in.
        output: The folder to write to, such as `typings` for pyright; by default where packages are installed, which
            every type checker reads.
        live: Ask each provider for its models, too.
        json: Print a JSON object: folder, files, providers.
    """
    bodies.stubs(names, output=output, live=live, json=json)


def probe(
    model: str,
    *,
    max_cost: str = "0.05",
    yes: Annotated[bool, Parameter(name=("--yes", "-y"))] = False,
    forget: bool = False,
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Try what a live model can, within a price, and remember it.

    A few small questions are asked, one after the other: a plain answer,
    streaming, tools, a forced tool, a JSON schema, a picture and parameters.
    What was seen is kept on this machine, and shown by any-llm models show as
    probed, before what others declare.

    Args:
        model: The model, as provider:model.
        max_cost: US dollars that it may cost at most, by the known prices.
        yes: Go on when nobody knows the prices.
        forget: Ask nothing, but drop what earlier probes of the model saw.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print one JSON object: model, date, results (trial, outcome, detail, seconds, cost), observations, cost,
            stopped, path.
    """
    bodies.probe(model, ProbeWish(max_cost, yes, forget, api_base), json=json)


def wire(
    directory: Path,
    *,
    provider: str | None = None,
    api: str | None = None,
    verbose: bool = False,
    write_lock: Path | None = None,
    json: bool = False,
) -> int:
    """Replay recorded exchanges, and compare what this library makes of them with what they say.

    Each recorded request is said again through the public functions and must
    come out as it was recorded; each recorded answer is read again, whole, in
    pieces, cut short and in other shapes, and must say what an independent
    reading of its bytes says. Nothing is sent to anybody.

    The exit code is 0 when every recording passes, 1 when any fails, and 2
    when there is none to replay.

    Args:
        directory: A folder of recordings, or one of its files.
        provider: Only the recordings of this provider.
        api: Only the recordings of this API, such as openai.chat.
        verbose: Show too which differences do not count and why, and which requests were not said again.
        write_lock: Replay nothing, but write the fingerprints of the recordings into this file. In the folder, under
            the name recordings.lock, it lets later runs see what was changed.
        json: Print one JSON object: rows, failures, not_in_scope, not_said, equivalences, unreadable, recordings,
            failed.
    """
    return bodies.wire(directory, provider=provider, api=api, verbose=verbose, write_lock=write_lock, json=json)


def doctor(
    *,
    all: bool = False,  # noqa: A002  # the flag's name
    timeout: float = 5.0,
    json: bool = False,
) -> int:
    """Find out what works here and what to do about the rest.

    Providers whose key is set, and those that need none, are asked for their
    list of models, all at once. The exit code is 0 when some model can be
    used and no key that is set fails, else 1.

    Args:
        all: Ask the other providers too, without a key, to see whether they can be reached from here.
        timeout: Seconds to wait for each provider.
        json: Print one JSON object: python, platform, packages, default_model, local (runtime_installed, cache,
            models), providers (as of any-llm providers, with status, detail and seconds), advice.
    """
    return bodies.doctor(everyone=all, timeout=timeout, json=json)
