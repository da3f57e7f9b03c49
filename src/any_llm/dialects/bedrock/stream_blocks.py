"""Adding up the deltas of one streamed block to the block that a whole answer would hold."""

from __future__ import annotations

import base64
import binascii

import msgspec

from any_llm.dialects.bedrock.wire import member
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list, is_object
from any_llm.types.json import JSON, JSONObject, decode_json


class BlockFold:
    """Adds up deltas; `begun` is the block as it was announced, and `written` whether a tool's input has come."""

    def __init__(self, start: JSONObject) -> None:
        self.begun = start
        self._texts: dict[str, list[str]] = {}
        self._secrets: list[bytes] = []
        self._citations: list[JSONObject] = []
        self._results: list[JSON] = []
        self._others: JSONObject = {}

    @property
    def written(self) -> bool:
        """Whether a tool's input has come, some of it at least."""
        return "input" in self._texts

    def add(self, delta: JSONObject) -> None:
        """Take one delta into account."""
        for name, value in delta.items():
            match name, value:
                case "text", str(text):
                    self._write("text", text)
                case "toolUse", {"input": str(text)} if text:
                    self._write("input", text)
                case "reasoningContent", _ if is_object(value):
                    self._think(value)
                case "citation", _ if is_object(value):
                    self._citations.append(value)
                case "toolResult", _ if is_list(value):
                    self._results += value
                case _:
                    self._others[name] = value

    def result(self) -> JSONObject:
        """Return the block so far."""
        if "toolUse" in self.begun:
            written = _parse_input("".join(self._texts.get("input", ())))
            return {"toolUse": {**member(self.begun, "toolUse"), "input": written}}
        if "toolResult" in self.begun:
            return {"toolResult": {**member(self.begun, "toolResult"), "content": self._results}}
        if self._secrets:
            return {"reasoningContent": {"redactedContent": base64.b64encode(b"".join(self._secrets)).decode()}}
        return self._spoken() or {
            name: {**member(self.begun, name), **member(self._others, name)} for name in self.begun | self._others
        }

    def _spoken(self) -> JSONObject:
        texts = {name: "".join(pieces) for name, pieces in self._texts.items()}
        if "thought" in texts or "signature" in texts:
            signature = {"signature": texts["signature"]} if "signature" in texts else {}
            return {"reasoningContent": {"reasoningText": {"text": texts.get("thought", ""), **signature}}}
        if self._citations:
            return {"citationsContent": {"content": [{"text": texts.get("text", "")}], "citations": self._citations}}
        return {"text": texts["text"]} if "text" in texts else {}

    def _write(self, name: str, text: str) -> None:
        self._texts.setdefault(name, []).append(text)

    def _think(self, thought: JSONObject) -> None:
        for name, kept in (("text", "thought"), ("signature", "signature")):
            if isinstance(thought.get(name), str):
                self._write(kept, thought[name])
        secret = thought.get("redactedContent")
        if isinstance(secret, str):
            try:
                self._secrets.append(base64.b64decode(secret, validate=True))
            except binascii.Error as error:
                raise MalformedResponseError(f"redacted thoughts are not base64: {secret[:40]!r}") from error


def _parse_input(text: str) -> JSON:
    """Return the input of a tool, none for no text; what is not JSON stays the text that the model wrote."""
    if not text.strip():
        return {}
    try:
        return decode_json(text)
    except msgspec.DecodeError:
        return text
