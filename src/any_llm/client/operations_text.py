"""The smaller operations on texts, natively async: one short method each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, overload

from any_llm.client.arguments import said
from any_llm.client.calling import Calling
from any_llm.client.signatures import spell_out
from any_llm.spec.provider import Operation
from any_llm.tools import prepare_tools
from any_llm.types.decide import JSONContent, QuestionsInput, as_questions
from any_llm.types.json import JSON, JSONObject
from any_llm.types.options import Message
from any_llm.types.text_options import (
    CountTokensOptions,
    DecideOptions,
    ModerationOptions,
    RerankOptions,
    TextCompletionOptions,
)

if TYPE_CHECKING:
    # The values that come back are loaded by the wire format that makes them.
    from typing import Unpack

    from any_llm.pipeline.stream import EventStream
    from any_llm.types.decide import DecideResponse
    from any_llm.types.moderation import ModerationResponse
    from any_llm.types.rerank import RerankResponse
    from any_llm.types.text_completion import TextCompletion
    from any_llm.types.tokens import TokenCount


class TextOperations(Calling):
    """Completing, ranking, judging and counting texts."""

    @overload
    async def atext_completion(
        self,
        model: str,
        prompt: str | Sequence[str],
        *,
        stream: Literal[True],
        **options: Unpack[TextCompletionOptions],
    ) -> EventStream[TextCompletion]: ...
    @overload
    async def atext_completion(
        self,
        model: str,
        prompt: str | Sequence[str],
        *,
        stream: Literal[False] | None = None,
        **options: Unpack[TextCompletionOptions],
    ) -> TextCompletion: ...
    @overload
    async def atext_completion(
        self,
        model: str,
        prompt: str | Sequence[str],
        *,
        stream: bool | None = None,
        **options: Unpack[TextCompletionOptions],
    ) -> TextCompletion | EventStream[TextCompletion]: ...
    @spell_out(TextCompletionOptions)
    async def atext_completion(
        self,
        model: str,
        prompt: str | Sequence[str],
        *,
        stream: bool | None = None,
        **options: Unpack[TextCompletionOptions],
    ) -> TextCompletion | EventStream[TextCompletion]:
        """Let a model go on where a text ends, or fill the gap before a `suffix`.

        Args:
            model: the model's name at this provider.
            prompt: the text; several, where the provider takes them at once.
            stream: whether to return a stream of chunks instead of the whole answer.
            **options: see `TextCompletionOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(
            Operation.TEXT_COMPLETION, model, said(prompt=prompt, stream=stream or None, **options)
        )

    @spell_out(RerankOptions)
    async def arerank(
        self,
        model: str,
        query: str,
        documents: Sequence[str | Mapping[str, JSON]],
        **options: Unpack[RerankOptions],
    ) -> RerankResponse:
        """Say how well each of some documents fits a query.

        Args:
            model: the model's name at this provider.
            query: what is looked for.
            documents: the texts to rank; dictionaries where the provider ranks structured data.
            **options: see `RerankOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.RERANK, model, said(query=query, documents=list(documents), **options))

    @spell_out(ModerationOptions)
    async def amoderation(
        self,
        model: str,
        input: str | Sequence[str] | Sequence[Mapping[str, JSON]],
        **options: Unpack[ModerationOptions],
    ) -> ModerationResponse:
        """Say whether texts or images break the provider's policy.

        Args:
            model: the model's name at this provider.
            input: one text, several, or content parts in OpenAI's shape.
            **options: see `ModerationOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        answer: ModerationResponse = await self._answer(Operation.MODERATION, model, said(input=input, **options))
        if options.get("include_raw"):
            for result in answer.results:
                result.provider_raw = result.provider_raw or result.to_dict()
        return answer

    @spell_out(DecideOptions)
    async def adecide(
        self,
        model: str,
        state: JSONContent,
        questions: QuestionsInput,
        **options: Unpack[DecideOptions],
    ) -> DecideResponse:
        """Ask a decision model typed questions about a state, and hear how likely each answer is.

        Args:
            model: the model's name at this provider.
            state: what the questions are about: a text, a JSON object or an array.
            questions: by names of your own, each a `Noul` (yes or no), a `Choice` or a `Score`, or its dictionary.
            **options: see `DecideOptions`.

        Raises:
            InvalidMessageError: something is no question.
            UnsupportedOperationError: the provider has no decision models.
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(state=state, questions=as_questions(questions), **options)
        return await self._answer(Operation.DECIDE, model, request)

    @spell_out(CountTokensOptions)
    async def acount_tokens(
        self,
        model: str,
        messages: str | Sequence[Message],
        **options: Unpack[CountTokensOptions],
    ) -> TokenCount:
        """Count the tokens that a conversation would take, without letting a model answer.

        Args:
            model: the model's name at this provider.
            messages: the conversation in OpenAI's shape, or one text.
            **options: see `CountTokensOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        conversation: Sequence[Message] = (
            [{"role": "user", "content": messages}] if isinstance(messages, str) else list(messages)
        )
        request: JSONObject = said(messages=conversation, **options)
        if "tools" in request:
            request["tools"] = prepare_tools(request["tools"])
        return await self._answer(Operation.COUNT_TOKENS, model, request)
