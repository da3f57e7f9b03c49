"""`AnyLLM`: one provider with one credential. Cheap to make, nothing to close."""

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec
from typing_extensions import override

from any_llm.client.arguments import check_client_arguments, check_seconds, split_reference
from any_llm.client.credentials import find_base_url, find_key
from any_llm.client.given import NOTHING, given_arguments, take_given
from any_llm.client.metadata import Supports, adopt_attributes, class_attributes, class_name, metadata
from any_llm.client.methods.every import HOOKS, EveryOperation
from any_llm.client.placeholders import find_placeholders
from any_llm.client.policies import with_retries
from any_llm.client.standing import Standing
from any_llm.engine.build import Defaults, build, defaults
from any_llm.engine.plugins import PROVIDERS, found, load
from any_llm.engine.settings import Settings
from any_llm.engine.settings_file import default_settings
from any_llm.engine.stack import places
from any_llm.exceptions import ConfigurationError, UnsupportedProviderError
from any_llm.providers.names import LLMProvider
from any_llm.providers.registry import provider as find_provider
from any_llm.providers.registry import provider_names, unsupported
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.keys import Keys, is_managed
from any_llm.types.naming import ROUTE, UNNAMED
from any_llm.types.provider import ProviderMetadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from any_llm.attempts import Considered
    from any_llm.client.background import Background
    from any_llm.client.keys import KeysInUse
    from any_llm.pipeline.call import Handler
    from any_llm.pipeline.layer import Place
    from any_llm.providers.estimates import Estimate
    from any_llm.types.json import JSON
    from any_llm.types.routes import Route

_SETTINGS = frozenset(Settings.__struct_fields__)
_ARGUMENTS = _SETTINGS | {"settings", "default_headers", "timeout", "unified_exceptions", "max_retries"}
_ROUTED = "any_llm.client.routed"
"""The module of clients of several targets, loaded with the first of them."""
_ROUTER = Provider(
    name=ROUTE, base_url="route://targets", auth="none", transport="route", operations=frozenset(Operation)
)
"""Stands for the targets of routes; a provider of one's own that has this name goes before it."""
_COMPATIBLE = Provider(
    name="openai_compatible",
    key="OPENAI_COMPATIBLE_API_KEY",
    key_optional=True,
    operations=frozenset({Operation.COMPLETION, Operation.EMBEDDING, Operation.LIST_MODELS}),
)


