"""One candidate of an answer, read piece by piece, as the pieces of one choice."""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterator

import msgspec

from any_llm.dialects.gemini.chat_annotations import annotations_of
from any_llm.dialects.gemini.chat_arguments import ArgumentsWriter
from any_llm.dialects.gemini.chat_replay import PARTS, SIGNATURE
from any_llm.dialects.gemini.wire import MADE_ID, VENDOR, entries, finish_reason, members, reason_name, text_of
from any_llm.schemas.shapes import is_object
from any_llm.types.completion import (
    ChoiceDelta,
    ChoiceDeltaAudio,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
    ChoiceLogprobs,
    ChunkChoice,
    ImageContent,
    Reasoning,
)
from any_llm.types.json import JSON, JSONObject

_READ = frozenset({"content", "finishReason", "index", "logprobsResult"})
_TOLD = frozenset({"STOP", "MAX_TOKENS"})
"""Finish reasons that OpenAI's words tell in full."""

_TEXT = frozenset({"text", "thought"})
_CALL = frozenset({"functionCall", "thoughtSignature"})
_KEPT = frozenset({"name", "id", "args"})


class Candidate:
    """Reads the pieces of a candidate; `begun` and `ended` say whether there was one, and whether it was the last."""

    def __init__(self, index: int) -> None:
        self.reason: str | None = None
        self._index = index
        self._begun = False
        self._facts: JSONObject = {}
        self._parts: list[JSONObject] = []
        self._text: list[str] = []
        self._calls = 0
        self._open: _OpenCall | None = None
        self._audio = b""

    def read(self, piece: JSONObject, answer: str) -> ChunkChoice | None:
        """Return what a piece adds to the choice, if anything; `answer` is the id of the whole answer."""
        self.reason = reason_name(piece.get("finishReason")) or self.reason
        for name in piece.keys() - _READ:
            self._learn(name, piece[name])
        parts = entries(members(piece.get("content")).get("parts"))
        delta = ChoiceDelta(role=None if self._begun else "assistant")
        for part in parts:
            self._add(delta, members(part), answer)
        logprobs = _logprobs(members(piece.get("logprobsResult")))
        if self._begun and logprobs is None and not parts:
            return None
        self._begun = True
        return ChunkChoice(index=self._index, delta=delta, logprobs=logprobs)

    def end(self) -> ChunkChoice:
        """Return the last piece of the choice: how it ended, its sources, and what a later turn must send back."""
        delta = ChoiceDelta()
        self._end_call(delta, complete=self.reason is not None and self.reason != "MAX_TOKENS")
        if self._audio:
            delta.audio = ChoiceDeltaAudio(data=_base64(self._audio))
        delta.annotations = annotations_of(self._facts, "".join(self._text)) or None
        delta.extra_content = self._extra()
        reason = finish_reason(self.reason, calling=self._calls > 0)
        return ChunkChoice(index=self._index, delta=delta, finish_reason=reason)

    def _learn(self, name: str, value: JSON) -> None:
        """Keep what the vendor says of the candidate; the members of an object may come in several pieces."""
        if is_object(value):
            value = members(self._facts.get(name)) | value
        if value not in (None, {}):
            self._facts[name] = value

    def _extra(self) -> JSONObject | None:
        """Return `extra_content` with what the candidate says beyond OpenAI's words."""
        facts = dict(self._facts)
        if self.reason is not None and self.reason not in _TOLD:
            facts["finishReason"] = self.reason
        parts = list(_joined(self._parts))
        signatures = [part["thoughtSignature"] for part in parts if "text" in part and "thoughtSignature" in part]
        if signatures:
            facts[SIGNATURE] = signatures[-1]
        if not _told_in_full(parts):
            facts[PARTS] = parts
        return {VENDOR: facts} if facts else None

    def _add(self, delta: ChoiceDelta, part: JSONObject, answer: str) -> None:
        if "functionCall" in part:
            self._add_call(delta, part, answer)
            return
        self._parts.append(part)
        text, data = text_of(part.get("text")), members(part.get("inlineData"))
        if text and part.get("thought"):
            delta.reasoning = Reasoning((delta.reasoning or "") + text)
        elif text:
            self._text.append(text)
            delta.content = (delta.content or "") + text
        elif data and not part.get("thought"):
            self._add_data(delta, text_of(data.get("mimeType")), text_of(data.get("data")))

    def _add_data(self, delta: ChoiceDelta, media: str, data: str) -> None:
        """Show an image as OpenRouter does, and audio as OpenAI does; other files stand in the exact parts only."""
        if media.startswith("image/"):
            url = f"data:{media};base64,{data}"
            image = ImageContent(type="image_url", image_url={"url": url})
            delta.images = [*(delta.images or ()), image]
        elif media.startswith("audio/"):
            # Only whole groups of three bytes can be encoded so that the pieces make one text of base64.
            raw = self._audio + binascii.a2b_base64(data)
            whole = len(raw) // 3 * 3
            self._audio = raw[whole:]
            said = text_of(delta.audio.data if delta.audio is not None else None)
            delta.audio = ChoiceDeltaAudio(data=said + _base64(raw[:whole]), mime_type=media)

    def _add_call(self, delta: ChoiceDelta, part: JSONObject, answer: str) -> None:
        """Add a call, or a piece of one: a call that will be continued is ended by a piece that says nothing more."""
        called = members(part["functionCall"])
        if "name" in called:
            self._end_call(delta, complete=True)
            self._open = self._begin_call(delta, part, answer)
        if self._open is None:
            return
        written = [self._open.writer.write(members(piece)) for piece in entries(called.get("partialArgs"))]
        self._tell(delta, "".join(written))
        if not called.get("willContinue"):
            self._end_call(delta, complete=True)

    def _begin_call(self, delta: ChoiceDelta, part: JSONObject, answer: str) -> _OpenCall:
        called = members(part["functionCall"])
        name = text_of(called.get("name"))
        call = _OpenCall(number=self._calls, part=part, whole=members(called.get("args")))
        signature = part.get("thoughtSignature")
        begun = ChoiceDeltaToolCall(
            index=self._calls,
            id=text_of(called.get("id")) or self._made_id(answer, name),
            type="function",
            function=ChoiceDeltaToolCallFunction(name=name, arguments=""),
            extra_content={VENDOR: {SIGNATURE: signature}} if signature else None,
        )
        delta.tool_calls = [*(delta.tool_calls or ()), begun]
        self._calls += 1
        return call

    def _made_id(self, answer: str, name: str) -> str:
        """Return an id for a call without one, the same whenever the same answer is read."""
        told = f"{answer}/{self._index}/{self._calls}/{name}"
        return MADE_ID + hashlib.sha256(told.encode()).hexdigest()[:24]

    def _tell(self, delta: ChoiceDelta, arguments: str) -> None:
        call = self._open
        if call is None or not arguments:
            return
        call.told.append(arguments)
        function = ChoiceDeltaToolCallFunction(arguments=arguments)
        delta.tool_calls = [*(delta.tool_calls or ()), ChoiceDeltaToolCall(index=call.number, function=function)]

    def _end_call(self, delta: ChoiceDelta, *, complete: bool) -> None:
        """End the open call; one that was cut keeps the beginning of its arguments, which then are no JSON."""
        call = self._open
        if call is None:
            return
        if complete:
            whole = call.whole and not call.told
            self._tell(delta, msgspec.json.encode(call.whole).decode() if whole else call.writer.end())
            self._parts.append(_whole_call(call))
        self._open = None


