"""Which format an operation is asked in: the provider's own, another one, or that of its chat completions."""

from __future__ import annotations

import json

import msgspec
import pytest

from any_llm.engine.codecs import codec_for, codec_of, dialect_of, is_native
from any_llm.engine.dispatch import dispatcher
from any_llm.exceptions import AuthenticationError, ConfigurationError, UnsupportedOperationError
from any_llm.pipeline.call import Call
from any_llm.providers.catalog import CATALOG
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.transport.replay import Replay, Scripted

TWO = Provider(
    name="two",
    base_url="https://host",
    operations=frozenset({Operation.COMPLETION, Operation.RERANK}),
    dialects={Operation.RERANK: "cohere"},
)


def test_an_operation_is_asked_in_the_dialect_that_the_record_names_for_it() -> None:
    assert dialect_of(TWO).name == dialect_of(TWO, Operation.COMPLETION).name == "openai"
    assert dialect_of(TWO, Operation.RERANK).name == "cohere"
    assert is_native(TWO, Operation.RERANK)
    assert codec_of(TWO, Operation.RERANK) is dialect_of(TWO, Operation.RERANK).operations[Operation.RERANK]
    assert codec_of(TWO, Operation.COMPLETION) is dialect_of(TWO).operations[Operation.COMPLETION]


def test_what_crosses_a_bridge_is_asked_as_a_chat_completion_in_its_dialect() -> None:
    chatting = msgspec.structs.replace(TWO, dialect="gemini", dialects={Operation.COMPLETION: "cohere"})
    assert dialect_of(chatting, Operation.MESSAGES).name == "cohere"
    assert not is_native(chatting, Operation.MESSAGES)
    assert codec_of(chatting, Operation.MESSAGES).stream is not None


def test_a_record_that_names_another_dialect_can_be_read_from_a_file() -> None:
    tree = {"name": "two", "operations": ["rerank"], "dialects": {"rerank": "cohere"}}
    record = msgspec.convert(tree, Provider)
    assert dialect_of(record, Operation.RERANK).name == "cohere"
    with pytest.raises(UnsupportedOperationError, match="two does not offer embedding; it offers rerank"):
        codec_of(record, Operation.EMBEDDING)


def test_a_dialect_for_one_operation_that_is_not_there_is_named() -> None:
    record = msgspec.structs.replace(TWO, dialects={Operation.RERANK: "none_such"})
    assert dialect_of(record).name == "openai"
    with pytest.raises(ConfigurationError, match="speaks the dialect 'none_such', which is not installed"):
        codec_of(record, Operation.RERANK)


async def test_errors_are_read_in_the_dialect_of_their_operation() -> None:
    answer = Scripted(
        status=401,
        headers={"content-type": "application/json"},
        chunks=[json.dumps({"id": "r1", "message": "invalid api token"}).encode()],
    )
    target = Target(provider=TWO, model="rerank-v3.5", base_url="https://host")
    call = Call(operation=Operation.RERANK, target=target, options={"query": "q", "documents": ["d"]})
    with pytest.raises(AuthenticationError, match="invalid api token"):
        await dispatcher(lambda _: Replay(lambda _: answer))(call)


def test_a_codec_that_does_not_suit_a_model_gives_way_to_a_bridge() -> None:
    record = Provider(
        name="bedrock", dialect="bedrock", operations=frozenset({Operation.COMPLETION, Operation.MESSAGES})
    )
    claude, nova = (
        Target(provider=record, model=model, base_url="https://host")
        for model in ("anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-lite-v1:0")
    )
    asked = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 9}

    assert codec_for(claude, Operation.MESSAGES).encode(claude, asked).path.endswith("/invoke")
    assert codec_for(nova, Operation.MESSAGES).encode(nova, asked).path.endswith("/converse")


def test_without_chats_there_is_no_bridge_for_what_a_codec_does_not_suit() -> None:
    record = Provider(name="bedrock", dialect="bedrock", operations=frozenset({Operation.MESSAGES}))
    target = Target(provider=record, model="amazon.nova-lite-v1:0", base_url="https://host")

    with pytest.raises(UnsupportedOperationError):
        codec_for(target, Operation.MESSAGES)


def test_who_has_what_a_provider_lacks_is_named() -> None:
    record = Provider(name="one", dialect="openai", operations=frozenset({Operation.EMBEDDING}))
    with pytest.raises(UnsupportedOperationError, match=r"It is offered by \w+, .* and \d+ more$"):
        codec_of(record, Operation.IMAGE_GENERATION)
    with pytest.raises(UnsupportedOperationError, match=r"It is offered by [\w, -]+$"):
        codec_of(record, Operation.OCR)


def test_every_operation_is_offered_by_somebody() -> None:
    offered = {operation for provider in CATALOG for operation in provider.operations}
    assert set(Operation) - offered == {Operation.REQUEST}
