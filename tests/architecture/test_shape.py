"""The shape of the source, checked; and each rule seen to catch what it is there for."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import any_llm
from tests.architecture.shape import RULES, Module, catalogue, modules, violations, waivers_have_reasons

pytestmark = pytest.mark.unmeasured  # this reads the source and runs next to nothing of it

PACKAGE = Path(any_llm.__file__).parent
ROOT = Path(__file__).parents[2]
MODULES = modules(PACKAGE)

LONG_FUNCTION = "def long() -> int:\n" + "    value = 1\n" * 58 + "    return value\n"
LADDER = "if a == 1:\n    b = 1\n" + "".join(f"elif a == {n}:\n    b = {n}\n" for n in range(2, 7))

PLANTED = [
    ("module_is_small", "engine/long.py", "VALUE = 1\n" * 401),
    ("functions_are_small", "engine/long.py", LONG_FUNCTION),
    ("ladders_are_short", "engine/ladder.py", LADDER),
    ("no_branch_on_a_vendor", "engine/branch.py", "chosen = provider == 'anthropic'\n"),
    ("no_branch_on_a_vendor", "client/branch.py", "chosen = name in {'groq', 'xai'}\n"),
    ("no_branch_on_a_vendor", "cli/branch.py", "match name:\n    case 'mistral':\n        pass\n"),
    ("no_branch_on_a_vendor", "dialects/openai/branch.py", "chosen = target.provider != 'deepseek'\n"),
    ("packages_have_one_home", "engine/net.py", "import aiohttp\n"),
    ("packages_have_one_home", "engine/net.py", "def late() -> None:\n    from httpx2 import Client\n"),
    ("packages_have_one_home", "client/asynchronous.py", "import threading\n"),
    ("packages_have_one_home", "middleware/cache.py", "from concurrent.futures import ThreadPoolExecutor\n"),
    ("packages_have_one_home", "transport/pool.py", "import requests\n"),
    ("packages_have_one_home", "types/new.py", "import unheard_of\n"),
    ("no_thread_hops", "transport/pool.py", "await asyncio.to_thread(print)\n"),
    ("no_thread_hops", "client/blocking.py", "loop.run_in_executor(None, print)\n"),
    ("no_bare_generators", "client/functions.py", "def stream() -> Iterator[int]:\n    yield 1\n"),
    ("no_bare_generators", "engine/build.py", "async def stream() -> abc.AsyncGenerator[int]:\n    yield 1\n"),
    ("waivers_have_reasons", "engine/waiver.py", "# why\nimport os  # noqa\n"),
    ("waivers_have_reasons", "engine/waiver.py", "# why\nvalue = f()  # type: ignore\n"),
    ("waivers_have_reasons", "engine/waiver.py", "import os\nvalue = f()  # type: ignore[misc]\n"),
    ("waivers_have_reasons", "engine/waiver.py", "import os\nvalue = f()  # pyright: ignore[reportAny]\n"),
    ("waivers_have_reasons", "engine/waiver.py", "import os\nimport sys  # noqa: F401\n"),
    ("waivers_have_reasons", "engine/waiver.py", "import os\nif x:  # pragma: no cover\n    pass\n"),
    ("waivers_have_reasons", "engine/waiver.py", '"""Text."""\n# ruff: noqa: F401\n'),
    ("no_module_state", "engine/state.py", "CLIENTS = {}\n"),
    ("no_module_state", "engine/state.py", "CLIENTS: dict[str, int] = {}\n"),
    ("no_module_state", "engine/state.py", "CLIENTS: Final[list[int]] = [1]\n"),
    ("no_module_state", "engine/state.py", "CLIENTS = weakref.WeakSet()\n"),
    ("no_module_state", "engine/state.py", "class Client:\n    seen: ClassVar[list[int]] = []\n"),
    ("no_module_state", "engine/state.py", "def f() -> None:\n    global counter\n    counter = 1\n"),
    ("no_junk_drawers", "engine/utils.py", ""),
    ("no_junk_drawers", "common/__init__.py", ""),
    ("no_junk_drawers", "transport/http_helpers.py", ""),
    ("pure_rooms_read_no_clock", "types/audit.py", "created = datetime.now(UTC)\n"),
    ("pure_rooms_read_no_clock", "dialects/openai/chat.py", "identifier = uuid.uuid4()\n"),
    ("middleware_file_holds_one_class_of_its_name", "middleware/rate_limit.py", "class Limiter: ...\n"),
    ("middleware_file_holds_one_class_of_its_name", "middleware/retry.py", "class Retry: ...\nclass Other: ...\n"),
]

ALLOWED = [
    ("engine/ladder.py", LADDER.partition("elif a == 6")[0]),
    ("providers/registry.py", "chosen = name == 'openai'\n"),
    ("providers/catalog.py", "VALUE = 1\n" * 900),
    ("transport/pool.py", "import aiohttp\n"),
    ("client/blocking.py", "import threading\n"),
    ("local/runtime.py", "loop.run_in_executor(None, print)\n"),
    ("client/stream.py", "class Stream:\n    def __iter__(self) -> Iterator[int]:\n        yield 1\n"),
    ("testing/server.py", "@contextmanager\ndef server() -> Iterator[int]:\n    yield 1\n"),
    ("engine/waiver.py", "# The extra is optional.\nimport rich_extra  # noqa: PLC0415\n".replace("rich_extra", "os")),
    ("engine/waiver.py", "import os\nvalue = f()  # type: ignore[misc]  # the package has no types\n"),
    ("engine/waiver.py", "import os\ntext = '# noqa'\n"),
    ("engine/build.py", "chosen = name == 'local'\n"),
    ("types/value.py", "class Answer(msgspec.Struct):\n    choices: list[int] = []\n"),
    ("engine/state.py", "TABLE: Final[Mapping[str, int]] = {'a': 1}\nNAMES: Sequence[str] = ['a']\n__all__ = ['a']\n"),
    ("middleware/rate_limit.py", "class RateLimit: ...\nclass _Window: ...\n"),
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.path)
def test_module_keeps_every_rule(module: Module) -> None:
    assert violations(module) == []


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED, ids=[f"{i}-{p[0]}" for i, p in enumerate(PLANTED)])
def test_planted_violation_is_caught(rule: str, path: str, text: str) -> None:
    found = violations(Module(path, text))
    assert [finding for finding in found if finding.startswith(f"{path}: {rule}: ")]


@pytest.mark.parametrize(("path", "text"), ALLOWED, ids=[f"{i}-{p[0]}" for i, p in enumerate(ALLOWED)])
def test_proper_code_is_left_alone(path: str, text: str) -> None:
    assert violations(Module(path, text)) == []


def test_every_rule_is_planted() -> None:
    assert {rule.__name__ for rule in RULES} == {rule for rule, _, _ in PLANTED}


def test_planted_file_in_a_copy_of_the_tree_is_found(tmp_path: Path) -> None:
    for module in MODULES:
        target = tmp_path / module.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(module.text)
    (tmp_path / "engine" / "utils.py").write_text("import aiohttp\nCLIENTS = {}\n")
    beside = [module for module in modules(tmp_path) if module.inside("engine/")]
    found = [finding for module in beside for finding in violations(module)]
    assert {finding.split(": ")[1] for finding in found if finding.startswith("engine/utils.py: ")} == {
        "no_junk_drawers",
        "no_module_state",
        "packages_have_one_home",
    }


def test_waivers_outside_the_package_have_reasons_too() -> None:
    paths = [path for folder in ("tests", "scripts", "examples") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = {
        path.relative_to(ROOT).as_posix(): list(waivers_have_reasons(Module(path.name, path.read_text("utf-8"))))
        for path in paths
    }
    assert {path: findings for path, findings in found.items() if findings} == {}


def test_names_of_the_catalogue_are_read_from_its_source(tmp_path: Path) -> None:
    (tmp_path / "providers").mkdir()
    (tmp_path / "providers" / "catalog.py").write_text(
        "CATALOG = (Provider(name='newcomer', docs='https://x'), Provider('other'))\n"
    )
    (tmp_path / "engine.py").write_text("chosen = name == 'newcomer'\n")
    assert catalogue(tmp_path) == ["newcomer", "other"]
    found = [finding for module in modules(tmp_path) for finding in violations(module)]
    assert [finding.rpartition(": ")[0] for finding in found] == [
        "engine.py: no_branch_on_a_vendor: line 1: decides by the name 'newcomer'"
    ]


def test_dialect_folder_exports_a_dialect_of_its_name() -> None:
    folders = [path.parent for path in (PACKAGE / "dialects").glob("*/__init__.py") if path.read_text().strip()]
    exported = {folder.name: importlib.import_module(f"any_llm.dialects.{folder.name}").DIALECT for folder in folders}
    assert {name: dialect.name for name, dialect in exported.items()} == {name: name for name in exported}


def test_catalogue_is_sorted_and_names_are_plain() -> None:
    names = catalogue(PACKAGE)
    assert names == sorted(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name)] == []


def test_public_names_are_sorted_and_all_resolve() -> None:
    names: list[str] = list(getattr(any_llm, "__all__", ()))
    assert names == sorted(names)
    assert [name for name in names if not hasattr(any_llm, name)] == []
