"""Reading an answer of Gemini's `generateContent`: https://ai.google.dev/api/generate-content."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise

import msgspec

from any_llm.testing.reading.errors import malformed, truncated
from any_llm.testing.reading.fields import Fields, Json, compact, distinct, fields, integer, items, objects, parse, text
from any_llm.testing.reading.frames import is_event_stream, read_events
from any_llm.testing.reading.google_errors import google_failure
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall, Usage
from any_llm.types.json import JSON, JSONObject, is_list, is_object

# The words of the vendor's reference; formerly it also sent their numbers.
_WORDS: Mapping[str, str] = {"STOP": "stop", "MAX_TOKENS": "length", "CONTINUATION": "length"}
_FILTERS = re.compile(
    r"(IMAGE_)?(SAFETY|RECITATION|PROHIBITED_CONTENT)|LANGUAGE|BLOCKLIST|SPII|ESCALATION|MODEL_ARMOR|PUP_LIMITED_DISABLED"
)
_NUMBERS = ("", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER")
_STEP = re.compile(r"\w+")


def read_generated(status: int, content_type: str, body: bytes) -> Reading:
    """Read the body of a successful answer: whole, streamed, or a list of a stream's pieces."""
    streamed, listed = is_event_stream(content_type, body), False
    pieces: list[Fields] = []
    failure: Failure | None = None
    if streamed:
        events = read_events(body)
        for position, event in enumerate(events):
            try:
                document = parse(event.data.encode())
            except ValueError as error:
                last = position == len(events) - 1
                failure = (
                    truncated(status, "cut in an event") if last else malformed(status, f"not JSON: {error}").failure
                )
                break
            failure = _refusal(status, document)
            if failure:
                break
            pieces.append(fields(document))
    else:
        try:
            document = parse(body)
        except ValueError as error:
            return malformed(status, f"not JSON: {error}")
        for piece in items(document) or [document]:
            failure = failure or _refusal(status, piece)
            pieces.append(fields(piece))
        listed = bool(items(document))
    read = _read(status, pieces, failure, streamed=streamed)
    return msgspec.structs.replace(read, streamed=streamed or listed)


def _refusal(status: int, document: Json) -> Failure | None:
    """Return the failure that a piece tells: an error, a blocked prompt, or something that is no piece at all."""
    piece = fields(document)
    if "error" in piece:
        return google_failure(status, document)
    feedback = fields(piece.get("promptFeedback"))
    reason, message = text(feedback.get("blockReason")), text(feedback.get("blockReasonMessage"))
    if not items(piece.get("candidates")) and (reason or message):
        told = message or f"the prompt was blocked: {reason}"
        return Failure(error="ContentFilterError", status=status, code=reason or None, message=told)
    return None if piece else malformed(status, "a piece is no object").failure


def _read(status: int, pieces: list[Fields], failure: Failure | None, *, streamed: bool) -> Reading:
    candidates: dict[int, _Candidate] = {}
    for piece in pieces:
        for candidate in objects(piece.get("candidates")):
            index = integer(candidate.get("index")) or 0
            candidates.setdefault(index, _Candidate()).add(candidate)
    if not failure and not candidates:
        failure = (
            truncated(status, "no candidate") if streamed else malformed(status, "no candidates and no error").failure
        )
    if not failure and streamed and not all(candidate.reason for candidate in candidates.values()):
        failure = truncated(status, "no finish reason")
    counts: dict[str, Json] = {}
    for piece in pieces:
        counts.update({name: count for name, count in fields(piece.get("usageMetadata")).items() if count is not None})
    return Reading(
        streamed=streamed,
        ids=distinct(text(piece.get("responseId")) for piece in pieces),
        models=distinct(text(piece.get("modelVersion")) for piece in pieces),
        choices=tuple(candidate.finish(index) for index, candidate in sorted(candidates.items())),
        usage=read_token_counts(counts),
        failure=failure,
    )


