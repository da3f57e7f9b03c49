"""Text completions, OpenAI's legacy operation, which servers of one's own and open models keep.

https://platform.openai.com/docs/api-reference/completions
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import refuse
from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.places import place
from any_llm.dialects.openai.wire import settle_finish, settle_usage, unsaid_finish
from any_llm.exceptions import StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.text_completion import TextCompletion, TextCompletionFold
from any_llm.types.value import decode

_DONE = b"[DONE]"


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    provider = target.provider
    body: JSONObject = {"model": target.model, **options}
    if options.get("stream") and provider.stream_usage and "stream_options" not in options:
        body["stream_options"] = {"include_usage": True}
    warnings = adapt(body, provider, Operation.TEXT_COMPLETION)
    path = place(target, Operation.TEXT_COMPLETION, "/completions")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def decode_text_completion(_target: Target, response: HttpResponse) -> TextCompletion:
    """Decode a whole answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no choices.
    """
    answer = decode(TextCompletion, response.body)
    if not answer.choices:
        refuse(answer, response, ("choices",))
    _settle(answer, response.body)
    for choice in answer.choices:
        choice.finish_reason = choice.finish_reason or unsaid_finish(calling=False)
    return answer


class TextCompletionStream:
    """Turns frames into chunks; it is complete at `[DONE]`, or when every text in it has a finish reason."""

    def __init__(self, _target: Target, _options: Options) -> None:
        self.complete = False
        self._open: dict[int, bool] = {}

    def feed(self, frame: Frame) -> Sequence[TextCompletion]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
        """
        data = frame.data
        if data.startswith(_DONE):
            self.complete = True
            return ()
        chunk = decode(TextCompletion, data)
        extra = chunk.model_extra
        if frame.event == "error" or extra.get("error"):
            raise error_from(extra, 200)
        _settle(chunk, data)
        for choice in chunk.choices:
            self._open[choice.index] = choice.finish_reason is None and self._open.get(choice.index, True)
        return (chunk,)

    def finish(self) -> Sequence[TextCompletion]:
        """Make sure that the stream was complete.

        Raises:
            StreamTruncatedError: it was not.
        """
        if not self.complete and (not self._open or any(self._open.values())):
            early = "before the text was complete" if self._open else "before it began"
            raise StreamTruncatedError(f"The stream ended {early}; what arrived is not the whole text")
        return ()


def _settle(answer: TextCompletion, raw: bytes) -> None:
    """Bring an answer into the shape that OpenAI's own have, where a server leaves something out or sends null."""
    for choice in answer.choices:
        choice.finish_reason = settle_finish(choice.finish_reason)
        text: JSON = choice.text
        choice.text = text or ""
    if answer.usage is not None:
        settle_usage(answer.usage, raw)


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion, stream=TextCompletionStream, fold=TextCompletionFold
)
"""The operation `text_completion`."""
