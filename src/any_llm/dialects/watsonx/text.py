"""Text that goes on where a prompt ends: https://cloud.ibm.com/apidocs/watsonx-ai#text-generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.dialects.watsonx.chat import seconds
from any_llm.dialects.watsonx.errors import error_from
from any_llm.dialects.watsonx.wire import body_for, dropped, encode, path, read_answer, refuse
from any_llm.exceptions import InvalidRequestError, StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.compatible import object_of
from any_llm.types.completion import CompletionUsage
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_object
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice, TextCompletionFold

_NAMES: Mapping[str, str] = {
    "max_tokens": "max_new_tokens",
    "min_tokens": "min_new_tokens",
    "seed": "random_seed",
    "temperature": "temperature",
    "top_p": "top_p",
}
_INEXPRESSIBLE: Mapping[str, str] = {
    "best_of": "the API gives one text",
    "echo": "say `return_options`",
    "frequency_penalty": "say `repetition_penalty`",
    "logit_bias": "the API does not weigh tokens",
    "logprobs": "say `return_options`",
    "presence_penalty": "say `repetition_penalty`",
    "suffix": "the API fills no gaps",
    "user": "the API does not ask who the user is",
}
_PARAMETERS = frozenset({
    "decoding_method", "include_stop_sequence", "length_penalty", "repetition_penalty", "return_options", "time_limit",
    "top_k", "truncate_input_tokens",
})  # fmt: skip
"""The API's own parameters, which stand beside those that OpenAI has too."""

_SENT_OTHERWISE = frozenset({"n", "parameters", "prompt", "stop", "stream", "stream_options"})
_SAMPLED = frozenset({"seed", "temperature", "top_p"})
_FINISH_REASONS: Mapping[str, str] = {
    "cancelled": "stop",
    "eos_token": "stop",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "time_limit": "length",
    "token_limit": "length",
}
_OPEN = "not_finished"


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; `parameters`, and members of a body that are not OpenAI's, are sent as they are.

    Raises:
        InvalidRequestError: several prompts, of which the API takes one in a call.
    """
    given = options["prompt"]
    prompts = [given] if isinstance(given, str) else list(given)
    if len(prompts) != 1:
        raise InvalidRequestError(
            f"watsonx.ai takes one prompt in a call, not {len(prompts)}; call it once for each", param="prompt"
        )
    reasons = dict(_INEXPRESSIBLE)
    if options.get("n") not in (None, 1):
        reasons["n"] = "the API gives one text; call it several times"
    warnings = dropped(options, reasons)
    body = {**body_for(target, options), "input": prompts[0]}
    known = {*_NAMES, *_INEXPRESSIBLE, *_PARAMETERS, *_SENT_OTHERWISE}
    body |= {name: value for name, value in options.items() if name not in known and value is not None}
    parameters = _parameters(options)
    if parameters:
        body["parameters"] = parameters
    route = "/text/generation_stream" if options.get("stream") else "/text/generation"
    return Encoded(path(target, route), encode(body), warnings=tuple(warnings))


def _parameters(options: Options) -> JSONObject:
    own: JSON = options.get("parameters")
    said: JSONObject = dict(own) if is_mapping(own) else {}
    names = {**_NAMES, **{name: name for name in _PARAMETERS}}
    said |= {theirs: options[name] for name, theirs in names.items() if options.get(name) is not None}
    stop = options.get("stop")
    if stop is not None:
        said["stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
    if any(options.get(name) is not None for name in _SAMPLED):
        # By default the likeliest token is taken, and these would be ignored.
        said.setdefault("decoding_method", "sample")
    return said


def decode_text_completion(target: Target, response: HttpResponse) -> TextCompletion:
    """Decode an answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no results.
    """
    return _completion(target, read_answer(response, "results"))


def _completion(target: Target, answer: JSONObject) -> TextCompletion:
    listed: JSON = answer.get("results")
    results = [result for result in listed if is_object(result)] if is_list(listed) else []
    completion = TextCompletion(
        created=seconds(answer.get("created_at")),
        model=str(answer.get("model_id") or target.model),
        choices=[_choice(index, result) for index, result in enumerate(results)],
        usage=_usage(results),
    )
    for name in ("system", "created_at", "model_version"):
        if answer.get(name):
            setattr(completion, name, answer[name])
    return completion


def _choice(index: int, result: JSONObject) -> TextCompletionChoice:
    reason: JSON = result.get("stop_reason")
    ended = isinstance(reason, str) and reason != _OPEN
    text: JSON = result.get("generated_text")
    choice = TextCompletionChoice(
        index=index,
        text=text if isinstance(text, str) else "",
        finish_reason=_FINISH_REASONS.get(reason, reason) if ended else None,
    )
    for name in ("generated_tokens", "input_tokens", "moderations", "seed", "stop_sequence"):
        if result.get(name):
            setattr(choice, name, result[name])
    return choice


def _usage(results: Sequence[JSONObject]) -> CompletionUsage | None:
    counts = [[result.get(name) for result in results] for name in ("input_token_count", "generated_token_count")]
    read, written = (sum(count for count in column if isinstance(count, int)) for column in counts)
    told = any(isinstance(count, int) for column in counts for count in column)
    usage = CompletionUsage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)
    return usage if told else None


class TextStream:
    """Turns frames into chunks; each tells how many tokens there are by then."""

    def __init__(self, target: Target, _options: Options) -> None:
        self.complete = False
        self._target = target
        self._ended = False
        self._read = 0

    def feed(self, frame: Frame) -> Sequence[TextCompletion]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        if not frame.data.strip() or frame.event == "close":
            return ()
        event = object_of(frame.data)
        if frame.event == "error":
            raise error_from(event, 200)
        if event.get("results") is None:
            raise refuse(event)
        chunk = _completion(self._target, event)
        self._ended = self._ended or any(choice.finish_reason for choice in chunk.choices)
        self._count(chunk)
        return (chunk,)

    def _count(self, chunk: TextCompletion) -> None:
        """Keep the count of the prompt, which the first event alone tells."""
        usage = chunk.usage
        if usage is None:
            return
        self._read = usage.prompt_tokens = usage.prompt_tokens or self._read
        usage.total_tokens = usage.prompt_tokens + usage.completion_tokens

    def finish(self) -> Sequence[TextCompletion]:
        """Make sure that the stream was complete.

        Raises:
            StreamTruncatedError: it was not.
        """
        if not self._ended:
            raise StreamTruncatedError("The stream ended before the provider said why the model stopped")
        return ()


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion, stream=TextStream, fold=TextCompletionFold
)
"""The operation `text_completion`."""
