"""Stubs for providers of one's own, as the type checkers and an editor read them."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from any_llm.cli.stubs import Known, model_stub, options_stub
from tests.cli.conftest import Command
from tests.cli.provider import LoopbackProvider
from tests.scripts.language_server import LanguageServer

SOURCE = Path(__file__).parents[2] / "src"
PLUGIN = """
from typing import TypedDict
from any_llm import Provider

class AcmeOptions(TypedDict, total=False):
    anvils: int

ACME = Provider(
    name="acme", base_url="https://acme.test/v1", models=("roadrunner-2", "coyote"), options="acme:AcmeOptions"
)
"""
GOOD = """
from typing import assert_type
import any_llm
from any_llm.types.completion import ChatCompletion
assert_type(any_llm.completion("acme:coyote", [], acme={"anvils": 3}, openai={"store": True}), ChatCompletion)
assert_type(any_llm.AnyLLM.create("acme").messages("coyote", [], 3, acme={}).model, str)
"""
WRONG = """
import any_llm
any_llm.completion("acme:coyote", [], acme={"anvil": 3})
any_llm.completion("acme:coyote", [], acmee={"anvils": 3})
"""


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Make an environment in which the plug-in is installed beside this package."""
    home = tmp_path / "environment"
    venv.create(home, symlinks=True)
    executable = home / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    (site / "here.pth").write_text(f"{SOURCE}\n{sysconfig.get_path('purelib')}\n")
    (site / "acme").mkdir()
    (site / "acme" / "__init__.py").write_text(PLUGIN)
    (site / "acme" / "py.typed").write_text("")
    information = site / "acme-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[any_llm.providers]\nacme = acme:ACME\n")
    return executable


def mypy(python: Path, text: str) -> tuple[int, str]:
    """Check a text as mypy does it for a program in an environment."""
    use = python.parent / "use.py"
    use.write_text(text)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file",
        "/dev/null",
        "--python-executable",
        str(python),
    ]
    command += ["--cache-dir", str(python.parent / "cache"), str(use)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=python.parent)
    return done.returncode, done.stdout


@pytest.mark.takes_long
@pytest.mark.unmeasured
def test_checkers_and_editors_know_a_plugged_in_provider(python: Path, tmp_path: Path) -> None:
    before = mypy(python, GOOD)
    assert before[0] == 1
    assert '"acme"' in before[1]
    program = "from any_llm.cli import main; main()"
    done = subprocess.run([str(python), "-c", program, "stubs"], capture_output=True, text=True, check=True)
    assert done.stdout == "acme\t2 models\tacme:AcmeOptions\n"
    assert "site-packages/any_llm-stubs" in done.stderr
    assert mypy(python, GOOD) == (0, "Success: no issues found in 1 source file\n")
    code, told = mypy(python, WRONG)
    assert (code, "use.py:3: error:" in told, "use.py:4: error:" in told) == (1, True, True)
    with LanguageServer(tmp_path, python=str(python)) as editor:
        assert editor.complete('import any_llm\nany_llm.completion("acme:|")\n') == [
            '"acme:coyote"',
            '"acme:roadrunner-2"',
        ]
        proposed = editor.complete('import any_llm\nany_llm.completion("acme:coyote", [], acme={"|"})\n')
        assert '"anvils"' in proposed
    pyright = [str(Path(sys.executable).parent / "basedpyright"), "--pythonpath", str(python), "use.py"]
    (python.parent / "use.py").write_text(GOOD)
    checked = subprocess.run(pyright, capture_output=True, text=True, check=False, cwd=python.parent)
    assert "0 errors" in checked.stdout


def test_configured_providers_are_told_with_the_models_their_servers_have(
    any_llm: Command, provider: LoopbackProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "any-llm.toml"
    config.write_text(
        f'[providers.mine]\nbase_url = "{provider.origin}/v1"\nmodels = ["small"]\n'
        f'[providers.other-one]\nbase_url = "{provider.origin}/v1"\n'
    )
    monkeypatch.setenv("ANY_LLM_CONFIG", str(config))
    done = any_llm("stubs", "--live", "--json", "--output", str(tmp_path / "typings"))
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert [*told["providers"]] == ["mine", "other-one"]
    served = told["providers"]["other-one"]["models"]
    assert set(served) < set(told["providers"]["mine"]["models"]) == {"small", *served}
    written = {Path(path).name: Path(path).read_text() for path in told["files"]}
    assert written["py.typed"] == "partial\n"
    assert "        'mine:small',\n" in written["known_models.pyi"]
    assert "    mine: Mapping[str, JSON] | None\n" in written["addressed.pyi"]
    assert "other-one:" not in written["addressed.pyi"]


def test_a_folder_that_cannot_be_written_is_named(any_llm: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = any_llm("stubs", "openai", "--output", str(tmp_path / "file"))
    assert done.code == 2
    assert "cannot be written" in done.err
    assert "--output" in done.err


def test_an_unknown_provider_is_named(any_llm: Command, tmp_path: Path) -> None:
    done = any_llm("stubs", "nobody", "--output", str(tmp_path))
    assert done.code == 2
    assert "nobody" in done.err


def test_options_must_name_a_type(any_llm: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "any-llm.toml"
    config.write_text('[providers.mine]\nbase_url = "http://127.0.0.1:9/v1"\noptions = "import os;"\n')
    monkeypatch.setenv("ANY_LLM_CONFIG", str(config))
    done = any_llm("stubs", "--output", str(tmp_path))
    assert done.code == 2
    assert "mine: options is 'import os;'; it must name a typed dictionary" in done.err


def test_stubs_without_further_providers_say_what_the_package_says() -> None:
    for stub, module in ((model_stub({}), "known_models"), (options_stub({}), "addressed")):
        assert stub.partition("\n")[2] == (SOURCE / "any_llm" / "types" / f"{module}.py").read_text("utf-8")


def test_a_built_in_provider_keeps_its_own_options() -> None:
    stub = options_stub({"groq": Known((), ""), "class": Known((), ""), "acme": Known((), "acme.types:Options")})
    assert stub.count("    groq: ") == 1
    assert "    groq: GroqOptions | None\n" in stub
    assert "    class: " not in stub
    assert "    acme: acme.types.Options | None\n" in stub
    assert "\nimport acme.types\n" in stub
