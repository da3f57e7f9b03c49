"""OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from any_llm.testing.mock.answer import Answer, ToolCall
from any_llm.testing.mock.asked import Asked, Tool, Turn, tokens_of
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_chat_extras import audio_object, logprobs_object, speech_wanted, thinking
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_words import DONE, EVENTS, chunk, encode, head, model_of, refuse
from any_llm.testing.mock.wires.overlay import Facts, Template, lay, without
from any_llm.testing.mock.wires.vendors import OPENAI, manner_of
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_FINISH: Mapping[str, str] = {"refusal": "stop"}
"""Why it stopped, where the vendor's word is not ours."""

_ROLES: Mapping[str, str] = {"developer": "system", "function": "tool"}


def read_chat(request: MockRequest) -> Asked:
    """Read a request for a chat completion."""
    check = manner_of(request).check
    if check is not None:
        check(request)
    body = request.object
    # The messages are missed first, as the vendor does it.
    chat = chat_of(body)
    return msgspec.structs.replace(chat, model=model_of(request, body))


def chat_of(body: Mapping[str, JSON]) -> Asked:
    """Read what is asked in a chat, whoever shall answer it.

    Raises:
        RefusedError: there are no messages.
    """
    messages = body.get("messages")
    if not is_list(messages) or not messages:
        raise refuse("messages")
    choice = body.get("tool_choice") or "auto"
    options = body.get("stream_options")
    stop = body.get("stop") or ()
    return Asked(
        stream=body.get("stream") is True,
        turns=tuple(_turn(message) for message in messages if is_object(message)),
        tools=tuple(_tool(tool) for tool in body.get("tools") or () if is_object(tool)),
        tool_choice=_CHOICES.get(choice, choice) if isinstance(choice, str) else _chosen(choice),
        schema=_schema(body.get("response_format")),
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        n=body.get("n") or 1,
        reasoning=any(body.get(name) not in _UNTHINKING for name in _THINKING),
        usage=is_object(options) and options.get("include_usage") is True,
        options={name: body[name] for name in _OPTIONS if name in body},
    )


_CHOICES: Mapping[str, str] = {"any": "required"}
_THINKING = ("reasoning_effort", "reasoning", "thinking", "enable_thinking", "prompt_mode")
_UNTHINKING: Sequence[JSON] = (None, False, "none", {"type": "disabled"})
_OPTIONS = ("logprobs", "top_logprobs", "modalities", "audio", "service_tier", "stream_options")


def render_chat(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say an answer as a chat completion, or as its chunks."""
    if asked.stream:
        return Rendered(headers=head(context, answer, EVENTS), pieces=tuple(chat_pieces(answer, asked, context)))
    manner, usage = manner_of(context.request), answer.usage_for(asked)
    choices = [
        {
            "index": index,
            "message": message_object(choice, asked, context),
            "logprobs": logprobs_object(choice.text, asked) if asked.options else None,
            "finish_reason": _finish(choice),
        }
        for index, choice in enumerate(answer.choices(asked))
    ]
    start = envelope("chat.completion", asked, context)
    body = {**start, "choices": choices, "usage": usage_object(answer, asked, context), **_tail(asked)}
    if manner is not OPENAI:
        dress(body, manner.body, manner.dropped, Facts(usage, asked, context))
    return Rendered(headers=head(context, answer), body=encode(body), tokens=usage.output)


_TAIL: Mapping[str, JSON] = {"service_tier": "default", "system_fingerprint": "fp_mock0000000"}


def _tail(asked: Asked) -> Mapping[str, JSON]:
    tier = asked.options.get("service_tier") if asked.options else None
    return _TAIL if tier in {None, "auto"} else {**_TAIL, "service_tier": tier}


def dress(value: JSONObject, template: Template, dropped: Iterable[str], facts: Facts) -> JSONObject:
    """Make of OpenAI's words those of another vendor."""
    for path in dropped:
        without(value, path)
    return lay(value, template, facts)


def usage_object(answer: Answer, asked: Asked, context: Context) -> JSONObject:
    """Return the usage in the words of chat completions."""
    usage = answer.usage_for(asked)
    said: JSONObject = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.total,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
    manner = manner_of(context.request)
    return lay(said, manner.usage, Facts(usage, asked, context)) if manner.usage else said


def envelope(kind: str, asked: Asked, context: Context) -> JSONObject:
    """Return what a completion and each of its chunks begin with."""
    return {
        "id": manner_of(context.request).id(context.ids),
        "object": kind,
        "created": int(context.now),
        "model": asked.model,
    }


def _finish(answer: Answer) -> str:
    return _FINISH.get(answer.finish_reason, answer.finish_reason)


def message_object(answer: Answer, asked: Asked, context: Context) -> JSONObject:
    """Return the message of one choice."""
    manner = manner_of(context.request)
    spoken = speech_wanted(asked) and bool(answer.text)
    silent = answer.refusal or spoken or (answer.tool_calls and not answer.text)
    message: JSONObject = {
        "role": "assistant",
        "content": manner.silent if silent else answer.text,
        "refusal": answer.refusal or None,
        "annotations": [],
    }
    if answer.reasoning and manner.thinking_parts:
        message["content"] = [thinking(answer.reasoning, closed=True), {"type": "text", "text": answer.text}]
    elif answer.reasoning and manner.reasoning:
        message[manner.reasoning] = answer.reasoning
    if spoken:
        message["audio"] = audio_object(answer, asked, context)
    if answer.tool_calls:
        message["tool_calls"] = [_call(call, context) for call in answer.tool_calls]
    return message


def _call(call: ToolCall, context: Context) -> JSONObject:
    return {
        "id": call.id or manner_of(context.request).call_id(context.ids),
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments_text},
    }


