"""The catalogue, and what a model's name may look like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from any_llm.exceptions import ModelNotFoundError
from any_llm.local.models import CATALOG, DEFAULT_MODEL, find_model


def test_every_model_is_pinned_and_attributed() -> None:
    for model in CATALOG:
        assert re.fullmatch(r"[0-9a-f]{64}", model.sha256)
        assert model.bytes > 0
        assert model.licence == "Apache-2.0"
        assert model.attribution
        assert all("==" in wheel.requirement and wheel.bytes > 0 for wheel in model.wheels)


def test_names_and_aliases_are_unique_and_the_default_comes_first() -> None:
    names = [name for model in CATALOG for name in (model.name, *model.aliases)]
    assert len(names) == len(set(names))
    assert CATALOG[0].name == DEFAULT_MODEL


@pytest.mark.parametrize(
    ("reference", "name"),
    [("", DEFAULT_MODEL), ("default", DEFAULT_MODEL), ("SmolLM2-135M", "smollm2"), (" smollm2 ", "smollm2")],
)
def test_model_is_found_by_name_alias_or_default(reference: str, name: str) -> None:
    assert find_model(reference).name == name


def test_path_of_a_file_is_a_model(tmp_path: Path) -> None:
    file = tmp_path / "own.gguf"
    file.write_bytes(b"GGUF")
    found = find_model(str(file))
    assert (found.path, found.bytes, found.name) == (str(file), 4, str(file))


@pytest.mark.parametrize("reference", ["https://host.test/a/own.gguf?x=1", "hf:owner/repo/sub/own.gguf"])
def test_remote_references_keep_their_name_and_get_a_file_of_their_own(reference: str) -> None:
    found = find_model(reference)
    assert (found.name, found.url) == (reference, reference)
    assert re.fullmatch(r"[0-9a-f]{12}-own\.gguf", found.file)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("gpt-9", "'gpt-9'. Known: qwen2.5-coder-0.5b, qwen2.5-coder-1.5b, smollm2"),
        ("/nowhere/own.gguf", "No model file at '/nowhere/own.gguf'"),
        ("hf:own.gguf", "write hf:owner/repo/file.gguf"),
        ("hf:owner/repo/../own.gguf", "does not lead to a model file"),
        ("https://host.test/model.bin", "a URL that ends in .gguf"),
    ],
)
def test_unknown_model_is_named_with_what_would_do(reference: str, said: str) -> None:
    with pytest.raises(ModelNotFoundError, match=re.escape(said)):
        find_model(reference)
