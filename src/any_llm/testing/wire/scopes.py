"""Which recorded APIs are replayed: the scopes of all wire formats in one table, and which of them fits a recording."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.testing.recordings import Recording
from any_llm.testing.wire.intent import route_of
from any_llm.testing.wire.scope import OWN_SCOPES, Scope
from any_llm.testing.wire.scopes_anthropicx import ANTHROPICX_SCOPES
from any_llm.testing.wire.scopes_clouds import CLOUD_SCOPES
from any_llm.testing.wire.scopes_dashscope import DASHSCOPE_SCOPES
from any_llm.testing.wire.scopes_gemini import GEMINI_SCOPES
from any_llm.testing.wire.scopes_openai import OPENAI_SCOPES
from any_llm.testing.wire.scopes_speech import SPEECH_SCOPES

SCOPES: Mapping[str, Scope] = {
    **OWN_SCOPES,
    **ANTHROPICX_SCOPES,
    **CLOUD_SCOPES,
    **DASHSCOPE_SCOPES,
    **GEMINI_SCOPES,
    **OPENAI_SCOPES,
    **SPEECH_SCOPES,
}
"""The recorded APIs that are replayed; every other one in a folder is counted as not in scope."""


def scope_of(recording: Recording) -> Scope:
    """Return the scope of a recording: of those of its API, the first that fits its request, or what it shows.

    Raises:
        KeyError: the recording's API is not in scope.
    """
    first = SCOPES[recording.api]
    return next((scope for scope in (first, *first.others) if _fits(recording, scope)), first)


def _fits(recording: Recording, scope: Scope) -> bool:
    request = recording.request
    if request is None:
        return _shows(scope, recording.response.body)
    there = all(f'"{name}"'.encode() in request.body for name in scope.needed) and _shows(scope, request.body)
    return there and request.method in scope.methods and route_of(request, scope) is not None


def _shows(scope: Scope, body: bytes) -> bool:
    return not scope.shown or any(word in body for word in scope.shown)
