"""Every form of every operation reaches its async method, with what it was given."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from unittest.mock import AsyncMock, Mock, patch

import pytest

import any_llm
from any_llm import AnyLLM, api
from any_llm.client.methods.every import EveryOperation
from any_llm.types.json import JSON

OPERATIONS = sorted(
    name.removeprefix("a")
    for name in dir(EveryOperation)
    if name.startswith("a") and hasattr(getattr(EveryOperation, name), "__signature__")
)
PRIVATE = ("embedding", "image_edit", "image_generation", "moderation", "rerank", "speech", "transcription")


def required(function: Callable[..., object]) -> list[str]:
    """Return the names of the arguments that have no default."""
    parameters = inspect.signature(function).parameters.values()
    free = [one for one in parameters if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD]
    return [one.name for one in free if one.name != "self"]


def test_there_are_many_operations() -> None:
    assert {"completion", "image_generation", "create_batch", "wait_video", "request"} <= set(OPERATIONS)
    assert len(OPERATIONS) >= 30


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_blocking_method_runs_the_async_one(name: str) -> None:
    client = AnyLLM.create("openai", "k")
    words = required(getattr(AnyLLM, f"a{name}"))
    with patch.object(AnyLLM, f"a{name}", AsyncMock(return_value="answer")) as method:
        assert getattr(client, name)(*words, timeout=3) == "answer"
    told = inspect.signature(getattr(EveryOperation, f"a{name}")).bind(
        client, *method.call_args.args, **method.call_args.kwargs
    )
    assert {word: told.arguments[word] for word in words} == {word: word for word in words}
    assert method.call_args.kwargs["timeout"] == 3


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("prefix", ["", "a"])
def test_a_function_calls_the_method_of_the_client_it_makes(name: str, prefix: str) -> None:
    function = getattr(any_llm, prefix + name)
    assert getattr(api, prefix + name) is function
    of_model = "model" in inspect.signature(function).parameters and name != "create_batch"
    words = [word for word in required(function) if word not in {"model", "provider"}]
    first = "openai:m" if of_model else "openai"
    made = AsyncMock() if prefix else Mock()
    with patch.object(AnyLLM, "create", return_value=made) as create:
        outcome: JSON = function(first, *words, api_key="k", client_args={"timeout": 1}, extra_query={"a": "b"})
        if prefix:
            asyncio.run(outcome)
    create.assert_called_once_with("openai", api_key="k", api_base=None, timeout=1)
    called = getattr(made, f"_{name}" if name in PRIVATE and not prefix else prefix + name)
    given = [*called.call_args.args, *called.call_args.kwargs.values()]
    assert [word for word in words if word not in given] == []
    assert ("m" in given) is of_model
    assert called.call_args.kwargs["extra_query"] == {"a": "b"}
    assert {"provider", "api_key", "client_args"} & called.call_args.kwargs.keys() == set()


@pytest.mark.parametrize("name", PRIVATE)
def test_a_blocking_function_that_may_run_in_a_loop_calls_the_public_method(name: str) -> None:
    function = getattr(any_llm, name)
    made = Mock()
    with patch.object(AnyLLM, "create", return_value=made):
        function(*["openai:m", *required(function)[1:]], allow_running_loop=True)
    assert getattr(made, name).call_args.kwargs["allow_running_loop"] is True
    assert getattr(AnyLLM, f"_{name}") is getattr(AnyLLM, name)
