"""From any vendor's answer to any vendor's request: what was meant is kept, and so is what nobody knows."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from any_llm.engine.codecs import codec_of
from any_llm.engine.dispatch import dispatcher
from any_llm.exceptions import AnyLLMError, StreamTruncatedError
from any_llm.pipeline.call import Call
from any_llm.pipeline.stream import is_stream
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from tests.fuzz.subjects.wires import PROVIDERS, UNKNOWN, WIRES, Turn, dumped

SYSTEM = "[system: be brief]"
TOOLS = ("weather", "look_up")


class Conversation(NamedTuple):
    """A question, what one vendor's model says to it, what the tools say, and what is asked next."""

    question: str
    turn: Turn
    results: Sequence[str]
    follow_up: str


def target(name: str) -> Target:
    """Return where a dialect's requests go."""
    record = PROVIDERS[name]
    places = dict.fromkeys(record.placeholders, "place") | {"project_id": "p-1", "version": "2025-02-11"}
    return Target(provider=record, model=WIRES[name].model, base_url=record.base_url, placeholders=places)


def options_of(question: str) -> JSONObject:
    """Return a call with tools."""
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": name, "parameters": parameters}} for name in TOOLS]
    return {"messages": [{"role": "user", "content": question}], "tools": tools}


@functools.cache
def runner() -> asyncio.Runner:
    """Return the one event loop of all conversions."""
    return asyncio.Runner()


async def _answer(name: str, scripted: Scripted, *, stream: bool) -> ChatCompletion:
    replay = Replay(lambda _: scripted)
    options = {"messages": [{"role": "user", "content": "Hi"}], **({"stream": True} if stream else {})}
    where = msgspec.structs.replace(target(name), provider=msgspec.structs.replace(PROVIDERS[name], auth="none"))
    call = Call(operation=Operation.COMPLETION, target=where, options=options)
    value = (await dispatcher(lambda _: replay)(call)).value
    if is_stream(value):
        async with value as pieces:
            async for _ in pieces:
                continue
        value = pieces.response
    assert replay.open == 0
    assert isinstance(value, ChatCompletion)
    return value


def heard(name: str, turn: Turn, *, stream: bool = False) -> ChatCompletion:
    """Return a vendor's answer as everyone hears it."""
    wire = WIRES[name]
    if stream and wire.stream is not None:
        scripted = Scripted(headers={"content-type": wire.kind}, chunks=wire.stream(turn))
    else:
        stream = False
        scripted = Scripted(headers={"content-type": "application/json"}, chunks=[dumped(wire.whole(turn))])
    return runner().run(_answer(name, scripted, stream=stream))


def meant(completion: ChatCompletion) -> Turn:
    """Return what an answer means."""
    message = completion.choices[0].message
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
    return Turn(str(message.reasoning or ""), [message.content or ""], calls)


def as_said(name: str, turn: Turn) -> Turn:
    """Return what of a turn a vendor can say."""
    wire = WIRES[name]
    return Turn(turn.thought if wire.thinks else "", [turn.text], list(turn.calls) if wire.calls else [])


def check_heard(name: str, turn: Turn) -> None:
    """An answer means the same whole and streamed, and its unknown members are there."""
    wanted = as_said(name, turn)
    whole = heard(name, turn)
    assert meant(whole) == wanted, name
    assert meant(heard(name, turn, stream=True)) == wanted, name
    assert (whole.model_extra or {}).get("x_unknown") == UNKNOWN["x_unknown"], name


def check_truncated(name: str, turn: Turn, place: int) -> None:
    """A streamed answer whose end is missing is an error, or has all that it should have."""
    wire = WIRES[name]
    if wire.stream is None:
        return
    body = b"".join(wire.stream(turn))
    begun = body[: place % len(body)]
    for cut in (False, True):
        scripted = Scripted(headers={"content-type": wire.kind}, chunks=[begun], truncate=cut)
        told = runner().run(_told(name, scripted))
        if isinstance(told, AnyLLMError):
            assert cut or isinstance(told, StreamTruncatedError) or told.retryable, told
        else:
            assert meant(told) == as_said(name, turn), f"{name}: {len(begun)} of {len(body)} bytes are no answer"


async def _told(name: str, scripted: Scripted) -> ChatCompletion | AnyLLMError:
    try:
        return await _answer(name, scripted, stream=True)
    except AnyLLMError as error:
        return error


def strings(tree: JSON) -> Iterator[str]:
    """Yield the texts in a request, in their order; those that are JSON themselves as what they say, too."""
    if isinstance(tree, str):
        yield tree
    for inner in tree.values() if is_object(tree) else tree if is_list(tree) else ():
        yield from strings(inner)


def objects(tree: JSON) -> Iterator[JSON]:
    """Yield the objects in a request, and those that texts in it are JSON of."""
    if isinstance(tree, str) and tree.startswith("{"):
        try:
            yield json.loads(tree)
        except ValueError:
            return
    if is_object(tree):
        yield tree
    for inner in tree.values() if is_object(tree) else tree if is_list(tree) else ():
        yield from objects(inner)


def said_in_chat(talk: Conversation, answer: ChatCompletion) -> JSONObject:
    """Return the options of a chat that goes on after an answer."""
    message = answer.choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": text}
        for call, text in zip(message.tool_calls or [], talk.results, strict=False)
    ]
    options = options_of(talk.question)
    after = {"role": "user", "content": talk.follow_up}
    return {
        **options,
        "messages": [{"role": "system", "content": SYSTEM}, *options["messages"], message, *results, after],
    }


