"""What a stream used that did not come to its end: providers bill what was said, and tell it at the end only."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import EventStream
from any_llm.types.estimate import estimate_answer, estimate_tokens
from any_llm.types.json import JSON
from any_llm.types.metering import usage_of
from any_llm.types.usage import Usage


def used_so_far(options: Mapping[str, JSON], stream: EventStream[JSON]) -> Usage | None:
    """Return what a broken stream used: as far as it told, and for the rest about as much as its texts are.

    Args:
        options: what was asked.
        stream: of which pieces were taken; `None` comes back where its pieces add up to nothing.
    """
    try:
        whole = stream.whole()
    except (AnyLLMError, TypeError):
        return None
    told = usage_of(whole)
    if told is None and stream.report.metered is not None:
        # What is billed by the request is billed however far the answer came.
        return stream.report.metered
    told = told or Usage()
    read = told.input_tokens or estimate_tokens(options)
    written = max(told.output_tokens, estimate_answer(whole))
    return msgspec.structs.replace(told, input_tokens=read, output_tokens=written)
