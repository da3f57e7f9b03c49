"""A message in Anthropic's words, whole and as the events of a stream.

https://platform.claude.com/docs/en/api/messages and https://platform.claude.com/docs/en/build-with-claude/streaming.
An answer's `value` may be an object with members of a message, which take the place of those made here: `content` with
any blocks (thoughts that are redacted, what the vendor's own tools did, citations), `stop_reason`, `stop_sequence`,
`container`, or `usage`, which is added to the one made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from any_llm.testing.mock.answer import Answer, ToolCall
from any_llm.testing.mock.asked import Asked, tokens_of
from any_llm.testing.mock.ids import Ids
from any_llm.types.json import JSON, JSONObject, is_list, is_object

STOP_REASONS: Mapping[str, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
"""Why it stopped, in Anthropic's words; others are said as they are."""

_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_UNCITED: Mapping[str, JSON] = {"citations": []}
_USAGE_OF_END = (
    "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens", "output_tokens_details",
    "server_tool_use",
)  # fmt: skip


class Flavour(msgspec.Struct, frozen=True, kw_only=True):
    """How a cloud says the messages of Anthropic's models.

    Attributes:
        mark: what stands in its identifiers: `vrtx_`, `bdrk_`, or nothing.
        details: whether it says `stop_details`, the tier and the place.
        caching: whether it says what a cache held.
        tier: which tier of service answers.
    """

    mark: str = ""
    details: bool = True
    caching: bool = True
    tier: str = "standard"


class Event(NamedTuple):
    """One event of a stream, with the tokens it brings and its role for faults."""

    value: JSONObject
    tokens: int = 0
    role: str = "delta"

    @property
    def line(self) -> bytes:
        """The event as server-sent events say it."""
        return b"event: %b\ndata: %b\n\n" % (str(self.value["type"]).encode(), msgspec.json.encode(self.value))


def message_of(answer: Answer, asked: Asked, ids: Ids, flavour: Flavour) -> JSONObject:
    """Return a whole message."""
    given: Mapping[str, JSON] = answer.value if is_object(answer.value) else {}
    own = given.get("content")
    usage = given.get("usage")
    message: JSONObject = {
        "model": asked.model.replace("@", "-"),
        "id": ids.take(f"msg_{flavour.mark}01", 22),
        "type": "message",
        "role": "assistant",
        "content": list(own) if is_list(own) else _blocks(answer, ids, flavour),
        "stop_reason": STOP_REASONS.get(answer.finish_reason, answer.finish_reason),
        "stop_sequence": None,
    }
    if flavour.details:
        message["stop_details"] = None
    counted = {**_usage(answer, asked, flavour), **(usage if is_object(usage) else {})}
    return {**message, **given, "content": message["content"], "usage": counted}


def events_of(message: JSONObject) -> Sequence[Event]:
    """Return the events of the stream that tells a message."""
    return tuple(_events(message))


def _events(message: JSONObject) -> Iterator[Event]:
    usage: JSONObject = message["usage"]
    late = ("stop_reason", "stop_sequence", "stop_details")
    empty: JSONObject = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    first = {name: value for name, value in usage.items() if name not in {"output_tokens_details", "server_tool_use"}}
    empty["usage"] = {**first, "output_tokens": min(1, int(usage["output_tokens"]))}
    yield Event({"type": "message_start", "message": empty}, role="start")
    if not message["content"]:
        yield Event({"type": "ping"}, role="start")
    for index, block in enumerate(message["content"]):
        start, deltas = _opened(block)
        yield Event({"type": "content_block_start", "index": index, "content_block": start}, role="start")
        if not index:
            yield Event({"type": "ping"}, role="start")
        for delta, tokens in deltas:
            yield Event({"type": "content_block_delta", "index": index, "delta": delta}, tokens)
        yield Event({"type": "content_block_stop", "index": index})
    told = {name: usage[name] for name in _USAGE_OF_END if name in usage}
    delta = {name: message[name] for name in late if name in message}
    yield Event({"type": "message_delta", "delta": delta, "usage": told}, role="finish")
    yield Event({"type": "message_stop"}, role="done")


def arguments_of(call: ToolCall) -> JSON:
    """Return the arguments of a call as JSON; a text that is none stays a text."""
    if not isinstance(call.arguments, str):
        return call.arguments
    try:
        return msgspec.json.decode(call.arguments)
    except msgspec.DecodeError:
        return call.arguments


def signature(ids: Ids) -> str:
    """Return what seals a thought."""
    return ids.take("Eq", 174) + "=="


def _blocks(answer: Answer, ids: Ids, flavour: Flavour) -> list[JSONObject]:
    blocks: list[JSONObject] = []
    if answer.reasoning:
        blocks.append({"type": "thinking", "thinking": answer.reasoning, "signature": signature(ids)})
    text = answer.text or answer.refusal
    if text or not answer.tool_calls:
        blocks.append({"type": "text", "text": text})
    for call in answer.tool_calls:
        name = call.id or ids.take(f"toolu_{flavour.mark}01", 22)
        blocks.append({"type": "tool_use", "id": name, "name": call.name, "input": arguments_of(call)})
    return blocks


def _usage(answer: Answer, asked: Asked, flavour: Flavour) -> JSONObject:
    usage = answer.usage_for(asked)
    told: JSONObject = {"input_tokens": max(usage.input - usage.cached - usage.cache_written, 0)}
    if flavour.caching:
        told["cache_creation_input_tokens"] = usage.cache_written
        told["cache_read_input_tokens"] = usage.cached
    if flavour.details:
        told["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_written,
            "ephemeral_1h_input_tokens": 0,
        }
    told["output_tokens"] = usage.output
    if flavour.details:
        told |= {"service_tier": flavour.tier, "inference_geo": "not_available"}
        if usage.reasoning:
            told["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return told


def _opened(block: JSONObject) -> tuple[JSONObject, list[tuple[JSONObject, int]]]:
    """Return a block as it begins, and what is added to it, each with its tokens."""
    kind = block.get("type")
    if kind == "text":
        cited = block.get("citations")
        start: JSONObject = {**block, "text": "", **({} if cited is None else _UNCITED)}
        citations = [({"type": "citations_delta", "citation": citation}, 0) for citation in cited or ()]
        return start, [*citations, *_deltas("text", str(block.get("text", "")))]
    if kind == "thinking":
        sealed = {"type": "signature_delta", "signature": block.get("signature", "")}
        thought = _deltas("thinking", str(block.get("thinking", "")))
        return {**block, "thinking": "", "signature": ""}, [*thought, (sealed, 0)]
    if kind in _CALLS:
        given: JSON = block.get("input")
        text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
        first: tuple[JSONObject, int] = ({"type": "input_json_delta", "partial_json": ""}, 0)
        pieces = [({"type": "input_json_delta", "partial_json": piece}, 1) for piece in tokens_of(text) if text != "{}"]
        return {**block, "input": {}}, [first, *pieces]
    return block, []


def _deltas(name: str, text: str) -> list[tuple[JSONObject, int]]:
    return [({"type": f"{name}_delta", name: piece}, 1) for piece in tokens_of(text)]
