"""Requests of the Responses API, and its whole answers.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.places import place
from any_llm.dialects.openai.responses_stream import ResponsesStream, settle_response
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list, is_mapping, is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.foreign import without_foreign_thoughts
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.responses import Response, ResponseStreamEvent
from any_llm.types.responses_fold import ResponsesFold
from any_llm.types.value import decode

_PARSED = frozenset({"parsed", "parsed_arguments"})


def encode_responses(target: Target, options: Options) -> Encoded:
    """Encode a request. Items are sent as they are given, so that those of an earlier answer are replayed exactly."""
    body, warnings = encode_input(target, options, Operation.RESPONSES)
    path = place(target, Operation.RESPONSES, "/responses")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def encode_input(target: Target, options: Options, operation: Operation) -> tuple[JSONObject, list[CallWarning]]:
    """Return the body of a request that has input items, and what could not be said as it was meant."""
    body: JSONObject = {"model": target.model, **{name: _plain(value) for name, value in options.items()}}
    body["input"] = body.pop("input_data")
    if "tools" in body:
        body["tools"] = [flatten(tool) for tool in body["tools"] or ()]
    if "tool_choice" in body:
        body["tool_choice"] = flatten(body["tool_choice"])
    warnings = _place_format(body)
    if is_list(body["input"]):
        body["input"] = without_foreign_thoughts(body["input"], "encrypted_content", "input_data", warnings)
    warnings += adapt(body, target.provider, operation)
    return body, warnings


def decode_responses(_target: Target, response: HttpResponse) -> Response:
    """Decode a whole answer. One whose `status` is `failed` is a value too: its `error` says why.

    Raises:
        AnyLLMError: the body is an error in spite of its HTTP status.
        MalformedResponseError: the body is something else than an answer.
    """
    answer = decode(Response, response.body)
    if not answer.output and answer.status is None:
        _refuse(response)
    settle_response(answer)
    return answer


def _refuse(response: HttpResponse) -> None:
    """Raise what a body without a status means; one with an empty `output` may pass."""
    tree: JSONObject = msgspec.json.decode(response.body)
    if tree.get("error") or (tree.get("message") and not tree.get("id")):
        raise error_from(tree, response.status)
    if "output" not in tree:
        raise MalformedResponseError(f"an answer without output: it has {sorted(tree) or 'nothing'}")


def _plain(value: JSON) -> JSON:
    """Return what the caller gave as plain JSON values: items and parts of answers as they were sent."""
    if is_mapping(value):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Sequence[JSON]", value)]
    dump = getattr(value, "model_dump", None)
    return value if dump is None else _without_parsed(dump(exclude_unset=True, by_alias=True))


def _without_parsed(item: JSONObject) -> JSONObject:
    """Leave out of a replayed item what only this program made of it."""
    content = item.get("content")
    if is_list(content):
        item["content"] = [_without_parsed(part) if is_object(part) else part for part in content]
    return {name: value for name, value in item.items() if name not in _PARSED}


def flatten(tool: JSON) -> JSON:
    """Return a tool, or a choice of one, in the flat form of this API; chat completions nest it under its type."""
    if not is_object(tool) or "name" in tool:
        return tool
    kind = tool.get("type", "")
    nested = tool.get(kind)
    return {name: value for name, value in tool.items() if name != kind} | nested if is_object(nested) else tool


def _place_format(body: JSONObject) -> list[CallWarning]:
    """Say `response_format` as `text.format`: https://platform.openai.com/docs/guides/structured-outputs."""
    wanted = body.pop("response_format", None)
    if wanted is None:
        return []
    text: JSONObject = body.get("text") or {}
    if "format" in text:
        return [CallWarning("dropped", "response_format", "text.format is given too")]
    body["text"] = {**text, "format": flatten(wanted)}
    return []


RESPONSES: Codec[Response, ResponseStreamEvent] = Codec(
    encode=encode_responses, decode=decode_responses, stream=ResponsesStream, fold=ResponsesFold
)
"""The operation `responses`."""
