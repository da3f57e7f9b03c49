"""Configuration files: any bytes are settings or our error, and neither shows a secret that stands in them."""

from __future__ import annotations

import functools
import tempfile
import traceback
from pathlib import Path

from any_llm.engine.settings import Settings
from any_llm.engine.settings_file import load_settings
from any_llm.exceptions import AnyLLMError, ConfigurationError
from any_llm.providers.registry import provider, provider_names
from any_llm.testing.conformance.finding import BrokenPromiseError
from any_llm.testing.conformance.providers import checks
from any_llm.testing.conformance.samples import CANARY


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def settings_of(content: bytes) -> Settings | ConfigurationError:
    """Return what a file with this content says, or the error that it is."""
    path = Path(_folder().name, "any-llm.toml")
    path.write_bytes(content)
    try:
        return load_settings({"ANY_LLM_CONFIG": str(path)})
    except ConfigurationError as error:
        return error


def check_file(content: bytes) -> Settings | None:
    """A file is settings that can be shown and whose providers can be found, or our error; neither shows a secret."""
    found = settings_of(content.replace(b"KEY", CANARY.encode()))
    assert CANARY not in f"{found} {found!r}"
    if isinstance(found, ConfigurationError):
        assert CANARY not in "".join(traceback.format_exception(found))
        return None
    for name in found.providers:
        record = provider(name, found.providers)
        assert name in provider_names(found.providers)
        assert CANARY not in repr(record)
        for _, promise in checks(name, record):
            try:
                promise()
            except (AnyLLMError, BrokenPromiseError):
                continue
    return found


def check(data: bytes) -> None:
    """Take the file from the bytes; `KEY` in them is a secret."""
    check_file(data)
