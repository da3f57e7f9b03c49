"""A chat completions request, turned into what llama.cpp is asked."""

from __future__ import annotations

import msgspec

from any_llm.local.answer import Answer
from any_llm.local.messages import check_messages
from any_llm.local.models import Model
from any_llm.local.parameters import check_parameters, flag, number_of_choices, wants_usage
from any_llm.local.refusal import expect
from any_llm.local.tools import PARAMETERS, ask_for_calls, check_tools
from any_llm.types.json import JSONObject

_ELSEWHERE = PARAMETERS | {"messages", "model", "n", "stream", "stream_options"}


class ChatPlan(msgspec.Struct, frozen=True):
    """How a request is answered: llama.cpp's requests, one per choice, and what makes their chunks into an answer."""

    bodies: list[JSONObject]
    answer: Answer
    stream: bool
    usage: bool


def plan_chat(request: JSONObject, model: Model) -> ChatPlan:
    """Check a request and plan its answer.

    Raises:
        RefusedError: something in it is malformed, or cannot be honoured.
    """
    messages = check_messages(request.get("messages"), model.system)
    tools = check_tools(request, messages)
    body = check_parameters(request, _ELSEWHERE)
    body |= {"messages": messages, "stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
    reading = ask_for_calls(body, tools)
    return ChatPlan(
        bodies=[_choice(body, index) for index in range(number_of_choices(request))],
        answer=Answer(expect(request.get("model") or model.name, str, "model"), reading=reading),
        stream=flag(request, "stream"),
        usage=wants_usage(request),
    )


def _choice(body: JSONObject, index: int) -> JSONObject:
    return body | {"seed": body["seed"] + index} if "seed" in body else body
