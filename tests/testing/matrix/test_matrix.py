"""The feature matrix: every cell says what is so, and nothing is proven without a test."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import msgspec
import pytest

from any_llm.client.capabilities import capabilities
from any_llm.providers.catalog import BY_NAME, CATALOG
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.matrix.cell import Cell
from any_llm.testing.matrix.evidence import SERVER_TESTS, TEST, evidence
from any_llm.testing.matrix.pages import html_page, models_page, operations_page, parameters_page, plain
from any_llm.testing.matrix.parameters import SAMPLES, parameter_cells
from any_llm.testing.matrix.tables import CAPABILITIES, model_table, operation_cell, operation_table, parameter_table
from any_llm.types.options import CompletionOptions

ROOT = Path(__file__).parent.parent.parent.parent
UNSAMPLED = {
    *("cache", "deadline", "guards", "max_retries", "timeout"),
    *("priority", "project", "session_label", "tags", "tenant"),
    *("extra_body", "extra_headers", "extra_query"),
}
"""Parameters that this library itself acts upon, the same at every provider."""


def names_in(path: Path) -> set[str]:
    """Return the names of the tests of a file."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_a_recorded_operation_is_proven_by_the_test_that_replays_it() -> None:
    cell = operation_cell(BY_NAME["anthropic"], Operation.MESSAGES)

    assert cell.status == "proven"
    assert cell.test == f"{TEST}[anthropic-messages]"
    assert cell.recordings > 100


def test_what_crosses_a_bridge_is_emulated_and_what_is_lacking_is_no() -> None:
    assert operation_cell(BY_NAME["gemini"], Operation.MESSAGES).status == "emulated"
    assert operation_cell(BY_NAME["anthropic"], Operation.RERANK) == Cell(status="no")


def test_what_nobody_recorded_is_declared() -> None:
    unseen = Provider(name="unseen", operations=frozenset({Operation.COMPLETION}))

    assert operation_cell(unseen, Operation.COMPLETION) == Cell(status="declared")


def test_no_cell_is_proven_without_a_test_that_is_there() -> None:
    file, name = TEST.split("::")
    assert name in names_in(ROOT / file)
    for cells in operation_table().values():
        for cell in cells.values():
            assert (cell.status == "proven") == bool(cell.test)
            assert not cell.test or (ROOT / cell.test.partition("::")[0]).is_file()
    for tests in SERVER_TESTS.values():
        assert all(
            name.startswith("test_") for path in tests.values() for name in names_in(ROOT / path) if "test" in name
        )


def test_evidence_is_of_providers_and_operations_that_are_there() -> None:
    assert {name for proofs in evidence().operations.values() for name in proofs} <= {one.value for one in Operation}


@pytest.mark.parametrize(
    ("provider", "parameter", "becomes"),
    [
        ("openai", "max_tokens", "`max_completion_tokens`"),
        ("anthropic", "stop", "`stop_sequences`"),
        ("gemini", "temperature", "`generationConfig.temperature`"),
        ("bedrock", "max_tokens", "`inferenceConfig.maxTokens`"),
        ("ollama", "seed", "`options.seed`"),
    ],
)
def test_a_parameter_is_told_by_what_it_becomes(provider: str, parameter: str, becomes: str) -> None:
    cell = parameter_cells(BY_NAME[provider])[parameter]

    assert (cell.status in {"proven", "declared"}, cell.detail) == (True, becomes)


def test_a_dropped_parameter_is_told_with_the_reason() -> None:
    cell = parameter_cells(BY_NAME["anthropic"])["seed"]

    assert (cell.status, bool(cell.detail)) == ("no", True)


def test_every_parameter_of_a_completion_has_a_row() -> None:
    known = {name for name in CompletionOptions.__annotations__ if name not in BY_NAME}

    assert known - UNSAMPLED - SAMPLES.keys() == set()


def test_what_a_model_has_shown_is_proven_and_the_rest_is_declared_or_not_known() -> None:
    (model, shown) = next((model, shown) for model, shown in evidence().models.items() if "tools" in shown)
    cells = model_table([model], capabilities)[model]

    assert list(cells) == list(CAPABILITIES)
    assert (cells["tools"].status, cells["tools"].recordings) == ("proven", shown["tools"])
    unknown = model_table(["openai:no-such-model"], capabilities)["openai:no-such-model"]
    assert unknown["tools"] == Cell(status="no", detail="not known")


def test_the_pages_hold_every_row() -> None:
    few = [BY_NAME[name] for name in ("anthropic", "bedrock", "openai")]
    operations, parameters = operation_table(few), parameter_table(few)
    models = model_table(["anthropic:claude-sonnet-4-5"], capabilities)

    assert all(f"`{record.name}`" in operations_page(operations) for record in few)
    assert "## openai" in parameters_page(parameters)
    assert "`anthropic:claude-sonnet-4-5`" in models_page(models)
    page = html_page({"operations": operations, "models": models})
    data = json.loads(page.partition('type="application/json">')[2].partition("</script>")[0])
    assert set(data["tables"]["operations"]["rows"]) == {"anthropic", "bedrock", "openai"}


def test_providers_that_are_alike_share_a_table() -> None:
    alike = [record for record in CATALOG if record.name in {"chutes", "clarifai"}]
    twins = [msgspec.structs.replace(alike[0], name=name) for name in ("one", "two")]

    assert "## one, two\n" in parameters_page(parameter_table(twins))


def test_the_plain_form_leaves_out_what_is_not_to_be_had() -> None:
    tables = {"operations": operation_table([BY_NAME["anthropic"]])}

    told = plain(tables)["operations"]["anthropic"]
    assert "rerank" not in told
    assert told["messages"]["status"] == "proven"