class AnyLLM(EveryOperation, Standing, Supports):
    """One provider with one credential; every operation as a method, async with an `a` before its name.

    Connections belong to the process, not to the instance: make as many as you like, and close none.
    Subclasses may override `_acompletion(params, **kwargs)`, `_aresponses`, `_amessages`, `_aembedding` and
    `_alist_models`; they say who they are by `PROVIDER`, or by the class attributes of Mozilla's `any_llm`.
    """

    PROVIDER: ClassVar[Provider] = _COMPATIBLE
    PROVIDER_NAME: ClassVar[str] = _COMPATIBLE.name
    ENV_API_KEY_NAME: ClassVar[str] = _COMPATIBLE.key
    ENV_API_BASE_NAME: ClassVar[str | None] = None
    API_BASE: ClassVar[str | None] = None

    def __init__(self, api_key: str | None = None, api_base: str | None = None, **client_args: JSON) -> None:
        provider = self.PROVIDER
        if api_key and is_managed(api_key):
            # A place where a key is, not a key.
            client_args, api_key = {**client_args, "keys": _kept_at(api_key)}, None
        given = take_given(provider, client_args) if client_args else NOTHING
        if client_args:
            self._settings, self._handler = _configured(provider, client_args)
        else:
            usual = defaults()
            self._settings, self._handler = usual.settings, usual.handler
        self._rounds: Background | None = None
        self._attend()
        pooled = not api_key and provider.name in self._settings.keys
        key = None if pooled else find_key(provider, api_key, os.environ, api_base)
        values: Mapping[str, str] = {}
        if provider.placeholders:
            values = find_placeholders(provider, given.placeholders, os.environ, given.credential)
        self._target = self._asked = Target(
            provider=provider,
            model="",
            base_url=find_base_url(provider, api_base, os.environ, required=not self._overridden, values=values),
            key=key,
            placeholders=values,
            credential=given.credential,
        )

    @override
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._overridden = frozenset(name for name in HOOKS if getattr(cls, name) is not getattr(AnyLLM, name))
        own = vars(cls)
        if "PROVIDER" not in own:
            # A class's own record is made here, once, as if it stood in its body.
            cls.PROVIDER = adopt_attributes(cls.PROVIDER, own)  # pyright: ignore[reportConstantRedefinition]
        for name, value in class_attributes(cls.PROVIDER).items():
            if name not in own:
                setattr(cls, name, value)

    @override
    def __repr__(self) -> str:
        base_url, key = self._target.base_url, "********" if self._target.key else None
        return f"{type(self).__name__}(api_base={base_url!r}, api_key={key!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        if self._rounds is not None:
            self._rounds.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def close(self) -> None:
        """End the checks of health, if there are any; connections belong to the process, and close with its loops."""
        if self._rounds is not None:
            self._rounds.stop()

    async def aclose(self) -> None:
        """Do as `close`, and wait for it."""
        self.close()
        if self._rounds is not None:
            await self._rounds.wait()

    def _attend(self) -> None:
        """Have targets checked that no call reaches, where the settings say so."""
        if self._settings.health is not None and self._settings.health.checks is not None:
            attend = import_module("any_llm.client.rounds").attend
            self._rounds, self._handler = attend(self, self._handler)

    @classmethod
    def serves_messages_natively(cls, model: str) -> bool:  # noqa: ARG003  # the drop-in asks for one model
        """Say whether `messages` goes to the provider in its own Messages shape, rather than over chat completions."""
        return Operation.MESSAGES in cls.PROVIDER.operations

    @property
    def settings(self) -> Settings:
        """How this instance makes its calls."""
        return self._settings

    @property
    def keys(self) -> KeysInUse:
        """The keys of this client's provider, where it has several or they change: to look at, and to read anew."""
        from any_llm.client.keys import KeysInUse  # noqa: PLC0415  # few programs look at them

        return KeysInUse(self._settings, self.PROVIDER.name)

    @property
    def layers(self) -> tuple[Place, ...]:
        """The layers around each call, outermost first: what they are called, how often they run, and their places."""
        return places(self._settings)

    def explain(self, model: str = UNNAMED, **options: JSON) -> tuple[Considered, ...]:  # noqa: ARG002  # for routes
        """Return the targets of a route in the order a call would ask them, then those dropped; each with the reason.

        Nobody is asked anything. What depends on chance or on load may be otherwise in the next moment.

        Args:
            model: the name of the route.
            **options: the parameters of the call, such as `messages` and `tools`; `operation` says which one it is, if
                not `completion`.

        Raises:
            ConfigurationError: this is a client of one provider, or has no route of this name.
        """
        raise ConfigurationError(
            f"{type(self).__name__}.explain({model!r}) needs a client of a route, as AnyLLM.create([…]) returns it"
        )

    def estimate(self, model: str, messages: Sequence[JSON] | str | None = None, **options: JSON) -> Estimate:
        """Return what a request would use and cost, with the settings of this client; see `any_llm.estimate`."""
        estimate = import_module("any_llm.client.estimating").estimate
        return estimate(model, messages, provider=self.PROVIDER.name, settings=self._settings, **options)

    @classmethod
    def create(
        cls,
        provider: str | LLMProvider | Sequence[JSON] | Route,
        api_key: str | None = None,
        api_base: str | None = None,
        **client_args: JSON,
    ) -> AnyLLM:
        """Return a client of a provider, or of several targets.

        Args:
            provider: its name; `LLMProvider` lists those that are built in. A list of targets (`provider:model`) or a
                `Route` makes a client that has them answer in turn: each call's model is then `auto`.
            api_key: its key, instead of the environment's; or the place of one in a manager of secrets, such as
                `vault:secret/data/openai#key`.
            api_base: where its API begins, instead of the environment's or the usual place.
            **client_args: `settings`, or single ones of `Settings`' fields (`timeouts`, `retry`, `middleware`, …);
                `default_headers`; `timeout` in seconds; `max_retries`; and what the provider's record declares:
                `region`, `project`, …

        Raises:
            UnsupportedProviderError: there is no such provider; the error names the closest.
            MissingApiKeyError: no key was given and none is in the environment.
            ConfigurationError: something else about the set-up is wrong.
        """
        if not isinstance(provider, str):
            routed = import_module(_ROUTED).client_of_targets
            return cast("AnyLLM", routed(provider, api_key, api_base, client_args))
        kind = _own_class(str(provider), client_args) if client_args else None
        return (kind or cls.get_provider_class(provider))(api_key=api_key, api_base=api_base, **client_args)

    @classmethod
    def create_openai_compatible(
        cls, name: str, api_base: str, api_key: str | None = None, **client_args: JSON
    ) -> AnyLLM:
        """Return a client of any server that speaks OpenAI's format.

        Args:
            name: what to call it in messages and reports.
            api_base: where its API begins, such as `http://127.0.0.1:8000/v1`.
            api_key: its key, if it wants one; `OPENAI_COMPATIBLE_API_KEY` counts too.
            **client_args: as for `create`.

        Raises:
            ValueError: the name or the base URL is blank.
        """
        if not name.strip():
            raise ConfigurationError("create_openai_compatible() needs a name for the server")
        if not api_base.strip():
            raise ConfigurationError(
                f"create_openai_compatible({name!r}) needs an api_base such as 'http://127.0.0.1:8000/v1'"
            )
        return _compatible_class(name.strip())(api_key=api_key, api_base=api_base, **client_args)

    @staticmethod
    def split_model_provider(model: str, stacklevel: int = 2) -> tuple[LLMProvider, str]:
        """Split `provider:model` at its first delimiter; `provider/model` still works, with a warning.

        Raises:
            ValueError: there is no delimiter.
            UnsupportedProviderError: there is no such provider.
        """
        name, rest, delimiter = split_reference(model)
        if delimiter == "/":
            warnings.warn(
                f"Model format 'provider/model' is deprecated, write '{name}:{rest}'",
                DeprecationWarning,
                stacklevel=stacklevel,
            )
        return cast("LLMProvider", AnyLLM.resolve_provider_key(name)), rest

    @staticmethod
    def resolve_provider_key(provider_key: str | LLMProvider) -> str:
        """Return a provider's name as it is registered.

        Raises:
            UnsupportedProviderError: there is none of this name.
        """
        return _key_of(str(provider_key), defaults())

    @staticmethod
    def get_provider_class(provider_key: str | LLMProvider) -> type[AnyLLM]:
        """Return the class that stands for a provider; its attributes say what the provider supports.

        Raises:
            UnsupportedProviderError: there is none of this name.
        """
        return _class_of(str(provider_key), defaults())

    @staticmethod
    def get_provider_enum(provider_key: str) -> LLMProvider:
        """Return a provider's member of `LLMProvider`.

        Raises:
            UnsupportedProviderError: it has none; the error names the closest.
        """
        return LLMProvider.from_string(provider_key)

    @staticmethod
    def get_supported_providers() -> list[str]:
        """Return the names of all providers: built in, configured and plugged in."""
        return provider_names({*found(PROVIDERS), *default_settings().providers})

    get_registry_provider_names = get_supported_providers

    @classmethod
    def get_provider_metadata(cls, provider: str | LLMProvider | None = None) -> ProviderMetadata:
        """Return what a provider (by default this class's own) offers, without calling it."""
        if provider is None:
            return metadata(cls.PROVIDER).model_copy(update={"class_name": cls.__name__})
        return metadata(_record(str(provider), default_settings()))

    @staticmethod
    def get_all_provider_metadata() -> Sequence[ProviderMetadata]:
        """Return what every provider offers, sorted by name."""
        return [metadata(_record(name, default_settings())) for name in AnyLLM.get_supported_providers()]


