"""An independent reading of vendors' answers, to check the dialects against.

Written from the vendors' references and the recordings, over parsed JSON, for whole bodies. It shares no code with the
dialects, so that one mistake is not made twice.
"""

from __future__ import annotations

from any_llm.testing.reading.chat import read_chat
from any_llm.testing.reading.embeddings import read_embeddings
from any_llm.testing.reading.errors import malformed, read_failure
from any_llm.testing.reading.messages import read_messages
from any_llm.testing.reading.models import read_models
from any_llm.testing.reading.responses import read_responses
from any_llm.testing.reading.values import Reading

APIS = (
    "anthropic.messages",
    "anthropic.models",
    "openai.chat",
    "openai.embeddings",
    "openai.models",
    "openai.responses",
)


def read_answer(api: str, status: int, content_type: str, body: bytes) -> Reading:
    """Read the answer of one of `APIS`, whatever its status.

    Raises:
        ValueError: there is no reading of this API.
    """
    if api not in APIS:
        raise ValueError(f"no reading of {api!r}: one of {', '.join(APIS)} is needed")
    if not 200 <= status < 300:
        return Reading(failure=read_failure(status, body))
    if not body.strip():
        return malformed(status, "an empty body")
    match api:
        case "openai.chat":
            return read_chat(status, content_type, body)
        case "openai.responses":
            return read_responses(status, content_type, body)
        case "anthropic.messages":
            return read_messages(status, content_type, body)
        case "openai.embeddings":
            return read_embeddings(status, body)
        case _:
            return read_models(status, body)
