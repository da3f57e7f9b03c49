"""What `any-llm transcribe` does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

import any_llm
from any_llm.cli.asking import read_options, tell_warnings
from any_llm.cli.terminal import write, write_json
from any_llm.cli.wishes import Listening, Request
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSONObject

if TYPE_CHECKING:
    from any_llm.types.audio import Transcription


def transcribe(file: str, request: Request, wish: Listening, *, json: bool) -> None:
    """Write down what is said in a recording.

    Raises:
        ConfigurationError: the file is not there.
    """
    if "://" not in file and not file.startswith("data:") and not Path(file).is_file():
        raise ConfigurationError(f"{file!r} is no file; give a recording, or its URL")
    options = read_options(request)
    if wish.words:
        options.setdefault("timestamp_granularities", ["word"])
    if wish.speakers:
        options.setdefault("diarize", True)
    answer = asyncio.run(_listen(file, request, options, translate=wish.translate))
    if json:
        report = answer.report
        told = {
            name: value
            for name, value in answer.model_dump(exclude_none=True).items()
            if name in {"text", "language", "duration", "words", "segments", "usage"}
        }
        warnings = [str(warning) for warning in report.warnings]
        write_json({"provider": report.provider, "model": report.model, **told, "warnings": warnings})
    else:
        write(_shown(answer, wish))


async def _listen(file: str, request: Request, options: JSONObject, *, translate: bool) -> Transcription:
    model = cast("str", request.model)
    if translate:
        answer = await any_llm.atranslation(model, file, **options)
    else:
        answer = cast("Transcription", await any_llm.atranscription(model, file, **options))
    tell_warnings(answer.report, options)
    return answer


def _shown(answer: Transcription, wish: Listening) -> str:
    if wish.words and answer.words:
        return "".join(f"{word.start:.2f}\t{word.end:.2f}\t{word.word}\n" for word in answer.words)
    if wish.speakers and answer.segments:
        return "".join(f"{segment.speaker or '?'}\t{segment.text.strip()}\n" for segment in answer.segments)
    return f"{answer.text.strip()}\n"
