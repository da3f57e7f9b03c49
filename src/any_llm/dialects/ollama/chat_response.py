"""A whole answer of Ollama's chat as a chat completion."""

from __future__ import annotations

from any_llm.dialects.ollama.wire import (
    DURATIONS,
    call_id,
    choice_logprobs,
    completion_usage,
    finish_reason,
    read_answer,
    seconds,
    text_of,
)
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
from any_llm.types.think_tags import split_message

READ = frozenset(
    {"model", "created_at", "message", "done", "done_reason", "logprobs", "prompt_eval_count", "eval_count", *DURATIONS}
)
"""The members of an answer that have a place in a completion; the others are kept as they are."""


def decode_completion(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer. Ollama has no ids of answers; one for a call is made where the server gives none.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no message.
    """
    answer = read_answer(response, "message")
    moment = answer.get("created_at")
    message = _message(answer["message"], moment)
    choice = Choice(
        finish_reason=finish_reason(answer.get("done_reason"), calling=bool(message.tool_calls)),
        message=message,
        logprobs=choice_logprobs(answer.get("logprobs")),
    )
    completion = ChatCompletion(
        created=seconds(moment),
        model=text_of(answer, "model") or target.model,
        choices=[choice],
        usage=completion_usage(answer),
    )
    vars(completion).update({name: value for name, value in answer.items() if name not in READ})
    return completion


def _message(message: JSONObject, moment: JSON) -> ChatCompletionMessage:
    thought = text_of(message, "thinking")
    calls = [_call(call, moment, number) for number, call in enumerate(message.get("tool_calls") or ())]
    answered = ChatCompletionMessage(
        role=text_of(message, "role") or "assistant",
        content=text_of(message, "content"),
        reasoning=Reasoning(thought) if thought else None,
        tool_calls=calls or None,
    )
    split_message(answered)
    return answered


def _call(call: JSONObject, moment: JSON, number: int) -> ChatCompletionMessageToolCall:
    function: JSONObject = call.get("function") or {}
    return ChatCompletionMessageToolCall(
        id=call_id(call, moment, number),
        function=Function(name=text_of(function, "name"), arguments=dump_arguments(function.get("arguments"))),
    )
