"""Text that fills the gap between a prompt and a suffix: https://docs.mistral.ai/api/endpoint/fim."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.dialects.mistral.wire import FINISH_REASONS, read_event, read_object, split, usage_of
from any_llm.exceptions import InvalidRequestError, StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice, TextCompletionFold
from any_llm.types.value import revive

_RENAMED: Mapping[str, str] = {"seed": "random_seed"}
_INEXPRESSIBLE: Mapping[str, str] = dict.fromkeys(
    (
        "best_of", "echo", "frequency_penalty", "logit_bias", "logprobs", "n", "presence_penalty", "stream_options",
        "user",
    ),
    "the FIM API has no such parameter",
)  # fmt: skip


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request.

    Raises:
        InvalidRequestError: several prompts are given.
    """
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    prompt = said["prompt"]
    if is_list(prompt) and len(prompt) == 1:
        said["prompt"] = prompt[0]
    elif not isinstance(prompt, str):
        raise InvalidRequestError(f"prompt is {prompt!r:.100}; the FIM API takes one text", param="prompt")
    body = {"model": target.model, **said}
    return Encoded("/fim/completions", msgspec.json.encode(body), warnings=tuple(warnings))


def decode_text_completion(_target: Target, response: HttpResponse) -> TextCompletion:
    """Decode a whole answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no choices.
    """
    return _completion(read_object(response, "choices"), _whole)


class TextStream:
    """Turns frames into chunks; a stream is `complete` with `[DONE]`, or when its text has a finish reason."""

    def __init__(self, _target: Target, _options: Options) -> None:
        self.complete = False
        self._finished = False

    def feed(self, frame: Frame) -> Sequence[TextCompletion]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error, or cannot be understood.
        """
        tree = read_event(frame)
        if tree is None:
            self.complete = True
            return ()
        chunk = _completion(tree, _piece)
        self._finished = self._finished or any(choice.finish_reason for choice in chunk.choices)
        return (chunk,)

    def finish(self) -> Sequence[TextCompletion]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the text had not come to its end.
        """
        if not (self.complete or self._finished):
            raise StreamTruncatedError("The stream ended before the text was complete")
        return ()


def _completion(tree: JSONObject, said: Callable[[JSONObject], JSON]) -> TextCompletion:
    """Return an answer or a chunk in the shape of text completions; on the wire it is one of a chat."""
    choices = [_choice(choice, said) for choice in tree.get("choices") or ()]
    kept = {name: value for name, value in tree.items() if name not in {"choices", "object", "usage"}}
    completion = revive(TextCompletion, kept)
    completion.choices, completion.usage = choices, usage_of(tree.get("usage"))
    return completion


def _choice(choice: JSONObject, said: Callable[[JSONObject], JSON]) -> TextCompletionChoice:
    reason: JSON = choice.get("finish_reason")
    message = said(choice)
    content: JSON = message.get("content") if is_object(message) else None
    texts = [part.get("text") or "" for part in content] if is_list(content) else [content or ""]
    return TextCompletionChoice(
        index=choice.get("index") or 0,
        text="".join(texts),
        finish_reason=FINISH_REASONS.get(reason, reason) if reason else None,
    )


def _whole(choice: JSONObject) -> JSON:
    return choice.get("message")


def _piece(choice: JSONObject) -> JSON:
    return choice.get("delta")


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion, stream=TextStream, fold=TextCompletionFold
)
"""The operation `text_completion`."""
