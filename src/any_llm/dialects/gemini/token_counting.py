"""How many tokens a request would take: https://ai.google.dev/api/tokens#method:-models.counttokens."""

from __future__ import annotations

import msgspec

from any_llm.dialects.gemini.chat_request import request_body
from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.places import on_cloud, path, resource
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.tokens import TokenCount
from any_llm.types.value import revive


def encode_count_tokens(target: Target, options: Options) -> Encoded:
    """Encode a request: the chat itself, and around it what the Gemini API counts only in a whole request.

    Vertex AI takes the members of such a request beside the contents:
    https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens.

    Raises:
        InvalidMessageError: a message or a tool is malformed.
    """
    options = dict(options)
    system = options.pop("system", None)
    if system is not None:
        options["messages"] = [{"role": "system", "content": system}, *options["messages"]]
    body, warnings = request_body(target.model, options)
    if not on_cloud(target) and body.keys() != {"contents"}:
        body = {"generateContentRequest": {"model": resource(target.model), **body}}
    return Encoded(path(target, "countTokens"), msgspec.json.encode(body), warnings=tuple(warnings))


def decode_count_tokens(_target: Target, response: HttpResponse) -> TokenCount:
    """Decode an answer; what it tells beyond the count keeps the vendor's names.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no count.
    """
    tree = msgspec.json.decode(response.body)
    counted = tree.get("totalTokens") if is_object(tree) else None
    if not isinstance(counted, int):
        if is_object(tree) and "error" in tree:
            raise error_from(tree, response.status)
        raise MalformedResponseError(f"the answer to a request for a count of tokens has none, but {tree!r:.100}")
    count = revive(TokenCount, tree)
    count.input_tokens = counted
    cached = tree.get("cachedContentTokenCount")
    count.cached_tokens = cached if isinstance(cached, int) else None
    return count


COUNT_TOKENS: Codec[TokenCount, None] = Codec(encode=encode_count_tokens, decode=decode_count_tokens)
"""The operation `count_tokens`."""
