"""The scripts of the README prepare a bare machine, or say what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "env", "cat", "cksum", "dirname", "mktemp", "mkdir", "rm", "tail", "touch", "uname", "chmod")


class Machine:
    """A folder that stands for a machine: its programs, its repository, and what its programs were told."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "bin"
        self.repository = folder / "repository"
        self.told = folder / "told"
        self.programs.mkdir()
        (self.repository / "requirements").mkdir(parents=True)
        (self.repository / "requirements" / "dev.txt").write_text("pytest==9.2.0\n")
        (self.repository / "pyproject.toml").write_text("[project]\n")
        shutil.copytree(ROOT / "scripts", self.repository / "scripts")
        for tool in TOOLS:
            (self.programs / tool).symlink_to(str(shutil.which(tool)))

    def program(self, name: str, text: str) -> None:
        """Install a program that notes its arguments and then runs a shell text."""
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.told}"\n{text}\n')
        path.chmod(0o755)

    def python(self, *, venv: bool = True, version_is_new: bool = True) -> None:
        """Install a Python whose environments hold programs that only note what they are told."""
        made = f"""mkdir -p .venv/bin && touch .venv/pyvenv.cfg
            printf '#!/bin/sh\\necho "venv-python $*" >>"{self.told}"\\n' >.venv/bin/python
            printf '#!/bin/sh\\necho "any-llm $*" >>"{self.told}"; echo Paris\\n' >.venv/bin/any-llm
            chmod +x .venv/bin/python .venv/bin/any-llm"""
        self.program(
            "python3",
            f"""case "$*" in
            *ensurepip*) [ -e "{self.programs}/venv-installed" ] || {"true" if venv else "false"} ;;
            *minor*) echo python3.11-venv ;;
            *version_info*) {"true" if version_is_new else "false"} ;;
            *"-m venv"*) {made} ;;
            *--version*) echo Python 3.9.2 ;;
            esac""",
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the repository with nothing but this machine's programs."""
        return subprocess.run(
            [shutil.which("sh") or "sh", *arguments],
            cwd=self.repository,
            env={"PATH": str(self.programs), "HOME": str(self.repository)} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self, start: str) -> list[str]:
        """Return what a program was told, without its name."""
        lines = self.told.read_text().splitlines() if self.told.exists() else []
        return [line.removeprefix(start).strip() for line in lines if line.startswith(start + " ")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with a Python, whose user is root."""
    made = Machine(tmp_path)
    made.python()
    made.program("id", "echo 0")
    made.program("valgrind", "true")
    made.program("prometheus", "true")
    made.program("npm", "true")
    return made


def test_first_command_installs_and_asks(machine: Machine) -> None:
    outcome = machine.run("scripts/try")
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout == "Paris\n"
    assert machine.calls("any-llm") == ["chat What is the capital of France?"]
    installs = [call for call in machine.calls("venv-python") if "pip install" in call]
    assert [call.split(" --constraint ")[1] for call in installs] == ["requirements/dev.txt --editable .[local]"]


def test_first_command_takes_a_question_and_installs_once(machine: Machine) -> None:
    machine.run("scripts/try")
    machine.run("scripts/try", "Why?")
    assert machine.calls("any-llm")[1] == "chat Why?"
    assert len([call for call in machine.calls("venv-python") if "pip install" in call]) == 1
    (machine.repository / "requirements" / "dev.txt").write_text("pytest==9.3.0\n")
    machine.run("scripts/try")
    assert len([call for call in machine.calls("venv-python") if "pip install" in call]) == 2


def test_second_command_checks_and_tests_and_passes_arguments_on(machine: Machine) -> None:
    outcome = machine.run("scripts/test", "-x")
    assert outcome.returncode == 0, outcome.stderr
    calls = machine.calls("venv-python")
    assert "scripts/check.py" in calls
    assert calls[-1].startswith("-m pytest -n 2 ")
    assert calls[-1].endswith("worksteal -x")


def test_second_command_measures_coverage_of_the_whole(machine: Machine) -> None:
    machine.run("scripts/test")
    assert "--cov" in machine.calls("venv-python")[-1].split()


def test_second_command_fails_when_a_check_fails_but_still_tests(machine: Machine) -> None:
    machine.run("scripts/test")
    python = machine.repository / ".venv" / "bin" / "python"
    python.write_text(f'{python.read_text()}case "$*" in *check.py) exit 1 ;; esac\n')
    outcome = machine.run("scripts/test")
    assert outcome.returncode == 1
    assert "A check above failed" in outcome.stderr
    assert len([call for call in machine.calls("venv-python") if "pytest" in call]) == 2


def test_missing_venv_module_is_installed(machine: Machine) -> None:
    machine.python(venv=False)
    machine.program("apt-get", f'touch "{machine.programs}/venv-installed"')
    outcome = machine.run("scripts/try")
    assert outcome.returncode == 0, outcome.stderr
    assert machine.calls("apt-get") == ["install -y --no-install-recommends python3.11-venv"]


def test_package_lists_are_fetched_when_the_package_is_unknown(machine: Machine) -> None:
    machine.python(venv=False)
    fetched = machine.programs / "fetched"
    machine.program("apt-get", f'case "$1" in update) touch "{fetched}" ;; *) [ -e "{fetched}" ] ;; esac')
    assert machine.run("scripts/try").returncode == 0
    assert [call.split()[0] for call in machine.calls("apt-get")] == ["install", "update", "install"]


def test_user_without_root_is_told_what_to_install(machine: Machine) -> None:
    machine.python(venv=False)
    machine.program("id", "echo 1000")
    outcome = machine.run("scripts/try")
    assert outcome.returncode == 1
    assert "apt-get install python3.11-venv" in outcome.stderr


def test_failing_apt_is_quoted(machine: Machine) -> None:
    machine.python(venv=False)
    machine.program("apt-get", "echo E: no route >&2; exit 100")
    outcome = machine.run("scripts/try")
    assert outcome.returncode == 1
    assert "E: no route" in outcome.stderr
    assert "could not install python3.11-venv" in outcome.stderr


def test_missing_openmp_library_is_installed(machine: Machine) -> None:
    machine.run("scripts/try")
    python = machine.repository / ".venv" / "bin" / "python"
    python.write_text(f'{python.read_text()}case "$*" in *libgomp*) exit 1 ;; esac\n')
    machine.program("apt-get", "true")
    assert machine.run("scripts/try").returncode == 0
    assert machine.calls("apt-get") == ["install -y --no-install-recommends libgomp1"]


def test_second_command_installs_what_counts_instructions(machine: Machine) -> None:
    (machine.programs / "valgrind").unlink()
    machine.program("apt-get", "true")
    assert machine.run("scripts/test").returncode == 0
    assert machine.calls("apt-get") == ["install -y --no-install-recommends valgrind"]


def test_first_command_does_without_what_counts_instructions(machine: Machine) -> None:
    (machine.programs / "valgrind").unlink()
    assert machine.run("scripts/try").returncode == 0


def test_old_python_is_named(machine: Machine) -> None:
    machine.python(version_is_new=False)
    machine.program("apt-get", "true")
    outcome = machine.run("scripts/try")
    assert outcome.returncode == 1
    assert "Python 3.11 or newer is needed; found Python 3.9.2." in outcome.stderr


def test_failing_installation_stops_and_is_tried_again(machine: Machine) -> None:
    machine.run("scripts/try")
    (machine.repository / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    python = machine.repository / ".venv" / "bin" / "python"
    working = python.read_text()
    python.write_text(f'{working}case "$*" in *install*) exit 1 ;; esac\n')
    assert machine.run("scripts/try").returncode == 1
    python.write_text(working)
    assert machine.run("scripts/try").returncode == 0
    assert len([call for call in machine.calls("venv-python") if "pip install" in call]) == 3


def test_ci_runs_the_second_command_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if not line.startswith("#")]
    assert lines == ["set -eu", 'cd "$(dirname "${BASH_SOURCE[0]}")/.."', "exec sh scripts/test </dev/null"]


def test_second_command_installs_the_servers_of_others_once(machine: Machine) -> None:
    peers = machine.repository / ".venv" / "peers"
    python = f'mkdir -p "{peers}/llmock/bin"; cp "$0" "{peers}/llmock/bin/python"'
    (machine.programs / "cp").symlink_to(str(shutil.which("cp")))
    machine.program("npm", "true")
    machine.run("scripts/test")
    (machine.repository / ".venv" / "bin" / "python").write_text(
        f'#!/bin/sh\necho "venv-python $*" >>"{machine.told}"\ncase "$*" in *"-m venv"*) {python} ;; esac\n'
    )

    outcomes = [machine.run("scripts/test") for _ in range(2)]

    assert [call.rpartition(" ")[2] for call in machine.calls("npm")] == ["@copilotkit/aimock@1.43.0"]
    installs = [call for call in machine.calls("venv-python") if call.endswith("llmock==0.2.2")]
    assert len(installs) == 1
    assert [outcome.stderr for outcome in outcomes] == ["", ""]
    assert (peers / "aimock" / ".installed").read_text() == "@copilotkit/aimock@1.43.0\n"


def test_second_command_says_loudly_which_servers_of_others_are_missing(machine: Machine) -> None:
    machine.program("npm", "false")

    outcome = machine.run("scripts/test")

    assert outcome.returncode == 0
    assert "WARNING: @copilotkit/aimock@1.43.0 could not be installed" in outcome.stderr
    assert "WARNING: llmock==0.2.2 could not be installed" in outcome.stderr


def _check(*names: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "check.py"), *names]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_one_check_can_be_run_by_its_name() -> None:
    outcome = _check("spelling", environment=os.environ)
    assert outcome.stdout.split()[:2] in (["ok", "spelling"], ["FAILED", "spelling"])
    assert outcome.returncode == int(outcome.stdout.startswith("FAILED"))


def test_unknown_check_is_refused() -> None:
    outcome = _check("nonsense", environment=os.environ)
    assert outcome.returncode == 2
    assert "No check is called 'nonsense'" in outcome.stderr
