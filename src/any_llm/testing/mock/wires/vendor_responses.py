"""What the vendors add to OpenAI's responses and embeddings."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.wires.overlay import Facts, empty, fact, fresh
from any_llm.testing.mock.wires.vendor_gateways import COPILOT as COPILOT_CHAT
from any_llm.testing.mock.wires.vendor_gateways import FILTERED
from any_llm.types.json import JSON

_UNSEEN: Mapping[str, JSON] = {"detected": False, "filtered": False}

AZURE: Mapping[str, JSON] = {
    "content_filters": [{
        "blocked": False,
        "source_type": "completion",
        "content_filter_raw": empty,
        "content_filter_results": {**FILTERED, "protected_material_code": _UNSEEN, "protected_material_text": _UNSEEN},
        "content_filter_offsets": {"check_offset": 0, "start_offset": 0, "end_offset": 0},
    }],
    "reasoning": {"context": "auto"},
}  # fmt: skip

COPILOT: Mapping[str, JSON] = {
    "copilot_usage": COPILOT_CHAT.body["copilot_usage"],
    "output_text": None,
    "reasoning": {"context": "auto"},
}


def _text(facts: Facts) -> str:
    answer = facts.context.request.answer
    return answer.text if isinstance(answer, Answer) else ""


def _thoughts(facts: Facts) -> str:
    answer = facts.context.request.answer
    return answer.reasoning if isinstance(answer, Answer) else ""


MISTRALRS: Mapping[str, JSON] = {
    "output_text": _text,
    "reasoning": _thoughts,
}

OPENROUTER: Mapping[str, JSON] = {
    "usage": {
        "cost": 0.0001,
        "cost_details": {"upstream_inference_cost": 0.0001, "upstream_inference_input_cost": 0.0001,
                         "upstream_inference_output_cost": 0.0001},
        "is_byok": False,
    },
}  # fmt: skip

OPENROUTER_EMBEDDING: Mapping[str, JSON] = {
    "id": fresh("gen-emb-1767225600-", 20),
    "provider": "Mock",
    "usage": {
        "cost": 0.0001,
        "cost_details": {"upstream_inference_completions_cost": 0, "upstream_inference_cost": 0.0001,
                         "upstream_inference_prompt_cost": 0.0001},
        "is_byok": False,
    },
}  # fmt: skip

XAI: Mapping[str, JSON] = {
    "usage": {
        "context_details": {"input_tokens": fact("usage.input"),
                            "output_tokens": fact("usage.output")},
        "cost_in_usd_ticks": 1000,
        "num_server_side_tools_used": 0,
        "num_sources_used": 0,
    },
}  # fmt: skip
