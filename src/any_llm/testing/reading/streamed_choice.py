"""One choice of a streamed chat completion, put together from its deltas."""

from __future__ import annotations

from any_llm.testing.reading.fields import Fields, as_text, fields, integer, text
from any_llm.testing.reading.values import Choice, ToolCall


class StreamedChoice:
    """Gathers deltas; `finish` gives what they amount to. `notes` says what was unusual about them."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.finish_reason: str | None = None
        self.signatures: tuple[str, ...] = ()
        self.notes: list[str] = []
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._refusals: list[str] = []
        self._calls: list[_StreamedCall] = []

    def add(self, content: str, thoughts: str, refusal: str) -> None:
        """Add a delta's text, reasoning and refusal."""
        self._texts.append(content)
        self._thoughts.append(thoughts)
        self._refusals.append(refusal)

    def add_calls(self, calls: list[Fields]) -> None:
        """Add a delta's tool calls.

        A piece belongs to the call of its index, unless it brings another id: some vendors number every call 0.
        """
        for call in calls:
            number, function = integer(call.get("index")), fields(call.get("function"))
            call_id = text(call.get("id"))
            known = [streamed for streamed in self._calls if number is None or streamed.number == number]
            streamed = known[-1] if known else None
            if streamed is None or (call_id and streamed.id and call_id != streamed.id):
                if streamed is not None:
                    self.notes.append(f"tool call index {number} brings a second id")
                streamed = _StreamedCall(number)
                self._calls.append(streamed)
            if number is None:
                self.notes.append("a tool call without an index")
            name = text(function.get("name"))
            if name and streamed.name:
                self.notes.append("a tool call's name is sent twice")
            streamed.id = streamed.id or call_id
            streamed.name = streamed.name or name
            streamed.arguments += as_text(function.get("arguments"))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls so far, in the order of their index."""
        ordered = sorted(self._calls, key=lambda call: call.number or 0)
        return tuple(ToolCall(call.id, call.name, call.arguments) for call in ordered)

    def finish(self, chat_finish_reason: str | None) -> Choice:
        """Return the choice as a value."""
        return Choice(
            index=self.index,
            text="".join(self._texts),
            reasoning="".join(self._thoughts),
            refusal="".join(self._refusals),
            tool_calls=self.tool_calls,
            finish_reason=self.finish_reason,
            chat_finish_reason=chat_finish_reason,
            signatures=self.signatures,
        )


class _StreamedCall:
    def __init__(self, number: int | None) -> None:
        self.number = number
        self.id = ""
        self.name = ""
        self.arguments = ""
