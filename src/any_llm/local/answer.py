"""From llama.cpp's chunks to OpenAI's: one answer with all its choices, as a stream or folded into one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable

from any_llm.local.refusal import RefusedError
from any_llm.local.tools import CallReader
from any_llm.types.json import JSONObject

_KEPT = ("content", "reasoning_content", "refusal")


def refused_by_engine(error: JSONObject) -> RefusedError:
    """Turn llama.cpp's own error into OpenAI's."""
    message, status = str(error.get("message")), error.get("code")
    if error.get("type") == "exceed_context_size_error":
        return RefusedError(
            f"The prompt has {error.get('n_prompt_tokens')} tokens, and the context has room for {error.get('n_ctx')}: "
            "send less, or set ANY_LLM_LOCAL_CONTEXT",
            code="context_length_exceeded",
            param="messages",
        )
    return RefusedError(message, status=status if isinstance(status, int) else 500)


def refused_by_exception(kind: str, message: str) -> RefusedError:
    """Turn what llama.cpp raised into OpenAI's error."""
    if kind == "ValueError":
        return RefusedError(f"llama.cpp cannot work with the request: {message}", code="invalid_value")
    return RefusedError(f"llama.cpp failed: {message}", status=500, code="local_model_failed")


class Answer:
    """Makes the chunks of one answer. `reading` says that the model writes its tool calls as JSON of our own."""

    def __init__(self, model: str, *, reading: bool) -> None:
        self._head: JSONObject = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }
        self._reading = reading
        self._readers: dict[int, CallReader] = {}
        self._prompt: JSONObject = {}
        self._completion = 0

    def feed(self, index: int, chunk: JSONObject) -> list[JSONObject]:
        """Take one of llama.cpp's chunks, which belongs to the choice `index`, and return the chunks to send.

        Raises:
            RefusedError: the chunk is an error.
        """
        if "error" in chunk:
            raise refused_by_engine(chunk["error"])
        if usage := chunk.get("usage"):
            self._prompt = usage
            self._completion += usage["completion_tokens"]
        if "prompt_progress" in chunk:
            return []
        return [
            self._chunk([choice]) for given in chunk["choices"] for choice in self._choices({**given, "index": index})
        ]

    def usage(self) -> JSONObject:
        """Return the tokens of the whole answer; a prompt with several answers is counted once."""
        prompt = self._prompt.get("prompt_tokens", 0)
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": self._completion,
            "total_tokens": prompt + self._completion,
        }
        details = self._prompt.get("prompt_tokens_details")
        return usage | {"prompt_tokens_details": details} if details else usage

    def usage_chunk(self) -> JSONObject:
        """Return the chunk that ends a stream whose usage was asked for."""
        return self._chunk([]) | {"usage": self.usage()}

    def fold(self, chunks: Iterable[JSONObject]) -> JSONObject:
        """Return the chunks as one completion."""
        choices: dict[int, JSONObject] = {}
        for chunk in chunks:
            for given in chunk["choices"]:
                _fold_choice(choices.setdefault(given["index"], _empty_choice(given["index"])), given)
        listed = [choices[index] for index in sorted(choices)]
        return self._head | {"object": "chat.completion", "choices": listed, "usage": self.usage()}

    def _chunk(self, choices: list[JSONObject]) -> JSONObject:
        return self._head | {"choices": choices}

    def _choices(self, choice: JSONObject) -> list[JSONObject]:
        delta = choice["delta"]
        if delta.get("role"):
            delta = choice["delta"] = delta | {"content": delta.get("content") or ""}
        reason = choice.get("finish_reason")
        if not self._reading or not (delta.get("content") or reason):
            return [choice]
        reader = self._readers.setdefault(choice["index"], CallReader())
        deltas = reader.feed(delta.get("content") or "")
        told = [choice | {"delta": piece, "finish_reason": None} for piece in deltas]
        if reason is not None:
            told.append({**choice, "delta": {}, "finish_reason": _reason(reason, reader)})
        return told


def _reason(reason: str, reader: CallReader) -> str:
    return "tool_calls" if reader.called and reason == "stop" else reason


def _empty_choice(index: int) -> JSONObject:
    message: JSONObject = {"role": "assistant", "content": None}
    return {"index": index, "message": message, "logprobs": None, "finish_reason": None}


def _fold_choice(whole: JSONObject, given: JSONObject) -> None:
    message, delta = whole["message"], given["delta"]
    for name in _KEPT:
        if piece := delta.get(name):
            message[name] = (message.get(name) or "") + piece
    for call in delta.get("tool_calls") or ():
        _fold_call(message, call)
    if logprobs := given.get("logprobs"):
        whole["logprobs"] = whole["logprobs"] or {"content": []}
        whole["logprobs"]["content"] += logprobs["content"]
    if reason := given.get("finish_reason"):
        whole["finish_reason"] = reason
        if not message["content"] and "tool_calls" not in message:
            message["content"] = ""


def _fold_call(message: JSONObject, piece: JSONObject) -> None:
    calls = message.setdefault("tool_calls", [])
    if piece["index"] >= len(calls):
        calls.append({"id": piece["id"], "type": piece["type"], "function": {"name": "", "arguments": ""}})
    for name, text in piece["function"].items():
        calls[piece["index"]]["function"][name] += text
