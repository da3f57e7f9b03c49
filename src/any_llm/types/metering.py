"""From an answer to its `Usage`: one table that says where each count stands, whatever the answer's type.

Two ways of counting are in use. OpenAI's, Google's and most others' `input` is the whole, of which cached tokens are
parts; Anthropic's `input_tokens` leaves out what was read from its cache or written to it. Adding the parts to a whole
that has them already, or billing them beside it, is how cached tokens come to be billed twice.

https://platform.openai.com/docs/guides/prompt-caching
https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec

from any_llm.types.as_sent import raw_of
from any_llm.types.json import is_mapping, is_object
from any_llm.types.members import at, counted, field, first, first_of, items, money, number, plain
from any_llm.types.usage import COUNTED, Tier, Usage
from any_llm.types.value import Value

TIERS: Mapping[str, Tier] = {
    "batch": "batch",
    "flex": "flex",
    "on_demand_flex": "flex",
    "priority": "priority",
    "on_demand_priority": "priority",
    "fast": "fast",
}
"""The words of vendors for ways of serving a request that have a price of their own; all others are the usual way."""

_TIERS = ("service_tier", "speed", "serviceTier", "trafficType")
"""Where a usage says how it was served."""

_NO_REGION = frozenset({"", "global", "not_available"})
_QUERIES = b"webSearchQueries"
_TICKS = Decimal(10) ** 10
"""xAI's ticks are a ten-billionth of a dollar: https://docs.x.ai/developers/rest-api-reference/inference/chat."""


def usage_of(answer: object) -> Usage | None:
    """Return what an answer used; `None` when it does not tell.

    Args:
        answer: of any operation: whole, or added up from a stream; several results of a batch count together.
    """
    for kind in type(answer).__mro__:
        reader = _READERS.get(kind.__name__)
        if reader is not None:
            return reader(answer)
    return None


def merged(told: Usage | None, metered: Usage | None) -> Usage | None:
    """Return what an answer tells that it used, with what is known beside it: some tell tokens and bill otherwise.

    Args:
        told: by the answer.
        metered: as `Report.metered`.
    """
    if told is None or metered is None:
        return told or metered
    return msgspec.structs.replace(
        told, characters=told.characters or metered.characters, seconds=told.seconds or metered.seconds
    )


def batched(answer: object) -> Sequence[tuple[object, Usage]] | None:
    """Return each result of a batch that tells what it used, and that; `None` for what is no batch.

    They are priced one by one: what longer requests cost more is a matter of each, and so is its model.
    """
    if type(answer).__name__ != "BatchResult":
        return None
    results = (at(item, "result") for item in items(at(answer, "results")))
    return [
        (result, msgspec.structs.replace(used, tier="batch"))
        for result in results
        if (used := usage_of(result)) is not None
    ]


def usage_in(usage: object, answer: object = None) -> Usage | None:
    """Return what the `usage` of an answer says, which may be one of this library's values, or plain JSON.

    Args:
        usage: the counts; `None`, and counts that are all 0, say nothing.
        answer: what they stand in, which may tell more: images, calls of tools, the tier.
    """
    if usage is None:
        return None
    billed = vars(usage).get("_billed") if isinstance(usage, Value) else None
    if billed is not None:
        # It was put into another shape, which cannot say all that the vendor's own did.
        return usage_in(billed["usage"], billed)
    reader = _apart if type(usage).__name__ in _APART else _within
    found = reader(plain(usage), answer)
    if found.input_tokens or found.output_tokens or found.vendor_cost is not None:
        return found
    return found if any(getattr(found, name) for name in _AMOUNTS) else None


