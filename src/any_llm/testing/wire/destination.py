"""Where a recording is replayed: the provider's own record where there is one, else a record made from the request."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from any_llm.auth.headers import SIGNERS
from any_llm.client.anyllm import AnyLLM
from any_llm.client.metadata import class_attributes
from any_llm.engine.settings import Settings
from any_llm.exceptions import UnsupportedProviderError
from any_llm.providers.registry import provider
from any_llm.spec.provider import Operation, Provider
from any_llm.spec.transport import Transport
from any_llm.testing.recordings import Recording
from any_llm.testing.wire.intent import route_of
from any_llm.testing.wire.scope import Scope

KEY = "eyJ9.e30.recorded-key"
"""The API key of every replayed call: of the form of a token, so that none is fetched for it."""

_RECORDS: Mapping[tuple[str, str], str] = {
    ("vertex", "anthropic"): "vertexaianthropic",
    ("vertex", "gemini"): "vertexai",
}
"""Whose record it is where a host speaks several formats, by its name in recordings and the format."""

_NOWHERE = "https://recorded.invalid/v1"
_NOWHERE_IN_A_CLOUD = f"{_NOWHERE}/projects/recorded/locations/nowhere"


def record_of(recording: Recording, scope: Scope) -> Provider:
    """Return the record of who answered.

    A vendor offers at least the operation that was recorded, even if its record does not say so yet.
    """
    try:
        known = provider(_RECORDS.get((recording.provider, scope.dialect), recording.provider))
    except UnsupportedProviderError:
        known = None
    if (
        known is None
        or scope.dialect not in (known.dialect, known.dialects.get(scope.operation))
        or known.transport != "http"
    ):
        return Provider(
            name=recording.provider,
            dialect=scope.dialect,
            auth=_recorded_auth(recording) or scope.auth,
            operations=frozenset({scope.operation}),
            paths=scope.paths,
        )
    return msgspec.structs.replace(
        known,
        # Where a signer would choose between a key and a token, the recorded request has chosen.
        auth=known.auth if known.auth in SIGNERS else _recorded_auth(recording) or known.auth,
        operations=known.operations | {scope.operation},
        dialects={**known.dialects, scope.operation: scope.dialect},
        paths={**known.paths, **scope.paths},
    )


def crossed(record: Provider, scope: Scope, operation: Operation) -> Provider:
    """Return the record of a provider that offers another shape only by way of the recorded one."""
    native = {scope.operation} | ({operation} if scope.operation is not Operation.COMPLETION else set[Operation]())
    return msgspec.structs.replace(record, operations=frozenset(native))


def base_url_of(recording: Recording, scope: Scope, record: Provider) -> str:
    """Return where the recorded API begins: its URL without the route of the operation."""
    request = recording.request
    route = route_of(request, scope) if request else None
    if request is None or route is None:
        known = record.base_url and "{" not in record.base_url
        return record.base_url if known else _NOWHERE_IN_A_CLOUD if "location" in record.placeholders else _NOWHERE
    parts = urlsplit(request.url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix(route)}"


def client_of(record: Provider, base_url: str, transport: Transport) -> AnyLLM:
    """Return a client of a provider whose calls go through `transport`."""
    kind = type("RecordedProvider", (AnyLLM,), dict(class_attributes(record)))
    places = {name: "recorded" for name, place in record.placeholders.items() if not place.of}
    return kind(api_key=KEY, api_base=base_url, settings=Settings(transport=transport, retry=None), **places)


def _recorded_auth(recording: Recording) -> str | None:
    """Return how the recorded request was signed, by the name of a signer."""
    headers: Mapping[str, str] = recording.request.headers if recording.request else {}
    named = (name for name in SIGNERS if name in headers)
    return next(named, "bearer" if "authorization" in headers else None)
