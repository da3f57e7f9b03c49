"""What the record of a provider promises."""

from __future__ import annotations

import re
from functools import partial

from any_llm.auth.headers import SIGNERS
from any_llm.auth.signers import REQUEST_SIGNERS
from any_llm.engine.codecs import codec_of, dialect_of
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.conformance.dialects import Checks, encoded
from any_llm.testing.conformance.finding import expect
from any_llm.testing.conformance.samples import CANARY, OPTIONS, target_of
from any_llm.transport.framing import FRAMINGS


def checks(name: str, provider: Provider) -> Checks:
    """Return the promises of a provider's record and how each is checked."""
    yield "its name is that of its entry point", lambda: expect(provider.name == name, f"its name is {provider.name!r}")
    yield "its name is lower case", lambda: expect(re.fullmatch(r"[a-z0-9_-]+", provider.name), repr(provider.name))
    yield "it replaces no built-in provider", lambda: expect(provider.name not in BY_NAME, "there is one of this name")
    yield "its base URL is one", lambda: _has_url(provider)
    yield "its key is an environment variable", lambda: _has_key(provider)
    yield "it names its documentation", lambda: expect(provider.docs.startswith("https://"), f"docs={provider.docs!r}")
    yield (
        "it is signed in a known way",
        lambda: expect(provider.auth in {*SIGNERS, *REQUEST_SIGNERS}, f"auth={provider.auth!r}"),
    )
    yield (
        "its streams are framed in a known way",
        lambda: expect(provider.framing in FRAMINGS, f"framing={provider.framing!r}"),
    )
    yield "its wire format is there", lambda: expect(dialect_of(provider), provider.dialect)
    yield "it offers something", lambda: expect(provider.operations, "operations is empty")
    for operation in sorted(provider.operations):
        yield f"{operation}: a request can be encoded", partial(_encodes, provider, operation)


def _has_url(provider: Provider) -> None:
    url = provider.base_url
    if not url:
        expect(provider.base_url_variable, "it has neither base_url nor base_url_variable")
        return
    local = re.match(r"http://(localhost|127\.0\.0\.1)[:/]", url)
    expect(url.startswith("https://") or local, f"base_url={url!r}")
    expect(not url.endswith("/"), f"base_url={url!r} ends with a slash")


def _has_key(provider: Provider) -> None:
    optional = provider.key_optional or provider.auth == "none"
    expect(re.fullmatch(r"[A-Z][A-Z0-9_]*", provider.key) or (optional and not provider.key), f"key={provider.key!r}")


def _encodes(provider: Provider, operation: Operation) -> None:
    codec = codec_of(provider, operation)
    options = OPTIONS.get(operation)
    if options is not None:
        made = encoded(codec, target_of(provider), options)
        expect(CANARY not in repr(made), "the key is in the request")
