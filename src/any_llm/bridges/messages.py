"""`messages()` on every provider of chat completions."""

from __future__ import annotations

import msgspec

from any_llm.bridges.message_answer import MessageEvents, message_of
from any_llm.bridges.message_request import translate_request
from any_llm.bridges.stream import BridgedStream
from any_llm.spec.dialect import Codec, Encoded, Options, StreamDecoder, Target
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.http import HttpResponse
from any_llm.types.messages import MessageResponse, MessageStreamEvent
from any_llm.types.messages_fold import MessagesFold


def bridge_messages(
    completion: Codec[ChatCompletion, ChatCompletionChunk],
) -> Codec[MessageResponse, MessageStreamEvent]:
    """Return a codec of Messages that asks for, and reads, chat completions.

    What a provider wants to see again in a later turn (`extra_content`) comes back in the `signature` of a thinking
    block, which stands before what it belongs to, and empty where there was no thinking: see `signatures`.
    """

    def encode(target: Target, options: Options) -> Encoded:
        chat, warnings = translate_request(target, options)
        encoded = completion.encode(target, chat)
        return msgspec.structs.replace(encoded, warnings=(*warnings.noted(), *encoded.warnings))

    def decode(target: Target, response: HttpResponse) -> MessageResponse:
        return message_of(completion.decode(target, response), target.provider.name)

    open_chunks = completion.stream
    if open_chunks is None:
        return Codec(encode=encode, decode=decode)

    def stream(target: Target, options: Options) -> StreamDecoder[MessageStreamEvent]:
        chat, _ = translate_request(target, {**options, "messages": ()})
        return BridgedStream(open_chunks(target, chat), MessageEvents(target.provider.name))

    return Codec(encode=encode, decode=decode, stream=stream, fold=MessagesFold)
