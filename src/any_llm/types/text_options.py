"""Parameters of the smaller operations on texts. What is `None` counts as not said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.types.json import JSON
from any_llm.types.options import CallOptions, Tool


class TextCompletionOptions(CallOptions, total=False):
    """Parameters of `text_completion`; with a `suffix` the model fills the gap before it.

    https://platform.openai.com/docs/api-reference/completions/create
    """

    suffix: str | None
    max_tokens: int | None
    min_tokens: int | None
    temperature: float | None
    top_p: float | None
    n: int | None
    best_of: int | None
    stop: str | Sequence[str] | None
    presence_penalty: float | None
    frequency_penalty: float | None
    seed: int | None
    logprobs: int | None
    logit_bias: Mapping[str, float] | None
    echo: bool | None
    stream_options: Mapping[str, JSON] | None
    user: str | None


class RerankOptions(CallOptions, total=False):
    """Parameters of `rerank`.

    https://docs.cohere.com/reference/rerank
    """

    top_n: int | None
    max_tokens_per_doc: int | None
    return_documents: bool | None


class ModerationOptions(CallOptions, total=False):
    """Parameters of `moderation`; `include_raw` adds the vendor's own entries to the results.

    https://platform.openai.com/docs/api-reference/moderations/create
    """

    include_raw: bool | None


class DecideOptions(CallOptions, total=False):
    """Parameters of `decide`: `images` that the questions are about, as data URLs.

    https://docs.typesafe.ai
    """

    images: Sequence[str] | None


class CountTokensOptions(CallOptions, total=False):
    """Parameters of `count_tokens`: those of the request that take tokens.

    https://platform.claude.com/docs/en/api/messages/count_tokens
    """

    system: str | Sequence[Mapping[str, JSON]] | None
    tools: Sequence[Tool] | None
    tool_choice: str | Mapping[str, JSON] | None
    reasoning_effort: str | None
