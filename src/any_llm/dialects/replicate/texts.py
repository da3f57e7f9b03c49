"""Text that goes on where a prompt ends: https://replicate.com/docs/reference/http#models.predictions.create."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.replicate.predictions import follow_output, output_of, run, texts_of
from any_llm.dialects.replicate.streams import TextStream
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.spec.answers import members, number_of, read_object, seconds_of, words_of
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import split
from any_llm.types.completion import CompletionUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_sequence
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice, TextCompletionFold
from any_llm.types.value import revive

_RENAMED: Mapping[str, str] = {"stop": "stop_sequences"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "best_of": "one text is given",
    "echo": "the prompt is not repeated",
    "logit_bias": "models take none",
    "logprobs": "models tell none",
    "n": "one text is given; call it several times",
    "stream_options": "the answer comes in one piece",
    "suffix": "models go on where the prompt ends",
    "user": "the API does not ask who is asking",
}


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; the model's own settings are sent as they are.

    Raises:
        InvalidRequestError: several prompts, of which a prediction takes one.
    """
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    prompt: JSON = said["prompt"]
    if is_sequence(prompt):
        if len(prompt) != 1 or not isinstance(prompt[0], str):
            raise InvalidRequestError("Replicate takes one prompt, which is a text", param="prompt")
        said["prompt"] = prompt[0]
    join_stops(said)
    return run(target, said, warnings, wait=not said.get("stream"))


def decode_text_completion(target: Target, response: HttpResponse) -> TextCompletion:
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
    completion = revive(TextCompletion, prediction)
    completion.created = seconds_of(prediction.get("created_at"))
    completion.model = words_of(prediction.get("model")) or target.model
    completion.choices = [TextCompletionChoice(text="".join(pieces), finish_reason="stop")]
    completion.usage = usage_of(prediction)
    return completion


def join_stops(said: JSONObject) -> None:
    """Say the texts that an output stops at as models expect them: in one text."""
    stops: JSON = said.get("stop_sequences")
    if is_sequence(stops):
        said["stop_sequences"] = ",".join(map(str, stops))


def usage_of(prediction: JSONObject) -> CompletionUsage | None:
    """Return the tokens of a prediction, where the model counts them."""
    metrics = members(prediction.get("metrics"))
    counts = [number_of(metrics.get(name)) for name in ("input_token_count", "output_token_count")]
    if None in counts:
        return None
    prompt, made = (int(count or 0) for count in counts)
    return CompletionUsage(prompt_tokens=prompt, completion_tokens=made, total_tokens=prompt + made)


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion,
    decode=decode_text_completion,
    stream=TextStream,
    fold=TextCompletionFold,
    framing="sse",
    follow_up=follow_output,
)
"""The operation `text_completion`."""
