"""The documents name what stands: paths, links, commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured  # this reads the source and runs next to nothing of it

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "any_llm"
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md")})
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
TREE_LINE = re.compile(r"^(?P<rails>[│ ]*)[├└]── (?P<names>\S+(?: {1,2}\S+)*?)(?: {3,}.*)?$")
CODE_PATH = re.compile(r"`(?P<path>[\w.-]+(?:/[\w.<>-]+)*(?:/|\.py|\.md|\.toml))`")


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\s-]", "", heading.strip().lower().replace("`", "")).replace(" ", "-")


def _broken_links(page: Path) -> list[str]:
    broken: list[str] = []
    for found in LINK.finditer(re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)):
        path, _, anchor = found["target"].partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        target = page.parent / path if path else page
        is_page = target.suffix == ".md" and target.is_file()
        headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE) if is_page else []
        if not target.exists() or (anchor and anchor not in map(_anchor, headings)):
            broken.append(found["target"])
    return broken


def tree_paths(text: str) -> list[str]:
    """Return the paths drawn in the document's tree, relative to the repository."""
    folders: list[str] = []
    paths: list[str] = []
    for line in text.splitlines():
        if (found := TREE_LINE.match(line)) is None:
            continue
        depth = len(found["rails"]) // 4
        names = found["names"].split()
        above = "".join(folders[:depth])
        paths += [above + name for name in names]
        folders = [*folders[:depth], names[0]]
    return paths


def test_every_path_in_the_tree_of_the_architecture_exists() -> None:
    paths = tree_paths((ROOT / "ARCHITECTURE.md").read_text("utf-8"))
    assert len(paths) > 40
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_room_of_the_package_is_in_the_tree() -> None:
    paths = tree_paths((ROOT / "ARCHITECTURE.md").read_text("utf-8"))
    rooms = {f"src/any_llm/{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert rooms - set(paths) == set()


def test_layers_of_the_architecture_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    shown = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## 4.")[2].partition("```")[2].partition("```")[0]
    named = [re.split(r" {3,}", line)[0] for line in shown.strip().splitlines()]
    enforced = [re.sub(r" : ", ", ", layer) for layer in layers if layer != "(__main__)"]
    assert named == enforced


def test_every_path_named_in_the_text_of_the_architecture_exists() -> None:
    text = re.sub(r"```.*?```", "", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), flags=re.DOTALL)
    named = {found["path"] for found in CODE_PATH.finditer(text) if "<" not in found["path"]}
    assert [path for path in sorted(named) if not ((ROOT / path).exists() or (PACKAGE / path).exists())] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert _broken_links(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One page\n[a](page.md#one-page) [b](page.md#two) [c](gone.md) [d](https://example.org/x)\n")
    assert _broken_links(page) == ["page.md#two", "gone.md"]


DRAWN = """\
.
├── a.md  b.md
├── src/any_llm/          the package
│   └── types/            values
│       └── x.py  y.py    two
"""


def test_a_tree_is_read_with_its_folders() -> None:
    inside = ["src/any_llm/types/x.py", "src/any_llm/types/y.py"]
    assert tree_paths(DRAWN) == ["a.md", "b.md", "src/any_llm/", "src/any_llm/types/", *inside]


def test_targets_named_in_the_guide_for_contributors_can_be_made() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"`make ([a-z-]+)`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert set(named) <= set(targets)
    assert named


def test_recipes_of_the_makefile_are_one_line_each() -> None:
    recipes = re.findall(r"^[a-z-]+:.*##.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipes
    assert [recipe for recipe in recipes if recipe.count("\n") != 1] == []
