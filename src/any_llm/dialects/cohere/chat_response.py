"""A whole answer of the Chat API as a chat completion."""

from __future__ import annotations

from any_llm.dialects.cohere.v1_chat_response import decode_v1
from any_llm.dialects.cohere.wire import (
    annotation,
    choice_logprobs,
    completion_usage,
    failure_of,
    finish_reason,
    read_answer,
    speaks_v1,
    text_of,
    vendor_extra,
)
from any_llm.schemas.shapes import is_list
from any_llm.spec.dialect import Target
from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionMessage,
    ChatCompletionMessageToolCall,
    Choice,
    Function,
    Reasoning,
)
from any_llm.types.conversation import dump_arguments
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.value import keep_extra

_READ = frozenset({"id", "message", "finish_reason", "usage", "logprobs"})


def decode_completion(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer.

    The plan that a model makes before it calls tools is its content; a later turn says it as a plan again, since the
    message's `extra_content["cohere"]` keeps it as `tool_plan`. Citations are the message's annotations.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status, or says that it broke off.
        MalformedResponseError: the answer has no message.
    """
    if speaks_v1(target):
        return decode_v1(target, response)
    answer = read_answer(response, "message")
    reason = answer.get("finish_reason")
    failure = failure_of(reason, answer.get("error"))
    if failure is not None:
        raise failure
    message = _message(answer["message"], reason)
    choice = Choice(
        finish_reason=finish_reason(reason, calling=bool(message.tool_calls)),
        message=message,
        logprobs=choice_logprobs(answer.get("logprobs")),
    )
    completion = ChatCompletion(
        id=text_of(answer, "id"),
        model=target.model,
        choices=[choice],
        usage=completion_usage(answer.get("usage")),
    )
    keep_extra(completion, {name: value for name, value in answer.items() if name not in _READ})
    return completion


def _message(message: JSONObject, reason: JSON) -> ChatCompletionMessage:
    plan = text_of(message, "tool_plan")
    blocks = _blocks(message.get("content"))
    texts = [text_of(block, "text") for block in blocks if block.get("text") is not None]
    thoughts = "".join(text_of(block, "thinking") for block in blocks)
    return ChatCompletionMessage(
        content=plan + "".join(texts) if plan or texts else None,
        reasoning=Reasoning(thoughts) if thoughts else None,
        tool_calls=[_call(call) for call in message.get("tool_calls") or ()] or None,
        annotations=[annotation(citation) for citation in message.get("citations") or ()] or None,
        extra_content=vendor_extra(plan, reason),
    )


def _blocks(content: JSON) -> list[JSONObject]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content if is_list(content) else []


def _call(call: JSONObject) -> ChatCompletionMessageToolCall:
    function: JSONObject = call.get("function") or {}
    return ChatCompletionMessageToolCall(
        id=text_of(call, "id"),
        function=Function(name=text_of(function, "name"), arguments=dump_arguments(function.get("arguments"))),
    )
