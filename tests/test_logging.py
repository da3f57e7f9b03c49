"""The library's own log, which never touches the program's."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from any_llm.logging import logger, setup_logger


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Put the logger back as it was."""
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers[:], logger.propagate = handlers, propagate
    logger.setLevel(level)


def test_it_says_nothing_until_asked(capsys: pytest.CaptureFixture[str]) -> None:
    logger.info("quiet")
    assert capsys.readouterr() == ("", "")
    assert logger.name == "any_llm"


def test_it_is_shown_once_when_asked() -> None:
    root = list(logging.getLogger().handlers)
    setup_logger("DEBUG")
    setup_logger(logging.WARNING, propagate=True)
    shown = [handler for handler in logger.handlers if not isinstance(handler, logging.NullHandler)]
    assert len(shown) == 1
    assert (logger.level, logger.propagate) == (logging.WARNING, True)
    assert logging.getLogger().handlers == root
