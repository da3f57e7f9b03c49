"""Generated text in the shape of Hugging Face's servers, which others host too: TGI, and what imitates it.

https://huggingface.github.io/text-generation-inference
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from any_llm.exceptions import AnyLLMError, InvalidRequestError, MalformedResponseError, StreamTruncatedError
from any_llm.types.compatible import object_of
from any_llm.types.completion import CompletionUsage
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_object
from any_llm.types.report import Warning as CallWarning
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice

_NAMES: Mapping[str, str] = {
    "best_of": "best_of",
    "echo": "return_full_text",
    "frequency_penalty": "frequency_penalty",
    "max_tokens": "max_new_tokens",
    "seed": "seed",
    "stop": "stop",
    "temperature": "temperature",
    "top_p": "top_p",
}
_INEXPRESSIBLE: Mapping[str, str] = {
    "logit_bias": "the server does not weigh tokens",
    "logprobs": "say `details`",
    "min_tokens": "the server has no least number of tokens",
    "presence_penalty": "say `repetition_penalty`",
    "suffix": "the server fills no gaps",
    "user": "the server does not ask who the user is",
}
_PARAMETERS = frozenset({
    "adapter_id", "decoder_input_details", "details", "do_sample", "grammar", "max_length", "max_new_tokens",
    "max_time", "num_return_sequences", "repetition_penalty", "return_full_text", "top_k", "top_n_tokens",
    "truncate", "typical_p",
    "watermark",
})  # fmt: skip
"""Parameters of the servers themselves, which may be said as they are."""

_NOT_SENT = frozenset({"n", "parameters", "prompt", "stream", "stream_options", *_NAMES, *_INEXPRESSIBLE, *_PARAMETERS})
_FINISH_REASONS: Mapping[str, str] = {"eos_token": "stop", "stop_sequence": "stop"}


def encode_generation(options: Mapping[str, JSON], warnings: list[CallWarning]) -> JSONObject:
    """Return the body of a request; `parameters`, and members that are not OpenAI's, are taken as they are.

    Raises:
        InvalidRequestError: several prompts, of which a server takes one in a call.
    """
    given: JSON = options["prompt"]
    prompts = [given] if isinstance(given, str) else list(given)
    if len(prompts) != 1:
        raise InvalidRequestError(
            f"The server takes one prompt in a call, not {len(prompts)}; call it once for each", param="prompt"
        )
    body: JSONObject = {"inputs": prompts[0]}
    body |= {name: value for name, value in options.items() if name not in _NOT_SENT and value is not None}
    own: JSON = options.get("parameters")
    parameters: JSONObject = dict(own) if is_mapping(own) else {}
    for name in (*_NAMES, *sorted(_PARAMETERS)):
        value: JSON = options.get(name)
        if value is not None:
            listed = name == "stop" and isinstance(value, str)
            parameters[_NAMES.get(name, name)] = [value] if listed else value
    if parameters:
        body["parameters"] = parameters
    warnings += [CallWarning("dropped", name, why) for name, why in _INEXPRESSIBLE.items() if options.get(name)]
    if options.get("n") not in (None, 1):
        warnings.append(CallWarning("dropped", "n", "one text is given; call it several times"))
    return body


def read_generation(tree: JSON, model: str) -> TextCompletion | None:
    """Return the texts in a parsed answer, one or a list of them; `None` where there is none."""
    items = tree if is_list(tree) else [tree]
    texts = [item for item in items if is_object(item) and isinstance(item.get("generated_text"), str)]
    if not texts or len(texts) < len(items):
        return None
    details = [_details(item) for item in texts]
    return TextCompletion(
        model=model,
        choices=[_choice(index, item, detail) for index, (item, detail) in enumerate(zip(texts, details, strict=True))],
        usage=_usage(details),
    )


def _details(item: JSONObject) -> JSONObject:
    details: JSON = item.get("details")
    return details if is_object(details) else {}


def _choice(index: int, item: JSONObject, details: JSONObject) -> TextCompletionChoice:
    choice = TextCompletionChoice(index=index, text=item["generated_text"], finish_reason=_reason(details))
    for name, value in item.items():
        if name != "generated_text" and value is not None:
            setattr(choice, name, value)
    return choice


def _reason(details: JSONObject) -> str | None:
    reason: JSON = details.get("finish_reason")
    return _FINISH_REASONS.get(reason, reason) if isinstance(reason, str) else None


def _usage(details: Sequence[JSONObject]) -> CompletionUsage | None:
    """Return the token counts, if every text has them; the prompt's are told by its tokens, or by their number."""
    written = [detail.get("generated_tokens") for detail in details]
    if not all(isinstance(count, int) for count in written):
        return None
    first: JSON = details[0].get("input_length")
    prefill: JSON = details[0].get("prefill")
    read = first if isinstance(first, int) else len(prefill) if is_list(prefill) else 0
    total = sum(count for count in written if isinstance(count, int))
    return CompletionUsage(prompt_tokens=read, completion_tokens=total, total_tokens=read + total)


class GenerationReader:
    """Reads the pieces of a streamed text, each a token; the last one says the whole text again."""

    def __init__(self, model: str, refuse: Callable[[Mapping[str, JSON]], AnyLLMError]) -> None:
        self.complete = False
        self._model = model
        self._refuse = refuse

    def feed(self, data: bytes) -> Sequence[TextCompletion]:
        """Read one piece.

        Raises:
            AnyLLMError: what `refuse` makes of a piece that is an error.
            MalformedResponseError: the piece is no token.
        """
        if self.complete or not data.strip():
            return ()
        event = object_of(data)
        if event.get("error") is not None:
            raise self._refuse(event)
        token: JSON = event.get("token")
        whole: JSON = event.get("generated_text")
        if not is_object(token) and not isinstance(whole, str):
            raise MalformedResponseError(f"a piece of the stream is no token; it has {sorted(event)}")
        said = is_object(token) and not token.get("special") and isinstance(token.get("text"), str)
        text: str = token["text"] if said else ""
        details = _details(event)
        self.complete = isinstance(whole, str)
        choice = TextCompletionChoice(text=text, finish_reason=_reason(details))
        if is_object(token):
            setattr(choice, "token", token)  # noqa: B010  # the vendor's name, which no field has
        return (TextCompletion(model=self._model, choices=[choice], usage=_usage([details]) if details else None),)

    def finish(self) -> Sequence[TextCompletion]:
        """Make sure that the stream was complete.

        Raises:
            StreamTruncatedError: it was not.
        """
        if not self.complete:
            raise StreamTruncatedError("The stream ended before the whole text was said")
        return ()
