"""What the commands for media, ranking and batches take, and their help. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import App, Parameter

from any_llm.cli import bodies
from any_llm.cli.wishes import Listening, Making, Request

MediaModel: TypeAlias = Annotated[str, Parameter(name=("--model", "-m"))]
Output: TypeAlias = Annotated[str | None, Parameter(name=("--output", "-o"), allow_leading_hyphen=True)]
Options: TypeAlias = Annotated[tuple[str, ...], Parameter(name=("--option",))]


def image(
    *prompt: str,
    model: MediaModel,
    output: Output = None,
    image: Annotated[tuple[str, ...], Parameter(name=("--image", "-i"))] = (),
    size: str | None = None,
    quality: str | None = None,
    count: Annotated[int | None, Parameter(name=("--count", "-n"))] = None,
    option: Options = (),
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Make an image, or change those that are given.

    Args:
        prompt: What to show, or what to change; several words need no quotes.
        model: Which model, as provider:model.
        output: The file to write, image.png unless another is named, whose ending says the format; of several images
            each gets a number. With - the bytes go to standard output.
        image: An image to change, a path or a URL; may be given several times.
        size: How large, such as 1024x1024.
        quality: How good, in the provider's words.
        count: How many images.
        option: Any other parameter, as NAME=VALUE; may be given several times.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print one JSON object: provider, model, files (path or url, bytes), usage, warnings.
    """
    parameters = {"size": size, "quality": quality, "n": count, "api_base": api_base}
    bodies.make_image(prompt, Making(Request(model, parameters, option), output, image), json=json)


def speak(
    *text: str,
    model: MediaModel,
    voice: Annotated[str, Parameter(name=("--voice", "-v"))],
    output: Output = None,
    instructions: str | None = None,
    speed: float | None = None,
    option: Options = (),
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Speak a text.

    Args:
        text: The text; without one, standard input.
        model: Which model, as provider:model.
        voice: The voice's name or id at the provider.
        output: The file to write, whose ending says the format; speech.mp3 or what the provider makes, unless another
            is named. With - the bytes go to standard output.
        instructions: How to speak.
        speed: How fast: 1 is normal.
        option: Any other parameter, as NAME=VALUE; may be given several times.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print one JSON object: provider, model, files (path, bytes), media_type, warnings.
    """
    parameters = {"voice": voice, "instructions": instructions, "speed": speed, "api_base": api_base}
    bodies.speak(text, Making(Request(model, parameters, option), output), json=json)


def transcribe(
    file: str,
    *,
    model: MediaModel,
    language: str | None = None,
    words: bool = False,
    speakers: bool = False,
    translate: bool = False,
    option: Options = (),
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Write down what is said in a recording.

    Args:
        file: The recording, a path or a URL.
        model: Which model, as provider:model.
        language: What is spoken, such as en.
        words: Show each word with its time, in seconds.
        speakers: Show who says what.
        translate: Write it down in English, whatever is spoken.
        option: Any other parameter, as NAME=VALUE; may be given several times.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print one JSON object: provider, model, text, language, duration, words, segments, usage, warnings.
    """
    parameters = {"language": language, "api_base": api_base}
    wish = Listening(words=words, speakers=speakers, translate=translate)
    bodies.transcribe(file, Request(model, parameters, option), wish, json=json)


def rerank(
    query: str,
    *document: str,
    model: MediaModel,
    top_n: int | None = None,
    option: Options = (),
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Say how well each of some texts fits a query, best first.

    Args:
        query: What is looked for.
        document: A text; without one each line of standard input is one.
        model: Which model, as provider:model.
        top_n: How many to show.
        option: Any other parameter, as NAME=VALUE; may be given several times.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print JSON lines, best first: index, relevance_score, document.
    """
    bodies.rerank(query, document, Request(model, {"top_n": top_n, "api_base": api_base}, option), json=json)


batch = App(name="batch", help="Have many requests answered within a day, for less.")


@batch.default
def batches(provider: str, *, limit: int | None = None, api_base: str | None = None, json: bool = False) -> None:
    """List a provider's batches.

    Args:
        provider: The provider's name.
        limit: How many to list.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print a JSON array of what the provider says about each.
    """
    bodies.list_batches(provider, {"limit": limit, "api_base": api_base}, json=json)


@batch.command(name="create")
def batch_create(
    provider: str,
    file: Path,
    *,
    endpoint: str = "/v1/chat/completions",
    model: Annotated[str | None, Parameter(name=("--model", "-m"))] = None,
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Begin a batch, and print its id.

    Args:
        provider: The provider's name.
        file: A file of JSON lines, each with custom_id and body.
        endpoint: What the requests ask for.
        model: The model, without its provider, where all requests of a batch have one.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print one JSON object, as the provider tells of the batch.
    """
    bodies.create_batch(provider, file, {"endpoint": endpoint, "model": model, "api_base": api_base}, json=json)


@batch.command(name="status")
def batch_status(
    provider: str,
    batch_id: str,
    *,
    wait: bool = False,
    every: float = 30.0,
    api_base: str | None = None,
    json: bool = False,
) -> None:
    """Say how far a batch is.

    Args:
        provider: The provider's name.
        batch_id: The id that `batch create` printed.
        wait: Ask again until it is finished, and tell each change on standard error.
        every: Seconds between two questions.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print one JSON object, as the provider tells of the batch.
    """
    bodies.tell_batch(provider, batch_id, {"api_base": api_base}, every=every if wait else None, json=json)


@batch.command(name="results")
def batch_results(provider: str, batch_id: str, *, api_base: str | None = None, json: bool = False) -> int:
    """Print what became of the requests of a batch; the exit code is 1 when one of them failed.

    Args:
        provider: The provider's name.
        batch_id: The id that `batch create` printed.
        api_base: Where the provider's API begins, instead of the usual place.
        json: Print JSON lines: custom_id, result, error.
    """
    return bodies.tell_results(provider, batch_id, {"api_base": api_base}, json=json)
