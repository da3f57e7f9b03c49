"""The table of providers is the catalogue's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from any_llm.providers.catalog import CATALOG
from any_llm.spec.provider import Operation, Provider
from scripts.provider_table import PAGES, renewed, table

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured

ROOT = Path(__file__).parents[2]


def test_pages_show_the_catalogue_of_today() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "provider_table.py"), "--check"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (outcome.stdout, outcome.returncode) == ("", 0)


def test_every_provider_has_a_row_on_every_page() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        assert [provider.name for provider in CATALOG if f"`{provider.name}`" not in text] == []


def test_row_shows_the_key_and_what_is_offered() -> None:
    offered = frozenset({Operation.COMPLETION, Operation.EMBEDDING})
    rows = table([Provider(name="one", key="ONE_KEY", docs="https://one.test", key_optional=True, operations=offered)])
    assert rows.splitlines()[3] == "| [`one`](https://one.test) | `ONE_KEY` (optional) | ✓ | | | ✓ | |"


def test_stale_page_is_renewed_in_its_block_only() -> None:
    page = "before\n<!-- providers: made by scripts/provider_table.py -->\nold\n<!-- end of providers -->\nafter\n"
    assert renewed(page).startswith("before\n")
    assert renewed(page).endswith("<!-- end of providers -->\nafter\n")
    assert "old" not in renewed(page)
