"""Signers of whole requests, each imported when a provider first needs it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from any_llm.spec.auth import RequestSigner

REQUEST_SIGNERS: Mapping[str, str] = {"aws": "any_llm.auth.aws:sign_for_aws"}
"""Where the signers are, by the name that a provider's record uses."""

ARGUMENTS: Mapping[str, frozenset[str]] = {}
"""What a program may give a signer beside a key, by the signer's name: arguments of `AnyLLM.create`."""


@cache
def request_signer(name: str) -> RequestSigner:
    """Return a signer of whole requests.

    Raises:
        KeyError: there is none of this name.
    """
    # Cryptography and files of credentials are not for callers of providers that take a key.
    module, _, function = REQUEST_SIGNERS[name].partition(":")
    signer: RequestSigner = getattr(import_module(module), function)
    return signer
