"""Messages in Anthropic's own format, which Claude on Bedrock takes by InvokeModel.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from any_llm.dialects.bedrock.families import is_claude
from any_llm.dialects.bedrock.invoke import inner_bytes, invoke
from any_llm.dialects.bedrock.wire import decode_object
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.conversation import plain
from any_llm.types.decode import decoder
from any_llm.types.foreign import without_foreign_blocks
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json
from any_llm.types.messages import MessageResponse, MessageStartEvent, MessageStopEvent, MessageStreamEvent
from any_llm.types.messages_fold import MessagesFold
from any_llm.types.report import Warning as CallWarning
from any_llm.types.source import Source
from any_llm.types.value import decode, link, revive

VERSION = "bedrock-2023-05-31"
"""The one version of the format that there is on Bedrock."""

_INEXPRESSIBLE: Mapping[str, str] = {
    "container": "Bedrock has no containers",
    "mcp_servers": "Bedrock calls no MCP servers",
    "prompt_cache_key": "the API caches by `cache_control` markers",
    "service_tier": "Bedrock says it in a header, as a throughput of its own",
}
_NOT_SENT = frozenset({"betas", "output_format", "stream", *_INEXPRESSIBLE})
_EVENTS: msgspec.json.Decoder[MessageStreamEvent] = decoder(cast("type[MessageStreamEvent]", MessageStreamEvent))


def encode_messages(target: Target, options: Options) -> Encoded:
    """Encode a request: the parameters become the body, and `betas` its `anthropic_beta`."""
    warnings = [
        CallWarning("dropped", name, detail) for name, detail in _INEXPRESSIBLE.items() if options.get(name) is not None
    ]
    body: JSONObject = {"anthropic_version": VERSION}
    body |= {name: _settled(value) for name, value in options.items() if name not in _NOT_SENT}
    body["messages"] = without_foreign_blocks([_turn(plain(message)) for message in options["messages"]], warnings)
    betas = options.get("betas")
    if betas:
        body["anthropic_beta"] = betas.split(",") if isinstance(betas, str) else list(dict.fromkeys(betas))
    wanted = _own_form(options.get("output_format"))
    if wanted is not None:
        body["output_config"] = {**(body.get("output_config") or {}), "format": wanted}
    if options.get("tools"):
        body["tools"] = [_own_tool(plain(tool)) for tool in options["tools"]]
    return invoke(target, body, warnings, streamed=bool(options.get("stream")))


def _settled(value: JSON) -> JSON:
    return dict(value) if is_mapping(value) else value


def _turn(message: JSONObject) -> JSON:
    """Reduce an answer that stands in the list of messages to what a message may say."""
    if message.get("type") == "message":
        message = {"role": message.get("role", "assistant"), "content": message.get("content")}
    content: JSON = message.get("content")
    if isinstance(content, str) or content is None:
        return message
    return {**message, "content": [plain(block) for block in content]}


def _own_tool(tool: JSONObject) -> JSONObject:
    """Return a tool in Anthropic's shape; OpenAI's, which Python functions have by now, nests it under its type."""
    function: JSON = tool.get("function")
    if not is_mapping(function):
        return tool
    own: JSONObject = {"name": function.get("name"), "input_schema": function.get("parameters") or {"type": "object"}}
    own |= {name: function[name] for name in ("description", "strict") if function.get(name) is not None}
    return own | {name: value for name, value in tool.items() if name not in {"type", "function"}}


def _own_form(wanted: JSON) -> JSON:
    inner: JSON = wanted.get("json_schema") if is_mapping(wanted) else None
    return {"type": "json_schema", "schema": inner.get("schema")} if is_mapping(inner) else wanted


def decode_messages(_target: Target, response: HttpResponse) -> MessageResponse:
    """Decode a whole answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is something else.
    """
    decode_object(response, "content")
    return decode(MessageResponse, response.body)


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
        raw = inner_bytes(frame)
        if self.complete or not raw:
            return ()
        event = _parse(raw)
        link(event, Source(raw))
        match event:
            case MessageStartEvent(message=message):
                if self._id is not None and message.id != self._id:
                    raise StreamTruncatedError(
                        f"The message {self._id!r} ended without its message_stop event: {message.id!r} began"
                    )
                self._id = message.id
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
        if not self.complete:
            raise StreamTruncatedError("The stream ended before its message_stop event")
        return ()


def _parse(raw: bytes) -> MessageStreamEvent:
    try:
        return _EVENTS.decode(raw)
    except msgspec.DecodeError:
        pass
    try:
        tree = decode_json(raw)
        if not is_object(tree):
            raise MalformedResponseError(f"an event of the stream is no JSON object: {raw[:100]!r}")
        return revive(cast("type[MessageStreamEvent]", MessageStreamEvent), tree)
    except msgspec.DecodeError as error:
        raise MalformedResponseError(f"an event of the stream cannot be read: {raw[:100]!r}") from error


def _speaks_messages(target: Target) -> bool:
    return is_claude(target.model)


MESSAGES: Codec[MessageResponse, MessageStreamEvent] = Codec(
    encode=encode_messages,
    decode=decode_messages,
    stream=MessagesStream,
    fold=MessagesFold,
    suits=_speaks_messages,
)
"""The operation `messages`, for the models of Anthropic; what is asked of others goes through Converse."""
