"""OpenAI's responses: https://platform.openai.com/docs/api-reference/responses."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.answer import Answer, Usage
from any_llm.testing.mock.asked import Asked, Turn
from any_llm.testing.mock.ids import HEX
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered
from any_llm.testing.mock.wires.openai_response_events import response_pieces
from any_llm.testing.mock.wires.openai_response_items import (
    input_items,
    kinds_of,
    output_items,
    tools_of,
    turns_of,
)
from any_llm.testing.mock.wires.openai_words import EVENTS, event, head, model_of, refuse, whole
from any_llm.testing.mock.wires.overlay import Facts, lay, without
from any_llm.testing.mock.wires.vendors import manner_of
from any_llm.types.json import JSON, JSONObject, is_object


class Stored(msgspec.Struct, kw_only=True):
    """A response that is kept.

    Attributes:
        response: the finished response.
        items: what was put in.
        turns: the conversation up to here, its answer included.
        state: `queued` while it runs in the background, `cancelled`, else empty.
        kept: it may be asked for; otherwise only the next response may build on it.
    """

    response: JSONObject
    items: list[JSONObject]
    turns: tuple[Turn, ...]
    state: str = ""
    kept: bool = True


ROOM = "openai.responses"


def read_response(request: MockRequest) -> Asked:
    """Read a request for a response."""
    body = request.object
    check = manner_of(request).check
    if check is not None:
        check(request)
    if body.get("input") is None and not body.get("previous_response_id") and body.get("prompt") is None:
        raise refuse("input")
    reasoning = body.get("reasoning")
    thinking = reasoning if is_object(reasoning) else {}
    instructions = body.get("instructions")
    tools = body.get("tools")
    return Asked(
        model=model_of(request, body),
        stream=body.get("stream") is True,
        turns=((Turn("system", instructions),) if isinstance(instructions, str) else ()) + turns_of(body.get("input")),
        tools=tools_of(tools),
        tool_choice=_choice(body.get("tool_choice")),
        schema=_schema(body.get("text")),
        max_tokens=body.get("max_output_tokens"),
        reasoning=bool(thinking) and thinking.get("effort") != "none",
        usage=True,
        options={
            "tools": tools,
            "kinds": kinds_of(tools),
            "summary": thinking.get("summary"),
            "include": body.get("include"),
            "top_logprobs": body.get("top_logprobs"),
            "previous": body.get("previous_response_id"),
        },
    )


def _choice(choice: JSON) -> str:
    if is_object(choice):
        return str(choice.get("name") or choice.get("mode") or choice.get("type") or "required")
    return choice if isinstance(choice, str) else "auto"


def _schema(text: JSON) -> JSON:
    form = text.get("format") if is_object(text) else None
    if not is_object(form) or form.get("type") not in {"json_schema", "json_object"}:
        return None
    return form.get("schema", {})


def render_response(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say an answer as a response, keep it, and tell it as events where that is asked for."""
    body = context.request.object
    before = _previous(asked, context)
    told = msgspec.structs.replace(asked, turns=before + asked.turns)
    usage = answer.usage_for(told)
    response = _response(answer, told, usage, context)
    manner = manner_of(context.request)
    for path in manner.response_dropped:
        without(response, path)
    lay(response, manner.response, Facts(usage, told, context))
    for name in manner.whole_numbers:
        response[name] = int(value) if (value := response[name]).is_integer() else value
    stored = Stored(
        response=response,
        items=input_items(body.get("input"), context.ids),
        turns=(*told.turns, Turn("assistant", answer.text or answer.refusal)),
        kept=body.get("store") is not False,
        state="queued" if body.get("background") is True else "",
    )
    context.shelf.room(ROOM, Stored).put(response["id"], stored)
    if asked.stream:
        options = body.get("stream_options")
        padded = not (is_object(options) and options.get("include_obfuscation") is False)
        pieces = response_pieces(response, context.ids, padded=padded, named=manner.named_calls)
        return Rendered(headers=head(context, answer, EVENTS), pieces=pieces)
    return whole(shown(stored), context, answer, usage.output)


def shown(stored: Stored) -> JSONObject:
    """Return a response as it stands: one that runs in the background has said nothing yet."""
    if not stored.state:
        return stored.response
    return {**stored.response, "status": stored.state, "output": [], "usage": None, "completed_at": None,
            "incomplete_details": None}  # fmt: skip


def _previous(asked: Asked, context: Context) -> tuple[Turn, ...]:
    previous = asked.options.get("previous")
    if previous is None:
        return ()
    found = context.shelf.room(ROOM, Stored).get(str(previous))
    if found is None:
        why = f"Previous response with id '{previous}' not found."
        raise refuse("previous_response_id", why, "previous_response_not_found")
    return tuple(turn for turn in found.turns if turn.role != "system")


def _response(answer: Answer, asked: Asked, usage: Usage, context: Context) -> JSONObject:
    body, now = context.request.object, int(context.now)
    silent = body.get("generate") is False
    cut = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(answer.finish_reason)
    return {
        "id": context.ids.take("resp_", 50, HEX),
        "object": "response",
        "created_at": now,
        "status": "incomplete" if cut else "completed",
        "background": body.get("background") is True,
        "completed_at": None if cut else now,
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": {"reason": cut} if cut else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": asked.model,
        "moderation": None,
        "output": [] if silent else output_items(answer, asked, context),
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "presence_penalty": 0.0,
        "previous_response_id": asked.options.get("previous"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "prompt_cache_retention": body.get("prompt_cache_retention"),
        "reasoning": _settled(body.get("reasoning"), {"effort": None, "summary": None}),
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": _tier(body.get("service_tier")),
        "store": body.get("store") is not False,
        "temperature": float(_or(body.get("temperature"), 1.0)),
        "text": _settled(body.get("text"), {"format": {"type": "text"}, "verbosity": "medium"}),
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [_tool(tool) for tool in body.get("tools") or () if is_object(tool)],
        "top_logprobs": body.get("top_logprobs") or 0,
        "top_p": float(_or(body.get("top_p"), 1.0)),
        "truncation": body.get("truncation") or "disabled",
        "usage": usage_object(usage),
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _or(value: JSON, usual: float) -> float:
    return usual if value is None else value


def _tier(wish: JSON) -> str:
    return "default" if wish in {None, "auto"} else str(wish)


def _settled(wish: JSON, usual: Mapping[str, JSON]) -> JSONObject:
    """Return settings as they were wished for, with what was not said as it usually is."""
    said = {name: value for name, value in wish.items() if value is not None} if is_object(wish) else {}
    return {**usual, **said}


def _tool(tool: JSONObject) -> JSONObject:
    return {"description": None, "strict": True, **tool} if tool.get("type") == "function" else tool


def usage_object(usage: Usage) -> JSONObject:
    """Return a usage in the words of responses."""
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cache_write_tokens": usage.cache_written, "cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total,
    }


def failed_pieces(error: JSONObject, number: int = 0) -> tuple[Piece, ...]:
    """Return the event that tells an error inside a stream of responses."""
    said = error.get("error")
    told = said if is_object(said) else {"code": error.get("code"), "message": said or error.get("message")}
    value = {"type": "error", "code": told.get("code"), "message": told.get("message"), "param": told.get("param")}
    return (event({**value, "sequence_number": number}, "error"),)
