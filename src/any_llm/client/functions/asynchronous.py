"""The module functions for async code: one for each operation.

Made by `scripts/surfaces.py` from `client/operations.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar, overload

from any_llm.client.reference import client_for, client_of
from any_llm.client.signatures import spell_out
from any_llm.types.options import CallOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, Unpack

    from any_llm.client.functions.options import (
        CompletionCallOptions,
        EmbeddingCallOptions,
        MessagesCallOptions,
        ResponsesCallOptions,
    )
    from any_llm.pipeline.stream import EventStream
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
async def acompletion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: Literal[True],
    response_format: JSON = None,
    **options: Unpack[CompletionCallOptions],
) -> EventStream[ChatCompletionChunk]: ...
@overload
async def acompletion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: Literal[False] | None = None,
    response_format: type[T],
    **options: Unpack[CompletionCallOptions],
) -> ParsedChatCompletion[T]: ...
@overload
async def acompletion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: Literal[False] | None = None,
    response_format: JSONObject | None = None,
    **options: Unpack[CompletionCallOptions],
) -> ChatCompletion: ...
@overload
async def acompletion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: bool | None = None,
    response_format: JSON = None,
    **options: Unpack[CompletionCallOptions],
) -> ChatCompletion | EventStream[ChatCompletionChunk]: ...
@spell_out("CompletionCallOptions")
async def acompletion(
    model: KnownModel | str | None = None,
    messages: Sequence[Message] = (),
    *,
    stream: bool | None = None,
    response_format: JSON = None,
    **options: Unpack[CompletionCallOptions],
) -> ChatCompletion | EventStream[ChatCompletionChunk]:
    """Let a model continue a conversation.

    Args:
        model: `provider:model`, or the model's name when `provider` is given; without one, the default model, which is
            small, runs on this machine and needs no key.
        messages: the conversation so far, oldest first, in OpenAI's shape.
        stream: whether to return a stream of chunks instead of the whole answer.
        response_format: a JSON schema, or a type (pydantic model, dataclass, TypedDict, msgspec Struct) that the answer
            shall fit; with a type or a plain schema the answer has `.parsed`.
        **options: see `CompletionOptions` and `ClientOptions`; what a provider cannot express is a warning on the
            response.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.acompletion(
        model=name, messages=messages, stream=stream, response_format=response_format, **options
    )


@overload
async def aresponses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: Literal[True],
    response_format: JSON = None,
    **options: Unpack[ResponsesCallOptions],
) -> EventStream[ResponseStreamEvent]: ...
@overload
async def aresponses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: Literal[False] | None = None,
    response_format: type[T],
    **options: Unpack[ResponsesCallOptions],
) -> ParsedResponse[T]: ...
@overload
async def aresponses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: Literal[False] | None = None,
    response_format: JSONObject | None = None,
    **options: Unpack[ResponsesCallOptions],
) -> Response: ...
@overload
async def aresponses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: bool | None = None,
    response_format: JSON = None,
    **options: Unpack[ResponsesCallOptions],
) -> Response | EventStream[ResponseStreamEvent]: ...
@spell_out("ResponsesCallOptions")
async def aresponses(
    model: KnownModel | str | None = None,
    input_data: str | Sequence[JSON] = "",
    *,
    stream: bool | None = None,
    response_format: JSON = None,
    **options: Unpack[ResponsesCallOptions],
) -> Response | EventStream[ResponseStreamEvent]:
    """Ask for a response in OpenAI's Responses shape; providers without it are asked over their chat shape.

    Args:
        model: `provider:model`, or the model's name when `provider` is given; without one, the default model, which is
            small, runs on this machine and needs no key.
        input_data: a text, or items (messages, earlier output, tool results).
        stream: whether to return a stream of events instead of the whole response.
        response_format: as for `completion`; the whole response then has `.output_parsed`.
        **options: see `ResponsesOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.aresponses(
        model=name, input_data=input_data, stream=stream, response_format=response_format, **options
    )


@overload
async def amessages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: Literal[True],
    output_format: JSON = None,
    **options: Unpack[MessagesCallOptions],
) -> EventStream[MessageStreamEvent]: ...
@overload
async def amessages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: Literal[False] | None = None,
    output_format: type[T],
    **options: Unpack[MessagesCallOptions],
) -> ParsedMessage[T]: ...
@overload
async def amessages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: Literal[False] | None = None,
    output_format: JSONObject | None = None,
    **options: Unpack[MessagesCallOptions],
) -> MessageResponse: ...
@overload
async def amessages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: bool | None = None,
    output_format: JSON = None,
    **options: Unpack[MessagesCallOptions],
) -> MessageResponse | EventStream[MessageStreamEvent]: ...
@spell_out("MessagesCallOptions")
async def amessages(
    model: KnownModel | str | None,
    messages: Sequence[Message],
    max_tokens: int,
    *,
    stream: bool | None = None,
    output_format: JSON = None,
    **options: Unpack[MessagesCallOptions],
) -> MessageResponse | EventStream[MessageStreamEvent]:
    """Ask for a message in Anthropic's Messages shape; providers without it are asked over their chat shape.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        messages: the conversation so far in Anthropic's shape.
        max_tokens: the most tokens the answer may have.
        stream: whether to return a stream of events instead of the whole message.
        output_format: a JSON schema or a type, as `response_format` of `completion`; the whole message then has
            `.parsed_output`.
        **options: see `MessagesOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.amessages(
        model=name, messages=messages, max_tokens=max_tokens, stream=stream, output_format=output_format, **options
    )


@spell_out("EmbeddingCallOptions")
async def aembedding(
    model: KnownModel | str | None, inputs: str | Sequence[str], **options: Unpack[EmbeddingCallOptions]
) -> CreateEmbeddingResponse:
    """Turn texts into vectors.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        inputs: one text or several.
        **options: see `EmbeddingOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.aembedding(name, inputs, **options)


@spell_out(CallOptions)
async def alist_models(
    provider: str,
    api_key: str | None = None,
    api_base: str | None = None,
    client_args: Mapping[str, JSON] | None = None,
    **options: Unpack[CallOptions],
) -> Sequence[Model]:
    """List the provider's models.

    Args:
        provider: the provider's name.
        api_key: its key, instead of the environment's.
        api_base: where its API begins, instead of the usual place.
        client_args: further arguments of `AnyLLM.create`.
        **options: see `CallOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, {"api_key": api_key, "api_base": api_base, "client_args": client_args})
    return await client.alist_models(**options)
