"""A conversation, line by line, without a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from any_llm.cli.plain import PlainWriter
from any_llm.cli.repl import talk
from any_llm.cli.target import choose_model
from tests.cli.conftest import Command
from tests.cli.provider import LoopbackProvider

Converse: TypeAlias = Callable[..., str]


@pytest.fixture
def converse(any_llm: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Converse:
    """Hold a conversation made of lines; an exception among them is raised while typing."""

    def hold(*lines: str | type[BaseException]) -> str:
        typed = iter(lines)

        def read(prompt: str) -> str:
            line = next(typed, EOFError)
            if isinstance(line, str):
                return line
            raise line

        monkeypatch.setattr("builtins.input", read)
        talk(choose_model("openai:echo"), [{"role": "system", "content": "Be kind."}], {}, PlainWriter)
        return "".join(capsys.readouterr())

    return hold


def contents(provider: LoopbackProvider) -> list[list[str]]:
    return [[message["content"] for message in body["messages"]] for body in provider.requests]


def test_answers_are_remembered_until_forgotten(converse: Converse, provider: LoopbackProvider) -> None:
    shown = converse("One", "", "  Two  ", "/new", "Three")
    assert shown.count("You said:") == 3
    assert contents(provider) == [
        ["Be kind.", "One"],
        ["Be kind.", "One", "You said: One", "Two"],
        ["Be kind.", "Three"],
    ]


def test_system_message_is_replaced_or_removed(converse: Converse, provider: LoopbackProvider) -> None:
    converse("/system Be brief.", "One", "/system", "/new", "Two")
    assert contents(provider) == [["Be brief.", "One"], ["Two"]]


def test_prompt_of_several_lines(converse: Converse, provider: LoopbackProvider) -> None:
    converse('"""a', "b", 'c"""  ', '"""d"""')
    assert [body[-1] for body in contents(provider)] == ["a\nb\nc", "d"]


def test_interrupt_while_typing_starts_a_new_line(converse: Converse, provider: LoopbackProvider) -> None:
    converse(KeyboardInterrupt, "One", "/exit", "Never")
    assert contents(provider) == [["Be kind.", "One"]]


def test_unknown_models_and_commands_are_told_and_change_nothing(
    converse: Converse, provider: LoopbackProvider
) -> None:
    shown = converse("/model opnai:x", "/model", "/what", "/help", "One")
    assert "'opnai' is not a supported provider" in shown
    assert "unknown command '/model'" in shown
    assert "unknown command '/what'" in shown
    assert shown.count("/new            forget the conversation") == 3
    assert provider.requests[0]["model"] == "echo"


def test_failed_turn_is_told_and_forgotten(converse: Converse, provider: LoopbackProvider) -> None:
    shown = converse("/model openai:status-429", "One", "/model openai:empty", "Two", "/model openai:echo", "Three")
    assert "no luck with status-429" in shown
    assert contents(provider)[-1] == ["Be kind.", "Three"]


def test_interrupted_answer_is_forgotten(
    converse: Converse, provider: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("any_llm.cli.repl.ask_streaming", interrupt)
        assert "any-llm: stopped" in converse("One")
    converse("Two")
    assert contents(provider) == [["Be kind.", "Two"]]
