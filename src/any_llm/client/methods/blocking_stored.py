"""Operations for blocking code: the same coroutines, run on the background loop.

Made by `scripts/surfaces.py` from `client/operations_stored.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from any_llm.client.blocking import run, run_stream
from any_llm.client.downloads import run_download
from any_llm.client.operations_stored import StoredOperations
from any_llm.client.signatures import spell_out
from any_llm.types.options import CallOptions
from any_llm.types.stored_options import (
    CompactResponseOptions,
    CreateBatchOptions,
    ListFilesOptions,
    RequestOptions,
    UploadFileOptions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Unpack

    from any_llm.client.blocking import Stream
    from any_llm.types.answer import Answer
    from any_llm.types.batch import Batch, BatchResult
    from any_llm.types.downloads import FileDownload
    from any_llm.types.files import FileDeleted, FileMetadata, FilePage
    from any_llm.types.json import JSON
    from any_llm.types.media import FileInput
    from any_llm.types.model import Model
    from any_llm.types.pulling import PullProgress
    from any_llm.types.responses import Response


class BlockingStoredOperations(StoredOperations):
    """The operations of one provider, each waiting for its answer.

    In a thread that runs an event loop they raise `RuntimeError`, except in a notebook or with
    `allow_running_loop=True`.
    """

    @spell_out(UploadFileOptions)
    def upload_file(
        self, file: FileInput, *, allow_running_loop: bool | None = None, **options: Unpack[UploadFileOptions]
    ) -> FileMetadata:
        """Give the provider a file to keep; see `aupload_file`."""
        return run(self.aupload_file(file, **options), allow_running_loop=allow_running_loop)

    @spell_out(ListFilesOptions)
    def list_files(self, *, allow_running_loop: bool | None = None, **options: Unpack[ListFilesOptions]) -> FilePage:
        """List the files that the provider keeps; see `alist_files`."""
        return run(self.alist_files(**options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def retrieve_file(
        self, file_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> FileMetadata:
        """Ask about a file that the provider keeps; see `aretrieve_file`."""
        return run(self.aretrieve_file(file_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def delete_file(
        self, file_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> FileDeleted:
        """Have the provider forget a file; see `adelete_file`."""
        return run(self.adelete_file(file_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def download_file(
        self,
        file_id: str,
        *,
        chunk_size: int = 65536,
        allow_running_loop: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> FileDownload:
        """Open the content of a file that the provider keeps; see `adownload_file`."""
        return run_download(
            run(self.adownload_file(file_id, chunk_size=chunk_size, **options), allow_running_loop=allow_running_loop)
        )

    @spell_out(CreateBatchOptions)
    def create_batch(
        self,
        input_file_path: str | Path | None = None,
        endpoint: str = "/v1/chat/completions",
        completion_window: str | None = None,
        metadata: Mapping[str, str] | None = None,
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[CreateBatchOptions],
    ) -> Batch:
        """Have many requests answered within a day, for less; see `acreate_batch`."""
        return run(
            self.acreate_batch(input_file_path, endpoint, completion_window, metadata, **options),
            allow_running_loop=allow_running_loop,
        )

    @spell_out(CallOptions)
    def retrieve_batch(
        self, batch_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> Batch:
        """Ask how far a batch is; see `aretrieve_batch`."""
        return run(self.aretrieve_batch(batch_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def cancel_batch(
        self, batch_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> Batch:
        """Stop a batch; see `acancel_batch`."""
        return run(self.acancel_batch(batch_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def list_batches(
        self,
        after: str | None = None,
        limit: int | None = None,
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Sequence[Batch]:
        """List the batches of this key; see `alist_batches`."""
        return run(self.alist_batches(after, limit, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def retrieve_batch_results(
        self, batch_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> BatchResult:
        """Fetch what became of the requests of a batch; see `aretrieve_batch_results`."""
        return run(self.aretrieve_batch_results(batch_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def retrieve_response(
        self, response_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> Response:
        """Fetch an answer of the Responses API that the provider keeps, or one that is made in the background.

        See `aretrieve_response`.
        """
        return run(self.aretrieve_response(response_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def cancel_response(
        self, response_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> Response:
        """Stop an answer that is made in the background; see `acancel_response`."""
        return run(self.acancel_response(response_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def delete_response(
        self, response_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> Answer:
        """Have the provider forget an answer; see `adelete_response`."""
        return run(self.adelete_response(response_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(CompactResponseOptions)
    def compact_response(
        self,
        model: str,
        input_data: str | Sequence[JSON],
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[CompactResponseOptions],
    ) -> Response:
        """Shorten a conversation of the Responses API to fewer items that mean the same to the model.

        See `acompact_response`.
        """
        return run(self.acompact_response(model, input_data, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def retrieve_model(
        self, model: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> Model:
        """Ask the provider about one of its models; see `aretrieve_model`."""
        return run(self.aretrieve_model(model, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def pull_model(
        self, model: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> Stream[PullProgress]:
        """Have a server of one's own fetch a model, and return the stream of its progress; see `apull_model`."""
        return run_stream(run(self.apull_model(model, **options), allow_running_loop=allow_running_loop))

    @spell_out(RequestOptions)
    def request(
        self, method: str, path: str, *, allow_running_loop: bool | None = None, **options: Unpack[RequestOptions]
    ) -> Answer:
        """Make any other request to the provider, signed and with this library's errors; see `arequest`."""
        return run(self.arequest(method, path, **options), allow_running_loop=allow_running_loop)
