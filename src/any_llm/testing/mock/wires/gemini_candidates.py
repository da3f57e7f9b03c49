"""Answers in Gemini's words: parts, candidates, and how many tokens they took.

https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.answer import Answer, Blob, ToolCall, Usage
from any_llm.testing.mock.asked import Asked, tokens_of
from any_llm.testing.mock.wire import Context
from any_llm.testing.mock.wires.google_words import on_vertex, stamp
from any_llm.testing.mock.wires.samples import picture, sound
from any_llm.types.json import JSON, JSONObject, is_object

_FINISH: Mapping[str, str] = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}
_SIGNATURE = b"mock: these thoughts stay with the model"
_SPEECH = "audio/L16;codec=pcm;rate=24000"
_PAGE = "https://example.com/mock"


def blocked(answer: Answer) -> bool:
    """Tell whether the prompt is refused: Google then gives no candidate at all."""
    return bool(answer.refusal)


def envelope(context: Context) -> JSONObject:
    """Make what each answer, and each piece of a streamed one, tells of itself; in one stream it is the same."""
    made: JSONObject = {
        "modelVersion": context.request.model.rpartition("/")[2],
        "responseId": context.ids.take("", 22),
    }
    return {**made, "createTime": stamp(context.now)} if on_vertex(context.request) else made


def parts_of(answer: Answer, asked: Asked) -> list[JSONObject]:
    """Return an answer as parts: thoughts, text, media, and calls of functions."""
    thoughts: list[JSONObject] = [{"text": answer.reasoning, "thought": True}] if answer.reasoning else []
    media = [_inline(blob) for blob in media_of(answer, asked)]
    calls: list[JSONObject] = [
        {"functionCall": said} for call in answer.tool_calls if (said := call_object(call)) is not None
    ]
    speaking = asked.options.get("modalities") == ["AUDIO"]
    empty = not (media or calls)
    text: list[JSONObject] = [{"text": answer.text}] if not speaking and (answer.text or empty) else []
    signed = next(iter([*calls, *text, *media]), None)
    if signed is not None and (answer.reasoning or calls):
        signed["thoughtSignature"] = signature()
    return [*thoughts, *text, *media, *calls]


def signature() -> str:
    """Return what a client is to send back so that the model knows its thoughts again."""
    return base64.b64encode(_SIGNATURE).decode()


def media_of(answer: Answer, asked: Asked) -> tuple[Blob, ...]:
    """Return the media of an answer; where they were asked for and none are given, small ones."""
    if answer.media:
        return answer.media
    wanted = asked.options.get("modalities") or ()
    if "AUDIO" in wanted:
        return (Blob(_SPEECH, sound("pcm")[1]),)
    return (Blob("image/png", picture(asked.text)),) if "IMAGE" in wanted else ()


def _inline(blob: Blob) -> JSONObject:
    return {"inlineData": {"mimeType": blob.content_type, "data": base64.b64encode(blob.data).decode()}}


def call_object(call: ToolCall) -> JSONObject | None:
    """Return a call of a function; `None` for arguments that are no object, of which this format knows no spelling."""
    arguments: JSON = call.arguments
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments or "{}")
        except msgspec.DecodeError:
            return None
    if not is_object(arguments):
        return None
    return {"name": call.name, "args": arguments, **({"id": call.id} if call.id else {})}


def ending(answer: Answer, asked: Asked, context: Context) -> JSONObject:
    """Return what a candidate tells at its end: why it stopped, what it was found on, how likely it was."""
    if any(call_object(call) is None for call in answer.tool_calls):
        said = "Malformed function call: " + " ".join(call.arguments_text for call in answer.tool_calls)
        return {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": said}
    told: JSONObject = {"finishReason": _FINISH.get(answer.finish_reason, "STOP")}
    if answer.finish.isupper():
        told["finishReason"] = answer.finish
    if "googleSearch" in asked.options.get("hosted", ()):
        told["groundingMetadata"] = grounding(answer.text, asked.text)
    if on_vertex(context.request):
        told |= _likelihoods(answer, asked)
    return told


def grounding(text: str, question: str) -> JSONObject:
    """Return the sources of an answer: https://ai.google.dev/gemini-api/docs/google-search."""
    return {
        "searchEntryPoint": {"renderedContent": "<div>mock</div>"},
        "groundingChunks": [{"web": {"uri": _PAGE, "title": "example.com"}}],
        "groundingSupports": [
            {"segment": {"endIndex": len(text.encode()), "text": text}, "groundingChunkIndices": [0]}
        ],
        "webSearchQueries": [question],
    }


def _likelihoods(answer: Answer, asked: Asked) -> JSONObject:
    told: JSONObject = {"avgLogprobs": -0.01}
    if asked.options.get("logprobs"):
        chosen = [
            {"token": token, "tokenId": index, "logProbability": -0.01}
            for index, token in enumerate(tokens_of(answer.text))
        ]
        result: JSONObject = {"chosenCandidates": chosen}
        if asked.options.get("likeliest"):
            result["topCandidates"] = [{"candidates": [one]} for one in chosen]
        told["logprobsResult"] = result
    return told


def usage_object(usage: Usage, context: Context, *, modality: str = "TEXT") -> JSONObject:
    """Return the usage in Google's words; what the model thought is not among the candidates' tokens."""
    vertex = on_vertex(context.request)
    said = max(usage.output - usage.reasoning, 0)
    told: JSONObject = {
        "promptTokenCount": usage.input,
        "candidatesTokenCount": said,
        "totalTokenCount": usage.input + said + usage.reasoning,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.input}],
    }
    if vertex or modality != "TEXT":
        told["candidatesTokensDetails"] = [{"modality": modality, "tokenCount": said}]
    if usage.reasoning:
        told["thoughtsTokenCount"] = usage.reasoning
    if usage.cached:
        told["cachedContentTokenCount"] = usage.cached
        if not vertex:
            told["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": usage.cached}]
    return told | ({"trafficType": "ON_DEMAND"} if vertex else {"serviceTier": "standard"})


def modality_of(asked: Asked) -> str:
    """Return in which modality the answer is: the last that was asked for."""
    wanted = asked.options.get("modalities") or ()
    return wanted[-1] if wanted else "TEXT"
