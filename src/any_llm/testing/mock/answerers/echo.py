"""The answerer that needs no telling: it says what it heard."""

from __future__ import annotations

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.request import MockRequest


def echo(request: MockRequest) -> Answer:
    """Answer with the last thing the user said, or with the tools' results."""
    asked = request.asked
    if asked is None:
        return Answer()
    results = asked.tool_results
    return Answer(text=" ".join(turn.text for turn in results) if results else asked.text)
