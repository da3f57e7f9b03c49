"""The switch by which whole processes get the vendor SDK's own classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from any_llm.engine.settings_file import load_settings


@pytest.mark.parametrize(("word", "on"), [("1", True), ("TRUE", True), ("yes", True), ("0", False), ("", False)])
def test_environment_switches_sdk_types(word: str, on: bool, tmp_path: Path) -> None:
    assert load_settings({"XDG_CONFIG_HOME": str(tmp_path), "ANY_LLM_SDK_TYPES": word}).sdk_types is on


def test_configuration_file_switches_sdk_types(tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text("sdk_types = true\n", "utf-8")
    assert load_settings({"ANY_LLM_CONFIG": str(file)}).sdk_types
