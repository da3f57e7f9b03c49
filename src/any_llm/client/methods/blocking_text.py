"""Operations for blocking code: the same coroutines, run on the background loop.

Made by `scripts/surfaces.py` from `client/operations_text.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from any_llm.client.blocking import run, run_stream
from any_llm.client.operations_text import TextOperations
from any_llm.client.signatures import spell_out
from any_llm.types.text_options import (
    CountTokensOptions,
    DecideOptions,
    ModerationOptions,
    RerankOptions,
    TextCompletionOptions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, Unpack

    from any_llm.client.blocking import Stream
    from any_llm.types.decide import DecideResponse, JSONContent, QuestionsInput
    from any_llm.types.json import JSON
    from any_llm.types.moderation import ModerationResponse
    from any_llm.types.options import Message
    from any_llm.types.rerank import RerankResponse
    from any_llm.types.text_completion import TextCompletion
    from any_llm.types.tokens import TokenCount


class BlockingTextOperations(TextOperations):
    """The operations of one provider, each waiting for its answer.

    In a thread that runs an event loop they raise `RuntimeError`, except in a notebook or with
    `allow_running_loop=True`.
    """

    @overload
    def text_completion(
        self,
        model: str,
        prompt: str | Sequence[str],
        *,
        stream: Literal[True],
        allow_running_loop: bool | None = None,
        **options: Unpack[TextCompletionOptions],
    ) -> Stream[TextCompletion]: ...
    @overload
    def text_completion(
        self,
        model: str,
        prompt: str | Sequence[str],
        *,
        stream: Literal[False] | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[TextCompletionOptions],
    ) -> TextCompletion: ...
    @overload
    def text_completion(
        self,
        model: str,
        prompt: str | Sequence[str],
        *,
        stream: bool | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[TextCompletionOptions],
    ) -> TextCompletion | Stream[TextCompletion]: ...
    @spell_out(TextCompletionOptions)
    def text_completion(
        self,
        model: str,
        prompt: str | Sequence[str],
        *,
        stream: bool | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[TextCompletionOptions],
    ) -> TextCompletion | Stream[TextCompletion]:
        """Let a model go on where a text ends, or fill the gap before a `suffix`; see `atext_completion`."""
        return run_stream(
            run(self.atext_completion(model, prompt, stream=stream, **options), allow_running_loop=allow_running_loop)
        )

    @spell_out(RerankOptions)
    def rerank(
        self,
        model: str,
        query: str,
        documents: Sequence[str | Mapping[str, JSON]],
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[RerankOptions],
    ) -> RerankResponse:
        """Say how well each of some documents fits a query; see `arerank`."""
        return run(self.arerank(model, query, documents, **options), allow_running_loop=allow_running_loop)

    _rerank = rerank

    @spell_out(ModerationOptions)
    def moderation(
        self,
        model: str,
        input: str | Sequence[str] | Sequence[Mapping[str, JSON]],
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[ModerationOptions],
    ) -> ModerationResponse:
        """Say whether texts or images break the provider's policy; see `amoderation`."""
        return run(self.amoderation(model, input, **options), allow_running_loop=allow_running_loop)

    _moderation = moderation

    @spell_out(DecideOptions)
    def decide(
        self,
        model: str,
        state: JSONContent,
        questions: QuestionsInput,
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[DecideOptions],
    ) -> DecideResponse:
        """Ask a decision model typed questions about a state, and hear how likely each answer is; see `adecide`."""
        return run(self.adecide(model, state, questions, **options), allow_running_loop=allow_running_loop)

    @spell_out(CountTokensOptions)
    def count_tokens(
        self,
        model: str,
        messages: str | Sequence[Message],
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[CountTokensOptions],
    ) -> TokenCount:
        """Count the tokens that a conversation would take, without letting a model answer; see `acount_tokens`."""
        return run(self.acount_tokens(model, messages, **options), allow_running_loop=allow_running_loop)
