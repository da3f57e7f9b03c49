"""A whole completion in chunks, as if it had been streamed: what `CompletionFold` adds up to the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionChunk,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
    ChunkChoice,
)
from any_llm.types.json import JSON, JSONObject, is_object

if TYPE_CHECKING:
    from any_llm.types.completion import ChatCompletionMessage, Choice

_TEXTS = ("reasoning", "reasoning_content", "content", "refusal")
_OTHERS = ("annotations", "images", "audio", "extra_content")


def unfold_completion(whole: ChatCompletion, options: Mapping[str, JSON]) -> list[ChatCompletionChunk]:
    """Return the chunks of an answer; its usage stands apart where the options of the call asked for that."""
    chunks = [_chunk(whole, choice=piece) for choice in whole.choices for piece in _pieces(choice)]
    asked = options.get("stream_options")
    apart = is_object(asked) and bool(asked.get("include_usage"))
    if whole.usage is not None and (apart or not chunks):
        chunks.append(_chunk(whole))
    if chunks:
        chunks[-1].usage = None if whole.usage is None else whole.usage.model_copy(deep=True)
        vars(chunks[-1]).update(whole.model_extra)
    return chunks


def _chunk(whole: ChatCompletion, choice: ChunkChoice | None = None) -> ChatCompletionChunk:
    return ChatCompletionChunk(
        id=whole.id,
        choices=[] if choice is None else [choice],
        created=whole.created,
        model=whole.model,
        service_tier=whole.service_tier,
        system_fingerprint=whole.system_fingerprint,
    )


def _pieces(choice: Choice) -> list[ChunkChoice]:
    message = choice.message
    deltas = [ChoiceDelta(role=message.role)]
    for name in _TEXTS:
        said: JSONObject = {name: getattr(message, name)}
        if said[name] is not None:
            deltas.append(ChoiceDelta(**said))
    others: JSONObject = {name: held for name in _OTHERS if (held := getattr(message, name)) is not None}
    if others:
        deltas.append(ChoiceDelta(**others))
    deltas += _calls(message)
    pieces = [ChunkChoice(index=choice.index, delta=delta) for delta in deltas]
    vars(pieces[0].delta).update(message.model_extra)
    pieces.append(ChunkChoice(index=choice.index, finish_reason=choice.finish_reason, logprobs=choice.logprobs))
    vars(pieces[-1]).update(choice.model_extra)
    return pieces


def _calls(message: ChatCompletionMessage) -> list[ChoiceDelta]:
    deltas: list[ChoiceDelta] = []
    if message.function_call is not None:
        called = message.function_call
        piece = ChoiceDeltaToolCallFunction(name=called.name, arguments=called.arguments)
        deltas.append(ChoiceDelta(function_call=piece))
    for index, call in enumerate(message.tool_calls or ()):
        said = ChoiceDeltaToolCallFunction(name=call.function.name, arguments=call.function.arguments)
        delta = ChoiceDeltaToolCall(
            index=index, id=call.id, function=said, type=call.type, extra_content=call.extra_content
        )
        vars(delta).update(call.model_extra)
        deltas.append(ChoiceDelta(tool_calls=[delta]))
    return deltas
