"""The operation `request`: any request that has no operation of its own, the same for every wire format."""

from __future__ import annotations

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.answer import Answer
from any_llm.types.http import HttpResponse
from any_llm.types.json import decode_json, is_object
from any_llm.types.source import Source
from any_llm.types.value import link

_METHODS = frozenset({"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"})


def encode_request(_target: Target, options: Options) -> Encoded:
    """Encode a request as the caller says it.

    Raises:
        InvalidRequestError: the method is none of HTTP's, the path does not begin with a slash, or both a JSON body and
            bytes are given.
    """
    method, path = str(options["method"]).upper(), str(options["path"])
    if method not in _METHODS:
        known = ", ".join(sorted(_METHODS))
        raise InvalidRequestError(f"method is {options['method']!r}; use one of {known}", param="method")
    if not path.startswith("/"):
        raise InvalidRequestError(f"path is {path!r}; it must begin with a slash, as in '/models'", param="path")
    if "body" in options and "content" in options:
        raise InvalidRequestError("request() takes either body= or content=, not both", param="content")
    if "content" in options:
        kind = str(options.get("content_type", "application/octet-stream"))
        return Encoded(path, options["content"], {"Content-Type": kind}, method=method)
    body = msgspec.json.encode(options["body"]) if "body" in options else b""
    return Encoded(path, body, method=method)


def decode_request(_target: Target, response: HttpResponse) -> Answer:
    """Return whatever a successful answer holds."""
    answer = Answer()
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError:
        tree = None
    link(answer, Source(response.body, tree=tree if is_object(tree) else {}))
    return answer


REQUEST: Codec[Answer, None] = Codec(encode=encode_request, decode=decode_request)
"""The operation `request`."""
