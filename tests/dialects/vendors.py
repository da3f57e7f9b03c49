"""Vendors that think before they call tools: how they answer, and whose signatures they read. Shapes are as recorded.

Each answers a question with one thought and two calls of tools at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from any_llm.client.anyllm import AnyLLM
from any_llm.providers.registry import provider
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.wire.destination import client_of
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON, JSONObject

THOUGHT = "Both cities have to be asked about."
CITIES = ("Paris", "Rome")
TOOL = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
QUESTION = {"role": "user", "content": "How is the weather in Paris and Rome?"}


class Vendor(NamedTuple):
    """One vendor: `signatures` are what its answer holds that it must see again.

    `reads` are the vendors whose signatures it reads beside its own; `speaks` the operations that its answer is one of,
    the others cross a bridge.
    """

    record: Provider
    model: str
    answer: JSONObject
    signatures: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    speaks: frozenset[Operation] = frozenset({Operation.COMPLETION})

    def connect(self) -> tuple[AnyLLM, Replay]:
        """Return a client that hears this vendor's answer to whatever it asks, and what notes its requests."""
        said = Scripted(headers={"content-type": "application/json"}, chunks=(msgspec.json.encode(self.answer),))
        replay = Replay(lambda _request: said)
        record = msgspec.structs.replace(self.record, operations=self.speaks)
        base = self.record.base_url if "{" not in self.record.base_url else "https://vendor.invalid"
        return client_of(record, base, replay), replay


def body_of(request: HttpRequest) -> JSONObject:
    """Return the JSON that was sent."""
    assert isinstance(request.body, bytes)
    body: JSONObject = msgspec.json.decode(request.body)
    return body


def _chat(*ids: str, **message: JSON) -> JSONObject:
    """Return an answer in OpenAI's format; `calls` are further members of its calls, one after the other."""
    more: list[JSONObject] = message.pop("calls", [{}, {}])
    calls = [
        {
            "id": ids[n],
            "type": "function",
            "function": {"name": "weather", "arguments": f'{{"city":"{city}"}}'},
            **more[n],
        }
        for n, city in enumerate(CITIES)
    ]
    said = {"role": "assistant", "content": None, "tool_calls": calls, **message}
    return {"id": "1", "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": said}]}


_CLAUDE_CALLS = [
    {"type": "tool_use", "id": f"toolu_01A{n}", "name": "weather", "input": {"city": city}}
    for n, city in enumerate(CITIES)
]
_GOOGLE = {"extra_content": {"google": {"thought_signature": "R29vZ2xlQ29tcGF0/+=="}}}

