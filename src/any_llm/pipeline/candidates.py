"""The targets of a route, and which of them can serve a call: looked up before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec

from any_llm.attempts import Considered
from any_llm.pipeline.health import place_of
from any_llm.spec.provider import Operation
from any_llm.types.cost import Rates, price
from any_llm.types.json import JSON, is_list, is_mapping, is_tuple
from any_llm.types.routes import Fallback, Strategy
from any_llm.types.usage import Usage

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.health import Circuits
    from any_llm.pipeline.room import Room
    from any_llm.spec.dialect import Options, Target
    from any_llm.types.capabilities import Capabilities, Fact

_BYTES_PER_TOKEN = 4
_MEDIA: Mapping[str, str] = {
    "image_url": "image_input",
    "input_image": "image_input",
    "image": "image_input",
    "input_audio": "audio_input",
    "audio": "audio_input",
    "video_url": "video_input",
    "video": "video_input",
}
_CONVERSATIONS: Mapping[Operation, str] = {
    Operation.COMPLETION: "messages",
    Operation.MESSAGES: "messages",
    Operation.RESPONSES: "input_data",
}
_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


class Candidate(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A target of a route, ready to be asked.

    Attributes:
        name: the target as `provider:model`.
        target: where it is.
        route: the route it stands in.
        labels: what its route may require.
        facts: gives what is known about its model.
        rates: gives what its model costs now; `None` where nobody knows.
        max_price: the most that it may cost, in US dollars for a million tokens.
        require: the labels that it must have.
        room: tells whether the program's own limits leave room; `None` where there are none.
    """

    name: str
    target: Target
    route: str
    labels: frozenset[str]
    facts: Callable[[], Capabilities]
    rates: Callable[[], Rates | None]
    max_price: float | None = None
    require: frozenset[str] = frozenset()
    room: Room | None = None


