"""Errors of Luma's API: https://docs.lumalabs.ai/docs/errors."""

from __future__ import annotations

from any_llm.spec.answers import Said, error_decoder, explained
from any_llm.types.json import JSON, JSONObject


def hear(body: JSONObject) -> Said:
    """Find what an error says; there are no codes."""
    detail: JSON = body.get("detail") or body.get("message")
    return Said(message=explained(detail) if detail else "")


decode_error = error_decoder(hear, {})
