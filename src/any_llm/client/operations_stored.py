"""The operations on what a provider keeps: files, batches, answers, models. Natively async, one short method each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from any_llm.client.arguments import said
from any_llm.client.calling import Calling
from any_llm.client.downloads import check_chunk_size, opens
from any_llm.client.signatures import spell_out
from any_llm.engine.codecs import has_inline_batches
from any_llm.exceptions import InvalidRequestError
from any_llm.spec.provider import Operation
from any_llm.types.downloads import AsyncFileDownload
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import FileInput, as_media
from any_llm.types.options import CallOptions
from any_llm.types.stored_options import (
    CompactResponseOptions,
    CreateBatchOptions,
    ListFilesOptions,
    RequestOptions,
    UploadFileOptions,
)

if TYPE_CHECKING:
    # The values that come back are loaded by the wire format that makes them.
    from typing import Unpack

    from any_llm.pipeline.stream import EventStream
    from any_llm.types.answer import Answer
    from any_llm.types.batch import Batch, BatchResult
    from any_llm.types.files import FileDeleted, FileMetadata, FilePage
    from any_llm.types.model import Model
    from any_llm.types.pulling import PullProgress
    from any_llm.types.responses import Response


class StoredOperations(Calling):
    """Files, batches, stored answers and models of a provider, and any other request to it."""

    @spell_out(UploadFileOptions)
    async def aupload_file(self, file: FileInput, **options: Unpack[UploadFileOptions]) -> FileMetadata:
        """Give the provider a file to keep; it is read in pieces, however large it is.

        Args:
            file: a path, bytes or an open file.
            **options: see `UploadFileOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(**options)
        kind, lasting = request.pop("mime_type", None), request.pop("expires_in", None)
        media = as_media(
            file, filename=request.pop("filename", None), media_type=request.pop("media_type", None) or kind
        )
        if lasting is not None:
            request.setdefault("expires_after", lasting)
        return await self._answer(Operation.UPLOAD_FILE, "", {"file": media, **request})

    @spell_out(ListFilesOptions)
    async def alist_files(self, **options: Unpack[ListFilesOptions]) -> FilePage:
        """List the files that the provider keeps.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(**options)
        if (cursor := request.pop("cursor", None)) is not None:
            request.setdefault("after", cursor)
        return await self._answer(Operation.LIST_FILES, "", request)

    @spell_out(CallOptions)
    async def aretrieve_file(self, file_id: str, **options: Unpack[CallOptions]) -> FileMetadata:
        """Ask about a file that the provider keeps.

        Args:
            file_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.RETRIEVE_FILE, "", said(file_id=file_id, **options))

    @spell_out(CallOptions)
    async def adelete_file(self, file_id: str, **options: Unpack[CallOptions]) -> FileDeleted:
        """Have the provider forget a file.

        Args:
            file_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.DELETE_FILE, "", said(file_id=file_id, **options))

    @opens
    @spell_out(CallOptions)
    async def adownload_file(
        self, file_id: str, *, chunk_size: int = 65_536, **options: Unpack[CallOptions]
    ) -> AsyncFileDownload:
        """Open the content of a file that the provider keeps; its bytes come as they are read.

        Await what this returns, or enter it by `async with`, which closes the connection.

        Args:
            file_id: its `id`.
            chunk_size: how many bytes each piece has, but for the last one.
            **options: see `CallOptions`.

        Raises:
            ProviderFileNotFoundError: there is no such file, or not for this account.
            InvalidRequestError: the size of pieces is no positive number.
            AnyLLMError: the subclass says what went wrong.
        """
        size = check_chunk_size(chunk_size)
        request = said(file_id=file_id, stream=True, **options)
        return AsyncFileDownload(await self._answer(Operation.DOWNLOAD_FILE, "", request), size)

    @spell_out(CreateBatchOptions)
    async def acreate_batch(
        self,
        input_file_path: str | Path | None = None,
        endpoint: str = "/v1/chat/completions",
        completion_window: str | None = None,
        metadata: Mapping[str, str] | None = None,
        **options: Unpack[CreateBatchOptions],
    ) -> Batch:
        """Have many requests answered within a day, for less.

        Args:
            input_file_path: a file of JSON lines, each with `custom_id` and `body` in the shape of the endpoint.
            endpoint: what the requests ask for.
            completion_window: within what time they shall be answered, as the provider says it; usually `24h`.
            metadata: what the batch is to be found by.
            **options: see `CreateBatchOptions`; `requests` holds them in memory, and `input_file_id` names a file that
                was uploaded before.

        Raises:
            InvalidRequestError: not exactly one of a file, requests and a file's id is given, or the file is not of
                JSON lines.
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(endpoint=endpoint, completion_window=completion_window, metadata=metadata, **options)
        if (input_file_path is not None) + ("requests" in request) + ("input_file_id" in request) != 1:
            raise InvalidRequestError(
                "create_batch() needs one of input_file_path=, requests= and input_file_id=", param="requests"
            )
        if input_file_path is not None and has_inline_batches(self.PROVIDER):
            request["requests"] = _lines_of(Path(input_file_path))
        elif input_file_path is not None:
            request["file"] = as_media(Path(input_file_path), media_type="application/jsonl")
        return await self._answer(Operation.CREATE_BATCH, request.pop("model", ""), request)

    @spell_out(CallOptions)
    async def aretrieve_batch(self, batch_id: str, **options: Unpack[CallOptions]) -> Batch:
        """Ask how far a batch is.

        Args:
            batch_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.RETRIEVE_BATCH, "", said(batch_id=batch_id, **options))

    @spell_out(CallOptions)
    async def acancel_batch(self, batch_id: str, **options: Unpack[CallOptions]) -> Batch:
        """Stop a batch; what is answered by then can still be had.

        Args:
            batch_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.CANCEL_BATCH, "", said(batch_id=batch_id, **options))

    @spell_out(CallOptions)
    async def alist_batches(
        self, after: str | None = None, limit: int | None = None, **options: Unpack[CallOptions]
    ) -> Sequence[Batch]:
        """List the batches of this key.

        https://platform.openai.com/docs/api-reference/batch/list

        Args:
            after: the `id` of the last batch of the page before this one.
            limit: how many batches a page has.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.LIST_BATCHES, "", said(after=after, limit=limit, **options))

    @spell_out(CallOptions)
    async def aretrieve_batch_results(self, batch_id: str, **options: Unpack[CallOptions]) -> BatchResult:
        """Fetch what became of the requests of a batch.

        Args:
            batch_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            BatchNotCompleteError: it is not done yet.
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.RETRIEVE_BATCH_RESULTS, "", said(batch_id=batch_id, **options))

    @spell_out(CallOptions)
    async def aretrieve_response(self, response_id: str, **options: Unpack[CallOptions]) -> Response:
        """Fetch an answer of the Responses API that the provider keeps, or one that is made in the background.

        Args:
            response_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.RETRIEVE_RESPONSE, "", said(response_id=response_id, **options))

    @spell_out(CallOptions)
    async def acancel_response(self, response_id: str, **options: Unpack[CallOptions]) -> Response:
        """Stop an answer that is made in the background.

        Args:
            response_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.CANCEL_RESPONSE, "", said(response_id=response_id, **options))

    @spell_out(CallOptions)
    async def adelete_response(self, response_id: str, **options: Unpack[CallOptions]) -> Answer:
        """Have the provider forget an answer.

        Args:
            response_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.DELETE_RESPONSE, "", said(response_id=response_id, **options))

    @spell_out(CompactResponseOptions)
    async def acompact_response(
        self, model: str, input_data: str | Sequence[JSON], **options: Unpack[CompactResponseOptions]
    ) -> Response:
        """Shorten a conversation of the Responses API to fewer items that mean the same to the model.

        Args:
            model: the model's name at this provider.
            input_data: the items so far.
            **options: see `CompactResponseOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(input_data=input_data, **options)
        return await self._answer(Operation.COMPACT_RESPONSE, model, request)

    @spell_out(CallOptions)
    async def aretrieve_model(self, model: str, **options: Unpack[CallOptions]) -> Model:
        """Ask the provider about one of its models.

        Args:
            model: the model's name at this provider.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.RETRIEVE_MODEL, model, said(**options))

    @spell_out(CallOptions)
    async def apull_model(self, model: str, **options: Unpack[CallOptions]) -> EventStream[PullProgress]:
        """Have a server of one's own fetch a model, and return the stream of its progress.

        Args:
            model: the model's name.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.PULL_MODEL, model, said(**options) | {"stream": True})

    @spell_out(RequestOptions)
    async def arequest(self, method: str, path: str, **options: Unpack[RequestOptions]) -> Answer:
        """Make any other request to the provider, signed and with this library's errors.

        Args:
            method: the HTTP method.
            path: the path below the base URL, such as `/vector_stores`.
            **options: see `RequestOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.REQUEST, "", said(method=method, path=path, **options))


def _lines_of(path: Path) -> list[JSONObject]:
    """Return the requests of a file of JSON lines."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InvalidRequestError(
            f"The file {str(path)!r} cannot be read: {error.strerror}", param="input_file_path"
        ) from error
    requests: list[JSONObject] = []
    for number, line in enumerate(lines, 1):
        try:
            requests += [msgspec.json.decode(line, type=dict[str, JSON])] if line.strip() else []
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            raise InvalidRequestError(
                f"Line {number} of {str(path)!r} is not a JSON object: {error}", param="input_file_path"
            ) from error
    return requests
