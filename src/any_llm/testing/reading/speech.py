"""Reading the answers of vendors that speak, write down, draw and film, each in a format of its own.

https://developers.deepgram.com/reference, https://elevenlabs.io/docs/api-reference,
https://docs.gladia.io/api-reference, https://docs.rev.ai/api/asynchronous/reference,
https://fal.ai/docs/model-apis, https://replicate.com/docs/reference/http and https://docs.aleph-alpha.com/api
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby

from any_llm.testing.reading.errors import malformed
from any_llm.testing.reading.fields import Fields, Json, fields, integer, items, objects, parse, text
from any_llm.testing.reading.openai_media import read_bytes, read_plainly
from any_llm.testing.reading.values import Choice, Reading, Usage

_STATES: Mapping[str, str] = {
    "IN_PROGRESS": "in_progress",
    "IN_QUEUE": "queued",
    "canceled": "cancelled",
    "failed": "failed",
    "processing": "in_progress",
    "starting": "queued",
    "succeeded": "completed",
}


def read_listened(status: int, _content_type: str, body: bytes) -> Reading:
    """Read a transcription of Deepgram's."""
    answer = fields(parse(body))
    results = fields(answer.get("results"))
    channels = [objects(channel.get("alternatives"))[0] for channel in objects(results.get("channels"))]
    if not channels:
        return malformed(status, "no channels")
    rows = sorted((row for one in channels for row in objects(one.get("words"))), key=lambda row: _number(row["start"]))
    words: list[Json] = [[row.get("punctuated_word", row.get("word")), row["start"], row["end"]] for row in rows]
    seconds = fields(answer.get("metadata")).get("duration")
    return Reading(
        facts={
            "text": "\n".join(text(one.get("transcript")) for one in channels),
            "language": objects(results.get("channels"))[0].get("detected_language"),
            "duration": seconds,
            "words": words,
        }
    )


def read_heard(status: int, content_type: str, body: bytes) -> Reading:
    """Read a transcription of ElevenLabs' or Cartesia's; what is no JSON is sound, and other JSON is as it is."""
    if content_type.startswith("audio/"):
        return read_bytes(status, content_type, body)
    document = parse(body)
    answer = fields(document)
    if objects(document) and "model_id" in objects(document)[0]:
        return Reading(listed=tuple(text(row.get("model_id")) for row in objects(document)))
    if "text" not in answer:
        return read_plainly(status, content_type, body)
    rows = [row for row in objects(answer.get("words")) if row.get("type", "word") == "word"]
    words: list[Json] = [[row.get("word", row.get("text")), row.get("start"), row.get("end")] for row in rows]
    facts: dict[str, Json] = {
        "text": text(answer.get("text")),
        "language": answer.get("language_code", answer.get("language")),
        "duration": answer.get("audio_duration_secs", answer.get("duration")),
        "words": words,
    }
    if rows and "speaker_id" in rows[0]:
        facts["segments"] = [_turn(list(turn), text(who)) for who, turn in groupby(rows, _speaker)]
    return Reading(facts=facts)


def _speaker(row: Fields) -> Json:
    return row.get("speaker_id")


def _turn(rows: list[Fields], who: str) -> Json:
    said = " ".join(text(row.get("text")) for row in rows)
    return [said, rows[0].get("start"), rows[-1].get("end"), who]


def read_job(status: int, content_type: str, body: bytes) -> Reading:
    """Read how far a transcription of Gladia's, Rev AI's or AssemblyAI's is, or what was said."""
    answer = fields(parse(body))
    told = fields(fields(answer.get("result")).get("transcription"))
    if "full_transcript" in told:
        return Reading(facts={"text": told["full_transcript"]})
    if "monologues" in answer:
        spoken = [objects(one.get("elements")) for one in objects(answer["monologues"])]
        rows = [row for one in spoken for row in one if row.get("type") == "text"]
        words: list[Json] = [[row.get("value"), row.get("ts"), row.get("end_ts")] for row in rows]
        said = ["".join(text(row.get("value")) for row in one).strip() for one in spoken]
        return Reading(facts={"text": " ".join(said), "words": words})
    if answer.get("status") == "completed":
        return Reading(facts={"text": answer.get("text")})
    return read_plainly(status, content_type, body)


