"""The Responses API by way of Google's Interactions API: https://ai.google.dev/gemini-api/docs/interactions."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.gemini.chat_parts import invalid
from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.interaction_answer import items_of, response_of
from any_llm.dialects.gemini.interaction_input import encode_choice, encode_input, encode_tools
from any_llm.dialects.gemini.interaction_stream import InteractionStream
from any_llm.dialects.gemini.places import rooted
from any_llm.dialects.gemini.wire import members, plain
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_mapping
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.answer import Answer
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_sequence
from any_llm.types.report import Warning as CallWarning
from any_llm.types.responses import Response, ResponseStreamEvent
from any_llm.types.responses_fold import ResponsesFold
from any_llm.types.source import Source
from any_llm.types.value import link

_CONFIG: Mapping[str, str] = {
    "max_output_tokens": "max_output_tokens",
    "max_tokens": "max_output_tokens",
    "seed": "seed",
    "stop": "stop_sequences",
    "temperature": "temperature",
    "top_p": "top_p",
}
"""Parameters that stand in `generation_config`."""

_BODY: Mapping[str, str] = {"metadata": "labels", "previous_response_id": "previous_interaction_id"}
"""Parameters that the vendor calls otherwise."""

_INEXPRESSIBLE: Mapping[str, str] = {
    "conversation": "name the interaction before in previous_response_id",
    "frequency_penalty": "the API has no penalties",
    "include": "the API tells what it tells",
    "max_tool_calls": "the API does not count them",
    "parallel_tool_calls": "the API cannot forbid several calls at once",
    "presence_penalty": "the API has no penalties",
    "prompt": "the API keeps no prompts",
    "prompt_cache_key": "the API caches by itself",
    "prompt_cache_retention": "the API caches by itself",
    "safety_identifier": "the API does not ask who is asking",
    "stream_options": "the API has none",
    "top_logprobs": "the API does not tell probabilities",
    "truncation": "the API does not shorten the input",
    "user": "the API does not ask who is asking",
}
_TIERS: Mapping[str, str | None] = {"auto": None, "default": "standard"}
_LEVELS: Mapping[str, str] = {"none": "minimal", "max": "xhigh"}
_TRANSLATED = _CONFIG.keys() | _INEXPRESSIBLE.keys() | {
    "generation_config", "input_data", "instructions", "reasoning", "reasoning_effort", "response_format",
    "service_tier", "text", "tool_choice", "tools",
}  # fmt: skip


def encode_responses(target: Target, options: Options) -> Encoded:
    """Encode a request; what is not OpenAI's (`generation_config`, `labels`, `agent`, …) is sent as it is.

    Raises:
        InvalidMessageError: an item, a tool or the format is malformed.
    """
    warnings = [
        CallWarning("dropped", name, reason)
        for name, reason in _INEXPRESSIBLE.items()
        if options.get(name) is not None and options[name] is not (name == "parallel_tool_calls")
    ]
    body: JSONObject = {} if options.get("agent") else {"model": target.model}
    body |= {
        _BODY.get(name, name): value
        for name, value in options.items()
        if name not in _TRANSLATED and value is not None and (name != "stream" or value)
    }
    _add_input(body, options, warnings)
    config: JSONObject = {ours: options[name] for name, ours in _CONFIG.items() if options.get(name) is not None}
    if isinstance(config.get("stop_sequences"), str):
        config["stop_sequences"] = [config["stop_sequences"]]
    _add_thinking(config, options, warnings)
    if options.get("tools"):
        body["tools"] = encode_tools(options["tools"], warnings)
    if options.get("tool_choice") is not None:
        config["tool_choice"] = encode_choice(options["tool_choice"])
    config |= members(options.get("generation_config"))
    if config:
        body["generation_config"] = config
    _add_format(body, options)
    tier: JSON = options.get("service_tier")
    if tier is not None and _TIERS.get(tier, tier) is not None:
        body["service_tier"] = _TIERS.get(tier, tier)
    return Encoded(rooted(target, "interactions"), msgspec.json.encode(body), warnings=tuple(warnings))


def _add_input(body: JSONObject, options: Options, warnings: list[CallWarning]) -> None:
    given: JSON = options["input_data"]
    said = [options["instructions"]] if options.get("instructions") else []
    if is_sequence(given):
        encoded = encode_input(given)
        warnings += encoded.warnings
        given = encoded.steps
        said += encoded.instructions
    body["input"] = given
    if said:
        body["system_instruction"] = "\n\n".join(said)


def _add_thinking(config: JSONObject, options: Options, warnings: list[CallWarning]) -> None:
    """Say how much to think: https://ai.google.dev/gemini-api/docs/thinking."""
    reasoning = members(plain(options.get("reasoning")))
    effort = reasoning.get("effort") or options.get("reasoning_effort")
    if effort not in (None, "auto"):
        config["thinking_level"] = _LEVELS.get(effort, effort)
        if effort in _LEVELS:
            detail = f"{_LEVELS[effort]!r} was sent for {effort!r}"
            warnings.append(CallWarning("approximated", "reasoning_effort", detail))
    if reasoning.get("summary"):
        config["thinking_summaries"] = "auto"


