"""Text that goes on where a prompt ends, in Anthropic's former format.

https://platform.claude.com/docs/en/api/completions/create
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.anthropic.chat_parts import invalid
from any_llm.dialects.anthropic.errors import error_from
from any_llm.dialects.anthropic.wire import headers, path, read_object
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.schemas.shapes import is_list, is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice, TextCompletionFold

_LIMIT = 2_048
_HUMAN, _ASSISTANT = "\n\nHuman:", "\n\nAssistant:"
_RENAMED: Mapping[str, str] = {"max_tokens": "max_tokens_to_sample", "stop": "stop_sequences"}
_INEXPRESSIBLE = frozenset(
    {
        "best_of", "echo", "frequency_penalty", "logit_bias", "logprobs", "min_tokens", "n", "presence_penalty",
        "seed", "stream_options", "suffix",
    }
)  # fmt: skip
"""OpenAI's parameters for which the API has no words."""

_FINISH_REASONS: Mapping[str, str] = {"stop_sequence": "stop", "max_tokens": "length"}
_READ = frozenset({"type", "id", "completion", "stop_reason", "model"})


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request.

    The API goes on with what an assistant says: a prompt that is no such conversation is made the first word of one,
    and the limit that it demands is 2,048 where none is said; both with a warning.

    Raises:
        InvalidMessageError: several prompts are given.
    """
    detail = "the Text Completions API has no such parameter"
    warnings = [CallWarning("dropped", name, detail) for name in options if name in _INEXPRESSIBLE]
    body: JSONObject = {"model": target.model, "prompt": _prompt(options["prompt"], warnings)}
    for name, value in options.items():
        if name not in _INEXPRESSIBLE and name not in {"betas", "prompt", "user"}:
            body[_RENAMED.get(name, name)] = value
    if isinstance(body.get("stop_sequences"), str):
        body["stop_sequences"] = [body["stop_sequences"]]
    if options.get("user"):
        body["metadata"] = {"user_id": options["user"]}
    if "max_tokens_to_sample" not in body:
        body["max_tokens_to_sample"] = _LIMIT
        warnings.append(CallWarning("emulated", "max_tokens", f"the API demands a limit; {_LIMIT} is the default here"))
    encoded = msgspec.json.encode(body)
    return Encoded(path(target, "/complete"), encoded, headers(options.get("betas")), tuple(warnings))


def _prompt(prompt: JSON, warnings: list[CallWarning]) -> str:
    if is_list(prompt) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise invalid("prompt", f"one text is needed, found {prompt!r:.100}")
    if _ASSISTANT in prompt:
        return prompt
    warnings.append(CallWarning("emulated", "prompt", "it was made a question, which the assistant answers"))
    return f"{_HUMAN} {prompt}{_ASSISTANT}"


def decode_text_completion(_target: Target, response: HttpResponse) -> TextCompletion:
    """Decode a whole answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no completion.
    """
    return _completion(read_object(response, "completion"))


def _completion(tree: JSONObject) -> TextCompletion:
    reason: JSON = tree.get("stop_reason")
    text: JSON = tree.get("completion")
    if not isinstance(text, str | None):
        raise MalformedResponseError(f"'completion' is {text!r:.100}, not a text")
    choice = TextCompletionChoice(
        text=text or "", finish_reason=_FINISH_REASONS.get(reason, reason) if reason else None
    )
    completion = TextCompletion(id=str(tree.get("id") or ""), model=str(tree.get("model") or ""), choices=[choice])
    vars(completion).update({name: value for name, value in tree.items() if name not in _READ})
    return completion


class TextStream:
    """Turns frames into chunks; a stream is `complete` with the chunk that tells why it stopped."""

    def __init__(self, _target: Target, _options: Options) -> None:
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[TextCompletion]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
        """
        tree: JSON = msgspec.json.decode(frame.data)
        if not is_object(tree):
            raise MalformedResponseError(f"an event of the stream is {type(tree).__name__}, not an object")
        kind = tree.get("type") or frame.event
        if kind == "error" or "error" in tree:
            raise error_from(tree, 200)
        if self.complete or "completion" not in tree:
            return ()
        self.complete = bool(tree.get("stop_reason"))
        return (_completion(tree),)

    def finish(self) -> Sequence[TextCompletion]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        if not self.complete:
            raise StreamTruncatedError("The completion ended without its stop_reason")
        return ()


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion, stream=TextStream, fold=TextCompletionFold
)
"""The operation `text_completion`."""
