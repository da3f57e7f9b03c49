"""What decoders of many small wire formats share: reading JSON, errors by the vendor's code and then by status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from any_llm.exceptions import AnyLLMError, MalformedResponseError
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_object

_EXCERPT = 2_000
_FIRST_ERROR, _SERVER_ERROR = 400, 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 3.0


class Said(msgspec.Struct, frozen=True):
    """What an error body says: the words, the vendor's code, and what else it names."""

    message: str = ""
    code: str | None = None
    param: str | None = None
    request_id: str | None = None


def decode_binary(_target: Target, response: HttpResponse) -> Binary:
    """Return the bytes of an answer, whatever they are, with what its head says of them."""
    return Binary.of(response)


def parse(response: HttpResponse) -> JSON:
    """Return the JSON of an answer.

    Raises:
        MalformedResponseError: it is none.
    """
    try:
        tree: JSON = decode_json(response.body)
    except msgspec.DecodeError as error:
        raise MalformedResponseError(f"the answer is not JSON: {error}") from error
    return tree


def read_object(response: HttpResponse, *wanted: str) -> JSONObject:
    """Return the JSON object of an answer, which must have one of the members `wanted`.

    Raises:
        MalformedResponseError: the answer is something else.
    """
    tree = parse(response)
    if not is_object(tree):
        raise MalformedResponseError(f"an answer that is {type(tree).__name__}, not an object")
    if wanted and not any(name in tree for name in wanted):
        raise MalformedResponseError(f"an answer without {' or '.join(wanted)}: it has {sorted(tree) or 'nothing'}")
    return tree


def read_binary(response: HttpResponse) -> Binary:
    """Return an answer that is a recording or a film itself.

    Raises:
        MalformedResponseError: it is empty, or JSON or a page of text instead.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not response.body or media_type.startswith("text/") or media_type.endswith("json"):
        raise MalformedResponseError(f"an answer of {len(response.body)} bytes and type {media_type!r}, no media")
    return Binary.of(response)


def members(value: JSON) -> JSONObject:
    """Return a JSON object, empty for anything else."""
    return value if is_object(value) else {}


def objects(value: JSON) -> list[JSONObject]:
    """Return the objects in a JSON array, none for anything else."""
    return [item for item in value if is_object(item)] if is_list(value) else []


def words_of(value: JSON) -> str:
    """Return a text, empty for anything else."""
    return value if isinstance(value, str) else ""


def number_of(value: JSON) -> float | None:
    """Return a number, `None` for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def label_of(value: JSON) -> str | None:
    """Return a name or a number as a text, `None` for nothing."""
    return None if value is None else str(value)


def seconds_of(date: JSON) -> int:
    """Return a date of RFC 3339 as seconds since 1970, 0 for anything else."""
    try:
        moment = datetime.fromisoformat(words_of(date))
    except ValueError:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def explained(value: JSON) -> str:
    """Return an explanation; one that is a list or an object is shown as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def failure(said: Said, codes: Mapping[str, type[AnyLLMError]], status: int) -> AnyLLMError:
    """Return the error that a vendor's words mean: by its code, else by the status."""
    effective = status if status >= _FIRST_ERROR else _SERVER_ERROR
    fitting = codes.get(said.code or "") or error_for_status(effective)
    return fitting(
        said.message or f"HTTP {status} without an explanation",
        status_code=effective,
        code=said.code,
        param=said.param,
        request_id=said.request_id,
    )


def error_decoder(
    hear: Callable[[JSONObject], Said], codes: Mapping[str, type[AnyLLMError]]
) -> Callable[[Target, HttpResponse], AnyLLMError]:
    """Return a dialect's `decode_error`: `hear` finds the words in a JSON body, `codes` are the vendor's."""

    def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
        try:
            tree: JSON = decode_json(response.body)
        except msgspec.DecodeError:
            tree = None
        error = failure(hear(members(tree)), codes, response.status)
        error.response_excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
        return error

    return decode_error


def first_text(*values: JSON) -> str:
    """Return the first of several values that is a text with something in it."""
    return next((value for value in values if isinstance(value, str) and value), "")


def pause_after(response: HttpResponse) -> float:
    """Return the seconds until a job is asked about again: few for a quick one, more with each question."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 + len(response.earlier)))
