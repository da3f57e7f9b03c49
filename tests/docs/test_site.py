"""The documentation builds into a site that needs no other host."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ZENSICAL = Path(sys.executable).with_name("zensical")
LOADED = re.compile(r'<(?:script|link|img)\b[^>]*\b(?:src|href)="(https?://[^"]+)"')


def _build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ZENSICAL, "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def _copy(folder: Path) -> Path:
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    return folder


def test_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    outcome = _build(_copy(tmp_path))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    built = sorted((tmp_path / "site").rglob("index.html"))
    assert len(built) == len(list((ROOT / "docs").rglob("*.md")))
    assert [url for page in built for url in LOADED.findall(page.read_text("utf-8"))] == []


def test_a_link_to_a_page_that_is_gone_fails_the_build(tmp_path: Path) -> None:
    page = _copy(tmp_path) / "docs" / "index.md"
    page.write_text(page.read_text("utf-8") + "\n[gone](gone.md)\n", "utf-8")
    assert _build(tmp_path).returncode != 0


def test_every_page_is_in_the_navigation() -> None:
    navigation = str(tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"])
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f"'{page}'" not in navigation] == []
