"""Text that goes on where a prompt ends: https://docs.aleph-alpha.com/api/complete."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.spec.answers import members, number_of, objects, read_object, words_of
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import split, take_stream
from any_llm.types.completion import CompletionUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_sequence
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice
from any_llm.types.value import revive

_RENAMED: Mapping[str, str] = {"logprobs": "log_probs", "max_tokens": "maximum_tokens", "stop": "stop_sequences"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "logit_bias": "say completion_bias_inclusion or completion_bias_exclusion",
    "seed": "the API has none",
    "stream_options": "the answer comes in one piece",
    "suffix": "models go on where the prompt ends",
    "user": "the API does not ask who is asking",
}
_REASONS: Mapping[str, str] = {
    "end_of_text": "stop",
    "maximum_tokens": "length",
    "stop_sequence_reached": "stop",
}


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; the vendor's own settings are sent as they are.

    Raises:
        InvalidRequestError: several prompts, of which a request takes one.
    """
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    take_stream(said, warnings)
    prompt: JSON = said["prompt"]
    if is_sequence(prompt) and all(isinstance(one, str) for one in prompt):
        if len(prompt) != 1:
            raise InvalidRequestError("Aleph Alpha takes one prompt in a request", param="prompt")
        said["prompt"] = prompt[0]
    stops: JSON = said.get("stop_sequences")
    if isinstance(stops, str):
        said["stop_sequences"] = [stops]
    return Encoded("/complete", msgspec.json.encode({"model": target.model, **said}), warnings=tuple(warnings))


def decode_text_completion(target: Target, response: HttpResponse) -> TextCompletion:
    """Decode an answer; `model_version` and what else it tells stay readable.

    Raises:
        MalformedResponseError: there are no completions.
    """
    answer = read_object(response, "completions")
    rows = objects(answer["completions"])
    if not rows:
        raise MalformedResponseError("an answer with no completions")
    kept = {name: value for name, value in answer.items() if name != "completions"}
    completion = revive(TextCompletion, kept)
    completion.model = target.model
    completion.choices = [_choice(index, row) for index, row in enumerate(rows)]
    counts = [number_of(answer.get(name)) for name in ("num_tokens_prompt_total", "num_tokens_generated")]
    if None not in counts:
        given, made = (int(count or 0) for count in counts)
        completion.usage = CompletionUsage(prompt_tokens=given, completion_tokens=made, total_tokens=given + made)
    return completion


def _choice(index: int, row: JSONObject) -> TextCompletionChoice:
    reason = words_of(row.get("finish_reason"))
    choice = revive(TextCompletionChoice, {name: value for name, value in row.items() if name != "completion"})
    choice.index, choice.text = index, words_of(row.get("completion"))
    choice.finish_reason = _REASONS.get(reason, reason) or None
    choice.logprobs = members(row.get("logprobs")) or None
    return choice


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion
)
"""The operation `text_completion`."""
