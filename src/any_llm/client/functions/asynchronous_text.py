"""The module functions for async code: one for each operation.

Made by `scripts/surfaces.py` from `client/operations_text.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from any_llm.client.reference import client_for
from any_llm.client.signatures import spell_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, Unpack

    from any_llm.client.functions.options import (
        CountTokensCallOptions,
        DecideCallOptions,
        ModerationCallOptions,
        RerankCallOptions,
        TextCompletionCallOptions,
    )
    from any_llm.pipeline.stream import EventStream
    from any_llm.types.decide import DecideResponse, JSONContent, QuestionsInput
    from any_llm.types.json import JSON
    from any_llm.types.known_models import KnownModel
    from any_llm.types.moderation import ModerationResponse
    from any_llm.types.options import Message
    from any_llm.types.rerank import RerankResponse
    from any_llm.types.text_completion import TextCompletion
    from any_llm.types.tokens import TokenCount


@overload
async def atext_completion(
    model: KnownModel | str | None,
    prompt: str | Sequence[str],
    *,
    stream: Literal[True],
    **options: Unpack[TextCompletionCallOptions],
) -> EventStream[TextCompletion]: ...
@overload
async def atext_completion(
    model: KnownModel | str | None,
    prompt: str | Sequence[str],
    *,
    stream: Literal[False] | None = None,
    **options: Unpack[TextCompletionCallOptions],
) -> TextCompletion: ...
@overload
async def atext_completion(
    model: KnownModel | str | None,
    prompt: str | Sequence[str],
    *,
    stream: bool | None = None,
    **options: Unpack[TextCompletionCallOptions],
) -> TextCompletion | EventStream[TextCompletion]: ...
@spell_out("TextCompletionCallOptions")
async def atext_completion(
    model: KnownModel | str | None,
    prompt: str | Sequence[str],
    *,
    stream: bool | None = None,
    **options: Unpack[TextCompletionCallOptions],
) -> TextCompletion | EventStream[TextCompletion]:
    """Let a model go on where a text ends, or fill the gap before a `suffix`.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        prompt: the text; several, where the provider takes them at once.
        stream: whether to return a stream of chunks instead of the whole answer.
        **options: see `TextCompletionOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.atext_completion(model=name, prompt=prompt, stream=stream, **options)


@spell_out("RerankCallOptions")
async def arerank(
    model: KnownModel | str | None,
    query: str,
    documents: Sequence[str | Mapping[str, JSON]],
    **options: Unpack[RerankCallOptions],
) -> RerankResponse:
    """Say how well each of some documents fits a query.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        query: what is looked for.
        documents: the texts to rank; dictionaries where the provider ranks structured data.
        **options: see `RerankOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.arerank(name, query, documents, **options)


@spell_out("ModerationCallOptions")
async def amoderation(
    model: KnownModel | str | None,
    input: str | Sequence[str] | Sequence[Mapping[str, JSON]],
    **options: Unpack[ModerationCallOptions],
) -> ModerationResponse:
    """Say whether texts or images break the provider's policy.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        input: one text, several, or content parts in OpenAI's shape.
        **options: see `ModerationOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.amoderation(name, input, **options)


@spell_out("DecideCallOptions")
async def adecide(
    model: KnownModel | str | None, state: JSONContent, questions: QuestionsInput, **options: Unpack[DecideCallOptions]
) -> DecideResponse:
    """Ask a decision model typed questions about a state, and hear how likely each answer is.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        state: what the questions are about: a text, a JSON object or an array.
        questions: by names of your own, each a `Noul` (yes or no), a `Choice` or a `Score`, or its dictionary.
        **options: see `DecideOptions` and `ClientOptions`.

    Raises:
        InvalidMessageError: something is no question.
        UnsupportedOperationError: the provider has no decision models.
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.adecide(model=name, state=state, questions=questions, **options)


@spell_out("CountTokensCallOptions")
async def acount_tokens(
    model: KnownModel | str | None, messages: str | Sequence[Message], **options: Unpack[CountTokensCallOptions]
) -> TokenCount:
    """Count the tokens that a conversation would take, without letting a model answer.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        messages: the conversation in OpenAI's shape, or one text.
        **options: see `CountTokensOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.acount_tokens(model=name, messages=messages, **options)
