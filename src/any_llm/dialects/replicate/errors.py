"""Errors of Replicate's API, as RFC 7807 shapes them: https://replicate.com/docs/reference/http."""

from __future__ import annotations

from any_llm.spec.answers import Said, error_decoder, first_text, objects
from any_llm.types.json import JSONObject


def hear(body: JSONObject) -> Said:
    """Find what an error says; of a malformed request, which field of the input is wrong."""
    wrong = objects(body.get("invalid_fields"))
    field = first_text(wrong[0].get("field")) if wrong else ""
    words = first_text(body.get("detail"), body.get("title"))
    return Said(message=words, code=first_text(body.get("code")) or None, param=field.removeprefix("input.") or None)


decode_error = error_decoder(hear, {})
