"""Answers to chats and prompts, whole and streamed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.dashscope.wire import output_of, read_output, usage_of
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.spec.dialect import Options, Target
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_object
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice
from any_llm.types.value import revive

_UNFINISHED = "null"
_READ = frozenset({"code", "message", "output", "request_id", "status_code", "usage"})


def decode_completion(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has neither choices nor a text.
    """
    output, answer = read_output(response)
    choices = _choices(output, "message")
    for choice in choices:
        called = bool(choice["message"].get("tool_calls"))
        choice["finish_reason"] = choice.get("finish_reason") or ("tool_calls" if called else "stop")
    told = {"id": answer.get("request_id") or "", "model": target.model, "choices": choices}
    completion = revive(ChatCompletion, _besides(answer) | _beyond(output) | told)
    completion.usage = usage_of(answer)
    return completion


def decode_text_completion(target: Target, response: HttpResponse) -> TextCompletion:
    """Decode the text that a prompt got; it raises what `decode_completion` does."""
    output, answer = read_output(response)
    return _text(target, output, answer)


class ChatStream:
    """Turns frames into chunks; a stream is complete when every answer in it has a finish reason."""

    def __init__(self, target: Target, options: Options) -> None:
        asked = options.get("stream_options")
        self._apart = is_mapping(asked) and bool(asked.get("include_usage"))
        self._target = target
        self._open: dict[int, bool] = {}
        self._begun: set[int] = set()
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame; the usage of all so far is told when the last answer has ended.

        Raises:
            AnyLLMError: the frame is an error.
        """
        output, answer = output_of(msgspec.json.decode(frame.data), 200)
        choices = _choices(output, "delta")
        for choice in choices:
            index = choice["index"]
            self._open[index] = not choice.get("finish_reason") and self._open.get(index, True)
            if index in self._begun:
                choice["delta"].pop("role", None)
            self._begun.add(index)
        head = {"id": answer.get("request_id") or "", "model": self._target.model}
        chunk = revive(ChatCompletionChunk, _beyond(output) | head | {"choices": choices})
        usage = None if any(self._open.values()) else usage_of(answer)
        if usage is None or not self._apart:
            chunk.usage = usage
            return (chunk,)
        last = revive(ChatCompletionChunk, {**head, "choices": []})
        last.usage = usage
        return chunk, last

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: an answer had not ended.
        """
        _check_ended(self._open)
        return ()


class TextStream:
    """Turns frames into chunks of a text."""

    def __init__(self, target: Target, _options: Options) -> None:
        self._target = target
        self._open: dict[int, bool] = {}
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[TextCompletion]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
        """
        output, answer = output_of(msgspec.json.decode(frame.data), 200)
        chunk = _text(self._target, output, answer)
        self._open[0] = chunk.choices[0].finish_reason is None
        if self._open[0]:
            chunk.usage = None
        return (chunk,)

    def finish(self) -> Sequence[TextCompletion]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the text had not ended.
        """
        _check_ended(self._open)
        return ()


def _check_ended(still_open: dict[int, bool]) -> None:
    if not still_open or any(still_open.values()):
        raise StreamTruncatedError("the stream ended before the answer was complete")


def _besides(answer: JSONObject) -> JSONObject:
    """Return what an answer tells beside its output."""
    return {name: value for name, value in answer.items() if name not in _READ}


def _beyond(output: JSONObject) -> JSONObject:
    """Return what an output tells beside the answer, such as `search_info`."""
    return {name: value for name, value in output.items() if name not in {"choices", "text", "finish_reason"}}


def _choices(output: JSONObject, name: str) -> list[JSONObject]:
    """Return the choices of an output in OpenAI's shape, each with its message under `name`."""
    held: JSON = output.get("choices")
    if not is_list(held) and isinstance(output.get("text"), str):
        held = [
            {"message": {"role": "assistant", "content": output["text"]}, "finish_reason": output.get("finish_reason")}
        ]
    if not is_list(held) or not all(is_object(choice) and is_object(choice.get("message")) for choice in held):
        raise MalformedResponseError(f"an answer without choices: its output has {sorted(output)}")
    choices: list[JSONObject] = []
    for number, choice in enumerate(held):
        told = {key: value for key, value in choice.items() if key != "message"}
        index = choice.get("index") if isinstance(choice.get("index"), int) else number
        choices.append({**told, "index": index, "finish_reason": _reason(choice), name: _message(choice["message"])})
    return choices


def _reason(holder: JSONObject) -> str | None:
    reason: JSON = holder.get("finish_reason")
    return reason if isinstance(reason, str) and reason and reason != _UNFINISHED else None


def _message(message: JSONObject) -> JSONObject:
    told = dict(message)
    content: JSON = message.get("content")
    if is_list(content):
        told["content"] = "".join(str(part.get("text") or "") for part in content if is_mapping(part))
        if any(not is_mapping(part) or set(part) != {"text"} for part in content):
            told["parts"] = content
    thought: JSON = told.pop("reasoning_content", None)
    if thought:
        told["reasoning"] = {"content": thought}
    calls: JSON = message.get("tool_calls")
    if is_list(calls):
        # A later piece of a call has an empty id.
        told["tool_calls"] = [{**call, "id": call.get("id") or None} for call in calls if is_object(call)]
    return told


def _text(target: Target, output: JSONObject, answer: JSONObject) -> TextCompletion:
    choice = _choices(output, "message")[0]
    completion = TextCompletion(id=answer.get("request_id") or "", model=target.model, usage=usage_of(answer))
    text: JSON = choice["message"].get("content")
    completion.choices = [TextCompletionChoice(text=text or "", finish_reason=choice["finish_reason"])]
    vars(completion).update(_beyond(output))
    return completion
