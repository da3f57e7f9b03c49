"""What the commands do, each loaded when it is first called.

Reading flags and showing help need signatures alone (`any_llm.cli.signatures`), and must be quick; what a command does
needs the client, the engine and an event loop, which take longer to load than the help takes to show. This table is the
only place where one meets the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.cli.audit import (
        archive_audit,
        erase_audit,
        export_audit,
        hold_audit,
        prove_audit,
        prune_audit,
        report_audit,
        rotate_audit,
        verify_audit,
    )
    from any_llm.cli.batch import create_batch, list_batches, tell_batch, tell_results
    from any_llm.cli.bench import bench
    from any_llm.cli.budget import tell_budgets
    from any_llm.cli.cache_eval import evaluate
    from any_llm.cli.chat import chat
    from any_llm.cli.complete import complete
    from any_llm.cli.cost import tell_cost
    from any_llm.cli.doctor import doctor
    from any_llm.cli.embed import embed
    from any_llm.cli.failures import tell_failure
    from any_llm.cli.find_models import find_models, show_model
    from any_llm.cli.kept import clear_cache, show_cache
    from any_llm.cli.listen import transcribe
    from any_llm.cli.logs import list_logs, replay_log, search_logs, show_log, tail_logs
    from any_llm.cli.make import make_image, speak
    from any_llm.cli.matrix import matrix
    from any_llm.cli.mock import list_faults, mock
    from any_llm.cli.models import list_local, models, pull, remove
    from any_llm.cli.plugins import list_plugins, new_plugin, verify_plugins
    from any_llm.cli.probe import probe
    from any_llm.cli.providers import providers
    from any_llm.cli.rank import rerank
    from any_llm.cli.reconcile import reconcile
    from any_llm.cli.routes import explain_route, list_routes, tell_health
    from any_llm.cli.stubs import stubs
    from any_llm.cli.wire import wire

_HOMES: Mapping[str, str] = {
    "archive_audit": "any_llm.cli.audit",
    "bench": "any_llm.cli.bench",
    "chat": "any_llm.cli.chat",
    "clear_cache": "any_llm.cli.kept",
    "complete": "any_llm.cli.complete",
    "create_batch": "any_llm.cli.batch",
    "doctor": "any_llm.cli.doctor",
    "embed": "any_llm.cli.embed",
    "erase_audit": "any_llm.cli.audit",
    "evaluate": "any_llm.cli.cache_eval",
    "explain_route": "any_llm.cli.routes",
    "export_audit": "any_llm.cli.audit",
    "find_models": "any_llm.cli.find_models",
    "hold_audit": "any_llm.cli.audit",
    "list_batches": "any_llm.cli.batch",
    "list_faults": "any_llm.cli.mock",
    "list_local": "any_llm.cli.models",
    "list_logs": "any_llm.cli.logs",
    "list_plugins": "any_llm.cli.plugins",
    "list_routes": "any_llm.cli.routes",
    "make_image": "any_llm.cli.make",
    "matrix": "any_llm.cli.matrix",
    "mock": "any_llm.cli.mock",
    "models": "any_llm.cli.models",
    "new_plugin": "any_llm.cli.plugins",
    "probe": "any_llm.cli.probe",
    "prove_audit": "any_llm.cli.audit",
    "providers": "any_llm.cli.providers",
    "prune_audit": "any_llm.cli.audit",
    "pull": "any_llm.cli.models",
    "reconcile": "any_llm.cli.reconcile",
    "remove": "any_llm.cli.models",
    "replay_log": "any_llm.cli.logs",
    "report_audit": "any_llm.cli.audit",
    "rotate_audit": "any_llm.cli.audit",
    "rerank": "any_llm.cli.rank",
    "search_logs": "any_llm.cli.logs",
    "show_cache": "any_llm.cli.kept",
    "show_log": "any_llm.cli.logs",
    "show_model": "any_llm.cli.find_models",
    "speak": "any_llm.cli.make",
    "stubs": "any_llm.cli.stubs",
    "tail_logs": "any_llm.cli.logs",
    "tell_batch": "any_llm.cli.batch",
    "tell_budgets": "any_llm.cli.budget",
    "tell_cost": "any_llm.cli.cost",
    "tell_failure": "any_llm.cli.failures",
    "tell_health": "any_llm.cli.routes",
    "tell_results": "any_llm.cli.batch",
    "transcribe": "any_llm.cli.listen",
    "verify_audit": "any_llm.cli.audit",
    "verify_plugins": "any_llm.cli.plugins",
    "wire": "any_llm.cli.wire",
}

__all__ = [
    "archive_audit",
    "bench",
    "chat",
    "clear_cache",
    "complete",
    "create_batch",
    "doctor",
    "embed",
    "erase_audit",
    "evaluate",
    "explain_route",
    "export_audit",
    "find_models",
    "hold_audit",
    "list_batches",
    "list_faults",
    "list_local",
    "list_logs",
    "list_plugins",
    "list_routes",
    "make_image",
    "matrix",
    "mock",
    "models",
    "new_plugin",
    "probe",
    "prove_audit",
    "providers",
    "prune_audit",
    "pull",
    "reconcile",
    "remove",
    "replay_log",
    "report_audit",
    "rerank",
    "rotate_audit",
    "search_logs",
    "show_cache",
    "show_log",
    "show_model",
    "speak",
    "stubs",
    "tail_logs",
    "tell_batch",
    "tell_budgets",
    "tell_cost",
    "tell_failure",
    "tell_health",
    "tell_results",
    "transcribe",
    "verify_audit",
    "verify_plugins",
    "wire",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(home), name)
