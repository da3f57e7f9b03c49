"""Ollama's chats, and its texts that go on where a prompt ends.

https://docs.ollama.com/api/chat, https://docs.ollama.com/api/generate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from any_llm.testing.mock.answer import Answer, Failure, RefusedError, ToolCall
from any_llm.testing.mock.asked import Asked, Tool, Turn, count_tokens, tokens_of
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.ollama_words import (
    counts,
    failure_pieces,
    lines,
    model_of,
    render_failure,
    stamp,
    whole,
)
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_BEGINNING, _END = 128_006, 128_009
"""Tokens around the others in the `context` of a generated text, as Llama 3 has them."""


def _read_chat(request: MockRequest) -> Asked:
    body = request.object
    messages = body.get("messages")
    turns = tuple(map(_turn, filter(is_object, messages))) if is_list(messages) else ()
    return _asked(request, turns, tuple(map(_tool, filter(is_object, body.get("tools") or ()))))


def _read_text(request: MockRequest) -> Asked:
    body = request.object
    system = body.get("system")
    turns = (Turn("user", str(body.get("prompt") or "")),)
    return _asked(request, (Turn("system", system), *turns) if system else turns, ())


def _asked(request: MockRequest, turns: tuple[Turn, ...], tools: tuple[Tool, ...]) -> Asked:
    body = request.object
    options: JSONObject = body.get("options") or {}
    stop: JSON = options.get("stop") or ()
    most: JSON = options.get("num_predict")
    return Asked(
        model=model_of(request),
        # A server that is not told streams.
        stream=body.get("stream") is not False,
        turns=turns,
        tools=tools,
        schema=_schema(body.get("format")),
        max_tokens=most if isinstance(most, int) and most > 0 else None,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        reasoning=bool(body.get("think")),
        usage=True,
        options={"logprobs": body.get("logprobs") is True, "likeliest": body.get("top_logprobs") or 0},
    )


def _turn(message: Mapping[str, JSON]) -> Turn:
    named = message.get("tool_call_id") or message.get("tool_name") or ""
    return Turn(str(message.get("role", "")), str(message.get("content") or ""), str(named))


def _tool(tool: Mapping[str, JSON]) -> Tool:
    function: Mapping[str, JSON] = tool.get("function") or {}
    return Tool(str(function.get("name", "")), function.get("parameters"), str(function.get("description") or ""))


def _schema(form: JSON) -> JSON:
    if form in (None, ""):
        return None
    if form == "json":
        return {}
    if not is_object(form):
        raise RefusedError(Failure(status=400, message='invalid format: expected "json" or a JSON schema'))
    return form


def _render_chat(answer: Answer, asked: Asked, context: Context) -> Rendered:
    usage = answer.usage_for(asked)
    start: JSONObject = {"model": asked.model, "created_at": stamp(context.now)}
    end = counts(usage.input, usage.output, answer.finish_reason)
    if asked.stream:
        pieces = [({**start, "message": message, "done": False}, tokens, "delta")
                  for message, tokens in _messages(answer, context)]  # fmt: skip
        return lines([*pieces, ({**start, "message": _message(), **end}, 0, "finish")], answer)
    message = _message(content=answer.text or answer.refusal)
    if answer.reasoning:
        message["thinking"] = answer.reasoning
    if answer.tool_calls:
        message["tool_calls"] = [_call(call, index, context) for index, call in enumerate(answer.tool_calls)]
    return whole({**start, "message": message, **end, **_likelihoods(message["content"], asked)}, answer, usage.output)


def _message(**said: JSON) -> JSONObject:
    return {"role": "assistant", "content": "", **said}


def _messages(answer: Answer, context: Context) -> Iterator[tuple[JSONObject, int]]:
    for text in tokens_of(answer.reasoning):
        yield _message(thinking=text), 1
    for text in tokens_of(answer.text or answer.refusal):
        yield _message(content=text), 1
    for index, call in enumerate(answer.tool_calls):
        yield _message(tool_calls=[_call(call, index, context)]), count_tokens(call.name + call.arguments_text)


def _call(call: ToolCall, index: int, context: Context) -> JSONObject:
    """Return a call; arguments that are no object are an empty one, for the server parses them itself."""
    arguments: JSON = call.arguments
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments or "{}")
        except msgspec.DecodeError:
            arguments = {}
    function = {"index": index, "name": call.name, "arguments": arguments if is_object(arguments) else {}}
    return {"id": call.id or context.ids.take("call_", 8, "abcdefghijklmnopqrstuvwxyz0123456789"), "function": function}


def _likelihoods(text: str, asked: Asked) -> JSONObject:
    if not asked.options.get("logprobs"):
        return {}
    likely = [{"token": token, "logprob": -0.01, "bytes": list(token.encode())} for token in tokens_of(text)]
    if asked.options.get("likeliest"):
        return {"logprobs": [{**one, "top_logprobs": [one]} for one in likely]}
    return {"logprobs": likely}


def _render_text(answer: Answer, asked: Asked, context: Context) -> Rendered:
    usage = answer.usage_for(asked)
    text = answer.text or answer.refusal
    start: JSONObject = {"model": asked.model, "created_at": stamp(context.now)}
    kept = [_BEGINNING, *range(1, usage.total + 1), _END]
    end = {**counts(usage.input, usage.output, answer.finish_reason), "context": kept}
    if not asked.stream:
        thought: JSONObject = {"thinking": answer.reasoning} if answer.reasoning else {}
        return whole({**start, "response": text, **thought, **end, **_likelihoods(text, asked)}, answer, usage.output)
    pieces: list[tuple[JSONObject, int, str]] = [
        ({**start, "response": "", "thinking": token, "done": False}, 1, "delta")
        for token in tokens_of(answer.reasoning)
    ]
    pieces += [({**start, "response": token, "done": False}, 1, "delta") for token in tokens_of(text)]
    return lines([*pieces, ({**start, "response": "", **end}, 0, "finish")], answer)


WIRE = Wire(
    name="ollama.chat",
    vendor="ollama",
    routes=(
        Route(method="POST", path="/api/chat", operation="completion", read=_read_chat, render=_render_chat),
        Route(method="POST", path="/api/generate", operation="text_completion", read=_read_text, render=_render_text),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
)
