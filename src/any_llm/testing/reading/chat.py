"""Reading an answer of a chat completions API.

Shapes: https://platform.openai.com/docs/api-reference/chat, and what the vendors that speak it have added.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.reading.errors import failure_of, malformed, truncated
from any_llm.testing.reading.fields import Fields, as_text, compact, distinct, fields, items, objects, parse, text
from any_llm.testing.reading.frames import Event, is_event_stream, read_events
from any_llm.testing.reading.streamed_choice import StreamedChoice
from any_llm.testing.reading.tags import without_tags
from any_llm.testing.reading.usage import read_chat_usage
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall

_DONE = "[DONE]"
# Words of Together (`eos`) and of gateways that pass on what the model's own vendor says.
_CHAT_WORDS: Mapping[str, str] = {"eos": "stop", "end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}


def read_chat(status: int, content_type: str, body: bytes) -> Reading:
    """Read the body of a successful answer, whole or streamed."""
    if is_event_stream(content_type, body):
        return _read_stream(status, read_events(body))
    return _read_whole(status, body)


def chat_finish_reason(word: str | None, *, calls: bool) -> str | None:
    """Return the word of chat completions; a vendor that gives none has stopped, for tool calls if there are any."""
    return _CHAT_WORDS.get(word, word) if word else "tool_calls" if calls else "stop"


def _read_whole(status: int, body: bytes) -> Reading:
    try:
        document = parse(body)
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")
    answer = fields(document)
    if "choices" not in answer:
        if "error" in answer or answer.get("object") == "error":
            return Reading(failure=failure_of(status, document))
        return malformed(status, f"no choices among {sorted(answer)}")
    failed = bool(answer.get("error"))
    return Reading(
        ids=distinct([text(answer.get("id"))]),
        models=distinct([text(answer.get("model"))]),
        choices=tuple(map(_read_choice, objects(answer["choices"]))),
        usage=read_chat_usage(fields(answer.get("usage"))),
        failure=failure_of(status, document) if failed else None,
    )


def _read_choice(choice: Fields) -> Choice:
    message = fields(choice.get("message"))
    content, thoughts = read_content(message)
    calls = tuple(map(_read_call, objects(message.get("tool_calls"))))
    function = fields(message.get("function_call"))
    index = choice.get("index")
    content, thoughts = without_tags(content, thoughts or read_reasoning(message))
    return Choice(
        index=index if isinstance(index, int) else 0,
        text=content,
        reasoning=thoughts,
        refusal=text(message.get("refusal")),
        tool_calls=calls,
        function_call=_read_function("", function) if function.get("name") else None,
        finish_reason=text(choice.get("finish_reason")) or None,
        chat_finish_reason=chat_finish_reason(text(choice.get("finish_reason")), calls=bool(calls)),
        signatures=read_signatures(message),
    )


def _read_call(call: Fields) -> ToolCall:
    return _read_function(text(call.get("id")), fields(call.get("function")))


def _read_function(call_id: str, function: Fields) -> ToolCall:
    return ToolCall(call_id, text(function.get("name")), as_text(function.get("arguments")))


def read_content(message: Fields) -> tuple[str, str]:
    """Return the text and the thoughts of a message's or a delta's `content`.

    It is text; or Mistral's list of `text` and `thinking` pieces; or the object that was asked for (Cloudflare, with a
    JSON schema), which is given as JSON.
    """
    content = message.get("content")
    if not items(content):
        return (compact(content), "") if isinstance(content, dict) else (text(content), "")
    pieces = objects(content)
    thoughts = [text(thought.get("text")) for piece in pieces for thought in objects(piece.get("thinking"))]
    return "".join(text(piece.get("text")) for piece in pieces), "".join(thoughts)


def read_reasoning(message: Fields) -> str:
    """Return the reasoning of a message or a delta; vendors that use two spellings repeat the same text in both."""
    details = objects(message.get("reasoning_details"))
    return (
        text(message.get("reasoning_content"))
        or text(message.get("reasoning"))
        or "".join(text(detail.get("text")) or text(detail.get("summary")) for detail in details)
    )


def read_signatures(message: Fields) -> tuple[str, ...]:
    """Return what replays reasoning: OpenRouter's details, Google's thought signatures."""
    details = objects(message.get("reasoning_details"))
    google = fields(fields(message.get("extra_content")).get("google"))
    return tuple(
        word
        for word in (
            *(text(detail.get(name)) for detail in details for name in ("signature", "data")),
            text(google.get("thought_signature")),
        )
        if word
    )


def _read_stream(status: int, events: list[Event]) -> Reading:
    choices: dict[int, StreamedChoice] = {}
    chunks: list[Fields] = []
    failure: Failure | None = None
    done = False
    for position, event in enumerate(events):
        done = event.data.strip() == _DONE
        if done:
            break
        try:
            document = parse(event.data.encode())
        except ValueError as error:
            last = position == len(events) - 1
            failure = truncated(status, "cut in an event") if last else malformed(status, f"not JSON: {error}").failure
            break
        chunk = fields(document)
        if chunk.get("error") or event.name == "error":
            failure = failure_of(status, document)
            break
        chunks.append(chunk)
        _add_chunk(choices, chunk)
    if not failure and not (done or (choices and all(choice.finish_reason for choice in choices.values()))):
        failure = truncated(status, "neither [DONE] nor a finish reason")
    return _reading_of_stream(chunks, choices, failure)


def _add_chunk(choices: dict[int, StreamedChoice], chunk: Fields) -> None:
    for choice in objects(chunk.get("choices")):
        index = choice.get("index")
        number = index if isinstance(index, int) else 0
        delta = fields(choice.get("delta"))
        content, thoughts = read_content(delta)
        streamed = choices.setdefault(number, StreamedChoice(number))
        streamed.add(content, thoughts or read_reasoning(delta), text(delta.get("refusal")))
        streamed.add_calls(objects(delta.get("tool_calls")))
        streamed.signatures += read_signatures(delta)
        streamed.finish_reason = text(choice.get("finish_reason")) or streamed.finish_reason


def _reading_of_stream(chunks: list[Fields], choices: dict[int, StreamedChoice], failure: Failure | None) -> Reading:
    usages = [
        usage
        for chunk in chunks
        if (usage := fields(chunk.get("usage")) or fields(fields(chunk.get("x_groq")).get("usage")))
    ]
    finished: list[Choice] = []
    for _, streamed in sorted(choices.items()):
        word = chat_finish_reason(streamed.finish_reason, calls=bool(streamed.tool_calls))
        whole = streamed.finish(None if failure else word)
        content, thoughts = without_tags(whole.text, whole.reasoning)
        finished.append(msgspec.structs.replace(whole, text=content, reasoning=thoughts))
    return Reading(
        streamed=True,
        ids=distinct(text(chunk.get("id")) for chunk in chunks),
        models=distinct(text(chunk.get("model")) for chunk in chunks),
        choices=tuple(finished),
        usage=read_chat_usage(usages[-1]) if usages else None,
        failure=failure,
        notes=distinct(note for streamed in choices.values() for note in streamed.notes),
    )
