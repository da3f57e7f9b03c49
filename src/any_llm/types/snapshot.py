"""What a call says and is answered, as JSON of this moment: for whoever writes it down later."""

from __future__ import annotations

import msgspec

from any_llm.types.as_sent import sent_text
from any_llm.types.json import JSON, is_list
from any_llm.types.media import Media
from any_llm.types.value import Value


def snapshot(value: object) -> bytes:
    """Return a value as JSON, as it is now: what the caller changes later is not in it.

    What JSON cannot say is told by its type; text that is not Unicode is told with question marks.
    """
    try:
        return msgspec.json.encode(value, enc_hook=_plain)
    except (TypeError, ValueError, RecursionError):
        # Lone halves of characters, names that are no texts, or a tree without an end.
        return msgspec.json.encode(repr(value).encode("utf-8", "replace").decode())


def _plain(value: object) -> object:
    if isinstance(value, Media):
        return msgspec.structs.asdict(value)
    return {"type": type(value).__qualname__}


def snapshot_answer(answer: JSON) -> bytes:
    """Return an answer as JSON, as it is now; where its fields are as they came, that is the very text."""
    if isinstance(answer, Value):
        return sent_text(answer) or snapshot(answer.to_dict())
    if is_list(answer):
        return snapshot([item.to_dict() if isinstance(item, Value) else item for item in answer])
    return snapshot(answer)
