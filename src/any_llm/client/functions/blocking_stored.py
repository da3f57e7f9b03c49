"""The module functions for blocking code: one for each operation.

Made by `scripts/surfaces.py` from `client/operations_stored.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from any_llm.client.reference import client_for, client_of
from any_llm.client.signatures import spell_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Unpack

    from any_llm.client.blocking import Stream
    from any_llm.client.functions.options import (
        CompactResponseCallOptions,
        CreateBatchCallOptions,
        ListFilesCallOptions,
        ModelCallOptions,
        ProviderCallOptions,
        RequestCallOptions,
        UploadFileCallOptions,
    )
    from any_llm.types.answer import Answer
    from any_llm.types.batch import Batch, BatchResult
    from any_llm.types.downloads import FileDownload
    from any_llm.types.files import FileDeleted, FileMetadata, FilePage
    from any_llm.types.json import JSON
    from any_llm.types.known_models import KnownModel
    from any_llm.types.media import FileInput
    from any_llm.types.model import Model
    from any_llm.types.pulling import PullProgress
    from any_llm.types.responses import Response


@spell_out("UploadFileCallOptions")
def upload_file(
    provider: str, file: FileInput, *, allow_running_loop: bool | None = None, **options: Unpack[UploadFileCallOptions]
) -> FileMetadata:
    """Give the provider a file to keep; see `aupload_file`."""
    client = client_of(provider, options)
    return client.upload_file(file, allow_running_loop=allow_running_loop, **options)


@spell_out("ListFilesCallOptions")
def list_files(
    provider: str, *, allow_running_loop: bool | None = None, **options: Unpack[ListFilesCallOptions]
) -> FilePage:
    """List the files that the provider keeps; see `alist_files`."""
    client = client_of(provider, options)
    return client.list_files(allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def retrieve_file(
    provider: str, file_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> FileMetadata:
    """Ask about a file that the provider keeps; see `aretrieve_file`."""
    client = client_of(provider, options)
    return client.retrieve_file(file_id, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def delete_file(
    provider: str, file_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> FileDeleted:
    """Have the provider forget a file; see `adelete_file`."""
    client = client_of(provider, options)
    return client.delete_file(file_id, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def download_file(
    provider: str,
    file_id: str,
    *,
    chunk_size: int = 65536,
    allow_running_loop: bool | None = None,
    **options: Unpack[ProviderCallOptions],
) -> FileDownload:
    """Open the content of a file that the provider keeps; see `adownload_file`."""
    client = client_of(provider, options)
    return client.download_file(file_id, chunk_size=chunk_size, allow_running_loop=allow_running_loop, **options)


@spell_out("CreateBatchCallOptions")
def create_batch(
    provider: str,
    input_file_path: str | Path | None = None,
    endpoint: str = "/v1/chat/completions",
    completion_window: str | None = None,
    metadata: Mapping[str, str] | None = None,
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[CreateBatchCallOptions],
) -> Batch:
    """Have many requests answered within a day, for less; see `acreate_batch`."""
    client = client_of(provider, options)
    return client.create_batch(
        input_file_path=input_file_path,
        endpoint=endpoint,
        completion_window=completion_window,
        metadata=metadata,
        allow_running_loop=allow_running_loop,
        **options,
    )


@spell_out("ProviderCallOptions")
def retrieve_batch(
    provider: str, batch_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> Batch:
    """Ask how far a batch is; see `aretrieve_batch`."""
    client = client_of(provider, options)
    return client.retrieve_batch(batch_id, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def cancel_batch(
    provider: str, batch_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> Batch:
    """Stop a batch; see `acancel_batch`."""
    client = client_of(provider, options)
    return client.cancel_batch(batch_id, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def list_batches(
    provider: str,
    after: str | None = None,
    limit: int | None = None,
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[ProviderCallOptions],
) -> Sequence[Batch]:
    """List the batches of this key; see `alist_batches`."""
    client = client_of(provider, options)
    return client.list_batches(after=after, limit=limit, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def retrieve_batch_results(
    provider: str, batch_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> BatchResult:
    """Fetch what became of the requests of a batch; see `aretrieve_batch_results`."""
    client = client_of(provider, options)
    return client.retrieve_batch_results(batch_id, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def retrieve_response(
    provider: str, response_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> Response:
    """Fetch an answer of the Responses API that the provider keeps, or one that is made in the background.

    See `aretrieve_response`.
    """
    client = client_of(provider, options)
    return client.retrieve_response(response_id, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def cancel_response(
    provider: str, response_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> Response:
    """Stop an answer that is made in the background; see `acancel_response`."""
    client = client_of(provider, options)
    return client.cancel_response(response_id, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def delete_response(
    provider: str, response_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> Answer:
    """Have the provider forget an answer; see `adelete_response`."""
    client = client_of(provider, options)
    return client.delete_response(response_id, allow_running_loop=allow_running_loop, **options)


@spell_out("CompactResponseCallOptions")
def compact_response(
    model: KnownModel | str | None,
    input_data: str | Sequence[JSON],
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[CompactResponseCallOptions],
) -> Response:
    """Shorten a conversation of the Responses API to fewer items that mean the same to the model.

    See `acompact_response`.
    """
    client, name = client_for(model, options)
    return client.compact_response(model=name, input_data=input_data, allow_running_loop=allow_running_loop, **options)


@spell_out("ModelCallOptions")
def retrieve_model(
    model: KnownModel | str | None, *, allow_running_loop: bool | None = None, **options: Unpack[ModelCallOptions]
) -> Model:
    """Ask the provider about one of its models; see `aretrieve_model`."""
    client, name = client_for(model, options)
    return client.retrieve_model(model=name, allow_running_loop=allow_running_loop, **options)


@spell_out("ModelCallOptions")
def pull_model(
    model: KnownModel | str | None, *, allow_running_loop: bool | None = None, **options: Unpack[ModelCallOptions]
) -> Stream[PullProgress]:
    """Have a server of one's own fetch a model, and return the stream of its progress; see `apull_model`."""
    client, name = client_for(model, options)
    return client.pull_model(model=name, allow_running_loop=allow_running_loop, **options)


@spell_out("RequestCallOptions")
def request(
    provider: str,
    method: str,
    path: str,
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[RequestCallOptions],
) -> Answer:
    """Make any other request to the provider, signed and with this library's errors; see `arequest`."""
    client = client_of(provider, options)
    return client.request(method=method, path=path, allow_running_loop=allow_running_loop, **options)
