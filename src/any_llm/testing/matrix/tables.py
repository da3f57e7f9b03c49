"""The three tables of the matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from any_llm.engine.codecs import codec_of, is_native
from any_llm.exceptions import UnsupportedOperationError
from any_llm.providers.catalog import CATALOG
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.matrix.cell import Cell, Table
from any_llm.testing.matrix.evidence import SERVER_TESTS, evidence, test_of
from any_llm.testing.matrix.parameters import parameter_cells
from any_llm.types.capabilities import Capabilities

CAPABILITIES = (
    "streaming",
    "tools",
    "parallel_tools",
    "structured_output",
    "reasoning",
    "image_input",
    "audio_input",
    "video_input",
    "pdf_input",
    "prompt_caching",
    "web_search",
)
"""The columns of the table of models."""

_UNCONDITIONAL = Operation.REQUEST
"""What every provider can be asked by its nature, and no column is needed for."""


def operation_table(providers: Iterable[Provider] = CATALOG) -> Table:
    """Return which operations each provider offers."""
    operations = [operation for operation in Operation if operation is not _UNCONDITIONAL]
    return {
        provider.name: {operation.value: operation_cell(provider, operation) for operation in operations}
        for provider in providers
    }


def operation_cell(provider: Provider, operation: Operation) -> Cell:
    """Return whether a provider offers an operation, and what shows it."""
    if is_native(provider, operation):
        proof = evidence().operations.get(provider.name, {}).get(operation.value)
        if proof is not None:
            return Cell(status="proven", test=test_of(provider.name, operation.value), recordings=proof.recordings)
        test = SERVER_TESTS.get(provider.name, {}).get(operation.value, "")
        return Cell(status="proven" if test else "declared", test=test)
    try:
        codec_of(provider, operation)
    except UnsupportedOperationError:
        return Cell(status="no")
    return Cell(status="emulated", detail="carried over chat completions")


def parameter_table(providers: Iterable[Provider] = CATALOG) -> Table:
    """Return what becomes of each parameter of a completion at each provider that offers them."""
    return {
        provider.name: parameter_cells(provider)
        for provider in providers
        if Operation.COMPLETION in provider.operations
    }


def model_table(models: Iterable[str], know: Callable[[str], Capabilities]) -> Table:
    """Return what models can: shown by recordings, or declared by the sources of `capabilities`."""
    return {model: _model_cells(model, know(model)) for model in models}


def _model_cells(model: str, known: Capabilities) -> dict[str, Cell]:
    shown = evidence().models.get(model, {})
    provider = model.partition(":")[0]
    test = test_of(provider, _operation_of(provider))
    return {name: _capability_cell(known, name, shown.get(name, 0), test) for name in CAPABILITIES}


def _operation_of(provider: str) -> str:
    """Return the operation that most recordings of a provider are of."""
    proofs = evidence().operations.get(provider, {})
    return max(proofs, key=lambda name: proofs[name].recordings, default=Operation.COMPLETION.value)


def _capability_cell(known: Capabilities, name: str, shown: int, test: str) -> Cell:
    if shown:
        return Cell(status="proven", test=test, recordings=shown)
    fact = getattr(known, "caching" if name == "prompt_caching" else name)
    if not fact.known or fact.value in (False, "none"):
        return Cell(status="no", detail="" if fact.known else "not known")
    return Cell(status="declared", detail=fact.source)
