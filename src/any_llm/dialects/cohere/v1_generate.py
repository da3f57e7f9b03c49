"""Text that goes on where a prompt ends, in Cohere's former format: https://docs.cohere.com/v1/reference/generate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.cohere.errors import error_from
from any_llm.dialects.cohere.wire import completion_usage, failure_of, finish_reason, path, read_answer, text_of
from any_llm.exceptions import InvalidRequestError, StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.report import Warning as CallWarning
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice, TextCompletionFold

_RENAMED: Mapping[str, str] = {"n": "num_generations", "stop": "stop_sequences", "top_k": "k", "top_p": "p"}
_INEXPRESSIBLE = frozenset(
    {"best_of", "echo", "logit_bias", "logprobs", "min_tokens", "stream_options", "suffix", "user"}
)
_READ = frozenset({"id", "generations", "meta"})


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request.

    Raises:
        InvalidRequestError: several prompts are given.
    """
    prompt: JSON = options["prompt"]
    if is_list(prompt) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise InvalidRequestError(f"prompt is {prompt!r:.100}; the Generate API takes one text", param="prompt")
    body: JSONObject = {"model": target.model} | {
        _RENAMED.get(name, name): value for name, value in options.items() if name not in _INEXPRESSIBLE
    }
    body["prompt"] = prompt
    if isinstance(body.get("stop_sequences"), str):
        body["stop_sequences"] = [body["stop_sequences"]]
    detail = "the Generate API has no such parameter"
    warnings = tuple(CallWarning("dropped", name, detail) for name in options if name in _INEXPRESSIBLE)
    return Encoded(path(target, "/generate", version="v1"), msgspec.json.encode(body), warnings=warnings)


def decode_text_completion(target: Target, response: HttpResponse) -> TextCompletion:
    """Decode a whole answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status, or says that it broke off.
        MalformedResponseError: the answer has no generations.
    """
    return _completion(target, read_answer(response, "generations"))


def _completion(target: Target, answer: JSONObject) -> TextCompletion:
    meta: JSONObject = answer.get("meta") or {}
    counted = {name: value for name, value in meta.items() if name in {"billed_units", "tokens"}}
    completion = TextCompletion(
        id=text_of(answer, "id"),
        model=target.model,
        choices=[_choice(index, held) for index, held in enumerate(answer.get("generations") or ())],
        usage=completion_usage(counted) if counted else None,
    )
    vars(completion).update({name: value for name, value in answer.items() if name not in _READ})
    return completion


def _choice(index: int, held: JSONObject) -> TextCompletionChoice:
    reason: JSON = held.get("finish_reason")
    failure = failure_of(reason, held.get("error"))
    if failure is not None:
        raise failure
    return TextCompletionChoice(
        index=held.get("index") or index, text=text_of(held, "text"), finish_reason=finish_reason(reason, calling=False)
    )


class GenerateStream:
    """Turns lines into chunks; a stream is `complete` with the one that says that it is finished."""

    def __init__(self, target: Target, _options: Options) -> None:
        self.complete = False
        self._target = target

    def feed(self, frame: Frame) -> Sequence[TextCompletion]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error, or says that the model broke off its answer.
        """
        event: JSON = msgspec.json.decode(frame.data)
        if not is_object(event) or "event_type" not in event:
            raise error_from(event, 200)
        if event["event_type"] == "text-generation":
            choice = TextCompletionChoice(index=event.get("index") or 0, text=text_of(event, "text"))
            return (TextCompletion(model=self._target.model, choices=[choice]),)
        if not event.get("is_finished"):
            return ()
        failure = failure_of(event.get("finish_reason"), event.get("err"))
        if failure is not None:
            raise failure
        self.complete = True
        last = _completion(self._target, event.get("response") or {})
        for choice in last.choices:
            # The pieces have said it.
            choice.text = ""
        return (last,)

    def finish(self) -> Sequence[TextCompletion]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the text was complete.
        """
        if not self.complete:
            raise StreamTruncatedError("the stream ended before the text was complete")
        return ()


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion,
    decode=decode_text_completion,
    stream=GenerateStream,
    fold=TextCompletionFold,
    framing="json_lines",
)
"""The operation `text_completion`."""
