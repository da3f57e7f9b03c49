"""What a chat completion has on wish: log probabilities, speech, and thoughts as parts of the content."""

from __future__ import annotations

import base64
import math
from random import Random

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, tokens_of
from any_llm.testing.mock.wire import Context
from any_llm.testing.mock.wires.openai_words import seed_of
from any_llm.testing.mock.wires.samples import sound
from any_llm.types.json import JSON, JSONObject, is_list, is_object


def logprobs_object(text: str, asked: Asked) -> JSON:
    """Return the log probabilities of a text's tokens, where they are asked for."""
    if not asked.options.get("logprobs"):
        return None
    return {"content": token_logprobs(text, int(asked.options.get("top_logprobs") or 0)), "refusal": None}


def token_logprobs(text: str, top: int) -> list[JSONObject]:
    """Return each token with its log probability, and with those of the most likely ones, itself first."""
    return [
        {
            **(found := _token(token, Random(seed_of(token)).uniform(0.5, 0.99))),  # noqa: S311  # nothing secret
            "top_logprobs": [found, *(_token(f"{token}{rank}", 0.01 / rank) for rank in range(1, top))] if top else [],
        }
        for token in tokens_of(text)
    ]


def _token(token: str, probability: float) -> JSONObject:
    return {"token": token, "logprob": math.log(probability), "bytes": list(token.encode())}


def speech_wanted(asked: Asked) -> bool:
    """Whether the answer shall be spoken."""
    modalities = asked.options.get("modalities") if asked.options else None
    return is_list(modalities) and "audio" in modalities


def audio_object(answer: Answer, asked: Asked, context: Context) -> JSONObject:
    """Return a spoken answer."""
    wish = asked.options.get("audio")
    kind = str(wish.get("format") or "wav") if is_object(wish) else "wav"
    data = answer.media[0].data if answer.media else sound(kind)[1]
    return {
        "id": context.ids.take("audio_", 24),
        "data": base64.b64encode(data).decode(),
        "expires_at": int(context.now) + 3600,
        "transcript": answer.text,
    }


def thinking(text: str, *, closed: bool = False) -> JSONObject:
    """Return thoughts as a part of a content (Mistral)."""
    part: JSONObject = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
    return {**part, "closed": True} if closed else part
