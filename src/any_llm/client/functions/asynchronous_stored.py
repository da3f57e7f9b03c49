"""The module functions for async code: one for each operation.

Made by `scripts/surfaces.py` from `client/operations_stored.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from any_llm.client.downloads import opens
from any_llm.client.reference import client_for, client_of
from any_llm.client.signatures import spell_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Unpack

    from any_llm.client.functions.options import (
        CompactResponseCallOptions,
        CreateBatchCallOptions,
        ListFilesCallOptions,
        ModelCallOptions,
        ProviderCallOptions,
        RequestCallOptions,
        UploadFileCallOptions,
    )
    from any_llm.pipeline.stream import EventStream
    from any_llm.types.answer import Answer
    from any_llm.types.batch import Batch, BatchResult
    from any_llm.types.downloads import AsyncFileDownload
    from any_llm.types.files import FileDeleted, FileMetadata, FilePage
    from any_llm.types.json import JSON
    from any_llm.types.known_models import KnownModel
    from any_llm.types.media import FileInput
    from any_llm.types.model import Model
    from any_llm.types.pulling import PullProgress
    from any_llm.types.responses import Response


@spell_out("UploadFileCallOptions")
async def aupload_file(provider: str, file: FileInput, **options: Unpack[UploadFileCallOptions]) -> FileMetadata:
    """Give the provider a file to keep; it is read in pieces, however large it is.

    Args:
        provider: the provider's name.
        file: a path, bytes or an open file.
        **options: see `UploadFileOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.aupload_file(file, **options)


@spell_out("ListFilesCallOptions")
async def alist_files(provider: str, **options: Unpack[ListFilesCallOptions]) -> FilePage:
    """List the files that the provider keeps.

    Args:
        provider: the provider's name.
        **options: see `ListFilesOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.alist_files(**options)


@spell_out("ProviderCallOptions")
async def aretrieve_file(provider: str, file_id: str, **options: Unpack[ProviderCallOptions]) -> FileMetadata:
    """Ask about a file that the provider keeps.

    Args:
        provider: the provider's name.
        file_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.aretrieve_file(file_id, **options)


@spell_out("ProviderCallOptions")
async def adelete_file(provider: str, file_id: str, **options: Unpack[ProviderCallOptions]) -> FileDeleted:
    """Have the provider forget a file.

    Args:
        provider: the provider's name.
        file_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.adelete_file(file_id, **options)


@opens
@spell_out("ProviderCallOptions")
async def adownload_file(
    provider: str, file_id: str, *, chunk_size: int = 65536, **options: Unpack[ProviderCallOptions]
) -> AsyncFileDownload:
    """Open the content of a file that the provider keeps; its bytes come as they are read.

    Await what this returns, or enter it by `async with`, which closes the connection.

    Args:
        provider: the provider's name.
        file_id: its `id`.
        chunk_size: how many bytes each piece has, but for the last one.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        ProviderFileNotFoundError: there is no such file, or not for this account.
        InvalidRequestError: the size of pieces is no positive number.
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.adownload_file(file_id, chunk_size=chunk_size, **options)


@spell_out("CreateBatchCallOptions")
async def acreate_batch(
    provider: str,
    input_file_path: str | Path | None = None,
    endpoint: str = "/v1/chat/completions",
    completion_window: str | None = None,
    metadata: Mapping[str, str] | None = None,
    **options: Unpack[CreateBatchCallOptions],
) -> Batch:
    """Have many requests answered within a day, for less.

    Args:
        provider: the provider's name.
        input_file_path: a file of JSON lines, each with `custom_id` and `body` in the shape of the endpoint.
        endpoint: what the requests ask for.
        completion_window: within what time they shall be answered, as the provider says it; usually `24h`.
        metadata: what the batch is to be found by.
        **options: see `CreateBatchOptions` and `ReachOptions`; `requests` holds them in memory, and `input_file_id`
            names a file that was uploaded before.

    Raises:
        InvalidRequestError: not exactly one of a file, requests and a file's id is given, or the file is not of
            JSON lines.
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.acreate_batch(
        input_file_path=input_file_path,
        endpoint=endpoint,
        completion_window=completion_window,
        metadata=metadata,
        **options,
    )


