"""The library's logger. It never configures the root logger."""

from __future__ import annotations

import logging

__all__ = ["logger", "setup_logger"]

logger = logging.getLogger("any_llm")
logger.addHandler(logging.NullHandler())


def setup_logger(level: int | str = logging.INFO, *, propagate: bool = False) -> None:
    """Show the library's own log on standard error.

    Args:
        level: the least level to show, as a number or a name.
        propagate: whether the program's own handlers see it too.
    """
    logger.setLevel(level)
    logger.propagate = propagate
    if all(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.StreamHandler())
