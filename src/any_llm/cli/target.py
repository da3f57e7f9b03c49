"""Which model a command talks to; a local one is fetched first, with a bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NamedTuple

import any_llm
from any_llm.cli.terminal import console, draws
from any_llm.client.arguments import split_reference
from any_llm.engine.settings_file import default_settings
from any_llm.local.fetch import fetch, is_installed, print_progress
from any_llm.local.models import Model, find_model
from any_llm.spec.provider import Provider


class ModelChoice(NamedTuple):
    """A model: its provider's record, and its name there."""

    provider: Provider
    model: str

    @property
    def reference(self) -> str:
        """The model as `provider:model`."""
        return f"{self.provider.name}:{self.model}"


def runs_here(provider: Provider) -> bool:
    """Say whether a provider's models run on this machine."""
    return provider.transport == "local"


def in_process(provider: Provider) -> bool:
    """Say whether a provider is in this process, so that there is nothing to reach."""
    return provider.transport != "http"


def choose_model(given: str | None) -> ModelChoice:
    """Return the model that `--model` means, the default one if nothing is given. A local one is there afterwards.

    Raises:
        ConfigurationError: it is not of the form `provider:model`, or there is no such provider.
        ModelNotFoundError: no local model has this name.
    """
    provider, model, _ = split_reference(given or default_settings().default_model)
    chosen = ModelChoice(any_llm.AnyLLM.get_provider_class(provider).PROVIDER, model)
    if runs_here(chosen.provider):
        fetch_with_bar(find_model(model))
    return chosen


def fetch_with_bar(model: Model) -> None:
    """Fetch a local model unless it is there, and show on standard error how far that is."""
    if is_installed(model):
        return
    if not draws(sys.stderr):
        fetch(model, print_progress(model.name))
        return
    with progress_bar(f"Fetching {model.name} (once)", model.bytes) as show:
        fetch(model, show)


@contextmanager
def progress_bar(title: str, total: int = 0) -> Generator[Callable[[int, int | None], None]]:
    """Give a function that shows on standard error how many bytes of how many are done; it draws on a terminal only."""
    if not draws(sys.stderr):
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415  # heavy

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console(error=True), transient=True) as bar:
        task = bar.add_task(title, total=total or None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole or None)
