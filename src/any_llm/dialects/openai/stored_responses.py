"""Answers of the Responses API that the provider keeps, and conversations made shorter.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

import msgspec

from any_llm.dialects.openai.places import place, segment
from any_llm.dialects.openai.responses import decode_responses, encode_input
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.answer import Answer
from any_llm.types.http import HttpResponse
from any_llm.types.responses import Response
from any_llm.types.value import decode


def encode_retrieve_response(target: Target, options: Options) -> Encoded:
    """Encode a request; further parameters, such as `include`, go into the query."""
    rest = {name: value for name, value in options.items() if name != "response_id"}
    path = f"/responses/{segment(options['response_id'])}"
    return Encoded(place(target, Operation.RETRIEVE_RESPONSE, path, rest))


def encode_cancel_response(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    path = f"/responses/{segment(options['response_id'])}/cancel"
    return Encoded(place(target, Operation.CANCEL_RESPONSE, path), method="POST")


def encode_delete_response(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    path = f"/responses/{segment(options['response_id'])}"
    return Encoded(place(target, Operation.DELETE_RESPONSE, path), method="DELETE")


def encode_compact_response(target: Target, options: Options) -> Encoded:
    """Encode a request: https://platform.openai.com/docs/api-reference/responses/compact."""
    body, warnings = encode_input(target, options, Operation.COMPACT_RESPONSE)
    path = place(target, Operation.COMPACT_RESPONSE, "/responses/compact")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def decode_answer(_target: Target, response: HttpResponse) -> Answer:
    """Decode whatever was answered; an empty body is an empty answer."""
    return decode(Answer, response.body or b"{}")


RETRIEVE_RESPONSE: Codec[Response, None] = Codec(encode=encode_retrieve_response, decode=decode_responses)
"""The operation `retrieve_response`."""

CANCEL_RESPONSE: Codec[Response, None] = Codec(encode=encode_cancel_response, decode=decode_responses)
"""The operation `cancel_response`."""

DELETE_RESPONSE: Codec[Answer, None] = Codec(encode=encode_delete_response, decode=decode_answer)
"""The operation `delete_response`."""

COMPACT_RESPONSE: Codec[Response, None] = Codec(encode=encode_compact_response, decode=decode_responses)
"""The operation `compact_response`."""
