"""Bridges: an operation that a provider lacks, built purely out of its chat completions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from any_llm.bridges.messages import bridge_messages
from any_llm.bridges.responses import bridge_responses
from any_llm.spec.dialect import Codec
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON

BRIDGES: Mapping[Operation, Callable[[Codec[JSON, JSON]], Codec[JSON, JSON]]] = {
    Operation.MESSAGES: bridge_messages,
    Operation.RESPONSES: bridge_responses,
}
"""What makes each operation out of a codec of completions."""
