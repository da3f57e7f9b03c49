"""The operations of chat providers, natively async: one short method each.

As in the modules beside it, `scripts/surfaces.py` makes the other forms of each operation.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeVar, overload

from any_llm.client.arguments import said
from any_llm.client.calling import Calling
from any_llm.client.messages_check import check_messages
from any_llm.client.signatures import omissible, spell_out
from any_llm.pipeline.stream import EventStream
from any_llm.schemas.formats import Format, Parser, encode_format
from any_llm.schemas.parsing import parse_completion, parse_message, parse_response
from any_llm.spec.provider import Operation
from any_llm.tools import prepare_tools
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import MessageResponse, MessageStreamEvent, ParsedMessage
from any_llm.types.options import (
    CallOptions,
    CompletionOptions,
    EmbeddingOptions,
    Message,
    MessagesOptions,
    ResponsesOptions,
)
from any_llm.types.params import CompletionParams, MessagesParams, ResponsesParams
from any_llm.types.responses import ParsedResponse, Response, ResponseStreamEvent

if TYPE_CHECKING:
    from typing import Unpack

    from any_llm.types.model import Model

T = TypeVar("T")


class AsyncOperations(Calling):
    """Conversations in three shapes, vectors, and the list of models."""

    @overload
    async def acompletion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: Literal[True],
        response_format: JSON = None,
        **options: Unpack[CompletionOptions],
    ) -> EventStream[ChatCompletionChunk]: ...
    @overload
    async def acompletion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: Literal[False] | None = None,
        response_format: type[T],
        **options: Unpack[CompletionOptions],
    ) -> ParsedChatCompletion[T]: ...
    @overload
    async def acompletion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: Literal[False] | None = None,
        response_format: JSONObject | None = None,
        **options: Unpack[CompletionOptions],
    ) -> ChatCompletion: ...
    @overload
    async def acompletion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: bool | None = None,
        response_format: JSON = None,
        **options: Unpack[CompletionOptions],
    ) -> ChatCompletion | EventStream[ChatCompletionChunk]: ...
    @spell_out(CompletionOptions)
    @omissible(messages=())
    async def acompletion(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        stream: bool | None = None,
        response_format: JSON = None,
        **options: Unpack[CompletionOptions],
    ) -> ChatCompletion | EventStream[ChatCompletionChunk]:
        """Let a model continue a conversation.

        Args:
            model: the model's name at this provider.
            messages: the conversation so far, oldest first, in OpenAI's shape.
            stream: whether to return a stream of chunks instead of the whole answer.
            response_format: a JSON schema, or a type (pydantic model, dataclass, TypedDict, msgspec Struct) that the
                answer shall fit; with a type or a plain schema the answer has `.parsed`.
            **options: see `CompletionOptions`; what a provider cannot express is a warning on the response.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request: JSONObject = {"messages": check_messages(messages)}
        if options:
            request |= said(**options)
        if stream:
            request["stream"] = stream
        if "session_label" in request:
            del request["session_label"]
            warnings.warn("session_label has no effect any more; leave it out", DeprecationWarning, stacklevel=2)
        plain = response_format is None and "tools" not in request
        parser = None if plain else _prepare(request, "response_format", response_format)
        if "_acompletion" in self._overridden:
            params, rest = _divide(CompletionParams, request, model_id=model)
            value = await self._acompletion(params, **rest)
        else:
            if request.get("reasoning_effort") == "auto":
                del request["reasoning_effort"]
            value = (await self._call(Operation.COMPLETION, model, request)).value
        return value if plain and not self._settings.sdk_types else self._finish(value, parse_completion, parser)

    @overload
    async def aresponses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: Literal[True],
        response_format: JSON = None,
        **options: Unpack[ResponsesOptions],
    ) -> EventStream[ResponseStreamEvent]: ...
    @overload
    async def aresponses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: Literal[False] | None = None,
        response_format: type[T],
        **options: Unpack[ResponsesOptions],
    ) -> ParsedResponse[T]: ...
    @overload
    async def aresponses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: Literal[False] | None = None,
        response_format: JSONObject | None = None,
        **options: Unpack[ResponsesOptions],
    ) -> Response: ...
    @overload
    async def aresponses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: bool | None = None,
        response_format: JSON = None,
        **options: Unpack[ResponsesOptions],
    ) -> Response | EventStream[ResponseStreamEvent]: ...
    @spell_out(ResponsesOptions)
    @omissible(input_data="")
    async def aresponses(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        stream: bool | None = None,
        response_format: JSON = None,
        **options: Unpack[ResponsesOptions],
    ) -> Response | EventStream[ResponseStreamEvent]:
        """Ask for a response in OpenAI's Responses shape; providers without it are asked over their chat shape.

        Args:
            model: the model's name at this provider.
            input_data: a text, or items (messages, earlier output, tool results).
            stream: whether to return a stream of events instead of the whole response.
            response_format: as for `completion`; the whole response then has `.output_parsed`.
            **options: see `ResponsesOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(input_data=input_data, stream=stream or None, **options)
        parser = _prepare(request, "response_format", response_format)
        if "_aresponses" in self._overridden:
            request["input"] = request.pop("input_data")
            params, rest = _divide(ResponsesParams, request, model=model)
            value = await self._aresponses(params, **rest)
        else:
            value = (await self._call(Operation.RESPONSES, model, request)).value
        return self._finish(value, parse_response, parser)

    @overload
    async def amessages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: Literal[True],
        output_format: JSON = None,
        **options: Unpack[MessagesOptions],
    ) -> EventStream[MessageStreamEvent]: ...
    @overload
    async def amessages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: Literal[False] | None = None,
        output_format: type[T],
        **options: Unpack[MessagesOptions],
    ) -> ParsedMessage[T]: ...
    @overload
    async def amessages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: Literal[False] | None = None,
        output_format: JSONObject | None = None,
        **options: Unpack[MessagesOptions],
    ) -> MessageResponse: ...
    @overload
    async def amessages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: bool | None = None,
        output_format: JSON = None,
        **options: Unpack[MessagesOptions],
    ) -> MessageResponse | EventStream[MessageStreamEvent]: ...
    @spell_out(MessagesOptions)
    async def amessages(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        stream: bool | None = None,
        output_format: JSON = None,
        **options: Unpack[MessagesOptions],
    ) -> MessageResponse | EventStream[MessageStreamEvent]:
        """Ask for a message in Anthropic's Messages shape; providers without it are asked over their chat shape.

        Args:
            model: the model's name at this provider.
            messages: the conversation so far in Anthropic's shape.
            max_tokens: the most tokens the answer may have.
            stream: whether to return a stream of events instead of the whole message.
            output_format: a JSON schema or a type, as `response_format` of `completion`; the whole message then has
                `.parsed_output`.
            **options: see `MessagesOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(messages=check_messages(messages), max_tokens=max_tokens, stream=stream or None, **options)
        parser = _prepare(request, "output_format", output_format)
        if "_amessages" in self._overridden:
            params, rest = _divide(MessagesParams, request, model=model)
            value = await self._amessages(params, **rest)
        else:
            value = (await self._call(Operation.MESSAGES, model, request)).value
        return self._finish(value, parse_message, parser)

    @spell_out(EmbeddingOptions)
    async def aembedding(
        self, model: str, inputs: str | Sequence[str], **options: Unpack[EmbeddingOptions]
    ) -> CreateEmbeddingResponse:
        """Turn texts into vectors.

        Args:
            model: the model's name at this provider.
            inputs: one text or several.
            **options: see `EmbeddingOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(inputs=inputs, **options)
        if "_aembedding" in self._overridden:
            return await self._aembedding(model, **request)
        return await self._answer(Operation.EMBEDDING, model, request)

    @spell_out(CallOptions)
    async def alist_models(self, **options: Unpack[CallOptions]) -> Sequence[Model]:
        """List the provider's models.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        if "_alist_models" in self._overridden:
            return await self._alist_models(**options)
        return await self._answer(Operation.LIST_MODELS, "", said(**options))

    async def _acompletion(self, params: CompletionParams, **rest: JSON) -> JSON:
        request = _without_auto(params.options())
        return await self._answer(Operation.COMPLETION, request.pop("model_id"), {**request, **rest})

    async def _aresponses(self, params: ResponsesParams, **rest: JSON) -> JSON:
        request = params.options()
        request["input_data"] = request.pop("input")
        return await self._answer(Operation.RESPONSES, request.pop("model"), {**request, **rest})

    async def _amessages(self, params: MessagesParams, **rest: JSON) -> JSON:
        request = params.options()
        return await self._answer(Operation.MESSAGES, request.pop("model"), {**request, **rest})

    async def _aembedding(self, model: str, inputs: str | Sequence[str], **rest: JSON) -> CreateEmbeddingResponse:
        return await self._answer(Operation.EMBEDDING, model, {"inputs": inputs, **rest})

    async def _alist_models(self, **rest: JSON) -> Sequence[Model]:
        return await self._answer(Operation.LIST_MODELS, "", rest)


def _without_auto(request: JSONObject) -> JSONObject:
    """Leave the effort to the provider where the caller does."""
    if request.get("reasoning_effort") == "auto":
        del request["reasoning_effort"]
    return request


def _prepare(request: JSONObject, name: str, form: JSON) -> Parser[JSON] | None:
    """Put tools and the format of the answer into a request in OpenAI's words; return what parses the answer."""
    if "tools" in request:
        request["tools"] = prepare_tools(request["tools"])
    if form is None:
        return None
    encoded: Format[JSON] = encode_format(form)
    request[name] = encoded.wire
    return encoded.parser


def _divide(kind: type[T], request: JSONObject, **first: JSON) -> tuple[T, JSONObject]:
    """Divide a request into the parameters that have a name, and the rest."""
    names = frozenset(kind.__annotations__)
    named = {name: value for name, value in request.items() if name in names}
    return kind(**first, **named), {name: value for name, value in request.items() if name not in names}
