"""What the vendors add that say the most: verdicts of filters, sources of a search, the ways of a gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from any_llm.testing.mock.wires.overlay import Facts, Template, empty, fact, fresh
from any_llm.types.json import JSON

_SAFE: Mapping[str, JSON] = {"filtered": False, "severity": "safe"}
FILTERED: Mapping[str, JSON] = dict.fromkeys(("hate", "self_harm", "sexual", "violence"), _SAFE)
"""The verdict of Azure's filters on a harmless text."""


class Templates(NamedTuple):
    """What a vendor adds to a body, to a chunk and to a usage."""

    body: Template
    chunk: Template
    usage: Template


COPILOT = Templates(
    body={
        "choices": [{"content_filter_results": FILTERED, "message": {"padding": "abcde"}}],
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTERED}],
        "copilot_usage": {
            "token_details": [{
                "batch_size": 1_000_000,
                "cost_per_batch": 0,
                "token_count": fact("usage.input"),
                "token_type": "input",
            }],
            "total_nano_aiu": 0,
        },
    },
    chunk={"choices": [{"content_filter_results": {}}]},
    usage={"reasoning_tokens": fact("usage.reasoning")},
)  # fmt: skip


def _citations(_facts: Facts) -> list[str]:
    return ["https://example.com/mock"]


_SEARCHED: Mapping[str, JSON] = {
    "citations": _citations,
    "search_results": [{
        "date": "2026-01-01",
        "last_updated": "2026-01-01",
        "place_metadata": None,
        "snippet": "A page that does not exist.",
        "source": "web",
        "title": "Mock",
        "url": "https://example.com/mock",
    }],
}  # fmt: skip
PERPLEXITY = Templates(
    body={**_SEARCHED, "choices": [{"delta": {"role": "assistant", "content": ""}}],
          "usage": {"cost": {"input_tokens_cost": 0.001, "output_tokens_cost": 0.001, "request_cost": 0.005,
                             "total_cost": 0.007}}},
    chunk={**_SEARCHED, "choices": [{"message": {"role": "assistant", "content": ""}}],
           "usage": {"prompt_tokens": fact("usage.input"),
                     "completion_tokens": fact("usage.output"),
                     "total_tokens": fact("usage.total"),
                     "search_context_size": "low",
                     "cost": {"input_tokens_cost": 0, "output_tokens_cost": 0, "total_cost": 0}}},
    usage={"search_context_size": "low"},
)  # fmt: skip

VENICE: Mapping[str, JSON] = {
    "cost": {"diem": 0, "usd": 0.0001},
    "venice_parameters": {
        "disable_thinking": False,
        "enable_e2ee": False,
        "enable_web_citations": False,
        "enable_web_scraping": False,
        "enable_web_search": "off",
        "enable_x_search": False,
        "include_search_results_in_stream": False,
        "include_venice_system_prompt": True,
        "return_search_results_as_documents": False,
        "strip_thinking_response": False,
        "web_search_citations": empty,
    },
    "choices": [{"message": {"reasoning_content": None}}],
}

WRITER_DELTA: Mapping[str, JSON] = {
    "graph_data": {"sources": None, "status": None, "subqueries": None},
    **dict.fromkeys(("image_data", "llm_data", "translation_data", "web_search_data")),
}


_ATTEMPT: Mapping[str, JSON] = {
    "provider": "mock",
    "internalModelId": fact("asked.model"),
    "providerApiModelId": fact("asked.model"),
    "credentialType": "system",
    "success": True,
    "startTime": 1000.5,
    "endTime": 1001.5,
    "statusCode": 200,
    "providerResponseId": fresh("resp_", 24),
}
VERCEL = Templates(
    body={
        "generationId": fresh("gen_", 26),
        "choices": [{"message": {"provider_metadata": {"gateway": {
            "billableWebSearchCalls": 0,
            "cost": "0.0001",
            "marketCost": "0.0001",
            "generationId": fresh("gen_", 26),
            "routing": {
                "attempts": [_ATTEMPT],
                "canonicalSlug": fact("asked.model"),
                "fallbacksAvailable": empty,
                "finalProvider": "mock",
                "internalReasoning": "Only the mock is there",
                "internalResolvedModelId": fact("asked.model"),
                "modelAttemptCount": 1,
                "modelAttempts": [{
                    "canonicalSlug": fact("asked.model"), "modelId": fact("asked.model"), "providerAttemptCount": 1,
                    "providerAttempts": [_ATTEMPT], "success": True,
                }],
                "originalModelId": fact("asked.model"),
                "planningReasoning": "Only the mock is there",
                "resolvedProvider": "mock",
                "resolvedProviderApiModelId": fact("asked.model"),
                "totalProviderAttemptCount": 1,
            },
        }}}}],
    },
    chunk={},
    usage={
        "cache_creation_input_tokens": 0,
        "completion_tokens_details": {"image_tokens": 0},
        "cost": 0.0001,
        "cost_details": {"upstream_inference_completions_cost": 0, "upstream_inference_cost": None,
                         "upstream_inference_prompt_cost": 0},
        "is_byok": False,
        "market_cost": 0.0001,
        "prompt_tokens_details": {"video_tokens": 0},
    },
)  # fmt: skip
