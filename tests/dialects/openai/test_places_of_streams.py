from __future__ import annotations

import pytest

from any_llm.dialects.openai import COMPLETION
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Target

HELLO = {"role": "user", "content": "Hello"}


@pytest.mark.parametrize(("streamed", "method"), [(True, "streamRawPredict"), (None, "rawPredict")])
def test_a_records_path_may_be_another_one_for_streams(streamed: bool | None, method: str) -> None:
    at = Target(provider=BY_NAME["vertexaimistral"], model="mistral-small-2503", base_url="https://h/v1")
    options = {"messages": [HELLO]} | ({"stream": True} if streamed else {})
    assert COMPLETION.encode(at, options).path == f"/models/mistral-small-2503:{method}"


def test_llama_on_vertex_ai_speaks_the_format_as_it_is() -> None:
    at = Target(provider=BY_NAME["vertexaillama"], model="meta/llama-4-maas", base_url="https://h/v1")
    encoded = COMPLETION.encode(at, {"messages": [HELLO]})
    assert encoded.path == "/chat/completions"
    assert b'"model":"meta/llama-4-maas"' in encoded.body
