"""Having a server fetch a model: https://docs.ollama.com/api/pull."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.ollama.errors import error_from
from any_llm.dialects.ollama.wire import path, read_answer
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.pulling import PullFold, PullProgress
from any_llm.types.value import revive

_DONE = "success"


def encode_pull(target: Target, options: Options) -> Encoded:
    """Encode the request; `insecure` and whatever else is said is sent as it is."""
    body: JSONObject = {"model": target.model, "stream": True, **options}
    return Encoded(path(target, "/pull"), msgspec.json.encode(body))


def decode_pull(_target: Target, response: HttpResponse) -> PullProgress:
    """Decode the one answer of a server that was told not to stream.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer tells no status.
    """
    return revive(PullProgress, read_answer(response, "status"))


class PullStream:
    """Turns lines into progress; the model is there when the status is `success`."""

    def __init__(self, _target: Target, _options: Options) -> None:
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[PullProgress]:
        """Decode one line.

        Raises:
            AnyLLMError: the line is an error, such as that of a model that there is not.
        """
        line: JSON = msgspec.json.decode(frame.data)
        if not is_object(line):
            raise MalformedResponseError(f"a line of progress is an object, not {line!r:.100}")
        if line.get("error"):
            raise error_from(line, 200)
        self.complete = self.complete or line.get("status") == _DONE
        return (revive(PullProgress, line),)

    def finish(self) -> Sequence[PullProgress]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the server had not said that the model is there.
        """
        if not self.complete:
            raise StreamTruncatedError("the stream ended before the model was there")
        return ()


PULL_MODEL: Codec[PullProgress, PullProgress] = Codec(
    encode=encode_pull, decode=decode_pull, stream=PullStream, fold=PullFold
)
"""The operation `pull_model`."""
