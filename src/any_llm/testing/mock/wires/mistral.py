"""What Mistral has of its own: https://docs.mistral.ai/api.

Its chat and its embeddings are OpenAI's, said in its manner (`vendors.py`); its files and batches are in modules of
their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, Turn, count_tokens, tokens_of
from any_llm.testing.mock.ids import HEX
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_audio import read_transcription
from any_llm.testing.mock.wires.openai_chat import chat_of, render_chat
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_moderations import scores_of
from any_llm.testing.mock.wires.openai_words import (
    EVENTS,
    event,
    head,
    model_of,
    not_found,
    refuse,
    texts_of,
    whole,
)
from any_llm.types.json import JSON, JSONObject, is_list, is_object

VENDOR = "mistral"
CATEGORIES: Sequence[str] = (
    "criminal", "dangerous", "financial", "hate_and_discrimination", "health", "jailbreaking", "law", "pii", "selfharm",
    "sexual", "violence_and_threats",
)  # fmt: skip
_AUDIO_SECONDS = 2


def _read_fim(request: MockRequest) -> Asked:
    body = request.object
    if not isinstance(body.get("prompt"), str):
        raise refuse("prompt")
    stop = body.get("stop") or ()
    return Asked(
        model=model_of(request, body),
        stream=body.get("stream") is True,
        turns=(Turn("user", body["prompt"]),),
        max_tokens=body.get("max_tokens"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
    )


def _read_agent(request: MockRequest) -> Asked:
    body = request.object
    if not body.get("agent_id"):
        raise refuse("agent_id")
    return msgspec.structs.replace(chat_of(body), model=str(body["agent_id"]))


class Agent(msgspec.Struct, frozen=True):
    """An agent that was made; `object` is what the vendor says of it."""

    object: JSONObject


def _create_agent(context: Context) -> Rendered:
    body = context.request.object
    for name in ("model", "name"):
        if not body.get(name):
            raise refuse(name)
    now = datetime.fromtimestamp(context.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    given = body.get("completion_args")
    settings = dict.fromkeys((
        "frequency_penalty", "max_tokens", "prediction", "presence_penalty", "random_seed", "reasoning_effort",
        "response_format", "stop", "temperature", "top_p",
    ))  # fmt: skip
    agent: JSONObject = {
        "completion_args": {**settings, "tool_choice": "auto", **(given if is_object(given) else {})},
        "created_at": now,
        "deployment_chat": False,
        "description": body.get("description"),
        "guardrails": [],
        "handoffs": body.get("handoffs"),
        "id": context.ids.take("ag_", 32, HEX),
        "instructions": body.get("instructions"),
        "metadata": body.get("metadata"),
        "model": body["model"],
        "name": body["name"],
        "object": "agent",
        "source": "api",
        "tools": body.get("tools") or [],
        "updated_at": now,
        "version": 0,
        "version_message": None,
        "versions": [],
    }
    return whole(context.shelf.room("mistral.agents", Agent).put(agent["id"], Agent(agent)).object, context)


def _retrieve_agent(context: Context) -> Rendered:
    name = context.request.params["agent"]
    found = context.shelf.room("mistral.agents", Agent).find(name, not_found("agent", name))
    return whole(found.object, context)


def _read_moderation(request: MockRequest) -> Asked:
    body = request.object
    given = body.get("input")
    inputs = texts_of(_last_said(given) if "/chat/" in request.path else given)
    if not inputs:
        raise refuse("input")
    return Asked(model=model_of(request, body), inputs=inputs)


def _last_said(given: JSON) -> list[str]:
    """Return what is judged of each conversation: its last message."""
    if not is_list(given) or not given:
        return []
    conversations = given if is_list(given[0]) else [given]
    return [str(messages[-1].get("content", "")) for messages in conversations if messages and is_object(messages[-1])]


def _render_moderation(answer: Answer, asked: Asked, context: Context) -> Rendered:
    results = [scores_of(answer, text, CATEGORIES) for text in asked.inputs]
    usage = answer.usage_for(asked)
    body: JSONObject = {
        "id": context.ids.take(length=32, alphabet=HEX),
        "model": asked.model,
        "results": [
            {"categories": {name: score >= 0.5 for name, score in scores.items()}, "category_scores": scores}
            for scores in results
        ],
        "usage": {
            "prompt_tokens": usage.input,
            "total_tokens": usage.input,
            "completion_tokens": 0,
            "request_count": len(results),
            **dict.fromkeys((
                "completion_tokens_details", "prompt_audio_seconds", "prompt_token_details", "prompt_tokens_details",
                "service_tier",
            )),
        },
    }  # fmt: skip
    return whole(body, context, answer)


def _read_ocr(request: MockRequest) -> Asked:
    body = request.object
    document = body.get("document")
    if not is_object(document):
        raise refuse("document")
    where = document.get("document_url") or document.get("image_url") or document.get("file_id")
    named = where.get("url") if is_object(where) else where
    pages = body.get("pages")
    return Asked(
        model=model_of(request, body),
        inputs=(f"# What the document says\n\n{str(named)[:100]}",),
        options={"pages": pages if is_list(pages) else [0], "annotate": body.get("document_annotation_format")},
    )


def _render_ocr(answer: Answer, asked: Asked, context: Context) -> Rendered:
    pages: list[JSONObject] = [
        {
            "index": index,
            "markdown": answer.text,
            "images": [],
            "tables": [],
            "hyperlinks": [],
            "header": None,
            "footer": None,
            "dimensions": {"dpi": 200, "height": 2200, "width": 1700},
            "confidence_scores": None,
        }
        for index in asked.options["pages"]
    ]
    body: JSONObject = {
        "pages": pages,
        "model": asked.model,
        "document_annotation": answer.text if asked.options.get("annotate") else None,
        "usage_info": {"pages_processed": len(pages), "doc_size_bytes": len(context.request.body)},
    }
    return whole(body, context, answer)


def _render_transcription(answer: Answer, asked: Asked, context: Context) -> Rendered:
    language = asked.options.get("language")
    segment = {
        "type": "transcription_segment", "text": answer.text, "start": 0.0, "end": float(_AUDIO_SECONDS),
        "score": None, "speaker_id": None,
    }  # fmt: skip
    written = count_tokens(answer.text)
    body: JSONObject = {
        "model": asked.model,
        "text": answer.text,
        "language": language if language != "english" else None,
        "segments": [segment],
        "usage": {
            "prompt_audio_seconds": _AUDIO_SECONDS,
            "prompt_tokens": 0,
            "completion_tokens": written,
            "total_tokens": written,
        },
        "finish_reason": None,
    }
    if not asked.stream:
        return whole(body, context, answer, written)
    pieces = [event({"type": "transcription.text.delta", "text": text}, tokens=1) for text in tokens_of(answer.text)]
    done = event({"type": "transcription.done", **body}, "finish")
    return Rendered(headers=head(context, answer, EVENTS), pieces=(*pieces, done))


WIRE = Wire(
    name="mistral",
    vendor=VENDOR,
    routes=(
        Route(
            method="POST",
            path="/fim/completions",
            operation="text_completion",
            read=_read_fim,
            render=render_chat,
        ),
        Route(method="POST", path="/agents/completions", operation="completion", read=_read_agent, render=render_chat),
        Route(method="POST", path="/agents", operation="create_agent", handle=_create_agent),
        Route(method="GET", path="/agents/{agent}", operation="retrieve_agent", handle=_retrieve_agent),
        Route(
            method="POST",
            path="/chat/moderations",
            operation="moderation",
            read=_read_moderation,
            render=_render_moderation,
        ),
        Route(
            method="POST", path="/moderations", operation="moderation", read=_read_moderation, render=_render_moderation
        ),
        Route(method="POST", path="/ocr", operation="ocr", read=_read_ocr, render=_render_ocr),
        Route(
            method="POST",
            path="/audio/transcriptions",
            operation="transcription",
            read=read_transcription,
            render=_render_transcription,
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
)
