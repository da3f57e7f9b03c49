"""What a later turn must send back unchanged, carried through a shape that has no place of its own for it.

A chat message has `extra_content` by vendor, and so has each of its tool calls; gateways have fields of their own, such
as OpenRouter's `reasoning_details` (https://openrouter.ai/docs/use-cases/reasoning-tokens). Messages has a thinking
block's `signature`, Responses a reasoning item's `encrypted_content`. What Messages has natively (Anthropic's own
signatures) stands there as it is; everything else is wrapped: `any-llm:` and the base64 of a JSON object with the
provider that made it. Unwrapping gives the same JSON, strings byte for byte.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import msgspec

from any_llm.bridges.items import object_in, objects_in
from any_llm.bridges.warnings import Warnings
from any_llm.spec.dialect import Target
from any_llm.types.completion_fold import merge_members
from any_llm.types.foreign import FOREIGN_SIGNATURE
from any_llm.types.json import JSONObject

NATIVE = "anthropic"
"""The member of `extra_content` whose content is Messages' own."""

REPLAYED = frozenset({"signature", "thinking_blocks", "content"})
"""What of it a later turn must send back; the rest are facts about the answer."""

FIELDS = ("reasoning_details", "thought_signature")
"""The fields beside `extra_content` in which vendors put what they want to see again."""

_SIGNED_AS: Mapping[str, str] = {"gemini": "google"}
"""Under which name `extra_content` keeps the signatures of a format, where it is not the format's own: providers that
speak it, such as the Gemini API and Vertex AI, read each other's."""

_DETAIL = "signed by another provider, which alone can read it"


class Carried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a message carries: its `extra_content`, that of its tool calls by their ids, and the vendor's own `fields`.

    `origin` is the provider's name.
    """

    origin: str = ""
    message: JSONObject = {}
    fields: JSONObject = {}
    calls: dict[str, JSONObject] = {}


_CARRIED = msgspec.json.Decoder(Carried)


def wrap(carried: Carried) -> str:
    """Return a signature that holds what is carried."""
    return FOREIGN_SIGNATURE + base64.urlsafe_b64encode(msgspec.json.encode(carried)).decode()


def unwrap(signature: str) -> Carried | None:
    """Return what a wrapped signature holds, `None` when it is not one of ours."""
    if not signature.startswith(FOREIGN_SIGNATURE):
        return None
    try:
        return _CARRIED.decode(base64.urlsafe_b64decode(signature[len(FOREIGN_SIGNATURE) :]))
    except (msgspec.DecodeError, binascii.Error):
        return None


def signed_blocks(extra: JSONObject) -> list[JSONObject]:
    """Return the thinking blocks in `extra_content` that Anthropic signed."""
    return objects_in(object_in(extra.get(NATIVE)).get("thinking_blocks"))


def native_block(extra: JSONObject, thought: str) -> JSONObject | None:
    """Return the one thinking block that `extra_content` stands for, when Messages can say it in its own words."""
    own = object_in(extra.get(NATIVE))
    if len(extra) != 1 or not own.keys() <= {"signature", "thinking_blocks"}:
        return None
    blocks = signed_blocks(extra)
    if not blocks and isinstance(own.get("signature"), str):
        return {"type": "thinking", "thinking": thought, "signature": own["signature"]}
    if len(blocks) != 1:
        return None
    block = blocks[0]
    said = block.get("thinking", "") == thought and isinstance(block.get("signature", block.get("data")), str)
    return block if said else None


def joined_details(fields: JSONObject) -> JSONObject:
    """Return the fields of a message with the pieces of `reasoning_details` joined that a stream has cut."""
    whole: list[JSONObject] = []
    for piece in objects_in(fields.get("reasoning_details")):
        last = whole[-1] if whole else {}
        if piece.get("index") is None or any(piece.get(name) != last.get(name) for name in ("type", "index")):
            whole.append(piece)
            continue
        texts = {name: f"{last.get(name) or ''}{piece[name]}" for name in ("text", "summary") if piece.get(name)}
        told = {name: member for name, member in piece.items() if member is not None}
        whole[-1] = {**last, **told, **texts}
    return {**fields, "reasoning_details": whole} if whole else fields


class Thoughts:
    """What an earlier answer thought and signed, put together again for the provider that is asked next."""

    def __init__(self, target: Target, warnings: Warnings) -> None:
        self._name = target.provider.name
        dialect = target.provider.dialect
        self._homes = frozenset({target.provider.name, dialect, _SIGNED_AS.get(dialect, dialect)})
        self._warnings = warnings
        self._texts: list[str] = []
        self.extra: JSONObject = {}
        self.fields: JSONObject = {}
        self.calls: dict[str, JSONObject] = {}

    @property
    def reasoning(self) -> str:
        """What was thought, as text."""
        return "".join(self._texts)

    def add_text(self, text: str) -> None:
        """Add a piece of what was thought."""
        self._texts.append(text)

    def add_signature(self, signature: str, path: str) -> None:
        """Add what a wrapped signature carries, as far as the provider can read it; anything else is foreign."""
        carried = unwrap(signature)
        if carried is None:
            self._warnings.dropped(path, _DETAIL)
            return
        self.extra = merge_members(self.extra, self._at_home(carried.message, carried.origin, path))
        self.fields = merge_members(self.fields, self._at_home(carried.fields, carried.origin, path))
        for call_id, extra in carried.calls.items():
            self.calls[call_id] = self._at_home(extra, carried.origin, path)

    def add_block(self, block: JSONObject, path: str) -> None:
        """Add a thinking block as Anthropic signed it."""
        own: JSONObject = {"thinking_blocks": [block]}
        if "signature" in block:
            own["signature"] = block["signature"]
        self.extra = merge_members(self.extra, self._at_home({NATIVE: own}, "", path))

    def _at_home(self, extra: JSONObject, origin: str, path: str) -> JSONObject:
        if origin == self._name:
            return extra
        kept = {name: value for name, value in extra.items() if name in self._homes}
        if len(kept) < len(extra):
            self._warnings.dropped(path, _DETAIL)
        return kept
