"""The items of OpenAI's responses: what comes in, and what goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from any_llm.testing.mock.answer import Answer, ToolCall
from any_llm.testing.mock.asked import Asked, Tool, Turn
from any_llm.testing.mock.ids import HEX, Ids
from any_llm.testing.mock.wire import Context
from any_llm.testing.mock.wires.openai_chat_extras import token_logprobs
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_ROLES: Mapping[str, str] = {"developer": "system"}
_HOSTED: Mapping[str, str] = {"web_search_preview": "web_search"}


def turns_of(given: JSON) -> tuple[Turn, ...]:
    """Return the conversation that an input holds."""
    if isinstance(given, str):
        return (Turn("user", given),)
    return tuple(filter(None, map(_turn, given if is_list(given) else ())))


def _turn(item: JSON) -> Turn | None:
    if not is_object(item):
        return None
    kind = str(item.get("type") or "message")
    if kind in {"function_call_output", "custom_tool_call_output"}:
        return Turn("tool", _text(item.get("output")), str(item.get("call_id", "")))
    if kind in {"function_call", "custom_tool_call"}:
        return Turn("assistant", "")
    if kind != "message":
        return None
    role = str(item.get("role") or "user")
    return Turn(_ROLES.get(role, role), _text(item.get("content")))


def _text(content: JSON) -> str:
    if not is_list(content):
        return content if isinstance(content, str) else ""
    return "".join(str(part.get("text") or part.get("refusal") or "") for part in content if is_object(part))


def tools_of(given: JSON) -> tuple[Tool, ...]:
    """Return the tools that may be called; one that the vendor runs itself is called by its type."""
    tools = given if is_list(given) else []
    return tuple(_tool(tool) for tool in tools if is_object(tool))


def _tool(tool: Mapping[str, JSON]) -> Tool:
    kind = str(tool.get("type", ""))
    name = tool.get("name") or _HOSTED.get(kind, kind)
    return Tool(str(name), tool.get("parameters"), str(tool.get("description") or ""))


def input_items(given: JSON, ids: Ids) -> list[JSONObject]:
    """Return an input as the items of which it is kept, each with an identifier."""
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return [_kept(item, ids) for item in items if is_object(item)] if is_list(items) else []


def _kept(item: JSONObject, ids: Ids) -> JSONObject:
    kind = str(item.get("type") or "message")
    if kind != "message":
        return {"id": identifier(kind, ids), "status": "completed", **item}
    content = item.get("content")
    role = str(item.get("role") or "user")
    if isinstance(content, str):
        more: JSONObject = {"annotations": [], "logprobs": []} if role == "assistant" else {}
        content = [{"type": "output_text" if more else "input_text", "text": content, **more}]
    return {
        "id": identifier("message", ids),
        "type": "message",
        "status": "completed",
        "role": role,
        "content": content,
    }


_PREFIXES: Mapping[str, str] = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "web_search_call": "ws",
    "code_interpreter_call": "ci",
    "mcp_list_tools": "mcpl",
    "compaction": "cmp",
}


def identifier(kind: str, ids: Ids) -> str:
    """Return an identifier for an item of this kind."""
    return ids.take(f"{_PREFIXES.get(kind, 'item')}_", 50, HEX)


def output_items(answer: Answer, asked: Asked, context: Context) -> list[JSONObject]:
    """Return an answer as the items of a response, in the order in which they come."""
    return list(_items(answer, asked, context))


def _items(answer: Answer, asked: Asked, context: Context) -> Iterator[JSONObject]:
    ids = context.ids
    for tool in asked.options.get("tools") or ():
        if is_object(tool) and tool.get("type") == "mcp":
            label = str(tool.get("server_label", ""))
            yield {
                "id": identifier("mcp_list_tools", ids),
                "type": "mcp_list_tools",
                "server_label": label,
                "tools": [],
            }
    if answer.reasoning or asked.reasoning:
        yield _reasoning(answer, asked, ids)
    kinds: JSONObject = asked.options.get("kinds") or {}
    cited = False
    for call in answer.tool_calls:
        make = _CALLS.get(str(kinds.get(call.name, "function")), _function_call)
        cited = cited or make is _web_search
        made = make(call, ids)
        if "outputs" in made and "code_interpreter_call.outputs" in (asked.options.get("include") or ()):
            made["outputs"] = [{"type": "logs", "logs": "None"}]
        yield made
    if answer.text or answer.refusal or not answer.tool_calls:
        yield _message(answer, asked, ids, cited=cited)


def _reasoning(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    summary = [{"type": "summary_text", "text": answer.reasoning}] if asked.options.get("summary") else []
    item: JSONObject = {"id": identifier("reasoning", ids), "type": "reasoning", "summary": summary}
    if "reasoning.encrypted_content" in (asked.options.get("include") or ()):
        item["encrypted_content"] = ids.take("gAAAAAB", 120)
    return item


def _message(answer: Answer, asked: Asked, ids: Ids, *, cited: bool) -> JSONObject:
    if answer.refusal:
        part: JSONObject = {"type": "refusal", "refusal": answer.refusal}
    else:
        wanted = "message.output_text.logprobs" in (asked.options.get("include") or ())
        part = {
            "type": "output_text",
            "annotations": [_citation(answer.text)] if cited else [],
            "logprobs": token_logprobs(answer.text, int(asked.options.get("top_logprobs") or 0)) if wanted else [],
            "text": answer.text,
        }
    return {
        "id": identifier("message", ids),
        "type": "message",
        "status": "incomplete" if answer.finish_reason == "length" else "completed",
        "content": [part],
        "role": "assistant",
    }


def _citation(text: str) -> JSONObject:
    return {
        "type": "url_citation",
        "start_index": 0,
        "end_index": len(text),
        "title": "Mock",
        "url": "https://example.com/mock",
    }


def _function_call(call: ToolCall, ids: Ids) -> JSONObject:
    return {
        "id": identifier("function_call", ids),
        "type": "function_call",
        "status": "completed",
        "arguments": call.arguments_text,
        "call_id": call.id or ids.take("call_", 24),
        "name": call.name,
    }


def _custom_call(call: ToolCall, ids: Ids) -> JSONObject:
    return {
        "id": identifier("custom_tool_call", ids),
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": call.id or ids.take("call_", 24),
        "input": call.arguments_text,
        "name": call.name,
    }


def _web_search(call: ToolCall, ids: Ids) -> JSONObject:
    query = str(call.arguments.get("query", "")) if is_object(call.arguments) else call.arguments_text
    return {
        "id": identifier("web_search_call", ids),
        "type": "web_search_call",
        "status": "completed",
        "action": {"type": "search", "queries": [query], "query": query},
    }


def _code_interpreter(call: ToolCall, ids: Ids) -> JSONObject:
    code = str(call.arguments.get("code", "")) if is_object(call.arguments) else call.arguments_text
    return {
        "id": identifier("code_interpreter_call", ids),
        "type": "code_interpreter_call",
        "status": "completed",
        "code": code,
        "container_id": ids.take("cntr_", 50, HEX),
        "outputs": None,
    }


_CALLS: Mapping[str, Callable[[ToolCall, Ids], JSONObject]] = {
    "custom": _custom_call,
    "web_search": _web_search,
    "web_search_preview": _web_search,
    "code_interpreter": _code_interpreter,
}


def kinds_of(given: JSON) -> JSONObject:
    """Return the kind of each tool by the name that it is called by."""
    tools: Sequence[JSON] = given if is_list(given) else ()
    return {_tool(tool).name: str(tool.get("type", "")) for tool in tools if is_object(tool)}
