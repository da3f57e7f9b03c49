"""Keys in managers of secrets: HashiCorp Vault, and those of AWS, Google Cloud and Azure.

A place is said as `vault:PATH#FIELD`; the field picks one member where a secret is a JSON object. Managers are asked
over the transport of the calls, with the credentials that calls to the same cloud are signed with; redirects are not
followed, so that what proves an identity goes nowhere but to the address that the program says.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from urllib.parse import quote, urlsplit

import msgspec

from any_llm.auth.endpoints import check_endpoint
from any_llm.auth.key_sources import Key, checked, source_of
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    MalformedResponseError,
    MissingApiKeyError,
    RateLimitError,
)
from any_llm.types.json import JSON, JSONObject, decode_json, is_mapping
from any_llm.types.secret import Secret, redact, show

if TYPE_CHECKING:
    from any_llm.auth.access import TransportAccess

PATIENCE: Final = 10.0
"""How many seconds a manager may take to answer."""


class Place(NamedTuple):
    """Where a secret is.

    Attributes:
        name: what the manager calls it.
        options: what else the program says about the manager: its address, its region, who asks.
        called: what messages call it.
    """

    name: str
    options: Mapping[str, JSON]
    called: str

    def option(self, name: str) -> str:
        """Return an option as a text; empty where it is not said.

        Raises:
            ConfigurationError: it is something else than a text.
        """
        value = self.options.get(name, "")
        if not isinstance(value, str):
            raise ConfigurationError(f"{self.called}: {name} is a {type(value).__name__}; it must be a text")
        return value.strip()


class Content(NamedTuple):
    """What a manager holds there: a text or an object, and for how many seconds it is good, where it says so."""

    value: JSON
    lasts: float | None = None


Reader: TypeAlias = "Callable[[Place, TransportAccess], Awaitable[Content]]"


class _Manager(NamedTuple):
    title: str
    reader: str
    options: frozenset[str]
    remedy: str


_KINDS: Mapping[str, _Manager] = {
    "vault": _Manager(
        "HashiCorp Vault",
        "any_llm.auth.vault_keys:read_secret",
        frozenset({"address", "namespace", "token", "role_id", "secret_id", "mount", "version"}),
        "`vault read PATH` shows whether it is there and may be read; in version 2 of the key-value engine a path has "
        "data/ after its mount, as secret/data/openai",
    ),
    "aws-secret": _Manager(
        "AWS Secrets Manager",
        "any_llm.auth.cloud_keys:read_aws",
        frozenset({"region", "profile", "endpoint", "version_id", "version_stage"}),
        "`aws secretsmanager get-secret-value` shows whether it is there and may be read "
        "(secretsmanager:GetSecretValue)",
    ),
    "gcp-secret": _Manager(
        "Google Secret Manager",
        "any_llm.auth.cloud_keys:read_google",
        frozenset({"project", "location", "version", "endpoint"}),
        "`gcloud secrets versions access` shows whether it is there and may be read (roles/secretmanager."
        "secretAccessor)",
    ),
    "azure-secret": _Manager(
        "Azure Key Vault",
        "any_llm.auth.cloud_keys:read_azure",
        frozenset({"version", "endpoint"}),
        "`az keyvault secret show` shows whether it is there and may be read (Key Vault Secrets User)",
    ),
}


class Managed:
    """A key in a manager of secrets.

    Args:
        said: where: `vault:PATH#FIELD`, `aws-secret:NAME#FIELD`, `gcp-secret:NAME`, `azure-secret:VAULT/NAME`.
        options: what else is said about the manager, by names; `from` is `said`.
        access: what the manager is asked over.

    Raises:
        ConfigurationError: an option is none of the manager's.
    """

    instant = False

    def __init__(self, said: str, options: Mapping[str, JSON], access: TransportAccess) -> None:
        kind, _, rest = said.partition(":")
        self._manager = manager = _KINDS[kind]
        name, _, self._field = rest.partition("#")
        self.called = f"the secret {rest!r} in {manager.title}"
        self._place = Place(name.strip(), {key: value for key, value in options.items() if key != "from"}, self.called)
        self._access = access
        unknown = sorted(set(self._place.options) - manager.options)
        if unknown:
            known = ", ".join(sorted(manager.options))
            raise ConfigurationError(f"{self.called} has the unknown options {', '.join(unknown)}; it may have {known}")

    async def read(self) -> Key:
        """Ask the manager.

        Raises:
            ConfigurationError: there is no such secret, or it may not be read; the error says what to look at.
            AnyLLMError: the manager cannot be reached, or fails.
        """
        module, _, name = self._manager.reader.partition(":")
        read: Reader = getattr(import_module(module), name)
        try:
            found = await read(self._place, self._access)
        except AnyLLMError as error:
            told = redact(error.message)
            # What another library raised may show what was sent, and tracebacks print causes.
            raise self._failure(error, told) from (error if told == error.message else None)
        return Key(checked(member_of(found.value, self._field, self.called), self.called), found.lasts)

    def mark(self) -> object:
        """Return nothing: only asking tells."""
        return None

    def _failure(self, error: AnyLLMError, told: str) -> AnyLLMError:
        problem = f"{self.called} cannot be read for a key: "
        if isinstance(error, MissingApiKeyError):
            return ConfigurationError(f"{problem}there are no credentials for it; set {error.env_var_name}")
        if isinstance(error, MalformedResponseError) or not isinstance(error, AuthenticationError | ConfigurationError):
            failure = type(error)(problem + told, status_code=error.status_code, code=error.code)
            failure.retry_after = error.retry_after if isinstance(error, RateLimitError) else None
            return failure
        remedy = "" if isinstance(error, ConfigurationError) else f"; {self._manager.remedy}"
        return ConfigurationError(f"{problem}{told}{remedy}", status_code=error.status_code, code=error.code)


def member_of(value: JSON, field: str, called: str) -> str:
    """Return the text that a field names, else the only one there is.

    Args:
        value: a text, which may be that of a JSON object, or an object.
        field: the name of a member, or of one below it with dots between; empty for the whole text.
        called: where the value is, for messages.

    Raises:
        ConfigurationError: there is no such member, or there are several and none is named. Values are not shown.
    """
    tree = _object_of(value)
    if tree is None and field:
        raise ConfigurationError(f"{called} holds no JSON object, so that #{field} cannot be picked from it; leave it")
    if tree is None:
        return str(value)
    if not field and len(tree) == 1:
        field = next(iter(tree))
    found = _walk(tree, field)
    if isinstance(found, str):
        return found
    names = ", ".join(map(repr, sorted(map(str, tree)))) or "none"
    if not field:
        raise ConfigurationError(f"{called} holds several members; say which, as #NAME: there are {names}")
    raise ConfigurationError(f"{called} has no text called {field!r}; there are {names}")


def _object_of(value: JSON) -> JSONObject | None:
    if isinstance(value, str):
        try:
            value = decode_json(value.encode()) if value.lstrip().startswith("{") else None
        except msgspec.DecodeError:
            return None
    return dict(value) if is_mapping(value) else None


def _walk(tree: JSONObject, field: str) -> JSON:
    if field in tree:
        return tree[field]
    found: JSON = tree
    for name in field.split("."):
        found = found.get(name) if is_mapping(found) else None
    return found


def path_of(name: str, called: str) -> str:
    """Return the name of a secret as a path of a URL holds it.

    Raises:
        ConfigurationError: a segment of it is empty, or leads up.
    """
    segments = name.strip("/").split("/")
    if not all(segments) or {".", ".."} & set(segments):
        raise ConfigurationError(f"{called} has a path that is not plain; give it without '.', '..' and '//'")
    return "/".join(quote(segment, safe="") for segment in segments)


def check_origin(url: str, named_by: str) -> str:
    """Return the address of a manager, if secrets may go there: over HTTPS, or on this very machine.

    Raises:
        ConfigurationError: it is anywhere else, says a user or a query, or is a cloud's metadata service.
    """
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment or _is_on_link(parts.hostname or ""):
        raise ConfigurationError(
            f"{named_by} is {show(url)}; it must look like https://host:8200, without a user or a query, and is no "
            "address of a cloud's metadata service"
        )
    return check_endpoint(url.rstrip("/"), named_by)


def _is_on_link(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return host.startswith("metadata")


async def secret_option(place: Place, name: str) -> Secret | None:
    """Return an option that is itself a secret, and so is said by its place: `env:NAME`, `file:PATH`, a `Secret`.

    Raises:
        ConfigurationError: it is something else, or there is nothing at its place.
    """
    said = place.options.get(name)
    return (await source_of(said).read()).secret if said else None
