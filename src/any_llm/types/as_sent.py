"""Whether a value still says just what was sent."""

from __future__ import annotations

import msgspec

from any_llm.types.decode import decoder
from any_llm.types.source import Source
from any_llm.types.value import Value


def sent_text(value: Value) -> bytes:
    """Return the text that a value was made of; nothing if there is none, or its fields say something else now."""
    source: object = vars(value).get("_source")
    if type(source) is not Source or not source.raw:
        return b""
    try:
        fresh = decoder(type(value)).decode(source.raw)
    except msgspec.DecodeError:
        return b""
    return source.raw if _ENCODE(fresh) == _ENCODE(value) else b""


_ENCODE = msgspec.json.Encoder(enc_hook=str).encode
