"""What a model has made, in the pieces of `generateContent`, for operations that ask for one kind of it.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.wire import FINISH_REASONS, entries, members, reason_name, text_of
from any_llm.exceptions import AnyLLMError, ContentFilterError, MalformedResponseError
from any_llm.schemas.shapes import is_object
from any_llm.types.json import JSON, JSONObject


def read_answer(body: bytes, status: int) -> JSONObject:
    """Return an answer, or a piece of a streamed one, as an object.

    Raises:
        AnyLLMError: it is an error in spite of its HTTP status.
        MalformedResponseError: it is no object.
    """
    tree = msgspec.json.decode(body)
    if not is_object(tree):
        raise MalformedResponseError(f"an answer is an object, not {tree!r:.100}")
    if "error" in tree:
        raise error_from(tree, status)
    return tree


def parts_of(answer: Mapping[str, JSON]) -> Iterator[JSONObject]:
    """Yield the parts of all candidates that are not thoughts."""
    for candidate in entries(answer.get("candidates")):
        for given in entries(members(members(candidate).get("content")).get("parts")):
            part = members(given)
            if not part.get("thought"):
                yield part


def data_parts(answer: Mapping[str, JSON], kind: str) -> list[tuple[str, str]]:
    """Return media type and base64 of the files whose media type begins with `kind`."""
    found = [members(part.get("inlineData")) for part in parts_of(answer)]
    told = [(text_of(data.get("mimeType")), text_of(data.get("data"))) for data in found]
    return [(media, data) for media, data in told if media.lower().startswith(kind)]


def text_in(answer: Mapping[str, JSON]) -> str:
    """Return the text of an answer."""
    return "".join(text_of(part.get("text")) for part in parts_of(answer))


def ended(answer: Mapping[str, JSON]) -> str | None:
    """Return the reason for which a candidate ended, if one did."""
    reasons = [reason_name(members(one).get("finishReason")) for one in entries(answer.get("candidates"))]
    return next((reason for reason in reasons if reason is not None), None)


def nothing_made(answer: Mapping[str, JSON], wanted: str) -> AnyLLMError:
    """Return the error of an answer that holds nothing of what was wanted, such as `an image`."""
    feedback = members(answer.get("promptFeedback"))
    blocked = text_of(feedback.get("blockReason"))
    candidate = members(next(iter(entries(answer.get("candidates"))), None))
    reason = ended(answer)
    told = text_of(feedback.get("blockReasonMessage")) or text_of(candidate.get("finishMessage")) or text_in(answer)
    if blocked or FINISH_REASONS.get(reason or "") == "content_filter":
        code = blocked or reason
        return ContentFilterError(told or f"{wanted} was blocked: {code}", status_code=200, code=code)
    return MalformedResponseError(f"the answer holds not {wanted}, but {told!r:.200} ({reason})", code=reason)
