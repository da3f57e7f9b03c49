"""What is done about llama.cpp's habits, where no model is needed to see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from any_llm.local.engine import LlamaServer


class Swallowing:
    """A server that swallows what its callback raises, as llama.cpp's does."""

    def handle_chat_completions(self, body: str, take: Callable[[str], bool]) -> None:
        assert take(body)


def test_failure_inside_the_callback_comes_out() -> None:
    engine = LlamaServer.__new__(LlamaServer)
    engine._server = Swallowing()

    def emit(chunk: str) -> bool:
        raise BrokenPipeError(chunk)

    with pytest.raises(BrokenPipeError, match="the pipe"):
        engine.chat("the pipe", emit)
