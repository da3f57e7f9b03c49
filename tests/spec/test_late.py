"""Operations that are loaded when they are first asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from any_llm.dialects.openai import COMPLETION, DIALECT
from any_llm.dialects.openai.speech import SPEECH
from any_llm.spec.provider import Operation


def test_operations_are_known_before_they_are_loaded() -> None:
    operations = DIALECT.operations
    assert Operation.SPEECH in operations
    assert Operation.OCR not in operations
    assert len(operations) == len(list(operations)) > 30
    assert operations[Operation.COMPLETION] is COMPLETION
    assert operations[Operation.SPEECH] is SPEECH
    assert operations.get(Operation.OCR) is None
    with pytest.raises(KeyError):
        operations[Operation.OCR]


def test_every_operation_can_be_loaded() -> None:
    assert all(DIALECT.operations[operation].encode for operation in DIALECT.operations)


def test_a_chat_needs_none_of_the_others() -> None:
    program = (
        "import sys; from any_llm.dialects.openai import DIALECT; from any_llm.spec.provider import Operation;"
        "DIALECT.operations[Operation.COMPLETION];"
        "print([name for name in sys.modules if name.startswith('any_llm.dialects.openai.')])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "chat_request" in shown
    assert "speech" not in shown
    assert "batches" not in shown
