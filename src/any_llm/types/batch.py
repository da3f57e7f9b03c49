"""Many requests answered within a day, for less. OpenAI's shape.

https://platform.openai.com/docs/api-reference/batch
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Reported
from any_llm.types.value import Value

FINISHED = frozenset({"completed", "failed", "expired", "cancelled"})
"""The states that a batch stays in."""


class BatchRequestCounts(Value):
    """How many requests of a batch there are, and how they went."""

    sdk_type: ClassVar[str] = "openai.types:BatchRequestCounts"

    total: int = 0
    completed: int = 0
    failed: int = 0


class Batch(Reported):
    """One batch.

    Attributes:
        id: by what it is asked about.
        status: `validating`, `in_progress`, `finalizing`, `completed`, `failed`, `expired`, `cancelling` or
            `cancelled`.
        endpoint: what its requests ask for, such as `/v1/chat/completions`.
        input_file_id: the file of its requests, for providers that keep one, as `output_file_id` and `error_file_id`.
        created_at: seconds since 1970, as the other times are.
        request_counts: how its requests went so far.
        errors: why the batch as a whole failed.
    """

    sdk_type: ClassVar[str] = "openai.types:Batch"

    id: str = ""
    object: str = "batch"
    endpoint: str = ""
    model: str | None = None
    status: str = "validating"
    completion_window: str = ""
    input_file_id: str = ""
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: int = 0
    in_progress_at: int | None = None
    expires_at: int | None = None
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None
    request_counts: BatchRequestCounts | None = None
    errors: JSONObject | None = None
    metadata: dict[str, str] | None = None
    usage: JSONObject | None = None

    @property
    def finished(self) -> bool:
        """Whether its status will not change any more."""
        return self.status in FINISHED


OpenAIBatch = Batch
OpenAIBatchRequestCounts = BatchRequestCounts


class BatchResultError(Value):
    """Why one request of a batch failed: the vendor's own code and words."""

    code: str = ""
    message: str = ""


class BatchResultItem(Value):
    """What became of one request of a batch.

    `result` is the answer to it, of the type that the same request made alone would have; `None` when it failed.
    """

    custom_id: str = ""
    result: JSON = None
    error: BatchResultError | None = None


class BatchResult(Reported):
    """What became of the requests of a batch, in the order that the provider tells them."""

    results: list[BatchResultItem] = msgspec.field(default_factory=list[BatchResultItem])


class BatchPage(Reported):
    """A page of a list of batches; `after=page.last_id` asks for the next one while `has_more`."""

    object: str = "list"
    data: list[Batch] = msgspec.field(default_factory=list[Batch])
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False
