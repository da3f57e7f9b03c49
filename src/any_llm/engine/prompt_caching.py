"""`cache="auto"`: have the provider keep the beginning of a conversation, in whichever way it wants to be told.

https://platform.claude.com/docs/en/build-with-claude/prompt-caching and
https://platform.openai.com/docs/guides/prompt-caching
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.pipeline.call import Call
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping
from any_llm.types.report import Warning as CallWarning

_MARK: Mapping[str, str] = {"type": "ephemeral"}
_MODES = ("auto", "none")
_WITH_PROMPTS = frozenset({Operation.COMPLETION, Operation.MESSAGES, Operation.RESPONSES})
_KEY_LENGTH = 32

Plan: TypeAlias = Callable[[JSONObject], None]
"""Says in the options of a call, in place, that its prompt is to be kept."""


def cached(call: Call) -> tuple[Call, tuple[CallWarning, ...]]:
    """Return a call whose wish to have its prompt kept is said in the provider's way, and what could not be said.

    Raises:
        InvalidRequestError: the wish is not one of `auto` and `none`.
    """
    options = dict(call.options)
    wish = options.pop("cache")
    if wish not in _MODES:
        raise InvalidRequestError(f"cache is {wish!r}; use 'auto' or 'none', or a dictionary", param="cache")
    if call.operation not in _WITH_PROMPTS:
        raise InvalidRequestError(
            f"cache={wish!r} is about the prompts of conversations, and {call.operation} has none; for answers "
            "that are kept here give a dictionary, such as cache={'ttl': 60}",
            param="cache",
        )
    plan = PLANS.get(call.target.provider.caching)
    warnings: tuple[CallWarning, ...] = ()
    if wish == "auto" and plan is None:
        warnings = (CallWarning("dropped", "cache", "it is not known that the provider keeps prompts"),)
    elif wish == "auto" and plan is not None:
        options.setdefault("model", call.target.model)
        plan(options)
        del options["model"]
    return msgspec.structs.replace(call, options=options), warnings


def _leave(_options: JSONObject) -> None:
    """Say nothing: the provider keeps prompts by itself."""


def _name(options: JSONObject) -> None:
    """Name what the prompts of an application have in common, so that they reach the machine that keeps it."""
    if "prompt_cache_key" in options:
        return
    messages: Sequence[JSON] = options.get("messages") or ()
    first = [message for message in messages[:1] if _role(message) in {"system", "developer"}]
    common = [options["model"], options.get("instructions"), options.get("tools"), *map(_plain, first)]
    text = msgspec.json.encode(common, enc_hook=_plain)
    options["prompt_cache_key"] = hashlib.sha256(text).hexdigest()[:_KEY_LENGTH]


def _mark(options: JSONObject) -> None:
    """Mark the ends of what is to be kept: the tools, the system's words, the newest message.

    Marks that the caller has set stay as they are, and are then the only ones.
    """
    if b'"cache_control"' in msgspec.json.encode([options.get(name) for name in _PLACES], enc_hook=_plain):
        return
    if options.get("tools"):
        *others, last = options["tools"]
        options["tools"] = [*others, {**_plain(last), "cache_control": _MARK}]
    if options.get("system"):
        options["system"] = _marked(options["system"])
    messages: list[JSON] = list(options.get("messages") or ())
    system = [index for index, message in enumerate(messages) if _role(message) in {"system", "developer"}]
    for index in {*system[-1:], len(messages) - 1} if messages else ():
        message = _plain(messages[index])
        if message.get("content"):
            messages[index] = {**message, "content": _marked(message["content"])}
    if messages:
        options["messages"] = messages


_PLACES = ("tools", "system", "messages")

PLANS: Mapping[str, Plan] = {"automatic": _leave, "breakpoints": _mark, "key": _name}
"""How to say it, by the word of a provider's record."""


def _marked(content: JSON) -> JSON:
    if not is_list(content):
        return [{"type": "text", "text": content, "cache_control": _MARK}]
    *others, last = content
    return [*others, {**_plain(last), "cache_control": _MARK}]


def _role(message: JSON) -> JSON:
    return message.get("role") if is_mapping(message) else getattr(message, "role", None)


def _plain(item: JSON) -> JSON:
    if is_mapping(item):
        return item
    return item.model_dump(exclude_none=True) if hasattr(item, "model_dump") else str(item)
