"""The answers to the requests of a batch job: https://docs.mistral.ai/capabilities/batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from any_llm.dialects.mistral.errors import error_from
from any_llm.dialects.mistral.fim import decode_text_completion
from any_llm.dialects.mistral.moderations import decode_moderation
from any_llm.dialects.mistral.ocr import decode_ocr
from any_llm.dialects.mistral.wire import FINISH_REASONS
from any_llm.spec.dialect import Target
from any_llm.types.batch import BatchResult, BatchResultError, BatchResultItem
from any_llm.types.completion import ChatCompletion, Reasoning
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.source import Source
from any_llm.types.value import decode, link

_FIRST_ERROR = 400


def decode_results(target: Target, response: HttpResponse) -> BatchResult:
    """Decode the answers of a job, one a line of its files, or all of them in the job itself.

    Raises:
        MalformedResponseError: a line is no answer.
    """
    job: JSON = msgspec.json.decode((response.earlier[0] if response.earlier else response).body)
    endpoint = str(job.get("endpoint") or "") if is_object(job) else ""
    bodies = [answer.body for answer in (*response.earlier, response)[1:]]
    lines: list[JSON] = [msgspec.json.decode(line) for body in bodies for line in body.split(b"\n") if line.strip()]
    if not bodies and is_object(job):
        lines = job.get("outputs") or []
    result = BatchResult(results=[_item(target, line, _KINDS.get(endpoint, _plain)) for line in lines])
    link(result, Source(b"\n".join(bodies) or response.body, tree={}))
    return result


def _item(target: Target, line: JSONObject, read: Callable[[Target, HttpResponse], JSON]) -> BatchResultItem:
    response: JSONObject = line.get("response") or {}
    body: JSON = response.get("body")
    if isinstance(body, str):
        body = msgspec.json.decode(body)
    status: int = response.get("status_code") or 0
    name = str(line.get("custom_id") or "")
    failure: JSON = line.get("error")
    if failure or status >= _FIRST_ERROR or body is None:
        told = error_from(body if body is not None else failure if is_object(failure) else {"message": failure}, status)
        code = told.code or told.error_type or str(status or "")
        return BatchResultItem(custom_id=name, error=BatchResultError(code=code, message=told.message))
    return BatchResultItem(custom_id=name, result=read(target, HttpResponse(200, {}, msgspec.json.encode(body))))


def _completion(_target: Target, response: HttpResponse) -> ChatCompletion:
    """Read an answer of a chat; content in parts is its texts, and the thoughts among them."""
    completion = decode(ChatCompletion, response.body)
    for choice in completion.choices:
        choice.finish_reason = FINISH_REASONS.get(choice.finish_reason or "", choice.finish_reason)
        message, parts = choice.message, choice.message.content
        given: JSON = parts
        if is_list(given):
            message.content = "".join(part.get("text") or "" for part in given)
            thoughts = [inner.get("text") or "" for part in given for inner in part.get("thinking") or ()]
            message.reasoning = Reasoning("".join(thoughts)) if thoughts else None
            message.extra_content = {"content": given}
    return completion


def _embeddings(_target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    return decode(CreateEmbeddingResponse, response.body)


def _plain(_target: Target, response: HttpResponse) -> JSON:
    return msgspec.json.decode(response.body)


_KINDS: Mapping[str, Callable[[Target, HttpResponse], JSON]] = {
    "/v1/chat/completions": _completion,
    "/v1/agents/completions": _completion,
    "/v1/fim/completions": decode_text_completion,
    "/v1/embeddings": _embeddings,
    "/v1/moderations": decode_moderation,
    "/v1/chat/moderations": decode_moderation,
    "/v1/ocr": decode_ocr,
}
"""How the answers of a job are read, by its endpoint."""
