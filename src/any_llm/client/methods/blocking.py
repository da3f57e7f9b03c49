"""Operations for blocking code: the same coroutines, run on the background loop.

Made by `scripts/surfaces.py` from `client/operations.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar, overload

from any_llm.client.blocking import run, run_stream
from any_llm.client.operations import AsyncOperations
from any_llm.client.signatures import spell_out
from any_llm.types.options import CallOptions, CompletionOptions, EmbeddingOptions, MessagesOptions, ResponsesOptions

if TYPE_CHECKING:
    from typing import Literal, Unpack

    from any_llm.client.blocking import Stream
    from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
    from any_llm.types.embedding import CreateEmbeddingResponse
    from any_llm.types.json import JSON, JSONObject
    from any_llm.types.messages import MessageResponse, MessageStreamEvent, ParsedMessage
    from any_llm.types.model import Model
    from any_llm.types.options import Message
    from any_llm.types.responses import ParsedResponse, Response, ResponseStreamEvent

T = TypeVar("T")


class BlockingOperations(AsyncOperations):
    """The operations of one provider, each waiting for its answer.

    In a thread that runs an event loop they raise `RuntimeError`, except in a notebook or with
    `allow_running_loop=True`.
    """

    @overload
    def completion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: Literal[True],
        response_format: JSON = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[CompletionOptions],
    ) -> Stream[ChatCompletionChunk]: ...
    @overload
    def completion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: Literal[False] | None = None,
        response_format: type[T],
        allow_running_loop: bool | None = None,
        **options: Unpack[CompletionOptions],
    ) -> ParsedChatCompletion[T]: ...
    @overload
    def completion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: Literal[False] | None = None,
        response_format: JSONObject | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[CompletionOptions],
    ) -> ChatCompletion: ...
    @overload
    def completion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: bool | None = None,
        response_format: JSON = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[CompletionOptions],
    ) -> ChatCompletion | Stream[ChatCompletionChunk]: ...
    @spell_out(CompletionOptions)
    def completion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: bool | None = None,
        response_format: JSON = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[CompletionOptions],
    ) -> ChatCompletion | Stream[ChatCompletionChunk]:
        """Let a model continue a conversation; see `acompletion`."""
        return run_stream(
            run(
                self.acompletion(model, messages, stream=stream, response_format=response_format, **options),
                allow_running_loop=allow_running_loop,
            )
        )

    @overload
    def responses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: Literal[True],
        response_format: JSON = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[ResponsesOptions],
    ) -> Stream[ResponseStreamEvent]: ...
    @overload
    def responses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: Literal[False] | None = None,
        response_format: type[T],
        allow_running_loop: bool | None = None,
        **options: Unpack[ResponsesOptions],
    ) -> ParsedResponse[T]: ...
    @overload
    def responses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: Literal[False] | None = None,
        response_format: JSONObject | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[ResponsesOptions],
    ) -> Response: ...
    @overload
    def responses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: bool | None = None,
        response_format: JSON = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[ResponsesOptions],
    ) -> Response | Stream[ResponseStreamEvent]: ...
    @spell_out(ResponsesOptions)
    def responses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: bool | None = None,
        response_format: JSON = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[ResponsesOptions],
    ) -> Response | Stream[ResponseStreamEvent]:
        """Ask for a response in OpenAI's Responses shape; see `aresponses`."""
        return run_stream(
            run(
                self.aresponses(model, input_data, stream=stream, response_format=response_format, **options),
                allow_running_loop=allow_running_loop,
            )
        )

    @overload
    def messages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: Literal[True],
        output_format: JSON = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[MessagesOptions],
    ) -> Stream[MessageStreamEvent]: ...
    @overload
    def messages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: Literal[False] | None = None,
        output_format: type[T],
        allow_running_loop: bool | None = None,
        **options: Unpack[MessagesOptions],
    ) -> ParsedMessage[T]: ...
    @overload
    def messages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: Literal[False] | None = None,
        output_format: JSONObject | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[MessagesOptions],
    ) -> MessageResponse: ...
    @overload
    def messages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: bool | None = None,
        output_format: JSON = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[MessagesOptions],
    ) -> MessageResponse | Stream[MessageStreamEvent]: ...
    @spell_out(MessagesOptions)
    def messages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: bool | None = None,
        output_format: JSON = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[MessagesOptions],
    ) -> MessageResponse | Stream[MessageStreamEvent]:
        """Ask for a message in Anthropic's Messages shape; see `amessages`."""
        return run_stream(
            run(
                self.amessages(model, messages, max_tokens, stream=stream, output_format=output_format, **options),
                allow_running_loop=allow_running_loop,
            )
        )

    @spell_out(EmbeddingOptions)
    def embedding(
        self,
        model: str,
        inputs: str | Sequence[str],
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[EmbeddingOptions],
    ) -> CreateEmbeddingResponse:
        """Turn texts into vectors; see `aembedding`."""
        return run(self.aembedding(model, inputs, **options), allow_running_loop=allow_running_loop)

    _embedding = embedding

    @spell_out(CallOptions)
    def list_models(self, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]) -> Sequence[Model]:
        """List the provider's models; see `alist_models`."""
        return run(self.alist_models(**options), allow_running_loop=allow_running_loop)