def read_queued(status: int, content_type: str, body: bytes) -> Reading:
    """Read a place in fal's queue, or what a model there answered."""
    answer = fields(parse(body))
    if answer.get("status") == "IN_QUEUE":
        place = text(answer.get("response_url")).partition("//")[2].partition("/")[2]
        return Reading(facts={"id": place.removesuffix("/result"), "status": "queued", "url": None})
    if "images" in answer:
        images: list[Json] = [
            {"b64_json": None, "url": row.get("url")}
            for row in objects(answer["images"])
            if not text(row.get("url")).startswith("data:")
        ]
        return Reading(facts={"images": images, "filtered": None})
    if "chunks" in answer:
        return Reading(facts={"text": answer.get("text")})
    return read_plainly(status, content_type, body)


def read_prediction(status: int, content_type: str, body: bytes) -> Reading:
    """Read a prediction of Replicate's."""
    answer = fields(parse(body))
    if text(answer.get("status")) not in _STATES:
        return read_resource(status, content_type, body)
    output = answer.get("output")
    places = [output] if isinstance(output, str) else [one for one in items(output) if isinstance(one, str)]
    facts: dict[str, Json] = {
        "id": answer.get("id"),
        "status": _STATES[text(answer["status"])],
        "url": places[0] if places else None,
    }
    return Reading(facts=facts)


def read_resource(status: int, content_type: str, body: bytes) -> Reading:
    """Read another answer of Replicate's as it is; a body that tells its status is an error."""
    if not content_type.startswith("application/"):
        return read_plainly(status, content_type, body)
    answer = fields(parse(body))
    if "detail" in answer and integer(answer.get("status")) is not None:
        return malformed(status, text(answer["detail"]))
    return read_plainly(status, content_type, body)


def read_known(status: int, content_type: str, body: bytes) -> Reading:
    """Read models of Replicate's: a page of them, one, or a version."""
    answer = fields(parse(body))
    if "results" in answer:
        return Reading(listed=tuple(_name(row) for row in objects(answer["results"])))
    known = "name" in answer or "openapi_schema" in answer
    return Reading(facts={"id": _name(answer)}) if known else read_resource(status, content_type, body)


def _name(row: Fields) -> str:
    return f"{row['owner']}/{row['name']}" if "owner" in row else text(row.get("id"))


def read_completed(status: int, _content_type: str, body: bytes) -> Reading:
    """Read a text of Aleph Alpha's."""
    answer = fields(parse(body))
    rows = objects(answer.get("completions"))
    if not rows:
        return malformed(status, "no completions")
    reasons = {"maximum_tokens": "length", "end_of_text": "stop", "stop_sequence_reached": "stop"}
    choices = [
        Choice(
            index=at,
            text=text(row.get("completion")),
            finish_reason=text(row.get("finish_reason")) or None,
            chat_finish_reason=reasons.get(text(row.get("finish_reason"))),
        )
        for at, row in enumerate(rows)
    ]
    given, made = integer(answer.get("num_tokens_prompt_total")), integer(answer.get("num_tokens_generated"))
    usage = None if given is None or made is None else Usage(input=given, output=made, total=given + made)
    return Reading(choices=tuple(choices), usage=usage)


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


SPEECH_APIS: Mapping[str, Callable[[int, str, bytes], Reading]] = {
    "aleph-alpha.complete": read_completed,
    "assemblyai.transcript": read_job,
    "cartesia.tts": read_heard,
    "deepgram.listen": read_listened,
    "deepgram.speak": read_bytes,
    "elevenlabs.audio": read_heard,
    "elevenlabs.stt": read_heard,
    "fal.run": read_queued,
    "gladia.transcript": read_job,
    "replicate.collections": read_resource,
    "replicate.files": read_resource,
    "replicate.hardware": read_resource,
    "replicate.models": read_known,
    "replicate.predictions": read_prediction,
    "replicate.trainings": read_resource,
    "revai.transcript": read_job,
}
"""The readings, by the recorded API."""