def said_in_messages(talk: Conversation, answer: ChatCompletion) -> JSONObject:
    """Return the same in the shape of Anthropic's Messages."""
    message = answer.choices[0].message
    calls = message.tool_calls or []
    blocks: list[JSONObject] = [{"type": "text", "text": message.content}] if message.content else []
    blocks += [
        {"type": "tool_use", "id": call.id, "name": call.function.name, "input": json.loads(call.function.arguments)}
        for call in calls
    ]
    results: list[JSONObject] = [
        {"type": "tool_result", "tool_use_id": call.id, "content": text}
        for call, text in zip(calls, talk.results, strict=False)
    ]
    tools = [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in TOOLS]
    turns = [
        {"role": "user", "content": talk.question},
        {"role": "assistant", "content": blocks},
        {"role": "user", "content": [*results, {"type": "text", "text": talk.follow_up}]},
    ]
    return {"messages": turns, "system": SYSTEM, "tools": tools, "max_tokens": 99}


def said_in_items(talk: Conversation, answer: ChatCompletion) -> JSONObject:
    """Return the same in the shape of OpenAI's Responses."""
    message = answer.choices[0].message
    calls = message.tool_calls or []
    items: list[JSONObject] = [{"role": "user", "content": talk.question}]
    items += [{"role": "assistant", "content": message.content}] if message.content else []
    items += [
        {"type": "function_call", "call_id": call.id, "name": call.function.name, "arguments": call.function.arguments}
        for call in calls
    ]
    items += [
        {"type": "function_call_output", "call_id": call.id, "output": text}
        for call, text in zip(calls, talk.results, strict=False)
    ]
    items.append({"role": "user", "content": talk.follow_up})
    tools = [{"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}} for name in TOOLS]
    return {"input_data": items, "instructions": SYSTEM, "tools": tools}


SHAPES = {
    Operation.COMPLETION: said_in_chat,
    Operation.MESSAGES: said_in_messages,
    Operation.RESPONSES: said_in_items,
}
"""How a program may say a conversation."""


def encoded(name: str, operation: Operation, options: Mapping[str, JSON]) -> Encoded:
    """Encode a request for a vendor, over a bridge where it needs one."""
    return codec_of(PROVIDERS[name], operation).encode(target(name), options)


def check_pair(first: str, second: str, talk: Conversation, *, stream: bool) -> None:
    """What one vendor answered can be said to another, in every shape: each text, call and result, in their order."""
    answer = heard(first, talk.turn, stream=stream)
    turn = as_said(first, talk.turn)
    for operation, said in SHAPES.items():
        request = encoded(second, operation, said(talk, answer))
        tree = msgspec.json.decode(request.body)
        text = "\0".join(strings(tree))
        results = list(talk.results[: len(turn.calls)])
        if not WIRES[second].calls:
            assert request.warnings or not turn.calls
            results = []
        place = 0
        for wanted in [talk.question, *([turn.text] if turn.text else []), *results, talk.follow_up]:
            place = text.find(wanted, place)
            assert place >= 0, f"{first} to {second}, {operation}: {wanted!r} is missing or misplaced"
            place += len(wanted)
        assert SYSTEM in text
        if WIRES[second].calls:
            found = list(objects(tree))
            for called, arguments in turn.calls:
                assert called in text
                assert arguments in found, f"{first} to {second}, {operation}: {arguments!r} is missing"


def check_unknown(name: str) -> None:
    """A member that nobody knows is said to the vendor, or is warned of."""
    for operation, said in SHAPES.items():
        plain = said(Conversation("[q]", Turn("", ["[a]"]), [], "[f]"), heard("openai", Turn("", ["[a]"])))
        request = encoded(name, operation, {**plain, "x_unknown": 1})
        assert b"x_unknown" in request.body or any("x_unknown" in each.parameter for each in request.warnings), name


def talk_of(tree: JSON) -> Conversation:
    """Return the conversation that JSON describes.

    Raises:
        ValueError: it describes none.
    """
    if not is_object(tree):
        raise ValueError("no object")
    texts = {name: tree.get(name, name) for name in ("question", "thought", "follow_up")}
    pieces, calls, results = tree.get("pieces", ["a"]), tree.get("calls", []), tree.get("results", [])
    if not all(isinstance(text, str) for text in [*texts.values(), *pieces, *results]):
        raise ValueError("no texts")
    if not all(is_list(call) and len(call) == 2 and call[0] in TOOLS and is_object(call[1]) for call in calls):
        raise ValueError("no calls")
    named = [(call[0], {**call[1], "place": place}) for place, call in enumerate(calls)]
    # What surrounds a text makes it one of a kind, and keeps it from being empty.
    told = [f"[r{place}:{text}]" for place, text in enumerate([*results, *("ok" for _ in calls)])]
    said = [f"[a:{pieces[0]}", *pieces[1:], "]"] if pieces else []
    turn = Turn(f"[t:{texts['thought']}]" if texts["thought"] else "", said, named)
    if not said and not named:
        raise ValueError("nothing is said")
    return Conversation(f"[q:{texts['question']}]", turn, told, f"[f:{texts['follow_up']}]")


def check(data: bytes) -> None:
    """Take two vendors and where a stream ends from four bytes, and the conversation from the rest, as JSON."""
    names = sorted(WIRES)
    try:
        talk = talk_of(msgspec.json.decode(data[4:]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    first, second = names[data[0] % len(names)], names[data[1] % len(names)]
    check_heard(first, talk.turn)
    check_truncated(first, talk.turn, data[2] * 256 + data[3])
    check_pair(first, second, talk, stream=bool(data[3] & 1))