class Chain(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A route with its targets found, and routes within it, each with its weight."""

    name: str
    members: tuple[Candidate | Chain, ...]
    weights: tuple[float, ...]
    strategy: Strategy
    policy: Fallback


class Wants(NamedTuple):
    """What a call wants of a model: facts that must not be false, and about how many tokens it holds."""

    facts: tuple[str, ...]
    tokens: int
    answer: int


OUT_OF_BUDGET = "out_of_budget"
"""What a call says to its route: why no budget pays for some candidates, by their `id`."""

Verdict: TypeAlias = str
"""Why a candidate was dropped; empty when it was not."""


def candidates_of(chain: Chain) -> list[Candidate]:
    """Return every candidate of a chain and the chains within it, as they stand there."""
    found: list[Candidate] = []
    for member in chain.members:
        found += [member] if isinstance(member, Candidate) else candidates_of(member)
    return found


def wants_of(call: Call) -> Wants:
    """Return what a call wants: told by its parameters alone."""
    options = call.options
    facts = ["tools"] if options.get("tools") else []
    turns: JSON = options.get(_CONVERSATIONS.get(call.operation, ""))
    for turn in turns if is_list(turns) else ():
        content: JSON = turn.get("content") if is_mapping(turn) else None
        for part in content if is_list(content) else ():
            fact = _MEDIA.get(str(part.get("type"))) if is_mapping(part) else None
            if fact and fact not in facts:
                facts.append(fact)
    answer = next((size for name in _LIMITS if isinstance(size := options.get(name), int)), 0)
    return Wants(tuple(facts), estimate_tokens(options), answer)


def estimate_tokens(options: Options) -> int:
    """Return about how many tokens a request's texts are: four bytes for one, media left out."""
    said = {
        name: options[name] for name in ("messages", "input_data", "system", "instructions", "tools") if name in options
    }
    return sum(_sizes(list(said.values()))) // _BYTES_PER_TOKEN


def _sizes(value: JSON) -> Iterator[int]:
    if isinstance(value, str):
        yield 0 if value.startswith("data:") else len(value.encode("utf-8", "replace"))
    elif is_mapping(value):
        for name, item in value.items():
            if item is value.get("data") and "data" in value:
                continue
            yield len(str(name))
            yield from _sizes(item)
    elif is_list(value) or is_tuple(value):
        for item in value:
            yield from _sizes(item)


def judge(candidate: Candidate, wants: Wants, circuits: Circuits) -> Verdict:
    """Return why a candidate cannot serve a call, or an empty text: what is not known, but a price, does not count."""
    missing = sorted(candidate.require - candidate.labels)
    if missing:
        return f"it is not labelled {', '.join(missing)}"
    model = candidate.facts()
    for name in wants.facts:
        fact: Fact[bool] = getattr(model, name)
        if fact.known and fact.value is False:
            return f"{name} is no ({fact.source})"
    window = window_of(candidate)
    if window is not None and wants.tokens + wants.answer > window:
        return f"about {wants.tokens + wants.answer} tokens do not fit into {window}"
    return _too_dear(candidate, model) or _down(candidate, circuits)


def window_of(candidate: Candidate) -> int | None:
    """Return how many tokens fit into a candidate's context, where that is known."""
    model = candidate.facts()
    return model.context_window.value or model.max_input_tokens.value


def price_of(candidate: Candidate, wants: Wants) -> float | None:
    """Return what a call costs there in US dollars, with an answer as long as its question where no limit is said."""
    cost = price(Usage(input_tokens=wants.tokens, output_tokens=wants.answer or wants.tokens), candidate.rates())
    return None if cost is None or not cost.complete else float(cost.total)


def _too_dear(candidate: Candidate, model: Capabilities) -> Verdict:
    limit = candidate.max_price
    if limit is None:
        return ""
    for name in ("input_price", "output_price"):
        price = getattr(model, name).value
        if price is None:
            return f"{name} is not known, at most {limit:g} asked"
        if float(price) > limit:
            return f"{name} is {price}, at most {limit:g} asked"
    return ""


def _down(candidate: Candidate, circuits: Circuits) -> Verdict:
    circuit = circuits.find(candidate.target)
    if circuit is None or not circuit.open:
        return ""
    circuit.miss()
    if circuit.state == "recovering":
        return "it is down, and another call is trying it"
    if circuit.shared and not circuit.wait:
        return f"it is down ({circuit.error}), and this process is not the one that tries it"
    return f"it is down ({circuit.error}), and is tried again in {circuit.wait:.1f} s"


def consider(
    ordered: list[Candidate], reasons: Mapping[int, str], verdicts: Mapping[int, Verdict]
) -> tuple[Considered, ...]:
    """Return what is told about candidates: first those taken, in the order given, then those dropped.

    Reasons and verdicts are by the candidates' `id`.
    """
    taken = [each for each in ordered if not verdicts[id(each)]]
    dropped = [each for each in ordered if verdicts[id(each)]]
    told = [_told(each, place, reasons.get(id(each), "")) for place, each in enumerate(taken, 1)]
    return (*told, *(_told(each, None, verdicts[id(each)]) for each in dropped))


def _told(candidate: Candidate, place: int | None, reason: str) -> Considered:
    where = place_of(candidate.target)
    return Considered(
        target=candidate.name,
        route=candidate.route,
        place=place,
        reason=reason,
        base_url=where.base_url,
        key=where.key,
    )


def beginning_of(options: Options) -> bytes:
    """Return what stands at the beginning of a request, and stays the same as a conversation grows."""
    turns: JSON = options.get("messages") or options.get("input_data") or ""
    first = [turn for turn in turns[:2] if turn] if is_list(turns) else turns[:1_000] if isinstance(turns, str) else ""
    said = [options.get("system"), options.get("instructions"), options.get("tools"), first]
    return json.dumps(said, sort_keys=True, default=repr).encode()
