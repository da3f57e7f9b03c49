"""The answer to a request that has no operation of its own."""

from __future__ import annotations

import msgspec

from any_llm.types.json import JSON, decode_json
from any_llm.types.report import Reported


class Answer(Reported):
    """Any successful answer; the members of a JSON object are its attributes."""

    @property
    def json(self) -> JSON:
        """The answer's JSON; the text itself where it is no JSON, `None` where it is empty."""
        raw = self.raw
        if not raw.strip():
            return None
        try:
            return decode_json(raw)
        except msgspec.DecodeError:
            return raw.decode("utf-8", "replace")
