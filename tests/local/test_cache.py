"""Where models lie, and who fetches them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from any_llm.local.cache import cache_folder, locked


def test_own_variable_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    monkeypatch.setenv("ANY_LLM_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path / "models"


def test_platform_decides_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ANY_LLM_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "any-llm" / "models"


def test_second_comer_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []
    inside, release = threading.Event(), threading.Event()

    def first() -> None:
        with locked(tmp_path / "model"):
            inside.set()
            release.wait()
            order.append("first")

    def second() -> None:
        with locked(tmp_path / "model"):
            order.append("second")

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    inside.wait()
    two.start()
    two.join(0.1)
    assert two.is_alive()
    release.set()
    one.join()
    two.join()
    assert order == ["first", "second"]