def _add_format(body: JSONObject, options: Options) -> None:
    """Say which form the answer must have: https://ai.google.dev/gemini-api/docs/structured-output."""
    wanted: JSON = members(plain(options.get("text"))).get("format") or options.get("response_format")
    kind: JSON = wanted.get("type") if is_mapping(wanted) else None
    if wanted is None or wanted == {"type": "text"}:
        return
    named = members(wanted.get("json_schema")) or wanted if is_mapping(wanted) else {}
    if kind not in {"json_object", "json_schema"}:
        body["response_format"] = wanted
        return
    schema: JSON = named.get("schema")
    if kind == "json_schema" and not is_mapping(schema):
        raise invalid("response_format", f"a format of type json_schema needs a schema, found {wanted!r:.100}")
    form: JSONObject = {"type": "text", "mime_type": "application/json"}
    body["response_format"] = form | ({"schema": schema} if kind == "json_schema" else {})


def decode_responses(_target: Target, response: HttpResponse) -> Response:
    """Decode a whole interaction: its steps are the output.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no interaction.
    """
    tree = msgspec.json.decode(response.body)
    interaction = members(tree)
    if "status" not in interaction and "steps" not in interaction:
        if "error" in interaction:
            raise error_from(interaction, response.status)
        raise MalformedResponseError(f"the answer is no interaction, but {tree!r:.100}")
    return response_of(interaction, items_of(interaction.get("steps")))


def encode_retrieve_response(target: Target, options: Options) -> Encoded:
    """Encode the question about an interaction."""
    return Encoded(rooted(target, f"interactions/{options['response_id']}"))


def encode_cancel_response(target: Target, options: Options) -> Encoded:
    """Encode the request to stop an interaction that is made in the background."""
    return Encoded(rooted(target, f"interactions/{options['response_id']}/cancel"), method="POST")


def encode_delete_response(target: Target, options: Options) -> Encoded:
    """Encode the request to forget an interaction."""
    return Encoded(rooted(target, f"interactions/{options['response_id']}"), method="DELETE")


def decode_deletion(_target: Target, response: HttpResponse) -> Answer:
    """Decode the answer to a deletion, which says nothing."""
    answer = Answer()
    tree: JSONObject = members(msgspec.json.decode(response.body)) if response.body.strip() else {}
    if "error" in tree:
        raise error_from(tree, response.status)
    link(answer, Source(response.body, tree=tree))
    return answer


RESPONSES: Codec[Response, ResponseStreamEvent] = Codec(
    encode=encode_responses, decode=decode_responses, stream=InteractionStream, fold=ResponsesFold
)
"""The operation `responses`."""

RETRIEVE_RESPONSE: Codec[Response, None] = Codec(encode=encode_retrieve_response, decode=decode_responses)
"""The operation `retrieve_response`."""

CANCEL_RESPONSE: Codec[Response, None] = Codec(encode=encode_cancel_response, decode=decode_responses)
"""The operation `cancel_response`."""

DELETE_RESPONSE: Codec[Answer, None] = Codec(encode=encode_delete_response, decode=decode_deletion)
"""The operation `delete_response`."""
