"""Text that goes on where a prompt ends, by InvokeModel, whose bodies are the models' own."""

from __future__ import annotations

from collections.abc import Sequence

from any_llm.dialects.bedrock.invoke import REQUEST_ID, header_usage, inner_object, invoke, metrics_usage
from any_llm.dialects.bedrock.prompts import PromptForm, form_of
from any_llm.dialects.bedrock.texts import MEMBERS, READ, choices_of, usage_in
from any_llm.dialects.bedrock.wire import decode_object, text_of
from any_llm.exceptions import InvalidRequestError, StreamTruncatedError
from any_llm.schemas.shapes import is_mapping
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.text_completion import TextCompletion, TextCompletionFold

_OPENAI = frozenset({
    "best_of", "echo", "frequency_penalty", "logit_bias", "logprobs", "max_tokens", "min_tokens", "n",
    "presence_penalty", "seed", "stop", "stream_options", "suffix", "temperature", "top_p", "user",
})  # fmt: skip
_HUMAN, _ASSISTANT = "\n\nHuman:", "\n\nAssistant:"


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request in the words of the model's family; parameters that are not OpenAI's are sent as they are.

    A model that takes only messages is given the prompt as one, with a warning.

    Raises:
        InvalidRequestError: several prompts, of which a model takes one in a call.
    """
    form = form_of(target.model)
    warnings: list[CallWarning] = []
    body: JSONObject = dict(form.fixed)
    body[form.prompt] = _prompt(form, options["prompt"], warnings)
    more = {name: value for name, value in options.items() if name not in _OPENAI and name not in {"prompt", "stream"}}
    said = _parameters(form, options, warnings)
    if form.inside:
        own: JSON = more.pop(form.inside, None)
        said |= own if is_mapping(own) else {}
        body |= {form.inside: said} if said else {}
    else:
        body |= said
    streamed = bool(options.get("stream"))
    if streamed and form.told:
        body["stream"] = True
    return invoke(target, {**body, **more}, warnings, streamed=streamed)


def _prompt(form: PromptForm, given: JSON, warnings: list[CallWarning]) -> JSON:
    prompts = [given] if isinstance(given, str) else list(given)
    if len(prompts) != 1:
        raise InvalidRequestError(
            f"A model on Bedrock takes one prompt in a call, not {len(prompts)}; call it once for each", param="prompt"
        )
    prompt: str = prompts[0]
    if form.spoken and _HUMAN not in prompt:
        warnings.append(CallWarning("emulated", "prompt", "the model takes a dialogue; it was said as its first turn"))
        return f"{_HUMAN} {prompt}{_ASSISTANT}"
    if not form.turn:
        return prompt
    warnings.append(CallWarning("emulated", "prompt", "the model takes messages; it was sent as one"))
    return [{"role": "user", "content": [{"text": prompt}] if form.turn == "parts" else prompt}]


def _parameters(form: PromptForm, options: Options, warnings: list[CallWarning]) -> JSONObject:
    said: JSONObject = {}
    for name in sorted(_OPENAI & options.keys()):
        value: JSON = options[name]
        theirs = form.names.get(name)
        if value is None or (name == "n" and value == 1 and theirs is None):
            continue
        if theirs is None:
            if name != "stream_options":
                warnings.append(CallWarning("dropped", name, "the model has no such parameter"))
            continue
        said[theirs] = _stops(value) if name == "stop" else _scaled(value) if name in form.scaled else value
    if form.limit and "max_tokens" in form.names and form.names["max_tokens"] not in {*said, *options}:
        said[form.names["max_tokens"]] = form.limit
        detail = f"the model demands a limit, and {form.limit} was sent"
        warnings.append(CallWarning("emulated", "max_tokens", detail))
    return said


def _stops(value: JSON) -> JSON:
    return [value] if isinstance(value, str) else list(value)


def _scaled(value: JSON) -> JSON:
    return value if is_mapping(value) else {"scale": value}


def decode_text_completion(target: Target, response: HttpResponse) -> TextCompletion:
    """Decode an answer of any family; what it says beyond the texts are members of the completion.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no text where a family of models has it.
    """
    answer = decode_object(response, *sorted(MEMBERS))
    given: JSON = answer.get("id") or answer.get("generation_id")
    completion = TextCompletion(
        id=str(given) if given else response.headers.get(REQUEST_ID, ""),
        model=target.model,
        choices=choices_of(answer) or [],
        usage=header_usage(response) or usage_in(answer),
    )
    _keep(completion, answer)
    return completion


def _keep(completion: TextCompletion, answer: JSONObject) -> None:
    """Keep what an answer says beyond its texts, under the names of its model."""
    for name, value in answer.items():
        if name not in MEMBERS and name not in READ and value is not None:
            setattr(completion, name, value)


class TextStream:
    """Turns frames into chunks; a stream is `complete` with the chunk that has the metrics of the call."""

    def __init__(self, target: Target, _options: Options) -> None:
        self.complete = False
        self._model = target.model
        self._ended = False
        self._id = ""

    def feed(self, frame: Frame) -> Sequence[TextCompletion]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        if self.complete:
            return ()
        piece = inner_object(frame)
        choices = choices_of(piece) or []
        usage = metrics_usage(piece)
        self._ended = self._ended or any(choice.finish_reason for choice in choices)
        self.complete = usage is not None
        self._id = self._id or text_of(piece, "id") or text_of(piece, "generation_id")
        if not choices and usage is None:
            return ()
        return (TextCompletion(id=self._id, model=self._model, choices=choices, usage=usage),)

    def finish(self) -> Sequence[TextCompletion]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        if not (self.complete or self._ended):
            raise StreamTruncatedError("The stream ended before the provider said why the model stopped")
        return ()


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion, stream=TextStream, fold=TextCompletionFold
)
"""The operation `text_completion`."""