def _within(usage: object, answer: object) -> Usage:
    """Return counts of which the parts are within the whole."""
    if is_object(usage) and usage.keys() <= _NO_DETAILS:
        taken = number(usage.get("prompt_tokens")) or number(usage.get("input_tokens"))
        made = number(usage.get("completion_tokens")) or number(usage.get("output_tokens"))
        total = 0 if taken or made else number(usage.get("total_tokens"))
        return _made(None, answer, input_tokens=taken or total, output_tokens=made)
    taken, made = first(usage, _TAKEN), first(usage, _MADE)
    total = counted(usage, "total_tokens")
    if made == 0 and taken == 0:
        taken = total
    read_from, written_as = first_of(usage, _TAKEN_DETAILS), first_of(usage, _MADE_DETAILS)
    if _says_nothing(read_from) and _says_nothing(written_as) and _is_tokens_alone(usage):
        return _made(None, answer, input_tokens=taken, output_tokens=made)
    thought = counted(written_as, "reasoning_tokens")
    if thought and total == taken + made + thought:
        # xAI's chat counts what was thought beside the completion, as the sum shows.
        made += thought
    thought = min(thought, made)
    read = min(counted(read_from, "cached_tokens"), taken)
    written = min(counted(read_from, "cache_write_tokens"), taken - read)
    heard = min(counted(read_from, "audio_tokens"), taken - written)
    # Sound that cannot be among the fresh input, for want of room there, was cached, whether or not that is told.
    cached = max(_cached_audio(usage, read_from), heard - (taken - read - written))
    cached = min(cached, read, heard)
    fresh = taken - read - written - (heard - cached)
    seen = _rest(counted(read_from, "image_tokens"), fresh)
    spoken = _rest(counted(written_as, "audio_tokens"), made - thought)
    drawn = _rest(counted(written_as, "image_tokens"), made - thought - spoken)
    return _made(
        usage,
        answer,
        input_tokens=taken,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=min(_hourly(usage), written),
        input_audio_tokens=heard,
        cache_read_audio_tokens=cached,
        input_image_tokens=seen,
        input_video_tokens=_rest(counted(read_from, "video_tokens"), fresh - seen),
        output_tokens=made,
        reasoning_tokens=thought,
        output_audio_tokens=spoken,
        output_image_tokens=drawn,
        output_video_tokens=_rest(counted(written_as, "video_tokens"), made - thought - spoken - drawn),
    )


def _apart(usage: object, answer: object) -> Usage:
    """Return counts whose input leaves out what a cache has to do with."""
    read = counted(usage, "cache_read_input_tokens")
    hourly = _hourly(usage)
    fleeting = number(at(usage, "cache_creation", "ephemeral_5m_input_tokens"))
    written = max(counted(usage, "cache_creation_input_tokens"), hourly + fleeting)
    made = counted(usage, "output_tokens")
    return _made(
        usage,
        answer,
        input_tokens=counted(usage, "input_tokens") + read + written,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=hourly,
        output_tokens=made,
        reasoning_tokens=min(number(at(usage, "output_tokens_details", "thinking_tokens")), made),
    )


def _made(usage: object, answer: object, **tokens: int) -> Usage:
    """Return the usage with what is told beside the tokens."""
    if usage is None or _is_tokens_alone(usage):
        return Usage(
            **tokens,
            web_searches=_searched(answer),
            images=_images(answer),
            seconds=_seconds(field(answer, "duration")),
            tier=_tier(field(answer, "service_tier")),
            region="",
            vendor_cost=None,
        )
    return Usage(
        **tokens,
        web_searches=max(first(usage, _SEARCHES), _searched(answer)),
        tool_calls=first(usage, _TOOLS),
        images=_images(answer),
        seconds=_seconds(at(usage, "seconds"), at(usage, "prompt_audio_seconds"), field(answer, "duration")),
        characters=counted(usage, "characters"),
        pages=counted(usage, "pages_processed"),
        tier=_tier(field(answer, "service_tier"), *(at(usage, name) for name in _TIERS)),
        region=_region(usage),
        vendor_cost=vendor_cost(usage),
    )


def vendor_cost(usage: object) -> Decimal | None:
    """Return what a vendor says that a request cost, in US dollars; `None` when it says nothing.

    Where a request went on the caller's own contract with who serves it, what that takes is added. Where that is not
    told, nothing is known.

    https://openrouter.ai/docs/guides/guides/usage-accounting, https://docs.perplexity.ai/api-reference
    """
    ticks = money(at(usage, "cost_in_usd_ticks"))
    if ticks:
        return ticks / _TICKS
    cost = at(usage, "cost")
    if is_mapping(cost):
        return money(cost.get("total_cost")) if cost.get("currency", "USD") == "USD" else None
    told = money(cost)
    if told is None or at(usage, "is_byok") is not True:
        return told
    upstream = money(at(usage, "cost_details", "upstream_inference_cost"))
    return None if upstream is None else told + upstream


def _of_images(answer: object) -> Usage:
    found = usage_in(at(answer, "usage"), answer)
    return Usage(images=_images(answer)) if found is None else found


def _of_rerank(answer: object) -> Usage | None:
    units = at(answer, "meta", "billed_units")
    searched = counted(units, "search_units")
    found = usage_in(at(answer, "usage")) or usage_in(units)
    return Usage(search_units=searched) if found is None and searched else _with(found, search_units=searched)


def _of_transcription(answer: object) -> Usage | None:
    usage = at(answer, "usage")
    if usage is None and at(answer, "duration") is None:
        return None
    return _within(plain(usage or {}), answer)


def _of_video(answer: object) -> Usage | None:
    seconds = money(at(answer, "seconds"))
    found = usage_in(at(answer, "usage"), answer)
    return Usage(seconds=seconds) if found is None and seconds else found


def _of_pages(answer: object) -> Usage | None:
    return usage_in(at(answer, "usage_info"))