def chat_pieces(answer: Answer, asked: Asked, context: Context) -> Iterable[Piece]:
    """Return the chunks of a chat completion."""
    return _Chunks(answer, asked, context).pieces()


class _Chunks:
    """The chunks of one answer; each has what all have, and its own."""

    def __init__(self, answer: Answer, asked: Asked, context: Context) -> None:
        self._answer, self._asked, self._context = answer, asked, context
        self._manner = manner_of(context.request)
        self._start = {**envelope("chat.completion.chunk", asked, context), **_tail(asked)}
        self._facts = Facts(answer.usage_for(asked), asked, context)
        options = asked.options.get("stream_options")
        self._padded = not (is_object(options) and options.get("include_obfuscation") is False)

    def pieces(self) -> Sequence[Piece]:
        answer, asked, manner = self._answer, self._asked, self._manner
        made: list[Piece] = []
        if manner.preface is not None:
            made.append(chunk(lay({}, manner.preface, self._facts), "start"))
        choices = answer.choices(asked)
        for index, choice in enumerate(choices):
            opening = {"role": "assistant", "content": None if choice.tool_calls else "", "refusal": None}
            made.append(self._piece(index, opening, role="start"))
            for text, delta in _deltas(choice, asked, self._context):
                made.append(self._piece(index, delta, text=text, tokens=1))
            made.append(self._piece(index, {}, finish=_finish(choice), role="finish", last=index == len(choices) - 1))
        if asked.usage and not manner.late_usage:
            value: JSONObject = {**self._start, "choices": [], "usage": usage_object(answer, asked, self._context)}
            if self._padded:
                value["obfuscation"] = _padding(self._context)
            for path in (*manner.dropped, *manner.chunk_dropped):
                without(value, path)
            made.append(chunk(value, "usage"))
        return (*made, DONE)

    def _piece(  # noqa: PLR0913  # what a chunk has, each by its name
        self, index: int, delta: JSONObject, *, finish: str | None = None, text: str = "", tokens: int = 0,
        role: str = "delta", last: bool = False,
    ) -> Piece:  # fmt: skip
        logprobs = logprobs_object(text, self._asked) if text and self._asked.options else None
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        value: JSONObject = {**self._start, "choices": [choice]}
        if last and self._manner.late_usage:
            value["usage"] = usage_object(self._answer, self._asked, self._context)
        elif self._asked.usage and not self._manner.late_usage:
            value["usage"] = None
        if self._padded:
            value["obfuscation"] = _padding(self._context)
        if self._manner is not OPENAI:
            dropped = (*self._manner.dropped, *self._manner.chunk_dropped)
            dress(value, self._manner.chunk, dropped, self._facts)
        return chunk(value, role, tokens)


def _deltas(answer: Answer, asked: Asked, context: Context) -> Iterator[tuple[str, JSONObject]]:
    """Yield what comes bit by bit: the text it brings, and its delta."""
    manner = manner_of(context.request)
    for text in tokens_of(answer.reasoning) if manner.reasoning or manner.thinking_parts else ():
        yield "", {"content": [thinking(text)]} if manner.thinking_parts else {manner.reasoning: text}
    if speech_wanted(asked) and answer.text:
        spoken = audio_object(answer, asked, context)
        yield "", {"audio": {"id": spoken["id"], "transcript": ""}}
        for text in tokens_of(answer.text):
            yield "", {"audio": {"transcript": text}}
        yield "", {"audio": {"data": spoken["data"]}}
        yield "", {"audio": {"expires_at": spoken["expires_at"]}}
    else:
        for text in tokens_of(answer.text):
            yield text, {"content": text}
    for text in tokens_of(answer.refusal):
        yield "", {"refusal": text}
    for index, call in enumerate(answer.tool_calls):
        said = _call(call, context)
        said["function"]["arguments"] = ""
        yield "", {"tool_calls": [{"index": index, **said}]}
        for text in tokens_of(call.arguments_text):
            yield "", {"tool_calls": [{"index": index, "function": {"arguments": text}}]}


def _padding(context: Context) -> str:
    return context.ids.take(length=8)


def _turn(message: Mapping[str, JSON]) -> Turn:
    role = str(message.get("role", ""))
    return Turn(_ROLES.get(role, role), text_of(message.get("content")), str(message.get("tool_call_id") or ""))


def text_of(content: JSON) -> str:
    """Return the text of a message's content, a text or a list of parts."""
    if not is_list(content):
        return content if isinstance(content, str) else ""
    return "".join(str(part.get("text", "")) for part in content if is_object(part))


def _tool(tool: Mapping[str, JSON]) -> Tool:
    function = tool.get("function")
    if not is_object(function):
        return Tool(str(tool.get("type", "")))
    return Tool(str(function.get("name", "")), function.get("parameters"), str(function.get("description") or ""))


def _chosen(choice: JSON) -> str:
    named = choice.get("function") if is_object(choice) else None
    return str(named.get("name")) if is_object(named) else "required"


def _json_schema(wish: Mapping[str, JSON]) -> JSON:
    said = wish.get("json_schema")
    return said.get("schema", {}) if is_object(said) else {}


_FORMATS: Mapping[str, Callable[[Mapping[str, JSON]], JSON]] = {
    "json_object": lambda _wish: {},
    "json_schema": _json_schema,
}


def _schema(wish: JSON) -> JSON:
    read = _FORMATS.get(str(wish.get("type"))) if is_object(wish) else None
    return read(wish) if read and is_object(wish) else None


WIRE = Wire(
    name="openai.chat",
    vendor="openai",
    routes=(
        Route(method="POST", path="/chat/completions", operation="completion", read=read_chat, render=render_chat),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
