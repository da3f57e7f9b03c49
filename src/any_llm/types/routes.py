"""Several targets for one call: which there are, in which order they are asked, and when the next one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, cast, get_args

import msgspec
from typing_extensions import override

from any_llm import exceptions
from any_llm.exceptions import ConfigurationError
from any_llm.failures import RULES, Rule
from any_llm.refusals import LimitExceededError
from any_llm.types.http import is_number
from any_llm.types.json import JSON, is_list, is_mapping, is_tuple
from any_llm.types.secret import show

Strategy: TypeAlias = Literal["ordered", "weighted", "least_latency", "cheapest", "cache_affine"]
"""In which order the targets of a route are asked."""

MidStream: TypeAlias = Literal["error", "restart", "continue"]
"""What happens when a stream fails of which something was read already."""


class Fallback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the next target of a route is asked.

    Attributes:
        errors: what differs from `RULES`, by the names of errors: `next`, `larger` or `stop`.
        mid_stream: what happens when a stream fails of which something was read already: `error` raises it; `restart`
            begins anew with the next target, after an `any_llm.types.restart.Restart` among the pieces; `continue` has
            a target that is known to go on with the beginning of an answer do so, and raises where there is none.
        retries: how often a target is asked again before the next one is. The last target has those of `Retry`.
        patience: how many seconds a target may take until its answer, or the first content of its stream, is there,
            before the next one is asked; `None` for no such limit.
        hedge: a second target is asked when the first one takes longer than 95 of 100 of its answers of late; who
            answers first serves the call, and the other is cancelled. At most this part of the calls gets a second
            one, such as 0.05; `None` has none.
        share: of what is left of the deadline a target gets no more than this part, as long as there is another.
    """

    errors: Mapping[str, Rule] = {}
    mid_stream: MidStream = "error"
    retries: int = 0
    patience: float | None = None
    share: float = 0.5
    hedge: float | None = None

    def __post_init__(self) -> None:
        for name, rule in self.errors.items():
            kind = getattr(exceptions, name, None)
            if not (isinstance(kind, type) and issubclass(kind, exceptions.AnyLLMError)):
                raise ConfigurationError(
                    f"errors names {name!r}; give names of any_llm.exceptions, such as 'RateLimitError'"
                )
            _check_choice(f"errors[{name!r}]", rule, get_args(Rule))
        _check_choice("mid_stream", self.mid_stream, get_args(MidStream))
        retries = cast("object", self.retries)
        if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
            raise ConfigurationError(f"retries is {retries!r}; give a whole number from 0 on")
        if self.patience is not None and not (is_number(cast("object", self.patience)) and self.patience > 0):
            raise ConfigurationError(f"patience is {self.patience!r}; give a positive number of seconds, or None")
        if not is_number(cast("object", self.share)) or not 0 < self.share <= 1:
            raise ConfigurationError(f"share is {self.share!r}; give a number above 0 and up to 1")
        if self.hedge is not None and not (is_number(cast("object", self.hedge)) and 0 < self.hedge <= 1):
            raise ConfigurationError(f"hedge is {self.hedge!r}; give a part of the calls such as 0.05, or None")

    def rule_for(self, error: BaseException) -> Rule:
        """Return what is done after an error: as said for the closest of its classes.

        A limit of the program's own says itself whether another target may be asked.
        """
        if isinstance(error, LimitExceededError) and not error.fallback_ok:
            return "stop"
        for kind in type(error).__mro__:
            rule = self.errors.get(kind.__name__) or RULES.get(kind.__name__)
            if rule is not None:
                return rule
        return "stop"


class RouteTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One target of a route.

    Attributes:
        model: the model as `provider:model`, or another route as `route:NAME`.
        api_key: its key, instead of the environment's.
        api_base: where its API begins, instead of the environment's or the usual place.
        key_variable: the environment variable that holds its key, where it is not the provider's own.
        client_args: what else its client is told: `region`, `project`, …
        weight: how large its part is where the strategy is `weighted`.
        labels: words about it that a route can require, such as `eu` or `zero-retention`.
    """

    model: str
    api_key: str | None = None
    api_base: str | None = None
    key_variable: str | None = None
    client_args: Mapping[str, JSON] = {}
    weight: float = 1.0
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.model), str) or ":" not in self.model.strip(":"):
            raise ConfigurationError(f"A target's model is {self.model!r}; give provider:model, or route:NAME")
        _check_weight(self.weight)

    @override
    def __repr__(self) -> str:
        key = None if self.api_key is None else "********"
        return f"RouteTarget(model={self.model!r}, api_base={self.api_base!r}, api_key={key!r}, weight={self.weight!r})"


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Targets that a call may be answered by, one of them at a time.

    Attributes:
        targets: which, in order: texts as `provider:model` or `route:NAME`, `RouteTarget`s or objects with their
            fields, and further routes or lists within this one.
        strategy: in which order they are asked: as they are `ordered`; at random by `weights`; the one of two that
            answers sooner (`least_latency`); the `cheapest` that fits; or the one that has probably cached the
            beginning of the conversation (`cache_affine`).
        weights: of the targets, in their order, instead of each one's own.
        fallback: when the next one is asked, instead of what the settings say.
        max_price: the most that a million tokens may cost in US dollars, read or written; a target whose price nobody
            knows is then dropped.
        require: labels that a target must have.
    """

    targets: tuple[JSON, ...]
    strategy: Strategy = "ordered"
    weights: tuple[float, ...] = ()
    fallback: Fallback | None = None
    max_price: float | None = None
    require: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        targets: object = self.targets
        if not (is_list(targets) or is_tuple(targets)) or not targets:
            raise ConfigurationError(f"targets is {show(targets)}; give a list such as ['openai:gpt-5-mini']")
        msgspec.structs.force_setattr(self, "targets", tuple(map(_target, targets)))
        _check_choice("strategy", self.strategy, get_args(Strategy))
        if self.weights and len(self.weights) != len(self.targets):
            raise ConfigurationError(f"weights is {self.weights!r}; give one for each of {len(self.targets)} targets")
        for weight in self.weights:
            _check_weight(weight)
        if self.max_price is not None and not (is_number(cast("object", self.max_price)) and self.max_price >= 0):
            raise ConfigurationError(f"max_price is {self.max_price!r}; give US dollars for a million tokens, or None")
        if isinstance(cast("object", self.require), str):
            raise ConfigurationError(f"require is {self.require!r}; give a list of labels, such as ['eu']")

    @property
    def members(self) -> tuple[RouteTarget | Route, ...]:
        """The targets as what was made of them."""
        return self.targets

    def weight_of(self, place: int) -> float:
        """Return the weight of a target, by its place in the list."""
        if self.weights:
            return self.weights[place]
        member = self.members[place]
        return member.weight if isinstance(member, RouteTarget) else 1.0


def _target(said: object) -> RouteTarget | Route:
    if isinstance(said, RouteTarget | Route):
        return said
    if isinstance(said, str):
        return RouteTarget(model=said)
    if is_list(said) or is_tuple(said):
        return Route(targets=tuple(said))
    if is_mapping(said):
        try:
            return msgspec.convert(said, RouteTarget)
        except msgspec.ValidationError as error:
            # Its other values may be keys as well, under whatever name they were written.
            names = ", ".join(map(str, said))
            raise ConfigurationError(
                f"A target of a route is not valid: {error}; it has {names}, and its model is {show(said.get('model'))}"
            ) from error
    raise ConfigurationError(f"A target of a route is {show(said)}; give a text such as 'openai:gpt-5-mini'")


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigurationError(f"{name} is {value!r}; use one of {', '.join(choices)}")


def _check_weight(weight: object) -> None:
    if not is_number(weight) or weight < 0:
        raise ConfigurationError(f"A weight is {weight!r}; give a number of at least 0")
