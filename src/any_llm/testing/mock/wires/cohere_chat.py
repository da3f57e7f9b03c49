"""Cohere's chats, in the second version of its API: https://docs.cohere.com/reference/chat.

Documents that a request brings are cited. An answer's `value` may be an object with members of the message, which take
the place of those made here: `content`, `citations` or `tool_plan`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, Tool, Turn, tokens_of
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.cohere_errors import (
    check,
    demand,
    event,
    failure_pieces,
    headers,
    invalid,
    render_failure,
)
from any_llm.types.json import JSON, JSONObject, is_list, is_object

FINISH_REASONS: Mapping[str, str] = {
    "length": "MAX_TOKENS",
    "tool_calls": "TOOL_CALL",
    "content_filter": "ERROR_TOXIC",
}
"""Why it stopped, in Cohere's words; all else is `COMPLETE`."""

_CHOICES: Mapping[str, str] = {"REQUIRED": "required", "NONE": "none"}


def _read(request: MockRequest) -> Asked:
    body = request.object
    demand(body, "model", "messages")
    messages = body["messages"]
    if not is_list(messages) or not messages:
        raise invalid("messages must be at least one message")
    thinking = body.get("thinking")
    return Asked(
        model=str(body["model"]),
        stream=body.get("stream") is True,
        turns=tuple(_turn(message) for message in messages if is_object(message)),
        tools=tuple(_tool(tool) for tool in body.get("tools") or () if is_object(tool)),
        tool_choice=_CHOICES.get(str(body.get("tool_choice")), "auto"),
        schema=schema_of(body.get("response_format")),
        max_tokens=body.get("max_tokens"),
        stop=tuple(body.get("stop_sequences") or ()),
        reasoning=is_object(thinking) and thinking.get("type") == "enabled",
        usage=True,
        options={"documents": documents_of(body.get("documents"))},
    )


def schema_of(wish: JSON) -> JSON:
    """Return the schema that a request wants an answer to fit; `None` for no wish."""
    if not is_object(wish) or wish.get("type") != "json_object":
        return None
    return wish.get("json_schema") or wish.get("schema") or {}


def documents_of(given: JSON) -> list[JSONObject]:
    """Return the documents of a request, each with an `id` and its fields."""
    found: list[JSONObject] = []
    for index, document in enumerate(given or ()):
        whole: JSONObject = dict(document) if is_object(document) else {"data": {"text": document}}
        data = whole.get("data")
        fields = data if is_object(data) else {"text": data} if "data" in whole else whole
        found.append({"id": f"doc:{index}", **({"id": whole["id"]} if "id" in whole else {}), **fields})
    return found


def _render(answer: Answer, asked: Asked, context: Context) -> Rendered:
    message = _message(answer, asked, context.ids)
    end: JSONObject = {"finish_reason": FINISH_REASONS.get(answer.finish_reason, "COMPLETE")}
    end["usage"] = usage_of(answer, asked)
    name = context.ids.uuid()
    if asked.stream:
        told = {**headers(context, "text/event-stream"), **answer.headers}
        return Rendered(headers=told, pieces=tuple(_pieces(name, message, end)))
    return Rendered(
        headers={**headers(context), **answer.headers},
        body=msgspec.json.encode({"id": name, "message": message, **end}),
        tokens=answer.usage_for(asked).output,
    )


def usage_of(answer: Answer, asked: Asked) -> JSONObject:
    """Return the usage in the words of the second version."""
    usage = answer.usage_for(asked)
    tokens = {"input_tokens": usage.input, "output_tokens": usage.output}
    told = {**tokens, "reasoning_tokens": usage.reasoning} if usage.reasoning else tokens
    return {"billed_units": tokens, "tokens": told, "cached_tokens": usage.cached}


