"""Errors of AssemblyAI's API: https://www.assemblyai.com/docs/api-reference/overview."""

from __future__ import annotations

from any_llm.spec.answers import Said, error_decoder, explained
from any_llm.types.json import JSON, JSONObject


def hear(body: JSONObject) -> Said:
    """Find what an error says; there are no codes."""
    told: JSON = body.get("error") or body.get("message") or body.get("detail")
    return Said(message=explained(told) if told else "")


decode_error = error_decoder(hear, {})
