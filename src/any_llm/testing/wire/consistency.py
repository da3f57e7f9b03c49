"""Whether a recording agrees with itself: its name, its features, its index, and what its answer says twice.

Every rule holds for whatever a vendor may send; a rule that a vendor is known to break is none. Together they find much
of what was changed in a recording by hand, but not all of it: see `lock` for what does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from any_llm.testing.reading import read_answer
from any_llm.testing.reading.fields import Fields, fields, objects, parse, text
from any_llm.testing.reading.frames import read_events
from any_llm.testing.reading.values import Choice, Reading, Usage
from any_llm.testing.recordings import Recording
from any_llm.testing.wire.index import Row

_EXACT_TOTALS = frozenset({"openai.responses", "openai.embeddings"})
# Totals that leave out what is cached, or what is thought.
_LOOSE_TOTALS = frozenset({"gemini.generate"})
# The recorder looks for the end of an answer where OpenAI, Anthropic and Google have it.
_UNTOLD_LENGTHS = frozenset({"aleph-alpha.complete", "ollama.chat", "ollama.generate"})
_ERROR = "error_"
# The recorder does not look for ends in these.
_UNMARKED = frozenset({"bedrock.converse", "bedrock.invoke", "openai.completions"})
# The events of a Responses stream that repeat what deltas have said, and the member that does.
_REPEATED: Mapping[str, tuple[str, str]] = {
    "response.output_text.done": ("response.output_text.delta", "text"),
    "response.refusal.done": ("response.refusal.delta", "refusal"),
    "response.function_call_arguments.done": ("response.function_call_arguments.delta", "arguments"),
    "response.custom_tool_call_input.done": ("response.custom_tool_call_input.delta", "input"),
    "response.reasoning_summary_text.done": ("response.reasoning_summary_text.delta", "text"),
    "response.reasoning_text.done": ("response.reasoning_text.delta", "text"),
}


def contradictions(recording: Recording, read: Reading, row: Row | None) -> list[str]:
    """Return what about a recording contradicts itself, its name, or its row in the index."""
    return list(_contradictions(recording, read, row))


def _contradictions(recording: Recording, read: Reading, row: Row | None) -> Iterator[str]:
    if row is not None:
        yield from _of_row(recording, row)
    yield from _of_name(recording)
    yield from _of_status(recording)
    if read.failure is None:
        yield from _of_features(recording, read)
        yield from _of_answer(recording, read)


def _of_row(recording: Recording, row: Row) -> Iterator[str]:
    size = recording.path.stat().st_size
    if row.size != str(size):
        yield f"the file has {size} bytes, its index says {row.size}: it was changed"
    if row.status != str(recording.response.status):
        yield f"the status is {recording.response.status}, the index says {row.status}"
    if row.features != recording.features:
        yield f"the features are {sorted(recording.features)}, the index says {sorted(row.features)}"


def _declared(recording: Recording) -> bool:
    """Say whether the features are all that the recorder has found, as its way of naming shows."""
    beginning = re.escape(f"{recording.provider}.{recording.api}.")
    return re.fullmatch(rf"{beginning}[\w-]+\.[0-9a-f]{{8}}", recording.id) is not None


def _of_name(recording: Recording) -> Iterator[str]:
    if not _declared(recording):
        return
    named = set(recording.id.split(".")[-2].split("-")) - {"basic"}
    if not named <= recording.features:
        yield f"the id names {sorted(named - recording.features)}, which the features do not"


def _of_status(recording: Recording) -> Iterator[str]:
    status, response = recording.response.status, recording.response
    claimed = sorted(feature for feature in recording.features if feature.startswith(_ERROR))
    failed = [f"{_ERROR}{status}"] if status >= 400 else []
    if claimed != failed and (claimed or _declared(recording)):
        yield f"the status is {status}, the features say {claimed or 'nothing of an error'}"
    if status >= 400 and read_answer(recording.api, 200, response.content_type, response.body).failure is None:
        yield f"the status is {status}, but the body is an answer"


def _of_features(recording: Recording, read: Reading) -> Iterator[str]:
    claims = recording.features
    ends = {choice.chat_finish_reason for choice in read.choices} | {choice.finish_reason for choice in read.choices}
    found = {
        "stream": read.streamed,
        "cache_hit": bool(read.usage and read.usage.cached),
        "length_stop": "length" in ends,
        "content_filter": "content_filter" in ends,
        "stop_sequence_hit": "stop_sequence" in ends,
        "incomplete": bool(ends & {"incomplete", "max_output_tokens", "content_filter"}),
    }
    yield from (
        f"the features say {name}, the answer does not" for name, there in found.items() if name in claims and not there
    )
    if not _declared(recording):
        return
    told = claims & {"length_stop", "incomplete"} or recording.api in _UNMARKED | _UNTOLD_LENGTHS
    if found["length_stop"] and not told:
        yield "the answer was cut for its length, the features do not say length_stop"
    if found["content_filter"] and recording.api not in _UNMARKED and not claims & {"content_filter", "refusal"}:
        yield "the answer was filtered, the features do not say content_filter"
    if found["stop_sequence_hit"] and recording.api not in _UNMARKED and "stop_sequence_hit" not in claims:
        yield "the answer met a stop sequence, the features do not say stop_sequence_hit"


def _of_answer(recording: Recording, read: Reading) -> Iterator[str]:
    for choice in read.choices:
        yield from _of_end(recording.api, choice)
    if read.usage is not None:
        yield from _of_usage(recording.api, read.usage)
    if read.streamed and recording.request is not None:
        # Captures without a request may have been thinned out by hand.
        yield from (note for note in read.notes if "deltas" in note)
        yield from _of_repetitions(recording.response.body)


def _of_end(api: str, choice: Choice) -> Iterator[str]:
    called = bool(choice.tool_calls or choice.function_call)
    if choice.finish_reason in {"tool_calls", "function_call", "tool_use"} and not called:
        yield f"the answer ended with {choice.finish_reason!r}, but calls nothing"
    if api == "anthropic.messages" and choice.finish_reason is None:
        yield "the message has ended without a stop_reason"


def _of_usage(api: str, usage: Usage) -> Iterator[str]:
    if usage.total is None or api in _LOOSE_TOTALS:
        return
    parts = (usage.input or 0) + (usage.output or 0)
    # Some vendors of the chat shape count thoughts or audio in the total alone.
    if usage.total < parts or (api in _EXACT_TOTALS and usage.total != parts):
        yield f"the usage counts {usage.input} + {usage.output} tokens, but {usage.total} in total"


def _of_repetitions(body: bytes) -> Iterator[str]:
    sent: dict[tuple[str, str], str] = {}
    for event in read_events(body):
        data = _fields_of(event.data)
        kind = text(data.get("type"))
        place = ".".join(str(data.get(name)) for name in ("output_index", "content_index", "summary_index"))
        if kind.endswith(".delta"):
            sent[kind, place] = sent.get((kind, place), "") + text(data.get("delta"))
        elif kind in _REPEATED:
            deltas, member = _REPEATED[kind]
            # A vendor that sends no deltas says it here for the first time.
            if text(data.get(member)) != sent.get((deltas, place), text(data.get(member))):
                yield f"{kind} does not repeat what its deltas say"
        elif kind == "response.output_item.done":
            yield from _of_item(data, sent)


def _of_item(data: Fields, sent: dict[tuple[str, str], str]) -> Iterator[str]:
    item = fields(data.get("item"))
    if item.get("type") != "message":
        return
    index = data.get("output_index")
    said = "".join(text(part.get("text")) for part in objects(item.get("content")) if part.get("type") == "output_text")
    deltas = {place: words for (kind, place), words in sent.items() if kind == "response.output_text.delta"}
    told = [words for place, words in deltas.items() if place.startswith(f"{index}.")]
    if told and said != "".join(told):
        yield "a finished message does not repeat what its deltas say"


def _fields_of(data: str) -> Fields:
    try:
        return fields(parse(data.encode()))
    except ValueError:
        return {}