def read_token_counts(counts: Fields) -> Usage | None:
    """Return the counts of a `usageMetadata`: what tools gave counts as input, what was thought as output."""
    if not counts:
        return None
    read = {name: integer(counts.get(name)) or 0 for name in counts}
    given = read.get("promptTokenCount", 0) + read.get("toolUsePromptTokenCount", 0)
    written = read.get("candidatesTokenCount", 0) + read.get("thoughtsTokenCount", 0)
    return Usage(
        input=given,
        output=written,
        total=read.get("totalTokenCount") or given + written,
        cached=integer(counts.get("cachedContentTokenCount")),
        reasoning=integer(counts.get("thoughtsTokenCount")),
    )


class _Candidate:
    """Gathers the pieces of one candidate."""

    def __init__(self) -> None:
        self.reason = ""
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._images: list[str] = []
        self._calls: list[_Call] = []
        self._signature = ""

    def add(self, candidate: Fields) -> None:
        reason = candidate.get("finishReason")
        word = _NUMBERS[reason] if isinstance(reason, int) and reason < len(_NUMBERS) else text(reason)
        self.reason = word or self.reason
        for part in objects(fields(candidate.get("content")).get("parts")):
            self._add_part(part)

    def _add_part(self, part: Fields) -> None:
        call = fields(part.get("functionCall"))
        signature = text(part.get("thoughtSignature"))
        if "functionCall" in part:
            if "name" in call:
                self._calls.append(_Call(call, signature))
            for told in objects(call.get("partialArgs")):
                self._calls[-1].place(told)
            return
        if signature and "text" in part:
            self._signature = signature
        if part.get("thought"):
            self._thoughts.append(text(part.get("text")))
            return
        self._texts.append(text(part.get("text")))
        data = fields(part.get("inlineData"))
        if text(data.get("mimeType")).startswith("image/"):
            self._images.append(f"data:{data['mimeType']};base64,{data.get('data')}")

    def finish(self, index: int) -> Choice:
        word = "stop" if not self.reason else _WORDS.get(self.reason, self.reason)
        if _FILTERS.fullmatch(word):
            word = "content_filter"
        return Choice(
            index=index,
            text="".join(self._texts),
            reasoning="".join(self._thoughts),
            tool_calls=tuple(call.finish() for call in self._calls),
            finish_reason=self.reason or None,
            chat_finish_reason="tool_calls" if self._calls and word == "stop" else word,
            signatures=(self._signature,) if self._signature else (),
            images=tuple(self._images),
        )


class _Call:
    """One call of a function, whose arguments may come in pieces, each by its place."""

    def __init__(self, call: Fields, signature: str) -> None:
        self._id, self._name, self._signature = text(call.get("id")), text(call.get("name")), signature
        self._arguments: JSONObject = json.loads(compact(call.get("args") or {}))

    def place(self, told: Fields) -> None:
        """Add a piece of a value at a JSON path of names and numbers."""
        value = next((told[kind] for kind in ("stringValue", "numberValue", "boolValue") if kind in told), None)
        steps: list[str] = _STEP.findall(text(told.get("jsonPath")))
        holder: JSON = self._arguments
        for step, following in pairwise(steps):
            missing: JSON = [] if following.isdigit() else {}
            holder = _put(holder, step, missing)
        known = _put(holder, steps[-1], None)
        holder[_key(holder, steps[-1])] = known + value if isinstance(known, str) and isinstance(value, str) else value

    def finish(self) -> ToolCall:
        """Return the call as a value."""
        arguments = json.dumps(self._arguments, separators=(",", ":"), ensure_ascii=False)
        return ToolCall(self._id, self._name, arguments, self._signature)


def _put(holder: JSON, step: str, missing: JSON) -> JSON:
    """Return what is at a place of an object or a list, which is made if there is nothing."""
    key = _key(holder, step)
    if is_list(holder) and key == len(holder):
        holder.append(missing)
    elif is_object(holder):
        holder.setdefault(key, missing)
    return holder[key]


def _key(holder: JSON, step: str) -> JSON:
    return int(step) if is_list(holder) else step
