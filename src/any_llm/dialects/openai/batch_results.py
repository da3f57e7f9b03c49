"""What became of the requests of a batch: lines of a file, or pages of a list.

https://platform.openai.com/docs/guides/batch
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from any_llm.dialects.openai.chat_response import decode_completion
from any_llm.dialects.openai.embeddings import decode_embedding
from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.images import decode_images
from any_llm.dialects.openai.moderations import decode_moderation
from any_llm.dialects.openai.responses import decode_responses
from any_llm.dialects.openai.text_completions import decode_text_completion
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Target
from any_llm.types.batch import BatchResult, BatchResultError, BatchResultItem
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.value import revive

_FIRST_ERROR = 400

DECODERS: Mapping[str, Callable[[Target, HttpResponse], JSON]] = {
    "/chat/completions": decode_completion,
    "/responses": decode_responses,
    "/embeddings": decode_embedding,
    "/completions": decode_text_completion,
    "/moderations": decode_moderation,
    "/images/generations": decode_images,
    "/images/edits": decode_images,
}
"""What an answer in a batch is decoded with, by the end of the endpoint; the first that fits."""


def read_results(target: Target, endpoint: str, files: Iterable[HttpResponse]) -> BatchResult:
    """Return the results in the files of a batch, in their order.

    Raises:
        MalformedResponseError: a line is no JSON object.
    """
    lines = [line for file in files for line in file.body.split(b"\n") if line.strip()]
    return BatchResult(results=[_item(target, endpoint, _object(line)) for line in lines])


def read_pages(target: Target, pages: Sequence[JSONObject]) -> BatchResult:
    """Return the results on the pages of a list, in their order, as xAI gives them.

    https://docs.x.ai/docs/guides/batch-api
    """
    rows = [row for page in pages for row in page.get("results") or page.get("batch_results") or () if is_object(row)]
    return BatchResult(results=[_row(target, row) for row in rows])


def _object(line: bytes) -> JSONObject:
    tree: JSON = msgspec.json.decode(line)
    if not is_object(tree):
        raise MalformedResponseError(f"A line of a batch's file is no JSON object; it begins with {line[:40]!r}")
    return tree


def _item(target: Target, endpoint: str, line: JSONObject) -> BatchResultItem:
    item = BatchResultItem(custom_id=str(line.get("custom_id") or ""))
    answer: JSON = line.get("response")
    told: JSON = answer.get("status_code", 200) if is_object(answer) else 0
    status = told if isinstance(told, int) else 0
    body: JSON = answer.get("body") if is_object(answer) else None
    if line.get("error") or status >= _FIRST_ERROR or not is_object(body):
        item.error = _error(line.get("error") or body or {"message": "without an answer"}, status)
    else:
        item.result = _decoded(target, endpoint, body)
    return item


def _row(target: Target, row: JSONObject) -> BatchResultItem:
    item = BatchResultItem(custom_id=str(row.get("batch_request_id") or ""))
    told: JSON = row.get("batch_result")
    told = told if is_object(told) else row
    answer: JSON = told.get("response")
    answers = [body for body in answer.values() if is_object(body)] if is_object(answer) else []
    if answers:
        item.result = _decoded(target, "", answers[0])
    else:
        item.error = _error(told.get("error") or row.get("error") or {"message": "without an answer"}, 0)
    return item


def _decoded(target: Target, endpoint: str, body: JSONObject) -> JSON:
    """Return an answer as the same request made alone would have it; a shape that is not known stays as it is."""
    known = next((decode for end, decode in DECODERS.items() if endpoint.endswith(end)), None) or _by_shape(body)
    return body if known is None else known(target, HttpResponse(200, {}, msgspec.json.encode(body)))


def _by_shape(body: JSONObject) -> Callable[[Target, HttpResponse], JSON] | None:
    choices: JSON = body.get("choices")
    if is_list(choices) and choices and is_object(choices[0]):
        return decode_completion if "message" in choices[0] else decode_text_completion
    return decode_responses if body.get("object") == "response" else None


def _error(told: JSON, status: int) -> BatchResultError:
    """Return why a request failed, by the vendor's own code."""
    known = error_from(told if is_object(told) else {"message": str(told)}, status)
    value = revive(BatchResultError, told if is_object(told) else {})
    value.code = known.code or known.error_type or (str(status) if status else "")
    value.message = known.message
    return value
