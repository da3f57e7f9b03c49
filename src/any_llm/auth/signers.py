"""Signers of whole requests, each imported when a provider first needs it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from any_llm.spec.auth import RequestSigner

REQUEST_SIGNERS: Mapping[str, str] = {
    "aws": "any_llm.auth.aws:sign_for_aws",
    "azure": "any_llm.auth.azure:sign_for_azure",
    "databricks": "any_llm.auth.databricks:sign_for_databricks",
    "google": "any_llm.auth.google:sign_for_google",
    "ibm": "any_llm.auth.ibm:sign_for_ibm",
    "snowflake": "any_llm.auth.snowflake:sign_for_snowflake",
}
"""Where the signers are, by the name that a provider's record uses."""

ARGUMENTS: Mapping[str, frozenset[str]] = {
    "aws": frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "profile_name"}),
    "azure": frozenset({"azure_ad_token", "azure_ad_token_provider", "credential"}),
    "google": frozenset({"access_token"}),
}
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
