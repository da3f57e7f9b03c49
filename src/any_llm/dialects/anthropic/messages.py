"""Messages in their own format: what the caller says is sent as it is.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from any_llm.dialects.anthropic.chat_tools import betas_of, encode_tool
from any_llm.dialects.anthropic.errors import error_from
from any_llm.dialects.anthropic.raw_predict import addressed
from any_llm.dialects.anthropic.wire import FILES_BETA, STRUCTURED_OUTPUTS_BETA, decode_answer, headers, path, plain
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.built_in_tools import built_in
from any_llm.types.decode import decoder
from any_llm.types.foreign import without_foreign_blocks
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json
from any_llm.types.messages import MessageResponse, MessageStartEvent, MessageStopEvent, MessageStreamEvent
from any_llm.types.messages_fold import MessagesFold
from any_llm.types.report import Warning as CallWarning
from any_llm.types.source import Source
from any_llm.types.value import link, revive

_DONE = b"[DONE]"
_SHOWN = 200
_NOT_SENT = frozenset({"betas", "output_format", "prompt_cache_key"})
_EVENTS: msgspec.json.Decoder[MessageStreamEvent] = decoder(cast("type[MessageStreamEvent]", MessageStreamEvent))


def encode_messages(target: Target, options: Options) -> Encoded:
    """Encode a request: the parameters become the body, `betas` a header.

    `output_format` becomes `output_config.format`, where the API has it today, unless `betas` asks for the former API.
    Tools in OpenAI's shape, which is also that of Python functions by now, become the API's own.
    """
    body: JSONObject = {"model": target.model} | {
        name: plain(value) for name, value in options.items() if name not in _NOT_SENT
    }
    warnings: list[CallWarning] = []
    body["messages"] = without_foreign_blocks([_turn(plain(message)) for message in options["messages"]], warnings)
    betas = options.get("betas")
    output_format = _own_form(options.get("output_format"))
    if output_format is not None:
        if STRUCTURED_OUTPUTS_BETA in (betas or ()):
            body["output_format"] = output_format
        else:
            body["output_config"] = {**(body.get("output_config") or {}), "format": output_format}
    if options.get("prompt_cache_key") is not None:
        warnings.append(CallWarning("dropped", "prompt_cache_key", "the API caches by `cache_control` markers"))
    if options.get("tools"):
        body["tools"] = _own_tools(options["tools"], warnings)
        needed = betas_of(options["tools"])
        if needed:
            given = betas.split(",") if isinstance(betas, str) else betas or ()
            betas = [*given, *(flag for flag in needed if flag not in given)]
    encoded = msgspec.json.encode(body)
    if b'"file_id":"' in encoded and FILES_BETA not in (betas or ()):
        betas = [*(betas.split(",") if isinstance(betas, str) else betas or ()), FILES_BETA]
    return addressed(target, Encoded(path(target, "/messages"), encoded, headers(betas), tuple(warnings)))


def _own_tools(tools: Sequence[JSON], warnings: list[CallWarning]) -> list[JSON]:
    """Return tools with those in OpenAI's shape, which nests them under their type, as this API writes them."""
    own: list[JSON] = []
    for index, given in enumerate(tools):
        tool = plain(given)
        if is_object(tool) and ("function" in tool or "custom" in tool or built_in(tool)):
            tool = encode_tool(tool, f"tools[{index}]", warnings)
        if tool is not None:
            own.append(tool)
    return own


def _own_form(wanted: JSON) -> JSON:
    """Return a format as this API writes it, without OpenAI's object in between: the schema alone is the format."""
    inner: JSON = wanted.get("json_schema") if is_mapping(wanted) else None
    return {"type": "json_schema", "schema": inner.get("schema")} if is_mapping(inner) else wanted


def _turn(message: JSON) -> JSON:
    """Reduce an answer that stands in the list of messages to what a message may say."""
    if is_object(message) and message.get("type") == "message":
        return {"role": message.get("role", "assistant"), "content": message.get("content")}
    return message


def decode_messages(_target: Target, response: HttpResponse) -> MessageResponse:
    """Decode a whole answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has neither content nor an error.
    """
    return decode_answer(MessageResponse, response, "content")


def parse_event(frame: Frame) -> MessageStreamEvent | None:
    """Turn a frame into the event it says, without its unnamed fields; `None` for a frame that says nothing.

    Raises:
        AnyLLMError: the frame is an error.
        MalformedResponseError: the frame cannot be understood.
    """
    try:
        return _EVENTS.decode(frame.data)
    except msgspec.DecodeError:
        return _parse_unusual(frame)


def _parse_unusual(frame: Frame) -> MessageStreamEvent | None:
    """Read what is no event of a known shape; llama.cpp names an error in the frame, and not in its data."""
    data = frame.data
    if data.strip() in {b"", _DONE}:
        return None
    try:
        tree = decode_json(data)
        if is_object(tree) and ("error" in (frame.event, tree.get("type")) or "error" in tree):
            raise error_from(tree, 200)
        return revive(cast("type[MessageStreamEvent]", MessageStreamEvent), tree)
    except msgspec.DecodeError as error:
        excerpt = data[:_SHOWN].decode("utf-8", "replace")
        raise MalformedResponseError(f"an event of the stream is no JSON object: {excerpt!r}") from error


class MessagesStream:
    """Turns frames into events; a stream is `complete` with `message_stop`."""

    def __init__(self, _target: Target, _options: Options) -> None:
        self.complete = False
        self._id: str | None = None

    def feed(self, frame: Frame) -> Sequence[MessageStreamEvent]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        event = None if self.complete else parse_event(frame)
        if event is None:
            return ()
        link(event, Source(frame.data))
        match event:
            case MessageStartEvent(message=message):
                self._id = check_same(self._id, message.id)
            case MessageStopEvent():
                self.complete = True
            case _:
                pass
        return (event,)

    def finish(self) -> Sequence[MessageStreamEvent]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        check_complete(complete=self.complete)
        return ()


def check_same(begun: str | None, id: str) -> str:  # noqa: A002  # the vendor's name for it
    """Refuse the beginning of another message inside one, as when something in between has tried a second time."""
    if begun is not None and id != begun:
        raise StreamTruncatedError(f"The message {begun!r} ended without its message_stop event: {id!r} began")
    return id


def check_complete(*, complete: bool) -> None:
    """Refuse the end of a stream that did not say it was complete."""
    if not complete:
        raise StreamTruncatedError("The stream ended before its message_stop event")


MESSAGES: Codec[MessageResponse, MessageStreamEvent] = Codec(
    encode=encode_messages, decode=decode_messages, stream=MessagesStream, fold=MessagesFold
)