def _of_batch(answer: object) -> Usage | None:
    found = [used for _, used in batched(answer) or ()]
    return sum(found[1:], found[0]) if found else None


def _of_moderation(answer: object) -> Usage:
    # Where nothing is told but that it was done, it is billed by the request, if at all.
    return _of_any(answer) or Usage()


def _of_any(answer: object) -> Usage | None:
    return usage_in(at(answer, "usage"), answer)


_READERS: Mapping[str, Callable[[object], Usage | None]] = {
    "ImagesResponse": _of_images,
    "RerankResponse": _of_rerank,
    "Transcription": _of_transcription,
    "Video": _of_video,
    "OcrResponse": _of_pages,
    "Batch": lambda _: None,  # each look at it tells the same again, which counts with its results
    "BatchResult": _of_batch,
    "ModerationResponse": _of_moderation,
    "Reported": _of_any,
    "Value": _of_any,
    "Binary": _of_any,
}
"""How the answers of operations are read, by their types, those that are not named here by what they are made of."""

_AMOUNTS = tuple(name for name in COUNTED if name != "requests")
_NO_DETAILS = frozenset({"prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens"})
_TOKENS_ALONE = _NO_DETAILS | {
    *("prompt_tokens_details", "completion_tokens_details", "input_tokens_details", "output_tokens_details"),
}
"""Members of a usage beside which it says nothing but tokens."""
_APART = frozenset({"MessageUsage", "MessageDeltaUsage"})
_TAKEN = (("prompt_tokens",), ("input_tokens",), ("inputTokens",))
_MADE = (("completion_tokens",), ("output_tokens",), ("outputTokens",))
_TAKEN_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_MADE_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")
_SEARCHES = (
    ("server_tool_use", "web_search_requests"),
    ("server_tool_use_details", "web_search_requests"),
    ("server_side_tool_usage_details", "web_search_calls"),
    ("num_search_queries",),
)
_TOOLS = (
    ("num_server_side_tools_used",),
    ("server_tool_use_details", "tool_calls_executed"),
    ("server_tool_use", "web_fetch_requests"),
)


def _is_tokens_alone(usage: object) -> bool:
    return is_object(usage) and usage.keys() <= _TOKENS_ALONE


def _says_nothing(details: object) -> bool:
    return details is None or (is_object(details) and not any(details.values()))


def _rest(count: int, room: int) -> int:
    return max(min(count, room), 0)


def _hourly(usage: object) -> int:
    """Return the tokens that were written to the cache for an hour, as Anthropic and Bedrock tell them."""
    told = number(at(usage, "cache_creation", "ephemeral_1h_input_tokens"))
    details = (detail for detail in items(at(usage, "cacheDetails")) if at(detail, "ttl") == "1h")
    return told or sum(counted(detail, "inputTokens") for detail in details)


def _cached_audio(usage: object, details: object) -> int:
    """Return the cached tokens that are sound, as OpenAI and Google tell them."""
    told = number(at(details, "cached_tokens_details", "audio_tokens"))
    listed = (entry for entry in items(at(usage, "cacheTokensDetails")) if at(entry, "modality") == "AUDIO")
    return told or sum(counted(entry, "tokenCount") for entry in listed)


def _searched(answer: object) -> int:
    """Return how often the web was searched, by what is in the answer: OpenAI's calls, Google's queries.

    https://platform.openai.com/docs/pricing, https://ai.google.dev/gemini-api/docs/google-search#pricing
    """
    calls = sum(
        at(item, "type") == "web_search_call" and at(item, "action", "type") in {None, "search"}
        for item in items(field(answer, "output"))
    )
    if isinstance(answer, Value) and (sent := raw_of(answer)) and _QUERIES not in sent:
        # A look at the text is quicker than one at each choice.
        return calls
    return calls + sum(_queries(choice) for choice in items(field(answer, "choices")))


def _queries(choice: object) -> int:
    found = at(choice, "message", "extra_content", "google", "groundingMetadata", _QUERIES.decode())
    return sum(1 for query in items(found) if query)


def _images(answer: object) -> int:
    return len(list(items(at(answer, "data")))) if type(answer).__name__ == "ImagesResponse" else 0


def _seconds(*told: object) -> Decimal:
    return next((amount for value in told if (amount := money(value))), Decimal(0))


def _tier(*told: object) -> Tier:
    for value in told:
        tier = TIERS.get(value.lower()) if isinstance(value, str) else None
        if tier is not None:
            return tier
    return ""


def _region(usage: object) -> str:
    told = at(usage, "inference_geo")
    return told.lower() if isinstance(told, str) and told.lower() not in _NO_REGION else ""


def _with(usage: Usage | None, **more: int) -> Usage | None:
    return None if usage is None else msgspec.structs.replace(usage, **more)
