"""Chats with models that take one prompt: https://replicate.com/docs/reference/http#models.predictions.create."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.replicate.predictions import follow_output, output_of, run, texts_of
from any_llm.dialects.replicate.streams import ChatStream
from any_llm.dialects.replicate.texts import join_stops, usage_of
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import read_object, seconds_of, words_of
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import split
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage, Choice
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.conversation import plain_message
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, is_mapping, is_sequence
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_RENAMED: Mapping[str, str] = {"max_completion_tokens": "max_tokens", "stop": "stop_sequences"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "logit_bias": "models take none",
    "logprobs": "models tell none",
    "n": "one answer is given; call it several times",
    "parallel_tool_calls": "models are given no tools",
    "response_format": "models answer with a text",
    "stream_options": "a stream tells no counts",
    "tool_choice": "models are given no tools",
    "tools": "models are given no tools",
    "top_logprobs": "models tell none",
    "user": "the API does not ask who is asking",
}
_SYSTEM = frozenset({"developer", "system"})
_NAMES: Mapping[str, str] = {"assistant": "Assistant", "tool": "Result", "user": "User"}


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; the model's own settings are sent as they are.

    A chat of several turns is written as one prompt, with who speaks before each.
    """
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    turns = [plain_message(turn, f"messages[{place}]") for place, turn in enumerate(said.pop("messages"))]
    system = [_text(turn, warnings) for turn in turns if turn.get("role") in _SYSTEM]
    others = [turn for turn in turns if turn.get("role") not in _SYSTEM]
    texts = [_text(turn, warnings) for turn in others]
    if len(others) == 1:
        said["prompt"] = texts[0]
    else:
        named = [f"{_NAMES.get(turn['role'], 'User')}: {text}" for turn, text in zip(others, texts, strict=True)]
        said["prompt"] = "\n\n".join([*named, "Assistant:"])
        warnings.append(CallWarning("emulated", "messages", "the turns were written as one prompt"))
    if system:
        said["system_prompt"] = "\n\n".join(system)
    join_stops(said)
    return run(target, said, warnings, wait=not said.get("stream"))


def _text(turn: Mapping[str, JSON], warnings: list[CallWarning]) -> str:
    """Return the text of a turn; what else it holds is warned about."""
    content: JSON = turn.get("content")
    parts = content if is_sequence(content) else [{"type": "text", "text": content or ""}]
    lost = [str(part.get("type")) for part in parts if is_mapping(part) and part.get("type") != "text"]
    lost += ["tool_calls"] if turn.get("tool_calls") else []
    if lost:
        reason = f"{', '.join(lost)}: say what the model takes by its own names, such as image"
        warnings.append(CallWarning("dropped", "messages", reason))
    return "".join(words_of(part.get("text")) for part in parts if is_mapping(part) and part.get("type") == "text")


def decode_completion(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a prediction whose output is a text, or its pieces; the vendor's words for it stay readable.

    Raises:
        MalformedResponseError: the output is something else.
        ProviderError: the model failed, or was cancelled.
    """
    prediction = read_object(response, "status")
    output = output_of(prediction)
    pieces = texts_of(output)
    if not pieces and output != []:
        raise MalformedResponseError(f"an output that is {type(output).__name__}, not a text")
    completion = revive(ChatCompletion, prediction)
    completion.created = seconds_of(prediction.get("created_at"))
    completion.model = words_of(prediction.get("model")) or target.model
    message = ChatCompletionMessage(content="".join(pieces))
    completion.choices = [Choice(message=message, finish_reason="stop")]
    completion.usage = usage_of(prediction)
    return completion


COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion,
    decode=decode_completion,
    stream=ChatStream,
    fold=CompletionFold,
    framing="sse",
    follow_up=follow_output,
)
"""The operation `completion`."""
