"""What the environment says about telemetry, by the standard variables of OpenTelemetry's GenAI instrumentations.

https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from any_llm.exceptions import ConfigurationError

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
EMIT = "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT"
STABILITY = "OTEL_SEMCONV_STABILITY_OPT_IN"
NEWEST = "gen_ai_latest_experimental"

MODES: Mapping[str, tuple[bool, bool]] = {
    "NO_CONTENT": (False, False),
    "SPAN_ONLY": (True, False),
    "EVENT_ONLY": (False, True),
    "SPAN_AND_EVENT": (True, True),
}
"""Whether what was said goes on spans, and into events, by the words of `CAPTURE`."""

_EARLIER_WORDS: Mapping[str, str] = {"FALSE": "NO_CONTENT", "TRUE": "SPAN_AND_EVENT"}
"""What instrumentations of before take, and programs that have them still say."""

_ANSWERS: Mapping[str, bool] = {"TRUE": True, "FALSE": False}


class Switches(NamedTuple):
    """What goes where.

    Attributes:
        spans: whether what was said stands on spans.
        events: whether it is told in events.
        emit: whether there are events of the details of calls.
        earlier: whether names of before stand beside the newest.
    """

    spans: bool
    events: bool
    emit: bool
    earlier: bool


def switches(environment: Mapping[str, str], content: str = "") -> Switches:
    """Return what the settings say, or where they say nothing, the environment.

    Raises:
        ConfigurationError: a variable holds a word that it does not know.
    """
    word = content or environment.get(CAPTURE, "").strip().upper() or "NO_CONTENT"
    word = _EARLIER_WORDS.get(word, word)
    if word not in MODES:
        raise ConfigurationError(f"{CAPTURE} is {word!r}; use one of {', '.join(MODES)}")
    emit = environment.get(EMIT, "").strip().upper()
    if emit and emit not in _ANSWERS:
        raise ConfigurationError(f"{EMIT} is {emit!r}; use true or false")
    spans, events = MODES[word]
    chosen = {each.strip() for each in environment.get(STABILITY, "").split(",")}
    return Switches(spans, events, _ANSWERS.get(emit, events), earlier=NEWEST not in chosen)