def _message(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    message: JSONObject = {"role": "assistant"}
    text = answer.text or answer.refusal
    content: list[JSONObject] = []
    if answer.reasoning:
        content.append({"type": "thinking", "thinking": answer.reasoning})
    if answer.tool_calls:
        message["tool_plan"] = text or f"I will use the tool {answer.tool_calls[0].name}."
        message["tool_calls"] = [_call(call.name, call.arguments_text, call.id, ids) for call in answer.tool_calls]
    else:
        content.append({"type": "text", "text": text})
    if content:
        message["content"] = content
    documents: list[JSONObject] = asked.options["documents"]
    if documents and text and not answer.tool_calls:
        message["citations"] = [_citation(text, document, len(content) - 1) for document in documents[:1]]
    return {**message, **(answer.value if is_object(answer.value) else {})}


def _call(name: str, arguments: str, given: str, ids: Ids) -> JSONObject:
    function = {"name": name, "arguments": arguments}
    return {"id": given or ids.take(f"{name}_", 12).lower(), "type": "function", "function": function}


def _citation(text: str, document: JSONObject, index: int) -> JSONObject:
    source = {"type": "document", "id": document["id"], "document": document}
    return {
        "start": 0,
        "end": len(text),
        "text": text,
        "sources": [source],
        "type": "TEXT_CONTENT",
        "content_index": index,
    }


def _pieces(name: str, message: JSONObject, end: JSONObject) -> Iterator[Piece]:
    first: JSONObject = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield _piece({"id": name, "type": "message-start", "delta": {"message": first}}, role="start")
    for text in tokens_of(str(message.get("tool_plan") or "")):
        yield _piece({"type": "tool-plan-delta", "delta": {"message": {"tool_plan": text}}}, 1)
    for index, call in enumerate(message.get("tool_calls") or ()):
        yield from _call_pieces(index, call)
    for index, block in enumerate(message.get("content") or ()):
        yield from _block_pieces(index, block)
    for index, citation in enumerate(message.get("citations") or ()):
        told = {"message": {"citations": citation}}
        yield _piece({"type": "citation-start", "index": index, "delta": told})
        yield _piece({"type": "citation-end", "index": index})
    yield _piece({"type": "message-end", "delta": end}, role="finish")
    yield Piece(b"data: [DONE]\n\n", role="done")


def _block_pieces(index: int, block: JSONObject) -> Iterator[Piece]:
    kind = str(block["type"])
    start = {"message": {"content": {"type": kind, kind: ""}}}
    yield _piece({"type": "content-start", "index": index, "delta": start})
    for text in tokens_of(str(block.get(kind, ""))):
        yield _piece({"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: text}}}}, 1)
    yield _piece({"type": "content-end", "index": index})


def _call_pieces(index: int, call: JSONObject) -> Iterator[Piece]:
    function = {"name": call["function"]["name"], "arguments": ""}
    start = {"message": {"tool_calls": {**call, "function": function}}}
    yield _piece({"type": "tool-call-start", "index": index, "delta": start})
    for text in tokens_of(str(call["function"]["arguments"])):
        told = {"message": {"tool_calls": {"function": {"arguments": text}}}}
        yield _piece({"type": "tool-call-delta", "index": index, "delta": told}, 1)
    yield _piece({"type": "tool-call-end", "index": index})


def _piece(value: JSONObject, tokens: int = 0, role: str = "delta") -> Piece:
    return Piece(event(value), tokens, role)


def _turn(message: Mapping[str, JSON]) -> Turn:
    content = message.get("content")
    return Turn(str(message.get("role", "")), text_of(content), str(message.get("tool_call_id") or ""))


def text_of(content: JSON) -> str:
    """Return the text of a content, a text or a list of parts; documents in it count as theirs."""
    if not is_list(content):
        return content if isinstance(content, str) else ""
    return "".join(_part(part) for part in content if is_object(part))


def _part(part: Mapping[str, JSON]) -> str:
    document = part.get("document")
    data = document.get("data") if is_object(document) else None
    if data is None:
        return str(part.get("text", ""))
    return data if isinstance(data, str) else msgspec.json.encode(data).decode()


def _tool(tool: Mapping[str, JSON]) -> Tool:
    function = tool.get("function")
    said: Mapping[str, JSON] = function if is_object(function) else {}
    return Tool(str(said.get("name", "")), said.get("parameters"), str(said.get("description") or ""))


WIRE = Wire(
    name="cohere.v2.chat",
    vendor="cohere",
    routes=(Route(method="POST", path="/v2/chat", operation="completion", read=_read, render=_render),),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    check=check,
)
