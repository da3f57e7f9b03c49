"""A message of the model's as the parts that it is sent back in, signatures included.

https://ai.google.dev/gemini-api/docs/thought-signatures
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.gemini.chat_parts import encode_media, encode_parts, invalid
from any_llm.dialects.gemini.wire import MADE_ID, VENDOR, entries, members, plain, text_of
from any_llm.schemas.shapes import is_list, is_object
from any_llm.types.json import JSON, JSONObject, decode_json
from any_llm.types.report import Warning as CallWarning

SIGNATURE = "thought_signature"
"""Under which name `extra_content` holds a signature, as in Google's OpenAI-compatible API."""

PARTS = "parts"
"""Under which name `extra_content` holds the exact parts of an answer that its message does not tell in full."""

_UNSIGNED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""`skip_thought_signature_validator` in base64: the signature of a call that is not the vendor's own.

https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
"""


def encode_answer(message: JSONObject, where: str, *, signed: bool, warnings: list[CallWarning]) -> list[JSONObject]:
    """Return the parts of an answer: the exact ones that it came in, unless the caller has changed it since.

    `signed` says whether the model refuses calls without a signature.

    Raises:
        InvalidMessageError: something in the message is malformed; the error's `param` is its path.
    """
    content = message.get("content") or message.get("refusal") or ""
    said = encode_parts(content, f"{where}.content", warnings)
    given = entries(message.get("tool_calls"))
    calls = [_encode_call(call, f"{where}.tool_calls[{index}]") for index, call in enumerate(given)]
    kept = _kept(message)
    exact = kept.get(PARTS)
    if is_list(exact) and _shown(exact) == _shown([*said, *calls]):
        return list(exact)
    if message.get("reasoning") and not kept and not any("thoughtSignature" in call for call in calls):
        warnings.append(CallWarning("dropped", f"{where}.reasoning", "thoughts are taken back only by signature"))
    if calls and signed and "thoughtSignature" not in calls[0]:
        calls[0]["thoughtSignature"] = _UNSIGNED
        detail = "a call without the vendor's signature was marked as not to be validated"
        warnings.append(CallWarning("emulated", f"{where}.tool_calls[0].extra_content", detail))
    return [*_sign(said, kept), *_images(message, where), *calls]


def _sign(said: list[JSONObject], kept: Mapping[str, JSON]) -> list[JSONObject]:
    """Put the signature of a message onto its last part."""
    if SIGNATURE not in kept:
        return said
    last = said[-1] if said else {"text": ""}
    return [*said[:-1], {**last, "thoughtSignature": kept[SIGNATURE]}]


def _images(message: JSONObject, where: str) -> list[JSONObject]:
    urls = [text_of(members(members(image).get("image_url")).get("url")) for image in entries(message.get("images"))]
    return [encode_media(url, f"{where}.images[{index}]") for index, url in enumerate(urls) if url]


def _kept(holder: JSONObject) -> JSONObject:
    """Return what an earlier answer left in `extra_content` for this vendor."""
    return members(members(holder.get("extra_content")).get(VENDOR))


def _shown(parts: list[JSON]) -> tuple[str, list[JSON]]:
    """Return what a message shows of its parts: the text, and the names and arguments of calls."""
    told = [members(part) for part in parts]
    text = "".join(text_of(part.get("text")) for part in told if not part.get("thought"))
    calls = [members(part["functionCall"]) for part in told if "functionCall" in part]
    return text, [(call.get("name"), call.get("args") or {}) for call in calls]


def _encode_call(given: JSON, where: str) -> JSONObject:
    call = plain(given)
    function = plain(call.get("function")) if is_object(call) else None
    if not is_object(call) or not is_object(function):
        raise invalid(where, f"a call of a function is needed, found {given!r:.100}")
    name, id_ = function.get("name"), call.get("id")
    if not isinstance(name, str) or not name:
        raise invalid(f"{where}.function.name", f"a text is needed, found {name!r:.100}")
    arguments = _parse_arguments(function.get("arguments"), f"{where}.function.arguments")
    encoded: JSONObject = {"name": name, "args": arguments}
    if isinstance(id_, str) and id_ and not id_.startswith(MADE_ID):
        encoded["id"] = id_
    signature = _kept(call).get(SIGNATURE)
    return {"functionCall": encoded} | ({"thoughtSignature": signature} if signature else {})


def _parse_arguments(arguments: JSON, where: str) -> JSONObject:
    """Return the arguments of a call, for which no text at all means none."""
    if isinstance(arguments, str):
        try:
            arguments = decode_json(arguments) if arguments.strip() else {}
        except msgspec.DecodeError as error:
            raise invalid(where, f"not JSON ({error}): {arguments!r:.100}") from error
    if arguments is None:
        return {}
    if not is_object(arguments):
        raise invalid(where, f"the arguments are a JSON object, not {arguments!r:.100}")
    return arguments
