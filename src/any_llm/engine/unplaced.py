"""Parameters that a request without a body has no place for."""

from __future__ import annotations

from urllib.parse import parse_qsl

import msgspec

from any_llm.spec.dialect import Encoded, Options
from any_llm.spec.provider import Operation
from any_llm.types.report import Warning as CallWarning

_PLAIN = frozenset({
    Operation.RETRIEVE_VIDEO, Operation.DOWNLOAD_VIDEO, Operation.LIST_FILES, Operation.RETRIEVE_FILE,
    Operation.DELETE_FILE, Operation.DOWNLOAD_FILE, Operation.RETRIEVE_BATCH, Operation.CANCEL_BATCH,
    Operation.LIST_BATCHES, Operation.RETRIEVE_BATCH_RESULTS, Operation.RETRIEVE_RESPONSE, Operation.CANCEL_RESPONSE,
    Operation.DELETE_RESPONSE, Operation.LIST_MODELS, Operation.RETRIEVE_MODEL,
})  # fmt: skip
"""Operations that say which thing is meant, and little else."""

_READ = frozenset({"after", "batch_id", "file_id", "limit", "order", "purpose", "response_id", "stream", "video_id"})
"""What these operations are asked with: every wire format says it in its own way, or warns."""


def with_unplaced(operation: Operation, options: Options, encoded: Encoded) -> Encoded:
    """Return a request without a body with a warning for each parameter that is in no part of it."""
    names = options.keys() - _READ if operation in _PLAIN else ()
    if not names:
        return encoded
    query = encoded.path.partition("?")[2]
    told = {*dict(parse_qsl(query, keep_blank_values=True)), *(warning.parameter for warning in encoded.warnings)}
    more = tuple(
        CallWarning("dropped", name, "the request has no place for it; extra_query= adds to its URL")
        for name in sorted(names - told)
    )
    return msgspec.structs.replace(encoded, warnings=(*encoded.warnings, *more)) if more else encoded