class _OpenCall(msgspec.Struct):
    """A call that may be continued: its first part, arguments that came whole, and the JSON text told so far."""

    number: int
    part: JSONObject
    whole: JSONObject
    told: list[str] = msgspec.field(default_factory=list[str])
    writer: ArgumentsWriter = msgspec.field(default_factory=ArgumentsWriter)


def _whole_call(call: _OpenCall) -> JSONObject:
    """Return the exact part of a call, as one piece if it came in several."""
    called = members(call.part["functionCall"])
    if called.keys() <= _KEPT:
        return call.part
    kept = {name: value for name, value in called.items() if name in _KEPT}
    return {**call.part, "functionCall": {**kept, "args": msgspec.json.decode("".join(call.told))}}


def _joined(parts: list[JSONObject]) -> Iterator[JSONObject]:
    """Give the exact parts, of which a stream's pieces of one text, which have no signature, are joined."""
    texts: list[str] = []
    last: JSONObject = {}
    for part in [*parts, {}]:
        plain = part.keys() <= _TEXT and "text" in part
        if texts and not (plain and part.get("thought") == last.get("thought")):
            yield {**last, "text": "".join(texts)}
            texts.clear()
        if plain:
            texts.append(text_of(part["text"]))
        elif part:
            yield part
        last = part


def _told_in_full(parts: list[JSONObject]) -> bool:
    """Tell whether thoughts, one text and calls of functions, in this order, are all that there is."""
    stage = 0
    for part in parts:
        if part.keys() <= _CALL and "functionCall" in part:
            rank = 2
        elif "text" in part and part.keys() <= _TEXT | {"thoughtSignature"}:
            rank = 0 if part.get("thought") else 1
        else:
            return False
        if rank < stage or rank == stage == 1 or (rank == 0 and "thoughtSignature" in part):
            return False
        stage = rank
    return True


def _logprobs(result: JSONObject) -> ChoiceLogprobs | None:
    """Return the probabilities of tokens: https://ai.google.dev/api/generate-content#LogprobsResult."""
    chosen = entries(result.get("chosenCandidates"))
    if not chosen:
        return None
    top = [entries(members(one).get("candidates")) for one in entries(result.get("topCandidates"))]
    top += [[]] * (len(chosen) - len(top))
    tokens = [
        {**_token(one), "top_logprobs": [_token(other) for other in others]}
        for one, others in zip(chosen, top, strict=False)
    ]
    return ChoiceLogprobs(content=tokens)


def _token(told: JSON) -> JSONObject:
    token = text_of(members(told).get("token"))
    return {"token": token, "logprob": members(told).get("logProbability"), "bytes": list(token.encode())}


def _base64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode()
