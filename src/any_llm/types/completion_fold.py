"""Adding up the chunks of a completion stream to the whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionMessageToolCall,
    Choice,
    ChoiceDeltaAudio,
    ChoiceLogprobs,
    Function,
    Reasoning,
)
from any_llm.types.json import JSON, JSONObject, is_list, is_object

if TYPE_CHECKING:
    from any_llm.types.completion import ChatCompletionChunk, ChoiceDelta, ChoiceDeltaToolCall, ChunkChoice
    from any_llm.types.value import Value

_JOINED_MEMBERS = frozenset({"data", "transcript"})


class CompletionFold:
    """Adds up chunks; `result()` is the answer so far, equal to the whole answer once the stream has ended."""

    def __init__(self) -> None:
        self._whole = ChatCompletion()
        self._choices: dict[int, _ChoiceFold] = {}

    def add(self, item: ChatCompletionChunk) -> None:
        """Take one chunk into account."""
        whole = self._whole
        for name in ("id", "created", "model"):
            if not getattr(whole, name):
                setattr(whole, name, getattr(item, name))
        for name in ("service_tier", "system_fingerprint", "usage", "moderation"):
            value = getattr(item, name)
            if value is not None:
                setattr(whole, name, value)
        _merge_extras(whole, item)
        for choice in item.choices:
            fold = self._choices.get(choice.index)
            if fold is None:
                fold = self._choices[choice.index] = _ChoiceFold(choice.index)
            fold.add(choice)

    def result(self) -> ChatCompletion:
        """Return the answer so far."""
        self._whole.choices = [self._choices[index].result() for index in sorted(self._choices)]
        return self._whole


class _ChoiceFold:
    def __init__(self, index: int) -> None:
        self._choice = Choice(index=index)
        self._texts: dict[str, list[str]] = {}
        self._calls: dict[int, _CallFold] = {}

    def add(self, choice: ChunkChoice) -> None:
        whole, delta = self._choice, choice.delta
        if choice.finish_reason is not None:
            whole.finish_reason = choice.finish_reason
        if choice.logprobs is not None:
            whole.logprobs = _join_logprobs(whole.logprobs, choice.logprobs)
        _merge_extras(whole, choice)
        self._add_delta(delta)

    def _add_delta(self, delta: ChoiceDelta) -> None:
        message = self._choice.message
        if delta.role:
            message.role = delta.role
        for name in ("content", "refusal", "reasoning", "reasoning_content"):
            text = getattr(delta, name)
            if text is not None:
                self._texts.setdefault(name, []).append(text)
        for name in ("annotations", "images", "extra_content"):
            piece = getattr(delta, name)
            if piece:
                setattr(message, name, _merge(name, getattr(message, name), piece))
        if delta.audio:
            message.audio = ChoiceDeltaAudio(merge_members(message.audio or {}, delta.audio))
        self._add_calls(delta)
        _merge_extras(message, delta)

    def _add_calls(self, delta: ChoiceDelta) -> None:
        if delta.function_call is not None:
            message = self._choice.message
            call = message.function_call = message.function_call or Function()
            call.name += delta.function_call.name or ""
            call.arguments += delta.function_call.arguments or ""
        for piece in delta.tool_calls or ():
            self._calls.setdefault(piece.index, _CallFold()).add(piece)

    def result(self) -> Choice:
        message = self._choice.message
        for name, texts in self._texts.items():
            joined = "".join(texts)
            texts[:] = [joined]
            setattr(message, name, Reasoning(joined) if name == "reasoning" else joined)
        if self._calls:
            message.tool_calls = [self._calls[index].result() for index in sorted(self._calls)]
        return self._choice


class _CallFold:
    def __init__(self) -> None:
        self._call = ChatCompletionMessageToolCall()
        self._arguments: list[str] = []

    def add(self, piece: ChoiceDeltaToolCall) -> None:
        call = self._call
        call.id = piece.id or call.id
        call.type = piece.type or call.type
        if piece.function is not None:
            call.function.name += piece.function.name or ""
            if piece.function.arguments:
                self._arguments.append(piece.function.arguments)
        if piece.extra_content:
            call.extra_content = merge_members(call.extra_content or {}, piece.extra_content)
        _merge_extras(call, piece)

    def result(self) -> ChatCompletionMessageToolCall:
        joined = "".join(self._arguments)
        self._arguments = [joined]
        self._call.function.arguments = joined
        return self._call


def _join_logprobs(whole: ChoiceLogprobs | None, piece: ChoiceLogprobs) -> ChoiceLogprobs:
    joined = whole or ChoiceLogprobs()
    for name in ("content", "refusal"):
        items = getattr(piece, name)
        if items is not None:
            setattr(joined, name, [*(getattr(joined, name) or []), *items])
    return joined


def _merge_extras(whole: Value, piece: Value) -> None:
    extras = piece.model_extra
    if extras:
        vars(whole).update(merge_members(whole.model_extra, extras))


def merge_members(whole: JSONObject, piece: JSONObject) -> JSONObject:
    """Return the members of both objects: lists are joined, objects merged, audio data joined, the rest replaced."""
    merged = dict(whole)
    for name, value in piece.items():
        merged[name] = _merge(name, merged.get(name), value)
    return merged


def _merge(name: str, old: JSON, new: JSON) -> JSON:
    if is_list(old) and is_list(new):
        return [*old, *new]
    if is_object(old) and is_object(new):
        return merge_members(old, new)
    if isinstance(old, str) and isinstance(new, str) and name in _JOINED_MEMBERS:
        return old + new
    return old if new is None else new
