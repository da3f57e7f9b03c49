"""Text that goes on where a prompt ends, or fills the gap before a suffix: https://docs.ollama.com/api/generate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.ollama.errors import error_from
from any_llm.dialects.ollama.options import split_options
from any_llm.dialects.ollama.wire import DURATIONS, completion_usage, finish_reason, path, read_answer, seconds, text_of
from any_llm.exceptions import InvalidRequestError, StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping
from any_llm.types.report import Warning as CallWarning
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice

_INEXPRESSIBLE: Mapping[str, str] = {
    "best_of": "Ollama gives one answer",
    "echo": "the answer is what follows the prompt",
    "logit_bias": "Ollama does not weigh tokens",
    "n": "Ollama gives one answer; call it several times",
    "stream_options": "the end of a stream tells the usage",
    "user": "Ollama does not ask who its user is",
}
_SILENT = frozenset({"stream_options"})
_ONE = frozenset({"best_of", "n"})
_READ = frozenset(
    {"model", "created_at", "response", "done", "done_reason", "logprobs", "prompt_eval_count", "eval_count"}
) | frozenset(DURATIONS)


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; settings of the model's run go into `options`, all else (`system`, `raw`, …) is sent as it is.

    Raises:
        InvalidRequestError: several prompts are given.
    """
    rest, settings = split_options(
        {name: value for name, value in options.items() if name not in _INEXPRESSIBLE and name != "logprobs"}
    )
    prompt: JSON = rest.pop("prompt", "")
    if is_list(prompt) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise InvalidRequestError(f"prompt is {prompt!r:.100}; Ollama takes one text", param="prompt")
    # A server that is not told streams.
    body: JSONObject = {"model": target.model, "prompt": prompt, **rest, "stream": bool(options.get("stream"))}
    if settings:
        body["options"] = settings
    wanted: JSON = options.get("logprobs")
    if wanted is not None:
        # The legacy operation says how many of the likeliest tokens are told; Ollama asks whether, and how many.
        body["logprobs"] = wanted is not False
        if isinstance(wanted, int) and not isinstance(wanted, bool) and wanted:
            body["top_logprobs"] = wanted
    return Encoded(path(target, "/generate"), msgspec.json.encode(body), warnings=_warnings(options))


def _warnings(options: Options) -> tuple[CallWarning, ...]:
    said = {name: value for name, value in options.items() if name in _INEXPRESSIBLE and name not in _SILENT}
    return tuple(
        CallWarning("dropped", name, _INEXPRESSIBLE[name])
        for name, value in said.items()
        if value not in (None, False, {}) and not (name in _ONE and value == 1)
    )


def decode_text_completion(target: Target, response: HttpResponse) -> TextCompletion:
    """Decode a whole answer; what it tells beyond OpenAI's shape (`context`, `thinking`) stays readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no text.
    """
    answer = read_answer(response, "response")
    completion = _completion(target.model, answer)
    completion.choices[0].finish_reason = finish_reason(answer.get("done_reason"), calling=False)
    completion.usage = completion_usage(answer)
    return completion


class TextStream:
    """Turns lines into chunks, of which the last has the finish reason and the usage."""

    def __init__(self, target: Target, _options: Options) -> None:
        self._model = target.model
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[TextCompletion]:
        """Decode one line.

        Raises:
            AnyLLMError: the line is an error.
        """
        if self.complete:
            return ()
        line: JSONObject = msgspec.json.decode(frame.data)
        if line.get("error"):
            raise error_from(line, 200)
        chunk = _completion(self._model, line)
        self._model = chunk.model
        if line.get("done"):
            self.complete = True
            chunk.choices[0].finish_reason = finish_reason(line.get("done_reason"), calling=False)
            chunk.usage = completion_usage(line)
        return (chunk,)

    def finish(self) -> Sequence[TextCompletion]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the server had not said that the answer was complete.
        """
        if not self.complete:
            raise StreamTruncatedError("the stream ended before the answer was complete")
        return ()


class TextFold:
    """Adds up the chunks of a streamed answer, also what they tell beyond OpenAI's shape."""

    def __init__(self) -> None:
        self._last = TextCompletion()
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._logprobs: list[JSON] = []
        self._told: JSONObject = {}

    def add(self, item: TextCompletion) -> None:
        """Take one chunk into account."""
        self._last = item
        for choice in item.choices:
            self._texts.append(choice.text)
            self._logprobs += (choice.logprobs or {}).get("content") or ()
        told = item.model_extra
        self._thoughts.append(told.pop("thinking", None) or "")
        self._told.update(told)

    def result(self) -> TextCompletion:
        """Return the text so far."""
        last, thought = self._last, "".join(self._thoughts)
        ended = last.choices[0].finish_reason if last.choices else None
        choice = TextCompletionChoice(
            text="".join(self._texts), finish_reason=ended, logprobs=_legacy_logprobs(self._logprobs)
        )
        whole = TextCompletion(created=last.created, model=last.model, choices=[choice], usage=last.usage)
        vars(whole).update(self._told | ({"thinking": thought} if thought else {}))
        return whole


def _completion(model: str, said: JSONObject) -> TextCompletion:
    choice = TextCompletionChoice(text=text_of(said, "response"), logprobs=_legacy_logprobs(said.get("logprobs")))
    completion = TextCompletion(
        created=seconds(said.get("created_at")), model=text_of(said, "model") or model, choices=[choice]
    )
    vars(completion).update({name: value for name, value in said.items() if name not in _READ})
    return completion


def _legacy_logprobs(items: JSON) -> JSONObject | None:
    """Return log probabilities in the shape of OpenAI's text completions; the items stay beside it as they came."""
    if not is_list(items) or not items:
        return None
    told: list[Mapping[str, JSON]] = [item for item in items if is_mapping(item)]
    return {
        "tokens": [item.get("token") for item in told],
        "token_logprobs": [item.get("logprob") for item in told],
        "top_logprobs": [
            {other.get("token"): other.get("logprob") for other in item.get("top_logprobs") or ()} for item in told
        ],
        "content": items,
    }


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion, stream=TextStream, fold=TextFold
)
"""The operation `text_completion`."""
