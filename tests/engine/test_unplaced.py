"""What a request without a body cannot say is named in a warning."""

from __future__ import annotations

import pytest

from any_llm.engine.unplaced import with_unplaced
from any_llm.spec.dialect import Encoded
from any_llm.spec.provider import Operation
from any_llm.types.report import Warning as CallWarning


def names(encoded: Encoded) -> list[str]:
    return [warning.parameter for warning in encoded.warnings]


@pytest.mark.parametrize("operation", [Operation.RETRIEVE_FILE, Operation.LIST_MODELS, Operation.CANCEL_BATCH])
def test_a_parameter_that_is_nowhere_is_named(operation: Operation) -> None:
    found = with_unplaced(operation, {"file_id": "f", "x_unknown": 1, "a_too": 2}, Encoded("/files/f"))

    assert names(found) == ["a_too", "x_unknown"]
    assert {warning.kind for warning in found.warnings} == {"dropped"}


def test_what_the_url_or_another_warning_says_is_not_named_again() -> None:
    said = (CallWarning("dropped", "order", "no"), CallWarning("dropped", "told", "no"))
    encoded = Encoded("/files?after=a&include=x", warnings=said)

    found = with_unplaced(Operation.LIST_FILES, {"after": "a", "include": "x", "told": 1}, encoded)

    assert found is encoded


def test_operations_with_more_to_say_are_left_to_their_formats() -> None:
    encoded = Encoded("/upload")
    assert with_unplaced(Operation.TRANSCRIPTION, {"language": "en"}, encoded) is encoded
