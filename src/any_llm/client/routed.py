"""Clients of several targets, of which one answers each call."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, ClassVar

import msgspec
from typing_extensions import override

from any_llm.client.anyllm import _ROUTER, AnyLLM  # pyright: ignore[reportPrivateUsage]  # its other half
from any_llm.client.arguments import build_call, split_reference
from any_llm.client.capabilities import capabilities
from any_llm.engine.build import Defaults, build, defaults
from any_llm.engine.pricing import Pricing
from any_llm.engine.settings import Settings
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.candidates import Candidate, Chain
from any_llm.pipeline.journey import survey
from any_llm.spec.provider import Operation, Provider
from any_llm.types.caching import Cache
from any_llm.types.guards import Guards
from any_llm.types.health import Health
from any_llm.types.json import JSON, JSONObject
from any_llm.types.keys import is_managed
from any_llm.types.limits import Limits
from any_llm.types.naming import ROUTE, UNNAMED
from any_llm.types.policies import Retry
from any_llm.types.routes import Fallback, Route, RouteTarget

if TYPE_CHECKING:
    from any_llm.attempts import Considered
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.room import Room
    from any_llm.providers.estimates import Estimate

_WITHOUT_MODEL = frozenset({
    Operation.LIST_MODELS, Operation.UPLOAD_FILE, Operation.CREATE_BATCH, Operation.REQUEST,
})  # fmt: skip


class Routed(AnyLLM):
    """A client of the routes of its settings; the model of a call is the name of a route."""

    PROVIDER: ClassVar[Provider] = _ROUTER

    def __init__(self, api_key: str | None = None, api_base: str | None = None, **client_args: JSON) -> None:
        if api_key or api_base:
            raise ConfigurationError("A route takes no api_key or api_base: say them of each target, as a RouteTarget")
        super().__init__(**client_args)
        if client_args:
            self._settings = _complete(self._settings)
            self._handler = build(self._settings)
        else:
            self._settings, self._handler = _usual(defaults())
        self._pricing = Pricing(self._settings.prices, self._settings.models)
        self._attend()
        self._room = _room_of(self._settings)
        self._chains: dict[str, Chain] = {}

    @property
    def routes(self) -> tuple[str, ...]:
        """The names of the routes that there are."""
        return tuple(self._settings.routes)

    @property
    def chains(self) -> tuple[Chain, ...]:
        """The routes that were asked so far."""
        return tuple(self._chains.values())

    def chain(self, name: str) -> Chain:
        """Return a route with its targets found, each with its key and its place.

        Raises:
            ConfigurationError: there is no such route, it leads back to itself, or a target is not set up.
            MissingApiKeyError: a target has no key.
        """
        found = self._chains.get(name)
        return self._chains.setdefault(name, self._find(name, ())) if found is None else found

    @override
    def _call(self, operation: Operation, model: str, request: JSONObject) -> Awaitable[Reply]:
        handler = self._handler
        call = self._call_of(operation, model, request)
        missing = {name: make() for name, make in _TURNED_ON.items() if self._lacks(name, call)}
        if missing:
            handler = build(msgspec.structs.replace(self._settings, **missing))
        return handler(call)

    @override
    def explain(self, model: str = UNNAMED, **options: JSON) -> tuple[Considered, ...]:
        """Say which targets a call would have, and what speaks against the others; see `AnyLLM.explain`."""
        operation = Operation(options.pop("operation", Operation.COMPLETION))
        call = self._call_of(operation, model, options)
        return survey(self.chain(model), call, self._settings.surroundings)[1]

    @override
    def estimate(self, model: str = UNNAMED, messages: Sequence[JSON] | str | None = None, **options: JSON) -> Estimate:
        """Return what a request would use and cost at the target that would be asked first."""
        from any_llm.client.estimating import conversation, estimate  # noqa: PLC0415  # loads the prices

        asked = {**options, **conversation(messages)}
        first = self.explain(model, **asked)[0]
        return estimate(first.target, settings=self._settings, **asked)

    def _lacks(self, layer: str, call: Call) -> bool:
        """Say whether a call says something about a layer that is off, and so turns it on."""
        return call.overrides.get(layer, False) is not False and getattr(self._settings, layer) is None

    def _call_of(self, operation: Operation, model: str, request: JSONObject) -> Call:
        if not model or operation in _WITHOUT_MODEL:
            raise ConfigurationError(
                f"A route has no {operation.value}: ask a client of one provider, as AnyLLM.create('openai') returns it"
            )
        target = msgspec.structs.replace(self._target, model=model)
        chain = self.chain(model)
        call = self._with_embedder(build_call(operation, target, request, self._settings))
        return msgspec.structs.replace(call, overrides={**call.overrides, "fallback": chain})

    def _find(self, name: str, above: tuple[str, ...]) -> Chain:
        route = self._settings.routes.get(name)
        if route is None:
            known = ", ".join(self._settings.routes) or "none"
            raise ConfigurationError(f"There is no route {name!r}; there are: {known}")
        if name in above:
            raise ConfigurationError(f"The route {name!r} leads back to itself: {' > '.join((*above, name))}")
        return self._chain_of(route, name, (*above, name))

    def _chain_of(self, route: Route, name: str, above: tuple[str, ...]) -> Chain:
        members: list[Candidate | Chain] = []
        for place, member in enumerate(route.members):
            if isinstance(member, Route):
                inner = msgspec.structs.replace(member, require=(*route.require, *member.require))
                members.append(self._chain_of(inner, f"{name}[{place}]", above))
            elif member.model.startswith(f"{ROUTE}:"):
                members.append(self._find(member.model.partition(":")[2], above))
            else:
                members.append(self._candidate(member, route, name))
        return Chain(
            name=name,
            members=tuple(members),
            weights=tuple(route.weight_of(place) for place in range(len(members))),
            strategy=route.strategy,
            policy=route.fallback or self._settings.fallback or _USUAL,
        )

    def _candidate(self, member: RouteTarget, route: Route, name: str) -> Candidate:
        provider, model, _ = split_reference(member.model)
        if is_managed(member.api_key):
            raise ConfigurationError(
                f"The target {member.model!r} of a route has the place of a key as its api_key; say it for all targets "
                f"of the provider, as keys={{{provider!r}: Keys(sources=(…,))}}"
            )
        client = AnyLLM.create(
            provider,
            api_key=member.api_key or (os.environ.get(member.key_variable) if member.key_variable else None),
            api_base=member.api_base,
            settings=self._settings,
            **member.client_args,
        )
        if client._overridden:  # noqa: SLF001  # another client of ours
            raise ConfigurationError(
                f"{member.model!r} cannot be a target: {type(client).__name__} answers calls by methods of its own"
            )
        record = client.PROVIDER.name
        return Candidate(
            name=f"{record}:{model}",
            target=msgspec.structs.replace(client._target, model=model),  # noqa: SLF001  # another client of ours
            route=name,
            labels=frozenset(member.labels),
            facts=cache(partial(capabilities, model, provider=record, settings=self._settings)),
            rates=partial(self._pricing.rates, record, model, self._settings.surroundings.clock),
            max_price=route.max_price,
            require=frozenset(route.require),
            room=self._room,
        )


def client_of_targets(
    targets: Sequence[JSON] | Route, api_key: str | None, api_base: str | None, client_args: Mapping[str, JSON]
) -> Routed:
    """Return a client of one unnamed route, whose targets are found at once."""
    route = targets if isinstance(targets, Route) else Route(targets=tuple(targets))
    settings = client_args.get("settings")
    named = client_args.get("routes") or (settings or defaults().settings).routes
    client = Routed(api_key, api_base, **{**client_args, "routes": {**named, UNNAMED: route}})
    client.chain(UNNAMED)
    return client


def _room_of(settings: Settings) -> Room | None:
    """Return what tells whether limits leave room; `None` without any of the program's own."""
    policy = settings.limits
    if not isinstance(policy, Limits) or not policy.limits:
        return None
    from any_llm.pipeline.room import Room  # noqa: PLC0415  # most routes have no limits

    return Room(policy, msgspec.structs.replace(settings.surroundings, store=settings.store))


def _complete(settings: Settings) -> Settings:
    """Return settings with the layers of routes turned on."""
    return msgspec.structs.replace(
        settings, fallback=settings.fallback or _USUAL, health=settings.health or _USUAL_HEALTH
    )


@lru_cache(maxsize=8)
def _usual(usual: Defaults) -> tuple[Settings, Handler]:
    settings = _complete(usual.settings)
    return settings, build(settings)


_TURNED_ON: Mapping[str, Callable[[], object]] = {"retry": Retry, "cache": Cache, "guards": Guards}
_USUAL, _USUAL_HEALTH = Fallback(), Health()
