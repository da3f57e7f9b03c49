"""What the library's public values say, in the terms of an independent reading, so that the two can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall, Usage
from any_llm.testing.wire.facts import FACTS
from any_llm.types.completion import ChatCompletion, ChatCompletionMessage, CompletionUsage, Function
from any_llm.types.completion import Choice as ChatChoice
from any_llm.types.embedding import CreateEmbeddingResponse, EmbeddingUsage
from any_llm.types.json import JSON, JSONObject, is_object
from any_llm.types.message_blocks import RedactedThinkingBlock, TextBlock, ThinkingBlock, ToolUseBlock
from any_llm.types.messages import MessageResponse, MessageUsage
from any_llm.types.model import Model
from any_llm.types.responses import (
    Response,
    ResponseCustomToolCall,
    ResponseFunctionToolCall,
    ResponseOutputItem,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseReasoningItem,
    ResponseUsage,
)
from any_llm.types.text_completion import TextCompletion


def observe(answer: JSON) -> Reading:
    """Return what a whole answer says; a list is one of models.

    Raises:
        TypeError: it is no answer of an operation that is replayed.
    """
    read = next((read for kind, read in _READINGS.items() if isinstance(answer, kind)), _of_facts)
    return read(answer)


def _of_facts(answer: JSON) -> Reading:
    told = next((tell for kind, tell in FACTS.items() if isinstance(answer, kind)), None)
    if told is None:
        raise TypeError(f"the answer is of type {type(answer).__name__}, which no operation here returns")
    return Reading(models=_said(getattr(answer, "model", None)), facts=told(answer))


def observe_failure(error: AnyLLMError) -> Reading:
    """Return what an exception says."""
    return Reading(
        failure=Failure(
            error=type(error).__name__,
            status=error.status_code or 0,
            code=error.code,
            type=error.error_type,
            param=error.param,
            message=error.message,
        )
    )


def _of_completion(completion: ChatCompletion) -> Reading:
    return Reading(
        ids=_said(completion.id),
        models=_said(completion.model),
        choices=tuple(map(_of_choice, completion.choices)),
        usage=_of_completion_usage(completion.usage),
    )


def _of_text(completion: TextCompletion) -> Reading:
    return Reading(
        ids=_said(completion.id),
        models=_said(completion.model),
        choices=tuple(
            Choice(index=choice.index, text=choice.text, finish_reason=choice.finish_reason)
            for choice in completion.choices
        ),
        usage=_of_completion_usage(completion.usage),
    )


def _of_choice(choice: ChatChoice) -> Choice:
    message = choice.message
    called = message.function_call
    return Choice(
        index=choice.index,
        text=message.content or "",
        reasoning=str(message.reasoning or ""),
        refusal=message.refusal or "",
        tool_calls=tuple(
            msgspec.structs.replace(_of_function(call.id, call.function), signature=_signature_of(call.extra_content))
            for call in message.tool_calls or ()
        ),
        function_call=_of_function("", called) if called is not None and called.name else None,
        finish_reason=choice.finish_reason,
        signatures=_signatures(message),
        images=tuple(filter(None, map(_url_of, message.images or ()))),
    )


def _url_of(image: JSONObject) -> str:
    named: JSON = image.get("image_url")
    return named.get("url", "") if is_object(named) else ""


def _signature_of(extra: JSONObject | None) -> str:
    google: JSONObject = (extra or {}).get("google") or {}
    return google.get("thought_signature") or ""


def _of_function(call_id: str, function: Function) -> ToolCall:
    return ToolCall(call_id or "", function.name or "", function.arguments or "")


def _signatures(message: ChatCompletionMessage) -> tuple[str, ...]:
    details: JSON = message.model_extra.get("reasoning_details") or ()
    google: JSON = (message.extra_content or {}).get("google") or {}
    words = [detail.get(name) for detail in details for name in ("signature", "data")]
    return tuple(word for word in (*words, google.get("thought_signature")) if word)


def _of_completion_usage(usage: CompletionUsage | None) -> Usage | None:
    if usage is None:
        return None
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        input=usage.prompt_tokens,
        output=usage.completion_tokens,
        total=usage.total_tokens,
        cached=prompt.cached_tokens if prompt else None,
        cache_write=prompt.cache_write_tokens if prompt else None,
        reasoning=completion.reasoning_tokens if completion else None,
    )


def _of_response(response: Response) -> Reading:
    outputs = response.output
    parts = [part for item in outputs if isinstance(item, ResponseOutputMessage) for part in item.content]
    calls = [item for item in outputs if isinstance(item, ResponseFunctionToolCall | ResponseCustomToolCall)]
    incomplete = response.incomplete_details
    encrypted = [getattr(item, "encrypted_content", None) or "" for item in outputs]
    choice = Choice(
        text=response.output_text,
        reasoning="".join(_thoughts(item) for item in outputs),
        refusal="".join(part.refusal for part in parts if isinstance(part, ResponseOutputRefusal)),
        tool_calls=tuple(_of_call(item) for item in calls),
        finish_reason=(incomplete.reason if incomplete else None) or response.status,
        signatures=tuple(dict.fromkeys(filter(None, encrypted))),
    )
    return Reading(
        ids=_said(response.id),
        models=_said(response.model),
        choices=(choice,),
        usage=_of_response_usage(response.usage),
    )


def _of_call(item: ResponseFunctionToolCall | ResponseCustomToolCall) -> ToolCall:
    written = item.arguments if isinstance(item, ResponseFunctionToolCall) else item.input
    return ToolCall(item.call_id or "", item.name or "", written or "")


def _thoughts(item: ResponseOutputItem) -> str:
    if not isinstance(item, ResponseReasoningItem):
        return ""
    return "".join(getattr(piece, "text", "") for piece in item.content or item.summary or ())


def _of_response_usage(usage: ResponseUsage | None) -> Usage | None:
    if usage is None:
        return None
    return Usage(
        input=usage.input_tokens,
        output=usage.output_tokens,
        total=usage.total_tokens,
        cached=usage.input_tokens_details.cached_tokens,
        cache_write=usage.input_tokens_details.cache_write_tokens,
        reasoning=usage.output_tokens_details.reasoning_tokens,
    )


def _of_message(message: MessageResponse) -> Reading:
    blocks = message.content
    details: JSONObject = message.stop_details or {}
    choice = Choice(
        text="".join(block.text for block in blocks if isinstance(block, TextBlock)),
        reasoning="".join(block.thinking for block in blocks if isinstance(block, ThinkingBlock)),
        refusal=details.get("explanation") or "",
        tool_calls=tuple(
            ToolCall(block.id, block.name, msgspec.json.encode(block.input).decode())
            for block in blocks
            if isinstance(block, ToolUseBlock)
        ),
        finish_reason=message.stop_reason,
        signatures=tuple(dict.fromkeys(filter(None, map(_signature, blocks)))),
    )
    return Reading(
        ids=_said(message.id),
        models=_said(message.model),
        choices=(choice,),
        usage=_of_message_usage(message.usage),
    )


def _signature(block: JSON) -> str:
    match block:
        case RedactedThinkingBlock():
            return block.data
        case ThinkingBlock():
            return block.signature
        case _:
            return getattr(block, "signature", None) or ""


def _of_message_usage(usage: MessageUsage) -> Usage:
    read, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    if written is None and usage.cache_creation is not None:
        written = usage.cache_creation.ephemeral_1h_input_tokens + usage.cache_creation.ephemeral_5m_input_tokens
    prompt = usage.input_tokens + (read or 0) + (written or 0)
    details = usage.output_tokens_details
    return Usage(
        input=prompt,
        output=usage.output_tokens,
        total=prompt + usage.output_tokens,
        cached=read,
        cache_write=written,
        reasoning=details.thinking_tokens if details else None,
    )


def _of_embeddings(answer: CreateEmbeddingResponse) -> Reading:
    usage = answer.usage
    return Reading(
        models=_said(answer.model),
        embeddings=tuple(tuple(row.embedding) for row in answer.data),
        usage=_of_embedding_usage(usage) if usage else None,
    )


def _of_embedding_usage(usage: EmbeddingUsage) -> Usage:
    """Return the counts; those that the shape does not name are read as the vendor sent them."""
    extra: JSONObject = usage.model_extra
    details: JSONObject = extra.get("prompt_tokens_details") or {}
    cached = [count for count in (details.get("cached_tokens"), extra.get("num_cached_tokens")) if count]
    return Usage(
        input=usage.prompt_tokens,
        output=extra.get("completion_tokens"),
        total=usage.total_tokens,
        cached=max(cached, default=None),
    )


def _of_models(models: Sequence[Model]) -> Reading:
    return Reading(listed=tuple(model.id for model in models))


def _said(word: str | None) -> tuple[str, ...]:
    return (word,) if word else ()


_READINGS: Mapping[type, Callable[..., Reading]] = {
    ChatCompletion: _of_completion,
    Response: _of_response,
    MessageResponse: _of_message,
    CreateEmbeddingResponse: _of_embeddings,
    TextCompletion: _of_text,
    list: _of_models,
}
"""How answers are read that have a reading's own fields, by their types."""
