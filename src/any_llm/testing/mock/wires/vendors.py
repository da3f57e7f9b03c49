"""In what the vendors that are compatible with OpenAI differ from it: one entry for each, of data.

What is here was recorded, in the vendor's answers: paths that it always sends, and how it says errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from any_llm.testing.mock.answer import Failure, RefusedError
from any_llm.testing.mock.ids import BASE62, HEX, Ids
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wires import vendor_responses as responses
from any_llm.testing.mock.wires.google_words import check_key
from any_llm.testing.mock.wires.overlay import Facts, Template, fact, fresh, uncached
from any_llm.testing.mock.wires.vendor_gateways import COPILOT, FILTERED, PERPLEXITY, VENICE, VERCEL, WRITER_DELTA
from any_llm.types.json import JSONObject

SayError: TypeAlias = Callable[[Failure, str, str | None], JSONObject]
"""Says a failure, with OpenAI's `type` and `code` for it."""


def _openai_error(failure: Failure, kind: str, code: str | None) -> JSONObject:
    return {"error": {"message": failure.message, "type": kind, "param": failure.param, "code": failure.code or code}}


Identify: TypeAlias = Callable[[Ids], str]
"""Makes an identifier."""


def like(prefix: str, length: int, alphabet: str = BASE62) -> Identify:
    """Return what makes identifiers of this form."""

    def make(ids: Ids) -> str:
        return ids.take(prefix, length, alphabet)

    return make


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a vendor says what everybody says.

    Attributes:
        body: what is laid over a whole chat completion.
        chunk: what is laid over each of its chunks that has choices.
        usage: what is laid over each usage.
        completion: what is laid over a whole completion of a text.
        embedding: what is laid over embeddings.
        response: what is laid over a response.
        response_dropped: the paths of a response that it does not send.
        whole_numbers: the settings of a response that it writes without a fraction where there is none.
        named_calls: the end of a call's arguments tells whose they are.
        completion_chunk: what is laid over each chunk of a completion of a text.
        silent: the content of a message that only calls tools.
        dropped: the paths that it does not send, of bodies and of chunks.
        chunk_dropped: further paths that its chunks lack.
        reasoning: the member that shows the model's thoughts; empty where they stay hidden.
        thinking_parts: thoughts are parts of the content instead (Mistral).
        id: makes the identifier of a chat completion.
        call_id: makes the identifier of a call of a tool.
        preface: a chunk before all others (Azure's verdict on the prompt).
        late_usage: the last chunk with choices tells the usage, and nobody needs to ask for it.
        error: says a failure.
        check: refuses a request by its address and its headers.
    """

    body: Template = {}
    chunk: Template = {}
    usage: Template = {}
    completion: Template = {}
    embedding: Template = {}
    response: Template = {}
    response_dropped: tuple[str, ...] = ()
    whole_numbers: tuple[str, ...] = ()
    named_calls: bool = False
    completion_chunk: Template = {}
    silent: str | None = None
    dropped: tuple[str, ...] = ()
    chunk_dropped: tuple[str, ...] = ()
    reasoning: str = ""
    thinking_parts: bool = False
    id: Identify = like("chatcmpl-", 29)
    call_id: Identify = like("call_", 24)
    preface: Template | None = None
    late_usage: bool = False
    error: SayError = _openai_error
    check: Callable[[MockRequest], None] | None = None


OPENAI = Manner()


def manner_of(request: MockRequest) -> Manner:
    """Return how the vendor of a request speaks."""
    return MANNERS.get(request.vendor, OPENAI)


def _check_azure(request: MockRequest) -> None:
    """https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference."""
    if not request.key:
        raise RefusedError(
            Failure(
                status=401,
                message="Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
                "valid key for an active subscription and use a correct regional API endpoint for your resource.",
            )
        )
    if "/deployments/" in request.path and not request.query.get("api-version"):
        raise RefusedError(Failure(status=404, message="Resource not found"))


def _azure_error(failure: Failure, _kind: str, code: str | None) -> JSONObject:
    if failure.status in {401, 404}:
        return {"error": {"code": str(failure.status), "message": failure.message}}
    return _openai_error(failure, "invalid_request_error", code or str(failure.status))


def _mistral_error(failure: Failure, kind: str, code: str | None) -> JSONObject:
    return {
        "object": "error",
        "message": failure.message,
        "type": kind,
        "param": None,
        "code": failure.code or code or "3051",
        "raw_status_code": failure.status,
    }


def _numbered(failure: Failure, kind: str, _code: str | None) -> JSONObject:
    return {"error": {"message": failure.message, "type": kind, "code": failure.status}}


def _openrouter_error(failure: Failure, _kind: str, _code: str | None) -> JSONObject:
    return {"error": {"message": failure.message, "code": failure.status}}


def _groq_error(failure: Failure, kind: str, code: str | None) -> JSONObject:
    return {"error": {"message": failure.message, "type": kind, "code": failure.code or code or kind}}


def _xai_error(failure: Failure, _kind: str, code: str | None) -> JSONObject:
    return {"code": failure.code or code or "invalid-argument", "error": failure.message}


def _cerebras_error(failure: Failure, kind: str, code: str | None) -> JSONObject:
    return {"message": failure.message, "type": kind, "param": failure.param, "code": failure.code or code}


def _deepseek_error(failure: Failure, kind: str, code: str | None) -> JSONObject:
    return _openai_error(msgspec.structs.replace(failure, param=None), kind, code or kind)


def _created(facts: Facts) -> int:
    return int(facts.context.now)


def _uuid_of(facts: Facts) -> str:
    return facts.context.ids.uuid()


def _in_three(ids: Ids) -> str:
    return f"{ids.take(length=7)}-{ids.take(length=5)}-{ids.take(length=16, alphabet=HEX)}"


def _times(*names: str) -> Template:
    return dict.fromkeys(names, 0.001)


_SILENT = (".service_tier", ".system_fingerprint", ".choices[].logprobs", ".choices[].message.refusal",
           ".choices[].message.annotations", ".choices[].delta.refusal", ".obfuscation")  # fmt: skip
_DETAILS = (".usage.completion_tokens_details", ".usage.prompt_tokens_details.audio_tokens")

_AZURE = Manner(
    body={"prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTERED}],
          "choices": [{"content_filter_results": FILTERED}]},
    chunk={"choices": [{"content_filter_results": {}}]},
    preface={"choices": [], "created": 0, "id": "", "model": "", "object": "",
             "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTERED}]},
    response=responses.AZURE,
    error=_azure_error,
    check=_check_azure,
)  # fmt: skip

MANNERS: Mapping[str, Manner] = {
    "azure": _AZURE,
    "azureopenai": _AZURE,
    "avian": Manner(chunk={"choices": [{"native_finish_reason": None}]}, reasoning="reasoning_content"),
    "cerebras": Manner(
        body={"time_info": {"created": _created,
                            **_times("completion_time", "prompt_time", "queue_time", "total_time")}},
        reasoning="reasoning",
        error=_cerebras_error,
    ),
    "crusoe": Manner(
        body={
            "choices": [{"message": {"audio": None, "function_call": None}, "routed_experts": None, "stop_reason": None,
                         "token_ids": None}],
            "usage": {"prompt_tokens_details": {"multimodal_tokens": None}},
            **dict.fromkeys(("kv_transfer_params", "metrics", "prompt_logprobs", "prompt_text", "prompt_token_ids")),
        },
        reasoning="reasoning",
    ),
    "bedrock-mantle": Manner(response={"reasoning": {"context": "auto"}}),
    "dashscope": Manner(embedding={"id": _uuid_of}),
    "databricks": Manner(
        usage={"cache_creation_input_tokens": 0, "cache_read_input_tokens": fact("usage.cached")}
    ),
    "deepseek": Manner(
        usage={"prompt_cache_hit_tokens": fact("usage.cached"),
               "prompt_cache_miss_tokens": uncached},
        dropped=(".service_tier", ".choices[].message.refusal", ".choices[].message.annotations",
                 ".choices[].delta.refusal", ".obfuscation"),
        reasoning="reasoning_content",
        id=Ids.uuid,
        call_id=like("call_00_", 24),
        response={"content_filters": None},
        late_usage=True,
        error=_deepseek_error,
    ),
    "doubleword": Manner(
        usage={"cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_24h_input_tokens": 0,
                                  "ephemeral_5m_input_tokens": 0},
               "cache_creation_input_tokens": 0, "cache_read_input_tokens": fact("usage.cached")},
        reasoning="reasoning",
    ),
    "fireworks": Manner(reasoning="reasoning_content"),
    "gemini": Manner(
        body={"choices": [{"message": {
            "extra_content": {"google": {"thought": True, "thought_signature": "bW9jaw=="}},
            "thought_signature": "bW9jaw==",
        }}]},
        dropped=_SILENT,
    ),
    "github-copilot": Manner(
        body=COPILOT.body,
        chunk=COPILOT.chunk,
        usage=COPILOT.usage,
        chunk_dropped=(".service_tier",),
        dropped=(".object", ".choices[].message.annotations", ".choices[].delta.refusal",
                 ".obfuscation", ".choices[].logprobs", ".usage.prompt_tokens_details.audio_tokens",
                 ".usage.completion_tokens_details.audio_tokens"),
        late_usage=True,
        response=responses.COPILOT,
        whole_numbers=("temperature",),
    ),
    "gpustack": Manner(
        body={"usage": {"draft_tokens": 0, **_times("draft_tokens_acceptance", "prompt_tokens_per_second",
               "time_per_output_token_ms", "time_to_first_token_ms", "tokens_per_second")}},
        reasoning="reasoning_content",
    ),
    "groq": Manner(
        body={"x_groq": {"id": fresh("req_", 26)}, "usage_breakdown": None},
        usage=_times("completion_time", "prompt_time", "queue_time", "total_time"),
        dropped=(".choices[].message.refusal", ".choices[].message.annotations", ".choices[].delta.refusal",
                 ".obfuscation"),
        reasoning="reasoning",
        call_id=like("", 9, HEX),
        error=_groq_error,
    ),
    "huggingface": Manner(reasoning="reasoning"),
    "llamacpp": Manner(
        body={"timings": {
            "cache_n": fact("usage.cached"), "predicted_n": fact("usage.output"),
            "prompt_n": uncached,
            **_times("predicted_ms", "predicted_per_second", "predicted_per_token_ms", "prompt_ms", "prompt_per_second",
                     "prompt_per_token_ms"),
        }},
        dropped=(".service_tier", ".obfuscation"),
        reasoning="reasoning_content",
        error=_numbered,
    ),
    "mistral": Manner(
        body={"choices": [{"message": {"tool_calls": None}}]},
        chunk={"p": fresh("", 8)},
        embedding={
            "id": fresh("", 32, HEX),
            "usage": {"completion_tokens": 0, **dict.fromkeys((
                "completion_tokens_details", "prompt_audio_seconds", "prompt_token_details", "prompt_tokens_details",
                "request_count", "service_tier",
            ))},
        },
        dropped=(*_SILENT, *_DETAILS),
        thinking_parts=True,
        id=like("", 32, HEX),
        call_id=like("", 9, BASE62),
        late_usage=True,
        silent="",
        error=_mistral_error,
    ),
    "mistralrs": Manner(
        body={"usage": _times("avg_compl_tok_per_sec", "avg_prompt_tok_per_sec", "avg_tok_per_sec",
                              "total_completion_time_sec", "total_prompt_time_sec", "total_time_sec")},
        reasoning="reasoning_content",
        response=responses.MISTRALRS,
        response_dropped=(".reasoning",),
    ),
    "ollama": Manner(dropped=tuple(path for path in _SILENT if path != ".system_fingerprint"), reasoning="reasoning"),
    "openrouter": Manner(
        body={"provider": "Mock", "choices": [{"native_finish_reason": "completed", "message": {"reasoning": None}}]},
        chunk={"provider": "Mock", "choices": [{"native_finish_reason": None}]},
        reasoning="reasoning",
        id=like("gen-1767225600-", 20),
        embedding=responses.OPENROUTER_EMBEDDING,
        response=responses.OPENROUTER,
        whole_numbers=("temperature", "top_p", "frequency_penalty", "presence_penalty"),
        named_calls=True,
        error=_openrouter_error,
    ),
    "perplexity": Manner(body=PERPLEXITY.body, chunk=PERPLEXITY.chunk, usage=PERPLEXITY.usage,
                         dropped=_SILENT, id=Ids.uuid, late_usage=True, error=_numbered),
    "snowflake": Manner(
        body={"choices": [{
            "logprobs": {"content": None, "refusal": None},
            "message": {"audio": {"data": "", "expires_at": 0, "id": "", "transcript": ""},
                        "function_call": {"arguments": "", "name": ""}},
        }]},
        chunk={"choices": [{"logprobs": {"content": None, "refusal": None}}]},
    ),
    "together": Manner(
        body={"prompt": []},
        completion={"prompt": []},
        completion_chunk={"object": "completion.chunk", "usage": None, "choices": [{
            "seed": None, "delta": {"role": "assistant", "content": "", "token_id": 1},
        }]},
        reasoning="reasoning",
        id=_in_three,
    ),
    "venice": Manner(body=VENICE, reasoning="reasoning_content"),
    "vercel-gateway": Manner(body=VERCEL.body, usage=VERCEL.usage, reasoning="reasoning",
                             id=like("gen_", 26, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")),
    "vertexaillama": Manner(check=check_key),
    "vllm": Manner(reasoning="reasoning_content", id=like("chatcmpl-", 32, HEX)),
    "writer": Manner(chunk={"choices": [{"delta": WRITER_DELTA, "trace_details": None,
                                         "message": {**WRITER_DELTA, "content": None, "refusal": None,
                                                     "role": "assistant", "tool_calls": None}}]}),
    "xai": Manner(
        usage={"cost_in_usd_ticks": 1000, "num_sources_used": 0,
               "prompt_tokens_details": {"image_tokens": 0, "text_tokens": fact("usage.input")}},
        dropped=(".choices[].message.annotations", ".obfuscation"),
        reasoning="reasoning_content",
        id=Ids.uuid,
        call_id=like("call_", 8, "0123456789"),
        response=responses.XAI,
        error=_xai_error,
    ),
    "zai": Manner(
        body={"request_id": fresh("", 24, HEX)},
        reasoning="reasoning_content",
        id=like("", 32, HEX),
    ),
}  # fmt: skip
"""The vendors by their names in the catalogue; whoever is not here speaks as OpenAI does."""
