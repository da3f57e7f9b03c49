"""The module functions for blocking code: one for each operation.

Made by `scripts/surfaces.py` from `client/operations_text.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from any_llm.client.reference import client_for, private_form
from any_llm.client.signatures import spell_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, Unpack

    from any_llm.client.blocking import Stream
    from any_llm.client.functions.options import (
        CountTokensCallOptions,
        DecideCallOptions,
        ModerationCallOptions,
        RerankCallOptions,
        TextCompletionCallOptions,
    )
    from any_llm.types.decide import DecideResponse, JSONContent, QuestionsInput
    from any_llm.types.json import JSON
    from any_llm.types.known_models import KnownModel
    from any_llm.types.moderation import ModerationResponse
    from any_llm.types.options import Message
    from any_llm.types.rerank import RerankResponse
    from any_llm.types.text_completion import TextCompletion
    from any_llm.types.tokens import TokenCount


@overload
def text_completion(
    model: KnownModel | str | None,
    prompt: str | Sequence[str],
    *,
    stream: Literal[True],
    allow_running_loop: bool | None = None,
    **options: Unpack[TextCompletionCallOptions],
) -> Stream[TextCompletion]: ...
@overload
def text_completion(
    model: KnownModel | str | None,
    prompt: str | Sequence[str],
    *,
    stream: Literal[False] | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[TextCompletionCallOptions],
) -> TextCompletion: ...
@overload
def text_completion(
    model: KnownModel | str | None,
    prompt: str | Sequence[str],
    *,
    stream: bool | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[TextCompletionCallOptions],
) -> TextCompletion | Stream[TextCompletion]: ...
@spell_out("TextCompletionCallOptions")
def text_completion(
    model: KnownModel | str | None,
    prompt: str | Sequence[str],
    *,
    stream: bool | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[TextCompletionCallOptions],
) -> TextCompletion | Stream[TextCompletion]:
    """Let a model go on where a text ends, or fill the gap before a `suffix`; see `atext_completion`."""
    client, name = client_for(model, options)
    return client.text_completion(
        model=name, prompt=prompt, stream=stream, allow_running_loop=allow_running_loop, **options
    )


@spell_out("RerankCallOptions")
def rerank(
    model: KnownModel | str | None,
    query: str,
    documents: Sequence[str | Mapping[str, JSON]],
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[RerankCallOptions],
) -> RerankResponse:
    """Say how well each of some documents fits a query; see `arerank`."""
    client, name = client_for(model, options)
    if allow_running_loop is not None:
        return client.rerank(name, query, documents, allow_running_loop=allow_running_loop, **options)
    return private_form(client, "rerank")(name, query, documents, **options)


@spell_out("ModerationCallOptions")
def moderation(
    model: KnownModel | str | None,
    input: str | Sequence[str] | Sequence[Mapping[str, JSON]],
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[ModerationCallOptions],
) -> ModerationResponse:
    """Say whether texts or images break the provider's policy; see `amoderation`."""
    client, name = client_for(model, options)
    if allow_running_loop is not None:
        return client.moderation(name, input, allow_running_loop=allow_running_loop, **options)
    return private_form(client, "moderation")(name, input, **options)


@spell_out("DecideCallOptions")
def decide(
    model: KnownModel | str | None,
    state: JSONContent,
    questions: QuestionsInput,
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[DecideCallOptions],
) -> DecideResponse:
    """Ask a decision model typed questions about a state, and hear how likely each answer is; see `adecide`."""
    client, name = client_for(model, options)
    return client.decide(model=name, state=state, questions=questions, allow_running_loop=allow_running_loop, **options)


@spell_out("CountTokensCallOptions")
def count_tokens(
    model: KnownModel | str | None,
    messages: str | Sequence[Message],
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[CountTokensCallOptions],
) -> TokenCount:
    """Count the tokens that a conversation would take, without letting a model answer; see `acount_tokens`."""
    client, name = client_for(model, options)
    return client.count_tokens(model=name, messages=messages, allow_running_loop=allow_running_loop, **options)
