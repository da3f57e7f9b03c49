"""What `any-llm image` and `any-llm speak` do."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import any_llm
from any_llm.cli.asking import read_options, tell_warnings
from any_llm.cli.terminal import draws, note, piped_input, write, write_json
from any_llm.cli.wishes import Making
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSON, JSONObject

if TYPE_CHECKING:
    from any_llm.types.binary import Binary
    from any_llm.types.image import Image, ImagesResponse
    from any_llm.types.report import Report

_STANDARD_OUTPUT = "-"
_IMAGE_FORMATS: Mapping[str, str] = {".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}


def make_image(words: Sequence[str], wish: Making, *, json: bool) -> None:
    """Make an image or change some, and write what comes to files.

    Raises:
        ConfigurationError: there is no prompt, or a file cannot be written.
    """
    prompt = _text(words, "No prompt: say what to show")
    options = read_options(wish.request)
    if wanted := _IMAGE_FORMATS.get(Path(wish.output or "").suffix.lower()):
        options.setdefault("output_format", wanted)
    answer = asyncio.run(_draw(prompt, wish, options))
    ending = f".{answer.output_format}" if answer.output_format else ".png"
    paths = _numbered(wish.output or f"image{ending}", len(answer.data))
    files = [_keep(image, path) for image, path in zip(answer.data, paths, strict=True)]
    usage = answer.usage.model_dump(exclude_none=True) if answer.usage else None
    _tell(answer.report, files, {"usage": usage}, json=json and wish.output != _STANDARD_OUTPUT)


async def _draw(prompt: str, wish: Making, options: Mapping[str, JSON]) -> ImagesResponse:
    model = cast("str", wish.request.model)
    if wish.images:
        answer = await any_llm.aimage_edit(model, list(wish.images), prompt, **options)
    else:
        answer = cast("ImagesResponse", await any_llm.aimage_generation(model, prompt, **options))
    tell_warnings(answer.report, options)
    return answer


def _numbered(output: str, count: int) -> list[str]:
    path = Path(output)
    if count == 1 or output == _STANDARD_OUTPUT:
        return [output] * count
    return [str(path.with_name(f"{path.stem}-{number}{path.suffix}")) for number in range(1, count + 1)]


def _keep(image: Image, path: str) -> JSONObject:
    data = image.data
    if data is None:
        return {"url": image.url}
    return _write(data, path)


def speak(words: Sequence[str], wish: Making, *, json: bool) -> None:
    """Speak a text, and write the sound to a file.

    Raises:
        ConfigurationError: there is no text, or the file cannot be written.
    """
    text = _text(words, "No text: give it as arguments, or on standard input")
    options = read_options(wish.request)
    ending = Path(wish.output or "").suffix.removeprefix(".")
    if ending:
        options.setdefault("response_format", ending)
    sound = asyncio.run(_say(text, wish, options))
    made = _write(sound, wish.output or f"speech{sound.extension or '.bin'}")
    _tell(sound.report, [made], {"media_type": sound.media_type}, json=json and wish.output != _STANDARD_OUTPUT)


async def _say(text: str, wish: Making, options: JSONObject) -> Binary:
    voice = options.pop("voice")
    sound = cast("Binary", await any_llm.aspeech(cast("str", wish.request.model), text, voice, **options))
    tell_warnings(sound.report, options)
    return sound


def _text(words: Sequence[str], missing: str) -> str:
    text = " ".join(words) or (piped_input(wait=True) or "").strip()
    if not text:
        raise ConfigurationError(missing)
    return text


def _write(data: bytes, path: str) -> JSONObject:
    if path == _STANDARD_OUTPUT:
        if draws():
            raise ConfigurationError("--output - writes bytes, which a terminal cannot show; name a file or pipe it on")
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return {"path": None, "bytes": len(data)}
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        message = f"--output {path!r} cannot be written: {error.strerror}"
        raise ConfigurationError(message) from error
    return {"path": path, "bytes": len(data)}


def _tell(report: Report, files: Sequence[JSONObject], facts: JSONObject, *, json: bool) -> None:
    if json:
        warnings = [str(warning) for warning in report.warnings]
        write_json({"provider": report.provider, "model": report.model, "files": files, **facts, "warnings": warnings})
        return
    for file in files:
        if file.get("url"):
            note("the provider keeps this image for a while; fetch it, or ask with --option response_format=b64_json")
        if place := file.get("path") or file.get("url"):
            write(f"{place}\n")
