"""The wire format `parrot`: `{"say": …}` goes out, `{"said": …}` comes back, or JSON lines when it is streamed.

POST /talk {"bird": "grey", "say": [["user", "Hello"]], "words": 9, "lines": true}
{"said": "Good "}
{"said": "day", "end": "done", "words": 2}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm import Provider
from any_llm.exceptions import AnyLLMError, MalformedResponseError, ModelNotFoundError, StreamTruncatedError
from any_llm.spec.dialect import Codec, Dialect, Encoded, Options, Target
from any_llm.spec.errors import error_for_status
from any_llm.spec.provider import Capability, Operation
from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    Choice,
    ChoiceDelta,
    ChunkChoice,
    CompletionUsage,
)
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.report import Warning as CallWarning

_SAID = frozenset({"messages", "max_tokens", "stream", "stream_options"})
_ENDINGS: Mapping[str, str] = {"done": "stop", "tired": "length"}
_CODES: Mapping[str, type[AnyLLMError]] = {"no_such_bird": ModelNotFoundError}


class _Said(msgspec.Struct):
    """An answer, or a line of one."""

    said: str = ""
    end: str | None = None
    words: int | None = None
    fault: str | None = None
    message: str = ""


_SAID_DECODER = msgspec.json.Decoder(_Said)


def encode(target: Target, options: Options) -> Encoded:
    """Encode a request; what the format cannot say is a warning."""
    body: dict[str, object] = {
        "bird": target.model,
        "say": [[message["role"], message["content"]] for message in options["messages"]],
        "lines": bool(options.get("stream")),
    }
    if "max_tokens" in options:
        body["words"] = options["max_tokens"]
    unsaid = [name for name in options if name not in _SAID]
    warnings = tuple(CallWarning("dropped", name, "parrots know nothing of it") for name in unsaid)
    return Encoded("/talk", msgspec.json.encode(body), warnings=warnings)


def decode(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer."""
    answer = _read(response.body)
    if answer.end is None:
        raise MalformedResponseError("the answer does not say how it ended")
    choice = Choice(message=ChatCompletionMessage(content=answer.said), finish_reason=_ENDINGS.get(answer.end, "stop"))
    return ChatCompletion(model=target.model, choices=[choice], usage=_usage(answer))


class ParrotStream:
    """Turns JSON lines into chunks; the line with an `end` is the last."""

    def __init__(self, target: Target, _options: Options) -> None:
        self._model = target.model
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one line."""
        line = _read(frame.data)
        self.complete = line.end is not None
        choice = ChunkChoice(
            delta=ChoiceDelta(content=line.said),
            finish_reason=None if line.end is None else _ENDINGS.get(line.end, "stop"),
        )
        return (ChatCompletionChunk(model=self._model, choices=[choice], usage=_usage(line)),)

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Refuse a stream that was cut."""
        if not self.complete:
            raise StreamTruncatedError("The stream ended before the answer was complete")
        return ()


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Return the error of an unsuccessful answer, by its code, else by its status."""
    try:
        said = _SAID_DECODER.decode(response.body)
    except msgspec.DecodeError:
        said = _Said(message=response.body.decode("utf-8", "replace"))
    kind = _CODES.get(said.fault or "", error_for_status(response.status))
    return kind(said.message or f"HTTP {response.status}", status_code=response.status, code=said.fault)


def _read(body: bytes) -> _Said:
    said = _SAID_DECODER.decode(body)
    if said.fault:
        raise _CODES.get(said.fault, AnyLLMError)(said.message, code=said.fault)
    return said


def _usage(said: _Said) -> CompletionUsage | None:
    return None if said.words is None else CompletionUsage(completion_tokens=said.words, total_tokens=said.words)


PARROT = Dialect(
    name="parrot",
    operations={Operation.COMPLETION: Codec(encode=encode, decode=decode, stream=ParrotStream, fold=CompletionFold)},
    decode_error=decode_error,
)

PARROTS = Provider(
    name="parrots",
    base_url="https://api.parrots.example",
    base_url_variable="PARROTS_API_BASE",
    key="PARROTS_API_KEY",
    docs="https://parrots.example/docs",
    dialect="parrot",
    framing="json_lines",
    operations=frozenset({Operation.COMPLETION}),
    capabilities=frozenset({Capability.STREAMING}),
)
