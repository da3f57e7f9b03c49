"""`responses()` on every provider of chat completions."""

from __future__ import annotations

import msgspec

from any_llm.bridges.response_answer import ResponseEvents, response_of
from any_llm.bridges.response_request import translate_request
from any_llm.bridges.stream import BridgedStream
from any_llm.spec.dialect import Codec, Encoded, Options, StreamDecoder, Target
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.http import HttpResponse
from any_llm.types.responses import Response, ResponseStreamEvent
from any_llm.types.responses_fold import ResponsesFold


def bridge_responses(
    completion: Codec[ChatCompletion, ChatCompletionChunk],
) -> Codec[Response, ResponseStreamEvent]:
    """Return a codec of the Responses API that asks for, and reads, chat completions.

    What a provider wants to see again in a later turn (`extra_content`) comes back in the `encrypted_content` of a
    reasoning item, which stands before what it belongs to, and is empty where there was no reasoning: see
    `signatures`. Send the items of an answer with the next turn, as one does when the vendor does not store them.
    """

    def encode(target: Target, options: Options) -> Encoded:
        chat, warnings = translate_request(target, options)
        encoded = completion.encode(target, chat)
        return msgspec.structs.replace(encoded, warnings=(*warnings.noted(), *encoded.warnings))

    def decode(target: Target, response: HttpResponse) -> Response:
        return response_of(completion.decode(target, response), target.provider.name)

    open_chunks = completion.stream
    if open_chunks is None:
        return Codec(encode=encode, decode=decode)

    def stream(target: Target, options: Options) -> StreamDecoder[ResponseStreamEvent]:
        chat, _ = translate_request(target, {**options, "input_data": ()})
        return BridgedStream(open_chunks(target, chat), ResponseEvents(target.provider.name))

    return Codec(encode=encode, decode=decode, stream=stream, fold=ResponsesFold)
