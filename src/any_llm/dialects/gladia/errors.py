"""Errors of Gladia's API: https://docs.gladia.io/chapters/limits-and-specifications/errors."""

from __future__ import annotations

from any_llm.spec.answers import Said, error_decoder, explained, first_text
from any_llm.types.json import JSON, JSONObject


def hear(body: JSONObject) -> Said:
    """Find what an error says; of a malformed request, each thing that is wrong."""
    told: JSON = body.get("validation_errors") or body.get("message")
    request_id = first_text(body.get("request_id")) or None
    return Said(message=explained(told) if told else "", request_id=request_id)


decode_error = error_decoder(hear, {})
