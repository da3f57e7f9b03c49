"""Reading the answers of Bedrock, SageMaker, watsonx.ai and Hugging Face's servers, with what stands beside a body.

https://docs.aws.amazon.com/bedrock/latest/APIReference, https://cloud.ibm.com/apidocs/watsonx-ai and
https://huggingface.github.io/text-generation-inference
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from any_llm.testing.reading.aws import read_aws_failure
from any_llm.testing.reading.converse import read_converse
from any_llm.testing.reading.errors import malformed, read_failure, truncated
from any_llm.testing.reading.fields import Fields, Json, fields, first_integer, integer, items, objects, parse, text
from any_llm.testing.reading.frames import is_event_stream, read_events
from any_llm.testing.reading.invoked import read_invoked
from any_llm.testing.reading.values import Choice, Reading, Usage

_AWS = ("bedrock.", "sagemaker.")
_REQUEST_ID = "x-amzn-requestid"
_WORDS: Mapping[str, str] = {"eos_token": "stop", "stop_sequence": "stop", "max_tokens": "length"}
_OPEN = "not_finished"


def read_of_cloud(api: str, status: int, headers: Mapping[str, str], body: bytes, *, model: str = "") -> Reading:
    """Read the answer of one of `CLOUD_APIS`, whatever its status.

    `model` is the one that was asked, which many of these answers do not name.
    """
    if not 200 <= status < 300:
        aws = api.startswith(_AWS)
        return Reading(failure=read_aws_failure(status, headers, body) if aws else read_failure(status, body))
    try:
        read = CLOUD_APIS[api](status, headers, body)
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")
    if read.failure is not None or not (read.choices or read.embeddings or "results" in read.facts):
        return read
    if "results" in read.facts:
        return msgspec.structs.replace(read, facts={**read.facts, "model": model, "id": headers.get(_REQUEST_ID, "")})
    request_id = () if read.streamed or read.embeddings else (headers.get(_REQUEST_ID, ""),)
    return msgspec.structs.replace(
        read,
        models=read.models or ((model,) if model else ()),
        ids=read.ids or tuple(filter(None, request_id)),
    )


def asked_model(url: str, recorded: str | None) -> str:
    """Return which model was asked: Hugging Face's names have a slash, and stand in the URL."""
    path = urlsplit(url).path
    named = path.partition("/models/")[2].partition("/pipeline/")[0] or path.partition("/feature-extraction/")[2]
    return named or recorded or "model"


def _read_converse(status: int, headers: Mapping[str, str], body: bytes) -> Reading:
    return read_converse(status, headers.get("content-type", ""), body)


def _read_count(status: int, _headers: Mapping[str, str], body: bytes) -> Reading:
    counted = integer(fields(parse(body)).get("inputTokens"))
    facts: dict[str, Json] = {"input_tokens": counted, "cached_tokens": None}
    return malformed(status, "no count") if counted is None else Reading(facts=facts)


def _read_ranking(_status: int, _headers: Mapping[str, str], body: bytes) -> Reading:
    rows = [(row.get("index"), row.get("relevanceScore")) for row in objects(fields(parse(body)).get("results"))]
    ranked = sorted(rows, key=lambda row: -float(str(row[1])))
    return Reading(facts={"results": [list(row) for row in ranked]})


def _read_anything(_status: int, _headers: Mapping[str, str], body: bytes) -> Reading:
    return Reading(facts={"json": parse(body)})


def _read_specs(_status: int, _headers: Mapping[str, str], body: bytes) -> Reading:
    return Reading(listed=tuple(text(spec.get("model_id")) for spec in objects(fields(parse(body)).get("resources"))))


def _read_results(status: int, headers: Mapping[str, str], body: bytes) -> Reading:
    """Read a text of watsonx.ai, whole or streamed."""
    if not is_event_stream(headers.get("content-type", ""), body):
        answer = fields(parse(body))
        if "results" not in answer:
            return malformed(status, f"no results among {sorted(answer)}")
        return _reading_of_results([answer])
    pieces: list[Fields] = []
    for event in read_events(body):
        try:
            pieces.append(fields(json.loads(event.data)))
        except ValueError:
            return Reading(streamed=True, failure=truncated(status, "cut in an event"))
    read = _reading_of_results(pieces)
    failure = None if read.first.finish_reason else truncated(status, "no stop reason")
    return msgspec.structs.replace(read, streamed=True, failure=failure)


def _reading_of_results(answers: list[Fields]) -> Reading:
    results = [result for answer in answers for result in objects(answer.get("results"))]
    reasons = [text(result.get("stop_reason")) for result in results if result.get("stop_reason") != _OPEN]
    given = first_integer(*(count for result in results if (count := result.get("input_token_count"))))
    written = first_integer(*(count for result in reversed(results) if (count := result.get("generated_token_count"))))
    reason = reasons[-1] if reasons else None
    choice = Choice(
        text="".join(text(result.get("generated_text")) for result in results),
        finish_reason=reason,
        chat_finish_reason=_WORDS.get(reason or "", reason),
    )
    usage = Usage(input=given, output=written, total=(given or 0) + (written or 0))
    models = dict.fromkeys(text(answer.get("model_id")) for answer in answers)
    return Reading(models=tuple(filter(None, models)), choices=(choice,) if results else (), usage=usage)


def _read_generated(status: int, _headers: Mapping[str, str], body: bytes) -> Reading:
    """Read what a server of Hugging Face's kind answers: texts, or vectors."""
    tree = parse(body)
    rows = objects(tree) or ([fields(tree)] if "generated_text" in fields(tree) else [])
    if rows:
        choices = tuple(Choice(index=at, text=text(row.get("generated_text"))) for at, row in enumerate(rows))
        return Reading(choices=choices)
    listed = items(tree)
    if fields(tree).get("error"):
        return Reading(failure=read_failure(status, body))
    vectors = [listed] if listed and isinstance(listed[0], int | float) else [items(row) for row in listed]
    if not vectors or not all(vectors):
        return malformed(status, "neither texts nor vectors")
    return Reading(embeddings=tuple(tuple(float(str(number)) for number in vector) for vector in vectors))


CLOUD_APIS: Mapping[str, Callable[[int, Mapping[str, str], bytes], Reading]] = {
    "bedrock.converse": _read_converse,
    "bedrock.count_tokens": _read_count,
    "bedrock.invoke": read_invoked,
    "bedrock.other": _read_anything,
    "bedrock.rerank": _read_ranking,
    "huggingface.inference": _read_generated,
    "sagemaker.invoke": _read_generated,
    "watsonx.foundation_model_specs": _read_specs,
    "watsonx.instances": _read_anything,
    "watsonx.text": _read_results,
    "watsonx.text_stream": _read_results,
}
"""The readings, by the recorded APIs."""
