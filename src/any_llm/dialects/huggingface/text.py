"""Text that goes on where a prompt ends: https://huggingface.github.io/text-generation-inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.huggingface.errors import error_from
from any_llm.dialects.huggingface.wire import parse, path, refuse
from any_llm.exceptions import AnyLLMError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.generated import GenerationReader, encode_generation, read_generation
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON
from any_llm.types.report import Warning as CallWarning
from any_llm.types.text_completion import TextCompletion, TextCompletionFold


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; `parameters`, and members of a body that are not OpenAI's, are sent as they are.

    Raises:
        InvalidRequestError: several prompts, of which a server takes one in a call.
    """
    warnings: list[CallWarning] = []
    body = encode_generation(options, warnings)
    route = path(target, "", "/generate_stream" if options.get("stream") else "/generate")
    if options.get("stream") and not route.endswith("/generate_stream"):
        body["stream"] = True
    return Encoded(route, msgspec.json.encode(body), warnings=tuple(warnings))


def decode_text_completion(target: Target, response: HttpResponse) -> TextCompletion:
    """Decode an answer, one text or a list of them.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no text.
    """
    tree = parse(response.body)
    generated = read_generation(tree, target.model)
    if generated is None:
        raise refuse(tree)
    return generated


class TextStream:
    """Turns frames into chunks, each a token."""

    def __init__(self, target: Target, _options: Options) -> None:
        self._reader = GenerationReader(target.model, _refuse)

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
        return self._reader.feed(frame.data)

    def finish(self) -> Sequence[TextCompletion]:
        """Make sure that the stream was complete.

        Raises:
            StreamTruncatedError: it was not.
        """
        return self._reader.finish()


def _refuse(event: Mapping[str, JSON]) -> AnyLLMError:
    return error_from(event, 200)


TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion, stream=TextStream, fold=TextCompletionFold
)
"""The operation `text_completion`."""
