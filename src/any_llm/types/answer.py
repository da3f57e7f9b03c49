"""The answer to a request that has no operation of its own."""

from __future__ import annotations

from any_llm.types.json import JSON
from any_llm.types.report import Reported


class Answer(Reported):
    """Any successful answer: its JSON as `json`, and its members, where it is an object, as attributes too.

    What is no JSON is the text itself.
    """

    json: JSON = None
