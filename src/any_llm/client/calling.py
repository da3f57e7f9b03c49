"""How an operation becomes a call, and its answer what the caller gets: what all operations share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

import msgspec

from any_llm.client.arguments import build_call
from any_llm.engine.build import build
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import StreamForm, is_stream
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.caching import Cache
from any_llm.types.guards import Guards
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.policies import Retry
from any_llm.types.report import Report

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.schemas.formats import Parser

_EMBEDDER = "any_llm.client.embedder"
"""The module that finds the model of a semantic cache, loaded with the first such cache; it makes a client, as here."""


class Calling:
    """One provider with one credential. The only state is the connection pool, which all share."""

    PROVIDER: ClassVar[Provider]

    _target: Target
    _asked: Target
    _settings: Settings
    _handler: Handler
    _overridden: ClassVar[frozenset[str]] = frozenset()

    async def _answer(self, operation: Operation, model: str, request: JSONObject) -> JSON:
        """Make a call and return its answer, or the stream of its pieces, in the types that the settings ask for."""
        return self._finish((await self._call(operation, model, request)).value)

    def _call(self, operation: Operation, model: str, request: JSONObject) -> Awaitable[Reply]:
        target = self._asked
        if target.model != model:
            # Most clients are asked for one model again and again.
            target = self._asked = msgspec.structs.replace(self._target, model=model)
        call = build_call(operation, target, request, self._settings)
        if self._settings.cache is not None:
            call = self._with_embedder(call)
        handler = self._handler
        if call.overrides:
            # What a call says about a layer that is off turns it on.
            layers: dict[str, Callable[[], object]] = {"retry": Retry, "cache": Cache, "guards": Guards}
            missing = {
                name: layers[name]()
                for name, said in call.overrides.items()
                if said is not False and getattr(self._settings, name) is None
            }
            handler = build(msgspec.structs.replace(self._settings, **missing)) if missing else handler
        return handler(call)

    def _with_embedder(self, call: Call) -> Call:
        """Return a call that brings along what a semantic cache needs, where there is one."""
        cache = self._settings.cache
        if not isinstance(cache, Cache) or cache.semantic is None:
            return call
        embedder_of: Callable[..., Call] = import_module(_EMBEDDER).embedder_of
        return embedder_of(call, cache.semantic, self._settings)

    def _finish(
        self, value: JSON, parse: Callable[..., JSON] | None = None, parser: Parser[JSON] | None = None
    ) -> JSON:
        """Return an answer parsed, if it is to be, and in the types that the settings ask for."""
        if parse is not None and parser is not None and is_stream(value):
            value.form = StreamForm(partial(parse, parser=parser), parser.unwrap)
        elif parse is not None and parser is not None:
            try:
                value = parse(value, parser)
            except AnyLLMError as error:
                raise error.with_facts(**_facts_of(value, self.PROVIDER.name)) from error.__cause__
        return _with_sdk_types(value) if self._settings.sdk_types else value


def _facts_of(value: JSON, provider_name: str) -> JSONObject:
    report = getattr(value, "report", None) or Report()
    return {
        "provider_name": provider_name,
        "model": report.model or None,
        "operation": report.operation or None,
        "status_code": report.status,
        "request_id": report.request_id,
        "client_request_id": report.client_request_id,
        "elapsed": report.elapsed,
    }


def _with_sdk_types(value: JSON) -> JSON:
    """Return an answer, or every piece of a stream, as the vendor SDK's own type."""
    if is_stream(value):
        value.convert = _with_sdk_types
        return value
    if type(value) is bytes:
        return value
    if is_list(value):
        return [_with_sdk_types(item) for item in value]
    return value.to_openai()
