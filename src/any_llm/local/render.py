"""Turns what a model's process says about a call into the bytes of an HTTP body."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.local.answer import refused_by_exception
from any_llm.local.chat import ChatPlan
from any_llm.local.embeddings import EmbeddingPlan, embedding_body
from any_llm.local.process import Event
from any_llm.local.refusal import RefusedError, refusal_body
from any_llm.types.json import JSONObject


class WholeAnswer:
    """Keeps the chunks of a chat completion and makes one body of them at the end."""

    def __init__(self, plan: ChatPlan) -> None:
        self._plan = plan
        self._chunks: list[JSONObject] = []

    def __call__(self, event: Event) -> bytes:
        """Take an event and return the body, or nothing yet.

        Raises:
            RefusedError: the model refused the request, or failed.
        """
        if event.event == "end":
            return msgspec.json.encode(self._plan.answer.fold(self._chunks))
        self._chunks += self._plan.answer.feed(event.index, _chunk(event))
        return b""


class StreamedAnswer:
    """Makes server-sent events of the chunks of a chat completion."""

    def __init__(self, plan: ChatPlan) -> None:
        self._plan = plan
        self._begun = False
        self._broken = False

    def __call__(self, event: Event) -> bytes:
        """Take an event and return the bytes to send for it.

        Raises:
            RefusedError: the model refused the request, or failed, before anything was sent. Later that is an event.
        """
        try:
            body = self._end() if event.event == "end" else self._sent(event)
        except RefusedError as refused:
            if not self._begun:
                raise
            self._broken = True
            body = _frame(refusal_body(refused))
        self._begun = self._begun or bool(body)
        return body

    def _sent(self, event: Event) -> bytes:
        return _frames(self._plan.answer.feed(event.index, _chunk(event)))

    def _end(self) -> bytes:
        if self._broken:
            return b""
        usage = _frames([self._plan.answer.usage_chunk()]) if self._plan.usage else b""
        return usage + _frame(b"[DONE]")


class WholeEmbedding:
    """Keeps the vectors of an embeddings request and makes one body of them at the end."""

    def __init__(self, plan: EmbeddingPlan) -> None:
        self._plan = plan
        self._answers: list[JSONObject] = []

    def __call__(self, event: Event) -> bytes:
        """Take an event and return the body, or nothing yet.

        Raises:
            RefusedError: the model refused the request, or failed.
        """
        if event.event == "end":
            return embedding_body(self._plan, self._answers)
        self._answers.append(_chunk(event))
        return b""


def _chunk(event: Event) -> JSONObject:
    if event.event == "failed":
        raise refused_by_exception(event.kind, event.message)
    chunk: JSONObject = msgspec.json.decode(event.data)
    return chunk


def _frames(chunks: Sequence[JSONObject]) -> bytes:
    return b"".join(_frame(msgspec.json.encode(chunk)) for chunk in chunks)


def _frame(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"
