"""Chats in OpenAI's shape inside other vendors' formats: their messages, their whole answers and their pieces.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.exceptions import AnyLLMError, MalformedResponseError, StreamTruncatedError
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage, ChoiceDelta, Reasoning
from any_llm.types.conversation import plain, plain_message
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_object
from any_llm.types.think_tags import StreamedTags, split_message
from any_llm.types.value import decode

Refuse = Callable[[Mapping[str, JSON]], AnyLLMError]
"""Makes the error that an object without an answer means."""

_ANSWER_ONLY = frozenset({"annotations", "extra_content", "images", "parsed", "reasoning", "reasoning_content"})
_DONE = b"[DONE]"
_SHOWN = 200


def plain_turns(messages: Sequence[JSON]) -> list[JSONObject]:
    """Return messages as plain objects; those of earlier answers without what only an answer has.

    Raises:
        InvalidMessageError: a message is no object with a role; the error's `param` is its path.
    """
    return [_turn(plain_message(message, f"messages[{index}]")) for index, message in enumerate(messages)]


def _turn(message: JSONObject) -> JSONObject:
    if message.get("role") == "assistant":
        message = {name: value for name, value in message.items() if name not in _ANSWER_ONLY}
        message |= (
            {"tool_calls": [_call(plain(call)) for call in calls]}
            if is_list(calls := message.get("tool_calls"))
            else {}
        )
    content: JSON = message.get("content")
    return {**message, "content": [plain(part) for part in content]} if is_list(content) else message


def _call(call: JSONObject) -> JSONObject:
    return {name: value for name, value in call.items() if name not in _ANSWER_ONLY}


def read_completion(raw: bytes, refuse: Refuse) -> ChatCompletion:
    """Read a whole answer.

    Raises:
        AnyLLMError: what `refuse` makes of an answer without choices.
        MalformedResponseError: it is no JSON object.
    """
    try:
        completion = decode(ChatCompletion, raw)
    except msgspec.DecodeError as error:
        raise _malformed("the answer", raw) from error
    if not completion.choices:
        raise refuse(completion.model_extra)
    for choice in completion.choices:
        settle(choice.message)
        split_message(choice.message)
    return completion


def settle(message: ChatCompletionMessage | ChoiceDelta) -> None:
    """Put what the model thought where every answer has it."""
    if message.reasoning is None and message.reasoning_content:
        message.reasoning = Reasoning(message.reasoning_content)


class ChunkReader:
    """Reads the pieces of one streamed answer, each the JSON of a chunk.

    `complete` is set by `[DONE]`; where a vendor does not say it, the end is right when every choice has its reason.
    """

    def __init__(self, refuse: Refuse) -> None:
        self.complete = False
        self._refuse = refuse
        self._open: dict[int, bool] = {}
        self._tags = StreamedTags()

    def feed(self, data: bytes) -> Sequence[ChatCompletionChunk]:
        """Read one piece; nothing comes of what is no answer, such as `[DONE]`.

        Raises:
            AnyLLMError: what `refuse` makes of a piece that is an error.
            MalformedResponseError: the piece is no JSON object.
        """
        if self.complete or not data.strip():
            return ()
        if data.strip() == _DONE:
            self.complete = True
            return ()
        try:
            chunk = decode(ChatCompletionChunk, data)
        except msgspec.DecodeError as error:
            raise _malformed("a chunk of the stream", data) from error
        extra = chunk.model_extra
        if not chunk.choices and (extra.get("error") or extra.get("errors")):
            raise self._refuse(extra)
        for choice in chunk.choices:
            settle(choice.delta)
            if choice.index not in self._tags.decided:
                self._tags.split(choice)
            self._open[choice.index] = self._open.get(choice.index, True) and not choice.finish_reason
        return (chunk,)

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Make sure that the stream was complete.

        Raises:
            StreamTruncatedError: it was not.
        """
        if not self.complete and (not self._open or any(self._open.values())):
            raise StreamTruncatedError("The stream ended before the answer was complete")
        return ()


def _malformed(what: str, raw: bytes) -> MalformedResponseError:
    start = raw[:_SHOWN].decode("utf-8", "replace")
    return MalformedResponseError(f"{what} is not the JSON object it should be; it begins with {start!r}")


def object_of(raw: bytes) -> JSONObject:
    """Parse the JSON object of a whole answer.

    Raises:
        MalformedResponseError: it is something else.
    """
    try:
        tree = decode_json(raw)
    except msgspec.DecodeError as error:
        raise _malformed("the answer", raw) from error
    if not is_object(tree):
        raise _malformed("the answer", raw)
    return tree
