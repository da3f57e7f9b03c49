"""`any-llm plugins`: new packages pass their own checks, and the examples work installed in a place of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from any_llm.cli.scaffold import TEMPLATES, files_of, write_package
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSON
from tests.transport.conftest import Serve, serve
from tests.transport.peers import END, Peer, Received, piece

__all__ = ["serve"]

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "plugins"
KINDS = sorted(TEMPLATES)

pytestmark = pytest.mark.unmeasured  # what these processes run is measured where other tests run it in theirs


def install(place: Path, *packages: Path) -> None:
    """Install packages into a folder, without a network."""
    flags = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *flags, "--target", place, *packages], check=True, timeout=100
    )


def run(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with a folder of packages on its path."""
    paths = [str(place), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), **environment},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_new_packages_keep_their_promises(tmp_path: Path) -> None:
    place, packages = tmp_path / "site", [tmp_path / kind for kind in KINDS]
    for made in packages:
        assert all(path.is_file() for path in write_package(made, made.name, f"acme-{made.name}"))

    install(place, *packages)
    verified = run(place, "-m", "any_llm", "plugins", "verify", "--json")
    tests = [str(made / "tests") for made in packages]
    tested = run(place, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests)

    reports = json.loads(verified.stdout)
    assert verified.returncode == 0
    assert sorted((report["kind"], report["package"]) for report in reports) == [
        (kind, f"any-llm-acme-{kind}") for kind in KINDS
    ]
    assert [finding for report in reports for finding in report["findings"] if not finding["kept"]] == []
    assert tested.returncode == 0, tested.stdout


def test_a_command_of_a_plug_in_is_one_of_ours(tmp_path: Path) -> None:
    write_package(tmp_path / "made", "command", "greet")
    install(tmp_path / "site", tmp_path / "made")

    assert run(tmp_path / "site", "-m", "any_llm", "greet", "hello", "you").stdout == "hello you\n"
    overview = run(tmp_path / "site", "-m", "any_llm", "--help").stdout
    assert "greet" in overview
    assert "From the package any-llm-greet." in overview


def test_the_list_imports_nothing(tmp_path: Path) -> None:
    write_package(tmp_path / "made", "provider", "acme")
    install(tmp_path / "site", tmp_path / "made")
    (tmp_path / "site" / "any_llm_acme" / "__init__.py").write_text("raise ImportError('half installed')")

    listed = run(tmp_path / "site", "-m", "any_llm", "plugins", "list", "--json")
    verified = run(tmp_path / "site", "-m", "any_llm", "plugins", "verify", "acme")

    assert [(entry["kind"], entry["name"], entry["version"]) for entry in json.loads(listed.stdout)] == [
        ("provider", "acme", "0.1.0")
    ]
    assert (verified.returncode, "half installed" in verified.stdout) == (1, True)
    assert "acme" in run(tmp_path / "site", "-m", "any_llm", "plugins").stdout


def test_without_plug_ins_the_next_step_is_told(tmp_path: Path) -> None:
    assert "any-llm plugins new NAME" in run(tmp_path, "-m", "any_llm", "plugins").stdout
    assert run(tmp_path, "-m", "any_llm", "plugins", "verify").stdout == "No plug-in is installed\n"


def test_a_name_that_nobody_has_is_refused(tmp_path: Path) -> None:
    refused = run(tmp_path, "-m", "any_llm", "plugins", "verify", "nobody")

    assert (refused.returncode, "No plug-in is called 'nobody'" in refused.stderr) == (2, True)


def test_a_new_package_overwrites_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "any_llm", "plugins", "new", "acme")
    again = run(tmp_path, "-m", "any_llm", "plugins", "new", "acme")

    assert "any-llm plugins verify acme" in done.stdout
    assert (again.returncode, "is not empty" in again.stderr) == (2, True)


@pytest.mark.parametrize("name", ["Acme", "a b", "1st", "ü", ""])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be called"):
        files_of("provider", name)


def test_the_examples_keep_their_promises(tmp_path: Path) -> None:
    install(tmp_path, *(EXAMPLES / example for example in ("provider", "dialect")))

    verified = run(tmp_path, "-m", "any_llm", "plugins", "verify", "--json")
    tests = [str(EXAMPLES / example / "tests") for example in ("provider", "dialect")]
    tested = run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)

    reports = json.loads(verified.stdout)
    assert verified.returncode == 0
    assert {report["package"] for report in reports} == {"any-llm-example-provider", "any-llm-example-dialect"}
    assert [finding for report in reports for finding in report["findings"] if not finding["kept"]] == []
    assert tested.returncode == 0, tested.stdout


def test_the_example_format_speaks_over_a_socket(serve: Serve, tmp_path: Path) -> None:
    install(tmp_path, EXAMPLES / "dialect")
    asked: list[JSON] = []

    async def parrot(peer: Peer, received: Received) -> None:
        asked.append(json.loads(received.body))
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
        lines = (b'{"said": "Hel"}\n', b'{"said": "lo", "end": "done", "words": 2}\n')
        peer.say(head + b"".join(map(piece, lines)) + END)

    server = serve(parrot)
    program = """
import any_llm
stream = any_llm.completion("parrots:grey", [{"role": "user", "content": "Hello"}], stream=True, seed=1)
print("".join(chunk.choices[0].delta.content for chunk in stream), stream.response.usage.completion_tokens)
print(*stream.report.warnings)
"""
    done = run(tmp_path, "-c", program, PARROTS_API_BASE=server.url(""), PARROTS_API_KEY="k-12345678")

    assert done.stdout.splitlines() == ["Hello 2", "seed was dropped: parrots know nothing of it"], done.stderr
    assert asked == [{"bird": "grey", "say": [["user", "Hello"]], "lines": True}]