def _record(name: str, settings: Settings) -> Provider:
    key = name.strip().lower()
    try:
        return find_provider(key, settings.providers)
    except UnsupportedProviderError:
        plugged = load(PROVIDERS, key, Provider)
        if plugged is None and key == ROUTE:
            return _ROUTER
        if plugged is None:
            raise unsupported(key, AnyLLM.get_supported_providers()) from None
        return plugged


def _own_class(name: str, client_args: Mapping[str, JSON]) -> type[AnyLLM] | None:
    """Return the class of a provider that the arguments of `create` bring with them."""
    settings = client_args.get("settings")
    given = client_args.get("providers") or (settings.providers if isinstance(settings, Settings) else None)
    record = given.get(name.strip().lower()) if given else None
    return _make_class(record) if record else None


@lru_cache(maxsize=1_024)
def _class_of(name: str, usual: Defaults) -> type[AnyLLM]:
    return _make_class(_record(name, usual.settings))


@lru_cache(maxsize=1_024)
def _key_of(name: str, usual: Defaults) -> str:
    key = _record(name, usual.settings).name
    return LLMProvider(key) if key in LLMProvider.__members__.values() else key


@lru_cache(maxsize=1_024)
def _make_class(record: Provider) -> type[AnyLLM]:
    if record is _ROUTER:
        return cast("type[AnyLLM]", import_module(_ROUTED).Routed)
    return cast("type[AnyLLM]", type(class_name(record), (AnyLLM,), {"PROVIDER": record, "__module__": __name__}))


