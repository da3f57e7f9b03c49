"""A whole answer of `generateContent` as a chat completion."""

from __future__ import annotations

import msgspec

from any_llm.dialects.gemini.chat_stream import ChatStream
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list
from any_llm.spec.dialect import Target
from any_llm.types.completion import ChatCompletion
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import HttpResponse


def decode_completion(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer, which is a stream of one piece (or of several, where a proxy left out `alt=sse`).

    What a later turn must send back stands in `extra_content["google"]`: `thought_signature` on a message and on each
    call; the exact `parts` where text and calls do not tell them all. It also has what the vendor says of a candidate
    in words of its own, such as `groundingMetadata`, `safetyRatings`, and a `finishReason` that OpenAI has no word for.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        ContentFilterError: the vendor refused the prompt.
        MalformedResponseError: the answer has neither candidates nor an error.
    """
    tree = msgspec.json.decode(response.body)
    stream, fold = ChatStream(target, {}), CompletionFold()
    chunks = [chunk for piece in (tree if is_list(tree) else [tree]) for chunk in stream.read(piece)]
    if not chunks:
        raise MalformedResponseError("the answer has no candidates")
    for chunk in [*chunks, *stream.end()]:
        fold.add(chunk)
    return fold.result()
