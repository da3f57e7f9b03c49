"""Whether a value still says just what was sent."""

from __future__ import annotations

import msgspec

from any_llm.types.decode import decoder
from any_llm.types.source import Source
from any_llm.types.value import Value


def sent_text(value: Value) -> bytes:
    """Return the text that a value was made of; nothing if there is none, or its fields say something else now."""
    raw = raw_of(value)
    if not raw:
        return b""
    try:
        fresh = decoder(type(value)).decode(raw)
    except msgspec.DecodeError:
        return b""
    return raw if _ENCODE(fresh) == _ENCODE(value) else b""


def raw_of(value: Value) -> bytes:
    """Return the text that a whole answer was made of, whatever its fields say now; nothing if there is none."""
    source: object = vars(value).get("_source")
    return source.raw if type(source) is Source else b""


_ENCODE = msgspec.json.Encoder(enc_hook=str).encode