@lru_cache(maxsize=1_024)
def _compatible_class(name: str) -> type[AnyLLM]:
    record = msgspec.structs.replace(_COMPATIBLE, name=name)
    return cast(
        "type[AnyLLM]", type("OpenAICompatibleProvider", (AnyLLM,), {"PROVIDER": record, "__module__": __name__})
    )


@lru_cache(maxsize=1_024)
def _kept_at(place: str) -> Keys:
    """Return the keys of a place, the same ones each time, so that clients that are made anew share what was read."""
    return Keys(sources=(place,))


def _configured(provider: Provider, client_args: dict[str, JSON]) -> tuple[Settings, Handler]:
    check_client_arguments(client_args, _ARGUMENTS, given_arguments(provider))
    settings = client_args.get("settings")
    if settings is None:
        settings = defaults().settings
    if not isinstance(settings, Settings):
        raise ConfigurationError(f"settings is {settings!r}; give an any_llm.Settings")
    changes = {name: value for name, value in client_args.items() if name in _SETTINGS}
    changes |= {"keys": {**settings.keys, provider.name: keys}} if isinstance(keys := changes.get("keys"), Keys) else {}
    if client_args.get("default_headers"):
        changes["headers"] = {**settings.headers, **client_args["default_headers"]}
    if client_args.get("timeout") is not None:
        seconds = check_seconds(client_args["timeout"])
        changes["timeouts"] = msgspec.structs.replace(settings.timeouts, first_token=seconds, idle=seconds)
    if client_args.get("max_retries") is not None:
        changes["retry"] = with_retries(changes.get("retry", settings.retry), client_args["max_retries"])
    if client_args.get("unified_exceptions") is False:
        warnings.warn("unified_exceptions=False has no effect: errors are always this library's own", stacklevel=4)
    if changes:
        settings = msgspec.structs.replace(settings, **changes)
    return settings, build(settings)
