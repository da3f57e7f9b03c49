"""The trials of a probe: what each one asks, and what its answer shows."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import EventStream
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.json import JSON, JSONObject, decode_json, is_object

_COLOUR, _GREEN = "green", b"\x00\xb0\x20"
_SIDE = 64


class Seen(NamedTuple):
    """What an answer holds that trials look at, whole or streamed."""

    text: str = ""
    pieces: int = 0
    calls: tuple[str, ...] = ()
    reasoned: bool = False
    cut: bool = False
    logprobs: bool = False
    read: int = 0
    written: int = 0
    counted: bool = False

    @classmethod
    async def of(cls, answer: ChatCompletion | EventStream[ChatCompletionChunk]) -> Seen:
        """Look at an answer; a stream is read to its end."""
        if isinstance(answer, EventStream):
            pieces = 0
            async with answer:
                async for chunk in answer:
                    pieces += bool(chunk.choices and chunk.choices[0].delta.content)
            whole = answer.response
            return cls._of_whole(whole)._replace(pieces=pieces)
        return cls._of_whole(answer)

    @classmethod
    def _of_whole(cls, answer: ChatCompletion) -> Seen:
        usage = answer.usage
        details = usage.completion_tokens_details if usage else None
        thought = bool(details and details.reasoning_tokens)
        if not answer.choices:
            return cls()
        choice = answer.choices[0]
        message = choice.message
        calls = tuple(call.function.name for call in message.tool_calls or () if call.type == "function")
        return cls(
            text=message.content or "",
            calls=calls,
            reasoned=thought or bool(message.reasoning and message.reasoning.content),
            cut=choice.finish_reason == "length",
            logprobs=bool(choice.logprobs and choice.logprobs.content),
            read=usage.prompt_tokens if usage else 0,
            written=usage.completion_tokens if usage else 0,
            counted=usage is not None,
        )


class Verdict(NamedTuple):
    """What an answer shows: whether the model can, the facts that follow, and what was seen by the way."""

    can: bool | None = None
    shown: Mapping[str, JSON] = {}
    by_the_way: Mapping[str, JSON] = {}
    detail: str = ""
    error: AnyLLMError | None = None


class Trial(NamedTuple):
    """One question: its messages and options, what its answer shows, and what a refusal of the request shows.

    `tokens` is more than its request has anywhere.
    """

    name: str
    messages: tuple[JSONObject, ...]
    options: Mapping[str, JSON]
    judge: Callable[[Seen], Verdict]
    refused: Mapping[str, JSON] = {}
    tokens: int = 700


def picture() -> str:
    """Return a small green picture as a data URI."""
    rows = (b"\0" + _GREEN * _SIDE) * _SIDE
    parts = (
        (b"IHDR", struct.pack(">2I5B", _SIDE, _SIDE, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunks).decode()


def _asked(text: str) -> tuple[JSONObject, ...]:
    return ({"role": "user", "content": text},)


def _answer(seen: Seen) -> Verdict:
    thought = {"reasoning": True} if seen.reasoned else {}
    if not seen.text and not seen.cut:
        return Verdict(can=False, by_the_way=thought, detail="the answer is empty")
    return Verdict(can=bool(seen.text) or None, by_the_way=thought)


def _shows(fact: str) -> Callable[[Seen], Verdict]:
    """Return a judge for parameters that a model either accepts or refuses."""
    return lambda _: Verdict(can=True, shown={fact: True})


def _unclear(seen: Seen, reason: str) -> Verdict:
    return Verdict(detail="the answer was cut short" if seen.cut else reason)


def _system(seen: Seen) -> Verdict:
    if "banana" in seen.text.lower():
        return Verdict(can=True, shown={"system_messages": True})
    return _unclear(seen, "the instruction was accepted, but not followed")


def _streaming(seen: Seen) -> Verdict:
    if seen.pieces > 1:
        return Verdict(can=True, shown={"streaming": True})
    return _unclear(seen, f"the answer came in {seen.pieces} pieces")


def _tools(seen: Seen) -> Verdict:
    if not seen.calls:
        return _unclear(seen, "the tool was accepted, but not called")
    parallel = {"parallel_tools": True} if len(seen.calls) > 1 else {}
    return Verdict(can=True, shown={"tools": True, **parallel}, detail=f"{len(seen.calls)} calls")


def _forced(seen: Seen) -> Verdict:
    if seen.calls:
        return Verdict(can=True, shown={"tool_choice": "named"})
    return _unclear(seen, "the choice was accepted, but the tool not called")


def _schema(seen: Seen) -> Verdict:
    if seen.cut:
        return _unclear(seen, "")
    try:
        value: JSON = decode_json(seen.text)
    except msgspec.DecodeError:
        value = None
    fits = is_object(value) and isinstance(value.get("city"), str) and isinstance(value.get("population"), int)
    return Verdict(
        can=fits,
        shown={"structured_output": "json_schema" if fits else "none"},
        detail="" if fits else "the answer does not fit the schema",
    )


def _image(seen: Seen) -> Verdict:
    if _COLOUR in seen.text.lower():
        return Verdict(can=True, shown={"image_input": True})
    return _unclear(seen, "the picture was accepted, but not described")


def _logprobs(seen: Seen) -> Verdict:
    missing = "" if seen.logprobs else "accepted, but the answer has none"
    return Verdict(can=seen.logprobs, shown={"logprobs": seen.logprobs}, detail=missing)


def _stop(seen: Seen) -> Verdict:
    if seen.cut or "1" not in seen.text:
        return _unclear(seen, "the model did not count")
    heeded = "5" not in seen.text
    return Verdict(can=heeded, shown={"stop": heeded}, detail="" if heeded else "accepted, but not heeded")


def _effort(seen: Seen) -> Verdict:
    if seen.reasoned:
        return Verdict(can=True, shown={"reasoning": True})
    return _unclear(seen, "accepted, but no thinking is seen")


_WEATHER: Mapping[str, JSON] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
_CITY: Mapping[str, JSON] = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "population": {"type": "integer"}},
            "required": ["city", "population"],
            "additionalProperties": False,
        },
    },
}
_PONG = _asked("Answer with the single word pong.")

TRIALS: tuple[Trial, ...] = (
    Trial("answer", _PONG, {}, _answer),
    Trial(
        "system message",
        (
            {"role": "system", "content": "Whatever you are asked, answer with the single word banana."},
            *_asked("What is the capital of France?"),
        ),
        {},
        _system,
        {"system_messages": False},
    ),
    Trial("streaming", _asked("Count from 1 to 20."), {"stream": True}, _streaming, {"streaming": False}),
    Trial(
        "tools",
        _asked("What is the weather in Paris and in Rome? Call the tool for both."),
        {"tools": [_WEATHER]},
        _tools,
        {"tools": False},
    ),
    Trial(
        "forced tool",
        _asked("Good morning, I am in Oslo!"),
        {"tools": [_WEATHER], "tool_choice": {"type": "function", "function": {"name": "weather"}}},
        _forced,
        {"tool_choice": ""},
    ),
    Trial(
        "JSON schema",
        _asked("How many people live in Paris? Answer in JSON."),
        {"response_format": _CITY},
        _schema,
        {"structured_output": "none"},
    ),
    Trial(
        "image",
        (
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Which colour is this picture? Answer with one word."},
                    {"type": "image_url", "image_url": {"url": picture()}},
                ],
            },
        ),
        {},
        _image,
        {"image_input": False},
        tokens=10_000,
    ),
    Trial("temperature", _PONG, {"temperature": 0.2}, _shows("temperature"), {"temperature": False}),
    Trial("seed", _PONG, {"seed": 7}, _shows("seed"), {"seed": False}),
    Trial("logprobs", _PONG, {"logprobs": True}, _logprobs, {"logprobs": False}),
    Trial(
        "stop",
        _asked("Count from 1 to 9: digits with spaces between them, nothing else."),
        {"stop": ["5"]},
        _stop,
        {"stop": False},
    ),
    Trial(
        "reasoning effort",
        _asked("What is 17 times 23? Answer with the number."),
        {"reasoning_effort": "low"},
        _effort,
        {"reasoning_control": "none"},
    ),
)
"""The trials in their order. The first must succeed, so that a refusal of another is about what it asks for alone."""
