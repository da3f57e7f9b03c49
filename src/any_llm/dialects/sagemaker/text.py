"""Text that goes on where a prompt ends, by endpoints that take Hugging Face's `inputs` and `parameters`.

https://docs.aws.amazon.com/sagemaker/latest/dg/jumpstart-foundation-models-use-python-sdk-estimator-class.html
"""

from __future__ import annotations

from collections.abc import Sequence

from any_llm.dialects.sagemaker.wire import Lines, invoke, parse, refuse
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.generated import GenerationReader, encode_generation, read_generation
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import is_object
from any_llm.types.report import Warning as CallWarning
from any_llm.types.text_completion import TextCompletion, TextCompletionFold
from any_llm.types.value import decode

_REQUEST_ID = "x-amzn-requestid"


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; `parameters`, and members of a body that are not OpenAI's, are sent as they are.

    Raises:
        InvalidRequestError: several prompts, of which a server takes one in a call.
    """
    warnings: list[CallWarning] = []
    body = encode_generation(options, warnings)
    return invoke(target, body, warnings, streamed=bool(options.get("stream")))


def decode_text_completion(target: Target, response: HttpResponse) -> TextCompletion:
    """Decode an answer, in Hugging Face's shape or in OpenAI's.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no text.
    """
    tree = parse(response.body)
    if is_object(tree) and isinstance(tree.get("choices"), list):
        completion = decode(TextCompletion, response.body)
        completion.model = completion.model or target.model
        return completion
    generated = read_generation(tree, target.model)
    if generated is None:
        if is_object(tree):
            raise refuse(tree)
        raise MalformedResponseError(f"an answer without a text: {tree!r:.100}")
    generated.id = response.headers.get(_REQUEST_ID, "")
    return generated


class TextStream:
    """Turns frames into chunks, each a token."""

    def __init__(self, target: Target, _options: Options) -> None:
        self._lines = Lines()
        self._reader = GenerationReader(target.model, refuse)

    @property
    def complete(self) -> bool:
        """Whether the server has said the whole text."""
        return self._reader.complete

    def feed(self, frame: Frame) -> Sequence[TextCompletion]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        return [chunk for data in self._lines.feed(frame) for chunk in self._reader.feed(data)]

    def finish(self) -> Sequence[TextCompletion]:
        """Return what a last line without an end says.

        Raises:
            StreamTruncatedError: the answer was not complete.
        """
        chunks = [chunk for data in self._lines.finish() for chunk in self._reader.feed(data)]
        return [*chunks, *self._reader.finish()]


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion, stream=TextStream, fold=TextCompletionFold
)
"""The operation `text_completion`."""