VENDORS: Mapping[str, Vendor] = {
    "anthropic": Vendor(
        provider("anthropic"),
        "claude-sonnet-4-5",
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-5",
            "content": [{"type": "thinking", "thinking": THOUGHT, "signature": "QW50aHJvcGlj/+=="}, *_CLAUDE_CALLS],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 1, "output_tokens": 1},
        },
        ("QW50aHJvcGlj/+==",),
        speaks=frozenset({Operation.COMPLETION, Operation.MESSAGES}),
    ),
    "bedrock": Vendor(
        provider("bedrock"),
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [
                        {"reasoningContent": {"reasoningText": {"text": THOUGHT, "signature": "QmVkcm9jaw/+=="}}},
                        *(
                            {"toolUse": {"toolUseId": f"tooluse_aB-{n}", "name": "weather", "input": {"city": city}}}
                            for n, city in enumerate(CITIES)
                        ),
                    ],
                }
            },
            "stopReason": "tool_use",
            "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        },
        ("QmVkcm9jaw/+==",),
        reads=("anthropic",),
    ),
    "cohere": Vendor(
        provider("cohere"),
        "command-a-reasoning-08-2025",
        {
            "id": "1",
            "finish_reason": "TOOL_CALL",
            "message": {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": THOUGHT}],
                "tool_calls": [
                    {
                        "id": f"weather_f{n}x7k2m9q{n}tz",
                        "type": "function",
                        "function": {"name": "weather", "arguments": f'{{"city":"{city}"}}'},
                    }
                    for n, city in enumerate(CITIES)
                ],
            },
        },
    ),
    "dashscope": Vendor(
        provider("dashscope-native"),
        "qwen3-max",
        {
            "request_id": "1",
            "output": {
                "choices": [
                    {
                        "finish_reason": "tool_calls",
                        "message": {
                            "role": "assistant",
                            "content": "",
                            "reasoning_content": THOUGHT,
                            "tool_calls": [
                                {
                                    "id": f"call_3f06405749c34b749ac69{n}",
                                    "index": n,
                                    "type": "function",
                                    "function": {"name": "weather", "arguments": f'{{"city":"{city}"}}'},
                                }
                                for n, city in enumerate(CITIES)
                            ],
                        },
                    }
                ]
            },
        },
    ),
    "deepseek": Vendor(
        provider("deepseek"), "deepseek-reasoner", _chat("call_00_aZ", "call_01_bY", reasoning_content=THOUGHT)
    ),
    "gemini": Vendor(
        provider("gemini"),
        "gemini-3-pro-preview",
        {
            "candidates": [
                {
                    "content": {
                        "role": "model",
                        "parts": [
                            {"text": THOUGHT, "thought": True},
                            {"text": "I ask.", "thoughtSignature": "R2VtaW5pVGV4dA/+=="},
                            {
                                "functionCall": {"name": "weather", "args": {"city": "Paris"}},
                                "thoughtSignature": "R2VtaW5pQ2FsbA/+==",
                            },
                            {"functionCall": {"name": "weather", "args": {"city": "Rome"}}},
                        ],
                    },
                    "finishReason": "STOP",
                }
            ],
            "usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 1},
        },
        ("R2VtaW5pVGV4dA/+==", "R2VtaW5pQ2FsbA/+=="),
        reads=("google in OpenAI's format",),
    ),
    "google in OpenAI's format": Vendor(
        Provider(name="compatible", base_url="https://google.invalid/v1beta/openai", quirks=("replay_extra_content",)),
        "gemini-3-pro-preview",
        _chat("function-call-17", "function-call-18", calls=[_GOOGLE, {}]),
        ("R29vZ2xlQ29tcGF0/+==",),
        reads=("gemini",),
    ),
    "mistral": Vendor(
        provider("mistral"),
        "magistral-medium-latest",
        _chat(
            "a1B2c3D4e",
            "f5G6h7I8j",
            content=[
                {"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}], "signature": "TWlzdHJhbA/+=="},
                {"type": "text", "text": "I ask."},
            ],
        ),
        ("TWlzdHJhbA/+==",),
    ),
    "moonshot": Vendor(
        provider("moonshot"),
        "kimi-k2-thinking",
        _chat("functions.weather:0", "functions.weather:1", reasoning_content=THOUGHT),
    ),
    "ollama": Vendor(
        provider("ollama"),
        "qwen3:4b",
        {
            "model": "qwen3:4b",
            "created_at": "2026-08-05T08:11:04.351521Z",
            "message": {
                "role": "assistant",
                "content": "",
                "thinking": THOUGHT,
                "tool_calls": [{"function": {"name": "weather", "arguments": {"city": city}}} for city in CITIES],
            },
            "done": True,
            "done_reason": "stop",
        },
    ),
    "openai": Vendor(
        provider("openai"), "gpt-5-mini", _chat("call_q9Zr4mXw0Kc2TfVb7LhNs1Ud", "call_p8Yq3lWv9Jb1SeUa6KgMr0Tc")
    ),
    "openrouter": Vendor(
        provider("openrouter"),
        "openai/gpt-5-mini",
        _chat(
            "call_or1",
            "call_or2",
            reasoning=THOUGHT,
            reasoning_details=[{"type": "reasoning.encrypted", "data": "T3BlblJvdXRlcg/+==", "index": 0}],
        ),
        ("T3BlblJvdXRlcg/+==",),
    ),
}
"""The vendors, by name."""

RESPONSES = Vendor(
    provider("openai"),
    "gpt-5-mini",
    {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "gpt-5-mini",
        "status": "completed",
        "output": [
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": THOUGHT}],
                "encrypted_content": "UmVzcG9uc2Vz/+==",
            },
            *(
                {
                    "type": "function_call",
                    "id": f"fc_{n}",
                    "call_id": f"call_resp{n}",
                    "name": "weather",
                    "arguments": f'{{"city":"{city}"}}',
                    "status": "completed",
                }
                for n, city in enumerate(CITIES)
            ),
        ],
    },
    ("UmVzcG9uc2Vz/+==",),
    speaks=frozenset({Operation.RESPONSES}),
)
"""OpenAI over its own Responses API."""
