"""Claude on Vertex AI: the model in the URL, the version in the body."""

from __future__ import annotations

import pytest

from any_llm.dialects.anthropic import COMPLETION
from any_llm.dialects.anthropic.count_tokens import COUNT_TOKENS
from any_llm.dialects.anthropic.messages import MESSAGES
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Target
from tests.dialects.anthropic.calls import HELLO, body_of

VERTEX = Target(
    provider=BY_NAME["vertexaianthropic"],
    model="claude-sonnet-4@20250514",
    base_url="https://h/v1/projects/p/locations/l/publishers/anthropic",
)


@pytest.mark.parametrize("codec", [COMPLETION, MESSAGES], ids=["completion", "messages"])
@pytest.mark.parametrize(("streamed", "method"), [(True, "streamRawPredict"), (False, "rawPredict")])
def test_the_model_stands_in_the_url(codec: object, streamed: bool, method: str) -> None:
    assert codec in (COMPLETION, MESSAGES)
    encode = COMPLETION.encode if codec is COMPLETION else MESSAGES.encode
    options = {"messages": [HELLO], "max_tokens": 9, "betas": ["x"]} | ({"stream": True} if streamed else {})
    encoded = encode(VERTEX, options)
    assert encoded.path == f"/models/claude-sonnet-4@20250514:{method}"
    body = body_of(encoded)
    assert "model" not in body
    assert body["anthropic_version"] == "vertex-2023-10-16"
    assert dict(encoded.headers) == {"anthropic-beta": "x"}


def test_tokens_are_counted_by_a_model_of_its_own() -> None:
    encoded = COUNT_TOKENS.encode(VERTEX, {"messages": [HELLO]})
    assert encoded.path == "/models/count-tokens:rawPredict"
    assert body_of(encoded)["model"] == VERTEX.model
    assert body_of(encoded)["anthropic_version"] == "vertex-2023-10-16"
