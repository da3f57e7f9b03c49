"""Google's files of credentials: where they are, and the project that they name.

https://docs.cloud.google.com/docs/authentication/application-default-credentials
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSON, JSONObject, decode_json, is_mapping

FILE_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
"""The environment variable of a file of credentials."""


def find_file(environment: Mapping[str, str]) -> JSONObject | None:
    """Return what stands in the file that the environment names, else in that of `gcloud auth application-default`.

    Raises:
        ConfigurationError: the file that the environment names is not there, or one cannot be read.
    """
    named = environment.get(FILE_VARIABLE, "").strip()
    found = read(named) if named else read(_well_known(environment))
    if named and found is None:
        raise ConfigurationError(f"{FILE_VARIABLE} is {named!r}, which is not a file")
    return found


def find_project(environment: Mapping[str, str], _credential: Mapping[str, object]) -> str | None:
    """Return the project that the file of credentials belongs to, or is billed to."""
    file = find_file(environment) or {}
    named = (file.get(name) for name in ("project_id", "quota_project_id"))
    return next((name for name in named if isinstance(name, str) and name), None)


def read(path: str) -> JSONObject | None:
    """Return the JSON object in a file, which is read again when it changes; `None` when there is no such file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    file = Path(path).expanduser()
    try:
        facts = file.stat()
    except OSError:
        return None
    return _read(file, facts.st_mtime_ns, facts.st_size)


def _well_known(environment: Mapping[str, str]) -> str:
    folder = environment.get("CLOUDSDK_CONFIG")
    if not folder and (roaming := environment.get("APPDATA")):
        folder = f"{roaming}/gcloud"
    home = environment.get("HOME") or environment.get("USERPROFILE") or ""
    return f"{folder or f'{home}/.config/gcloud'}/application_default_credentials.json"


@lru_cache(maxsize=8)
def _read(file: Path, _modified: int, _size: int) -> JSONObject:
    try:
        content: JSON = decode_json(file.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        # What is wrong may be a line that holds a secret.
        raise ConfigurationError(
            f"The Google credentials in {str(file)!r} cannot be read ({type(error).__name__})"
        ) from None
    if not is_mapping(content):
        raise ConfigurationError(f"The Google credentials in {str(file)!r} are not a JSON object")
    return dict(content)
