"""The module functions for blocking code: one for each operation.

Made by `scripts/surfaces.py` from `client/operations.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar, overload

from any_llm.client.reference import client_for, client_of, private_form
from any_llm.client.signatures import spell_out
from any_llm.types.options import CallOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, Unpack

    from any_llm.client.blocking import Stream
    from any_llm.client.functions.options import (
        CompletionCallOptions,
        EmbeddingCallOptions,
        MessagesCallOptions,
        ResponsesCallOptions,
    )
    from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
    from any_llm.types.embedding import CreateEmbeddingResponse
    from any_llm.types.json import JSON, JSONObject
    from any_llm.types.known_models import KnownModel
    from any_llm.types.messages import MessageResponse, MessageStreamEvent, ParsedMessage
    from any_llm.types.model import Model
    from any_llm.types.options import Message
    from any_llm.types.responses import ParsedResponse, Response, ResponseStreamEvent

T = TypeVar("T")


@overload
def completion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: Literal[True],
    response_format: JSON = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[CompletionCallOptions],
) -> Stream[ChatCompletionChunk]: ...
@overload
def completion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: Literal[False] | None = None,
    response_format: type[T],
    allow_running_loop: bool | None = None,
    **options: Unpack[CompletionCallOptions],
) -> ParsedChatCompletion[T]: ...
@overload
def completion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: Literal[False] | None = None,
    response_format: JSONObject | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[CompletionCallOptions],
) -> ChatCompletion: ...
@overload
def completion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: bool | None = None,
    response_format: JSON = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[CompletionCallOptions],
) -> ChatCompletion | Stream[ChatCompletionChunk]: ...
@spell_out("CompletionCallOptions")
def completion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: bool | None = None,
    response_format: JSON = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[CompletionCallOptions],
) -> ChatCompletion | Stream[ChatCompletionChunk]:
    """Let a model continue a conversation; see `acompletion`."""
    client, name = client_for(model, options)
    return client.completion(
        model=name,
        messages=messages,
        stream=stream,
        response_format=response_format,
        allow_running_loop=allow_running_loop,
        **options,
    )


@overload
def responses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: Literal[True],
    response_format: JSON = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[ResponsesCallOptions],
) -> Stream[ResponseStreamEvent]: ...
@overload
def responses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: Literal[False] | None = None,
    response_format: type[T],
    allow_running_loop: bool | None = None,
    **options: Unpack[ResponsesCallOptions],
) -> ParsedResponse[T]: ...
@overload
def responses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: Literal[False] | None = None,
    response_format: JSONObject | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[ResponsesCallOptions],
) -> Response: ...
@overload
def responses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: bool | None = None,
    response_format: JSON = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[ResponsesCallOptions],
) -> Response | Stream[ResponseStreamEvent]: ...
@spell_out("ResponsesCallOptions")
def responses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: bool | None = None,
    response_format: JSON = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[ResponsesCallOptions],
) -> Response | Stream[ResponseStreamEvent]:
    """Ask for a response in OpenAI's Responses shape; see `aresponses`."""
    client, name = client_for(model, options)
    return client.responses(
        model=name,
        input_data=input_data,
        stream=stream,
        response_format=response_format,
        allow_running_loop=allow_running_loop,
        **options,
    )


@overload
def messages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: Literal[True],
    output_format: JSON = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[MessagesCallOptions],
) -> Stream[MessageStreamEvent]: ...
@overload
def messages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: Literal[False] | None = None,
    output_format: type[T],
    allow_running_loop: bool | None = None,
    **options: Unpack[MessagesCallOptions],
) -> ParsedMessage[T]: ...
@overload
def messages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: Literal[False] | None = None,
    output_format: JSONObject | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[MessagesCallOptions],
) -> MessageResponse: ...
@overload
def messages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: bool | None = None,
    output_format: JSON = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[MessagesCallOptions],
) -> MessageResponse | Stream[MessageStreamEvent]: ...
@spell_out("MessagesCallOptions")
def messages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: bool | None = None,
    output_format: JSON = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[MessagesCallOptions],
) -> MessageResponse | Stream[MessageStreamEvent]:
    """Ask for a message in Anthropic's Messages shape; see `amessages`."""
    client, name = client_for(model, options)
    return client.messages(
        model=name,
        messages=messages,
        max_tokens=max_tokens,
        stream=stream,
        output_format=output_format,
        allow_running_loop=allow_running_loop,
        **options,
    )


@spell_out("EmbeddingCallOptions")
def embedding(
    model: KnownModel | str | None,
    inputs: str | Sequence[str],
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[EmbeddingCallOptions],
) -> CreateEmbeddingResponse:
    """Turn texts into vectors; see `aembedding`."""
    client, name = client_for(model, options)
    if allow_running_loop is not None:
        return client.embedding(name, inputs, allow_running_loop=allow_running_loop, **options)
    return private_form(client, "embedding")(name, inputs, **options)


@spell_out(CallOptions)
def list_models(
    provider: str,
    api_key: str | None = None,
    api_base: str | None = None,
    client_args: Mapping[str, JSON] | None = None,
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[CallOptions],
) -> Sequence[Model]:
    """List the provider's models; see `alist_models`."""
    client = client_of(provider, {"api_key": api_key, "api_base": api_base, "client_args": client_args})
    return client.list_models(allow_running_loop=allow_running_loop, **options)
