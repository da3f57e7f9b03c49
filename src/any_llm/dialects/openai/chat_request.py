"""A chat completion request in OpenAI's format.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import msgspec

from any_llm.dialects.openai.adapt import adapt, changes_of
from any_llm.dialects.openai.built_in_tools import say_built_in_tools
from any_llm.dialects.openai.chat_messages import encode_messages, is_plain, leave_out_foreign
from any_llm.dialects.openai.places import PLACE_QUIRKS, place
from any_llm.dialects.openai.quirks import OF_ANSWERS, REQUEST_QUIRKS, RequestQuirk
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.json import JSONObject

_PATH = "/chat/completions"


class _Recipe(NamedTuple):
    """What a provider's record says about its requests, worked out once.

    `adapted` are the parameters it calls otherwise or rejects; `quirks` those for every conversation, and
    `quirks_of_answers` all, for one that holds earlier answers; `placed` says that its path is not the usual one.
    """

    adapted: frozenset[str]
    quirks: tuple[RequestQuirk, ...]
    quirks_of_answers: tuple[RequestQuirk, ...]
    placed: bool


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; what the provider's record drops is named in a warning."""
    provider, given, stream = target.provider, options["messages"], bool(options.get("stream"))
    # Messages that go as they are hold nothing of an earlier answer's.
    plain = all(map(is_plain, given))
    messages = list(given) if plain else encode_messages(given)
    body: JSONObject = {"model": target.model, **options, "messages": messages}
    if stream and provider.stream_usage and "stream_options" not in options:
        body["stream_options"] = {"include_usage": True}
    recipe = _recipe(provider)
    warnings = [] if recipe.adapted.isdisjoint(body) else adapt(body, provider, Operation.COMPLETION)
    if not plain:
        warnings = leave_out_foreign(messages, given, provider) + warnings
    if "tools" in body:
        warnings += say_built_in_tools(body, provider)
    for quirk in recipe.quirks if plain else recipe.quirks_of_answers:
        warnings.extend(quirk(body, given))
    path = place(target, Operation.COMPLETION, _PATH, streamed=stream) if recipe.placed else _PATH
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


@lru_cache(maxsize=1_024)
def _recipe(provider: Provider) -> _Recipe:
    known = [name for name in provider.quirks if name in REQUEST_QUIRKS]
    return _Recipe(
        frozenset(changes_of(provider, Operation.COMPLETION)),
        tuple(REQUEST_QUIRKS[name] for name in known if name not in OF_ANSWERS),
        tuple(REQUEST_QUIRKS[name] for name in known),
        placed=bool(provider.paths) or not PLACE_QUIRKS.keys().isdisjoint(provider.quirks),
    )
