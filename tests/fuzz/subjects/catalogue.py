"""The catalogue: any name of a provider and a model is one that is known, with facts that can be read, or our error."""

from __future__ import annotations

import msgspec

from any_llm.client.arguments import split_reference
from any_llm.exceptions import AnyLLMError
from any_llm.providers.capabilities import closest, lookup
from any_llm.providers.registry import provider


def check_name(text: str) -> None:
    """A name in one piece is split without loss, found whatever its case, and its facts are JSON."""
    try:
        name, model, delimiter = split_reference(text)
        assert text == f"{name}{delimiter}{model}"
        record = provider(name)
    except AnyLLMError:
        return
    assert provider(f" {name.upper()} ") is record
    msgspec.json.encode(lookup(record.name, model))
    assert all(isinstance(each, str) for each in closest(record.name, model))


def check(data: bytes) -> None:
    """Take the name from the bytes."""
    check_name(data.decode("utf-8", "replace"))
