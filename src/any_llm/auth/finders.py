"""Values of placeholders that stand in a vendor's own files, each read when a provider first needs it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

FINDERS: Mapping[str, str] = {
    "aws-region": "any_llm.auth.aws_profiles:profile_region",
    "google-project": "any_llm.auth.google_files:find_project",
}
"""Where the functions are, by the name that a placeholder uses; each takes what `find` takes."""


def find(name: str, environment: Mapping[str, str], credential: Mapping[str, object]) -> str | None:
    """Return what a finder finds.

    Args:
        name: its name.
        environment: the environment variables.
        credential: what the program gave for its signer, such as the profile whose region is wanted.

    Raises:
        ConfigurationError: a file cannot be read, or what the environment names is not there.
        KeyError: there is no finder of this name.
    """
    # Files of credentials are not for callers of providers that take a key.
    module, _, function = FINDERS[name].partition(":")
    value: str | None = getattr(import_module(module), function)(environment, credential)
    return value
