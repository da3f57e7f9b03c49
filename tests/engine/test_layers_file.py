"""Layers of a configuration file, out of a package that is really installed, by entry points and by their places."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from any_llm.types.json import JSON

pytestmark = pytest.mark.unmeasured  # what these processes run is measured where other tests run it in theirs

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme-layers"
version = "1.0"

[project.entry-points."any_llm.middleware"]
stamp = "acme_layers:Stamp"
plain = "acme_layers:plain"
placed = "acme_layers:PLACED"
wrong = "acme_layers:WRONG"

[tool.hatch.build.targets.wheel]
packages = ["acme_layers"]
"""
PACKAGE = '''
"""Layers of a package."""
import asyncio
import msgspec
from any_llm import Hooks, Layer
from any_llm.exceptions import InvalidRequestError

ENDS, WRONG = [], 3


class Stamp:
    def __init__(self, word="none"):
        self.word = word

    async def __call__(self, call, inner):
        return await inner(msgspec.structs.replace(call, headers={**call.headers, "X-Stamp": self.word}))


class Slow:
    def __init__(self, seconds):
        self.seconds = seconds

    async def __call__(self, call, inner):
        await asyncio.sleep(self.seconds)
        return await inner(call)


async def plain(call, inner):
    return await inner(call)


async def refuse(call, inner):
    raise InvalidRequestError("not on this route")


def make(**options):
    raise ValueError(f"no {sorted(options)}")


HOOKS = Hooks(on_end=lambda call, end: ENDS.append(end.outcome.ending))
PLACED = Layer(middleware=plain, before="retry", timeout=3.0)
'''
CONFIGURATION = """
[[middleware]]
name = "stamp"
options = { word = "acme" }
before = "retry"

[[middleware]]
use = "acme_layers:HOOKS"
after = "retry"

[[middleware]]
use = "acme_layers:Slow"
options = { seconds = 60 }
after = "HOOKS"
timeout = 0.05
on_failure = "fail_open"

[[middleware]]
name = "strict"
use = "acme_layers:refuse"
routes = ["strict"]
before = "stamp"

[routes.lax]
targets = [{ model = "openai:gpt-5-mini", api_key = "k" }]

[routes.strict]
targets = [{ model = "openai:gpt-5-mini", api_key = "k" }]
"""
PROGRAM = """
import asyncio, json
import any_llm, acme_layers
from any_llm.testing import Mock

mock = Mock()
client = any_llm.AnyLLM.create("openai", "k", transport=mock.transport)
told = {"layers": [[each.name, each.ring, each.timeout, each.on_failure] for each in client.layers]}
question = [{"role": "user", "content": "hi"}]
answer = client.completion("gpt-5-mini", question)
told["stamp"] = mock.last.headers["x-stamp"]
told["warned"] = [each.detail for each in answer.report.warnings]

async def streamed():
    async for _ in await client.acompletion("gpt-5-mini", question, stream=True):
        pass

asyncio.run(streamed())
told["ends"] = list(acme_layers.ENDS)
routed = any_llm.AnyLLM.create("route", transport=mock.transport)
told["lax"] = routed.completion("lax", question).report.provider
try:
    routed.completion("strict", question)
except any_llm.AnyLLMError as error:
    told["strict"] = error.message
print(json.dumps(told))
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package into a folder, without a network."""
    made, place = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("site")
    (made / "acme_layers").mkdir()
    (made / "acme_layers" / "__init__.py").write_text(PACKAGE)
    (made / "pyproject.toml").write_text(PROJECT)
    flags = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "install", *flags, "--target", place, made], check=True, timeout=100)
    return place


def run(site: Path, home: Path, configuration: str, program: str) -> str:
    """Run a program beside a configuration file, with the package installed; return what it prints."""
    (home / "any-llm.toml").write_text(configuration)
    paths = [str(site), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_layers_are_made_placed_guarded_and_kept_to_their_routes(site: Path, tmp_path: Path) -> None:
    told: dict[str, JSON] = json.loads(run(site, tmp_path, CONFIGURATION, PROGRAM))
    assert [each[0] for each in told["layers"]] == ["strict", "stamp", "HOOKS", "Slow"]
    assert told["layers"][3] == ["Slow", "attempt", 0.05, "fail_open"]
    assert told["stamp"] == "acme"
    assert "The layer 'Slow' took longer than its 0.05 s" in told["warned"][0]
    assert told["ends"] == ["complete", "complete"]
    assert told["lax"] == "openai"
    assert told["strict"] == "not on this route"


LAYERS = """
    import any_llm
    for each in any_llm.AnyLLM.create("openai", "k").layers:
        print(each.name, each.position, each.timeout, each.routes)
"""


def test_a_layer_that_says_itself_where_it_stands_may_be_moved(site: Path, tmp_path: Path) -> None:
    kept = run(site, tmp_path, 'retry = true\nmiddleware = ["plain", "placed"]\n', LAYERS)
    assert kept.splitlines() == ["plain 0 None ()", "placed 1 3.0 ()"]
    moved = '[[middleware]]\nname = "placed"\nafter = "sanitise"\ntimeout = 9.0\nroutes = ["a"]\n'
    assert run(site, tmp_path, moved, LAYERS).splitlines() == ["placed 0 9.0 ('a',)"]


def test_a_class_needs_no_options(site: Path, tmp_path: Path) -> None:
    program = """
        import any_llm
        from any_llm.testing import Mock
        mock = Mock()
        client = any_llm.AnyLLM.create("openai", "k", transport=mock.transport)
        client.completion("m", [{"role": "user", "content": "x"}])
        print(mock.last.headers["x-stamp"])
    """
    assert run(site, tmp_path, 'middleware = ["stamp"]\n', program) == "none\n"


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ('[[middleware]]\nuse = "acme_layers"', "use is 'acme_layers'; write module:name"),
        ('[[middleware]]\nuse = "acme_nowhere:x"', "which cannot be loaded: ModuleNotFoundError"),
        ('[[middleware]]\nuse = "acme_layers:nothing"', "which cannot be loaded: AttributeError"),
        ('[[middleware]]\nuse = "acme_layers:WRONG"', "middleware 'WRONG' is 3, which cannot be called"),
        ('middleware = ["wrong"]', "middleware 'wrong' is 3, which cannot be called"),
        ('[[middleware]]\nuse = "acme_layers:make"\noptions = { a = 1 }', "of the options {'a': 1}: ValueError"),
        ('[[middleware]]\nname = "stamp"\noptions = { size = 1 }', "cannot be made of the options {'size': 1}"),
        ("[[middleware]]\ntimeout = 1.0", "give each a name of its own"),
        ('middleware = ["plain", "plain"]', "middleware are called plain, plain; give each a name"),
        ('[[middleware]]\nname = "plain"\ntimeout = -1.0', "timeout is -1.0"),
        ('[[middleware]]\nname = "plain"\nbefore = "retyr"', "'retyr', which there is not"),
    ],
)
def test_what_cannot_be_a_layer_is_refused(site: Path, tmp_path: Path, configuration: str, words: str) -> None:
    program = """
        import any_llm
        try:
            any_llm.AnyLLM.create("openai", "k")
        except any_llm.AnyLLMError as error:
            print(error)
    """
    assert words in run(site, tmp_path, configuration, program)
