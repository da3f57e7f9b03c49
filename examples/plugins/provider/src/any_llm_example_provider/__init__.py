"""A provider that speaks OpenAI's format: one record of data."""

from __future__ import annotations

from any_llm import Provider
from any_llm.spec.provider import Operation

EXAMPLE_CLOUD = Provider(
    name="examplecloud",
    base_url="https://api.examplecloud.example/v1",
    base_url_variable="EXAMPLECLOUD_API_BASE",
    key="EXAMPLECLOUD_API_KEY",
    docs="https://examplecloud.example/docs",
    operations=frozenset({Operation.COMPLETION, Operation.EMBEDDING, Operation.LIST_MODELS}),
    rename={"max_tokens": "max_completion_tokens"},
    drop=("logit_bias",),
)
