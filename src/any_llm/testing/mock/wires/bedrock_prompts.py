"""Bodies of InvokeModel that go on where a prompt ends.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html and the pages below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, Turn
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.wires.anthropic_asked import prompted
from any_llm.testing.mock.wires.anthropic_messages import completion_of
from any_llm.testing.mock.wires.bedrock_family import Chunk, Family, called, has, pieces_of
from any_llm.types.json import JSON, JSONObject, is_object

_LIMITS = ("max_gen_len", "max_tokens", "maxTokens", "maxTokenCount")
_STOPS = ("stop", "stop_sequences", "stopSequences")


def _read(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    config = body.get("textGenerationConfig")
    said = {**body, **(config if is_object(config) else {})}
    return Asked(
        model=model,
        stream=stream,
        turns=(Turn("user", str(body.get("prompt") or body.get("inputText") or "")),),
        max_tokens=next((said[name] for name in _LIMITS if said.get(name)), None),
        stop=tuple(next((said[name] for name in _STOPS if said.get(name)), ())),
        usage=True,
    )


def _llama(answer: Answer, asked: Asked, _ids: Ids) -> JSONObject:
    usage = answer.usage_for(asked)
    return {
        "generation": answer.text,
        "prompt_token_count": usage.input,
        "generation_token_count": usage.output,
        "stop_reason": answer.finish_reason,
    }


def _llama_chunks(answer: Answer, asked: Asked, _ids: Ids) -> Iterator[Chunk]:
    read: int | None = answer.usage_for(asked).input
    count = 0
    for count, text in enumerate(pieces_of(answer), 1):
        yield Chunk(_generated(text, read, count, None), 1)
        read = None
    yield Chunk(_generated("", read, count + 1, answer.finish_reason), role="finish")


def _generated(text: str, read: int | None, count: int, stop: str | None) -> JSONObject:
    return {"generation": text, "prompt_token_count": read, "generation_token_count": count, "stop_reason": stop}


def _mistral(answer: Answer, _asked: Asked, _ids: Ids) -> JSONObject:
    return {"outputs": [{"text": f" {answer.text}", "stop_reason": answer.finish_reason}]}


def _mistral_chunks(answer: Answer, _asked: Asked, _ids: Ids) -> Iterator[Chunk]:
    for text in pieces_of(answer):
        yield Chunk({"outputs": [{"text": text, "stop_reason": None}]}, 1)
    yield Chunk({"outputs": [{"text": "", "stop_reason": answer.finish_reason}]}, role="finish")


def _titan(answer: Answer, asked: Asked, _ids: Ids) -> JSONObject:
    usage = answer.usage_for(asked)
    result = {"tokenCount": usage.output, "outputText": answer.text, "completionReason": _titan_reason(answer)}
    return {"inputTextTokenCount": usage.input, "results": [result]}


def _titan_chunks(answer: Answer, asked: Asked, _ids: Ids) -> Iterator[Chunk]:
    usage = answer.usage_for(asked)
    yield Chunk(
        {
            "outputText": answer.text,
            "index": 0,
            "totalOutputTextTokenCount": usage.output,
            "completionReason": _titan_reason(answer),
            "inputTextTokenCount": usage.input,
        },
        usage.output,
        "finish",
    )


def _titan_reason(answer: Answer) -> str:
    reasons = {"length": "LENGTH", "content_filter": "CONTENT_FILTERED"}
    return reasons.get(answer.finish_reason, "FINISH")


def _cohere(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    generation = {"id": ids.uuid(), "text": f" {answer.text}", "finish_reason": _cohere_reason(answer)}
    return {"id": ids.uuid(), "generations": [generation], "prompt": asked.text}


def _cohere_chunks(answer: Answer, _asked: Asked, _ids: Ids) -> Iterator[Chunk]:
    for text in pieces_of(answer):
        yield Chunk({"is_finished": False, "text": text}, 1)
    yield Chunk({"finish_reason": _cohere_reason(answer), "is_finished": True}, role="finish")


def _cohere_reason(answer: Answer) -> str:
    reasons = {"length": "MAX_TOKENS", "content_filter": "ERROR_TOXIC"}
    return reasons.get(answer.finish_reason, "COMPLETE")


def _jurassic(answer: Answer, asked: Asked, _ids: Ids) -> JSONObject:
    reason = "length" if answer.finish_reason == "length" else "endoftext"
    told: JSONObject = {"data": {"text": answer.text, "tokens": []}, "finishReason": {"reason": reason}}
    return {"id": 1234, "prompt": {"text": asked.text, "tokens": []}, "completions": [told]}


def _read_claude(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    return prompted(body, model, stream=stream)


def _claude(answer: Answer, _asked: Asked, _ids: Ids) -> JSONObject:
    return {"type": "completion", **completion_of(answer, f" {answer.text}", last=True)}


def _claude_chunks(answer: Answer, _asked: Asked, _ids: Ids) -> Iterator[Chunk]:
    for text in pieces_of(answer):
        yield Chunk({"type": "completion", **completion_of(answer, text, last=False)}, 1)
    yield Chunk({"type": "completion", **completion_of(answer, "", last=True)}, role="finish")


CLAUDE = Family(fits=has("max_tokens_to_sample"), read=_read_claude, whole=_claude, chunks=_claude_chunks)
"""Claude's text completions of before."""

TITAN = Family(
    fits=lambda model, body: "textGenerationConfig" in body or "titan-t" in model,
    read=_read,
    whole=_titan,
    chunks=_titan_chunks,
)
"""Amazon's Titan."""

LLAMA = Family(fits=called("meta."), read=_read, whole=_llama, chunks=_llama_chunks)
"""Meta's Llama."""

MISTRAL = Family(fits=called("mistral."), read=_read, whole=_mistral, chunks=_mistral_chunks)
"""Mistral's models."""

COHERE = Family(fits=called("cohere."), read=_read, whole=_cohere, chunks=_cohere_chunks)
"""Cohere's Command."""

JURASSIC = Family(fits=called("ai21."), read=_read, whole=_jurassic)
"""AI21's Jurassic."""