@spell_out("ProviderCallOptions")
async def aretrieve_batch(provider: str, batch_id: str, **options: Unpack[ProviderCallOptions]) -> Batch:
    """Ask how far a batch is.

    Args:
        provider: the provider's name.
        batch_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.aretrieve_batch(batch_id, **options)


@spell_out("ProviderCallOptions")
async def acancel_batch(provider: str, batch_id: str, **options: Unpack[ProviderCallOptions]) -> Batch:
    """Stop a batch; what is answered by then can still be had.

    Args:
        provider: the provider's name.
        batch_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.acancel_batch(batch_id, **options)


@spell_out("ProviderCallOptions")
async def alist_batches(
    provider: str, after: str | None = None, limit: int | None = None, **options: Unpack[ProviderCallOptions]
) -> Sequence[Batch]:
    """List the batches of this key.

    https://platform.openai.com/docs/api-reference/batch/list

    Args:
        provider: the provider's name.
        after: the `id` of the last batch of the page before this one.
        limit: how many batches a page has.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.alist_batches(after=after, limit=limit, **options)


@spell_out("ProviderCallOptions")
async def aretrieve_batch_results(provider: str, batch_id: str, **options: Unpack[ProviderCallOptions]) -> BatchResult:
    """Fetch what became of the requests of a batch.

    Args:
        provider: the provider's name.
        batch_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        BatchNotCompleteError: it is not done yet.
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.aretrieve_batch_results(batch_id, **options)


@spell_out("ProviderCallOptions")
async def aretrieve_response(provider: str, response_id: str, **options: Unpack[ProviderCallOptions]) -> Response:
    """Fetch an answer of the Responses API that the provider keeps, or one that is made in the background.

    Args:
        provider: the provider's name.
        response_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.aretrieve_response(response_id, **options)


@spell_out("ProviderCallOptions")
async def acancel_response(provider: str, response_id: str, **options: Unpack[ProviderCallOptions]) -> Response:
    """Stop an answer that is made in the background.

    Args:
        provider: the provider's name.
        response_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.acancel_response(response_id, **options)


@spell_out("ProviderCallOptions")
async def adelete_response(provider: str, response_id: str, **options: Unpack[ProviderCallOptions]) -> Answer:
    """Have the provider forget an answer.

    Args:
        provider: the provider's name.
        response_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.adelete_response(response_id, **options)


@spell_out("CompactResponseCallOptions")
async def acompact_response(
    model: KnownModel | str | None, input_data: str | Sequence[JSON], **options: Unpack[CompactResponseCallOptions]
) -> Response:
    """Shorten a conversation of the Responses API to fewer items that mean the same to the model.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        input_data: the items so far.
        **options: see `CompactResponseOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.acompact_response(model=name, input_data=input_data, **options)


@spell_out("ModelCallOptions")
async def aretrieve_model(model: KnownModel | str | None, **options: Unpack[ModelCallOptions]) -> Model:
    """Ask the provider about one of its models.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        **options: see `CallOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.aretrieve_model(model=name, **options)


@spell_out("ModelCallOptions")
async def apull_model(model: KnownModel | str | None, **options: Unpack[ModelCallOptions]) -> EventStream[PullProgress]:
    """Have a server of one's own fetch a model, and return the stream of its progress.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        **options: see `CallOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.apull_model(model=name, **options)


@spell_out("RequestCallOptions")
async def arequest(provider: str, method: str, path: str, **options: Unpack[RequestCallOptions]) -> Answer:
    """Make any other request to the provider, signed and with this library's errors.

    Args:
        provider: the provider's name.
        method: the HTTP method.
        path: the path below the base URL, such as `/vector_stores`.
        **options: see `RequestOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.arequest(method=method, path=path, **options)
