"""What a wire format must provide: pure functions, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

import msgspec
from typing_extensions import override

from any_llm.exceptions import AnyLLMError
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation, Provider
from any_llm.types.http import FormPart, Frame, HttpResponse, Upload
from any_llm.types.json import JSON
from any_llm.types.report import Warning as CallWarning
from any_llm.types.secret import Secret

R = TypeVar("R")
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
E_contra = TypeVar("E_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

_NONE: Mapping[str, str] = MappingProxyType({})

Options = Mapping[str, JSON]
"""An operation's parameters as said by the caller, by the public function's names; what was not said is absent."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where one attempt goes: provider, model and credential.

    Attributes:
        provider: whom it goes to.
        model: the model's name there.
        base_url: where the API begins, without a trailing slash.
        key: the API key, if there is one.
        placeholders: the values of the provider's placeholders that are known, by name: region, project, …
        credential: what else the program gave for its signer, by the arguments' names; texts are `Secret`s.
    """

    provider: Provider
    model: str
    base_url: str
    key: Secret | None = None
    placeholders: Mapping[str, str] = {}
    credential: Mapping[str, object] = {}

    @override
    def __hash__(self) -> int:
        return hash((self.provider, self.model, self.base_url, self.key))


class Encoded(msgspec.Struct, frozen=True):
    """A request in the vendor's words: a path below the base URL, a body, and what could not be said as it was meant.

    `headers` holds only what the operation itself needs (such as a beta flag, or the content type of a body that is not
    JSON). `method` is `POST` where there is a body and `GET` where there is none, unless it is said. A path may be a
    whole URL, which a vendor gave to go on at; the key goes along only to the provider's own hosts.

    Instead of `body`, `form` says the fields of a `multipart/form-data` body, and `upload` one that is sent as it is;
    files in either are read while they are sent.
    """

    path: str
    body: bytes = b""
    headers: Mapping[str, str] = _NONE
    warnings: tuple[CallWarning, ...] = ()
    method: str = ""
    form: tuple[FormPart, ...] = ()
    upload: Upload | None = None


class FollowUp(msgspec.Struct, frozen=True):
    """What is to be asked next, and after how many seconds."""

    encoded: Encoded
    wait: float = 0.0


class StreamDecoder(Protocol[E_co]):
    """Turns the frames of one streamed answer into chunks or events."""

    @property
    def complete(self) -> bool:
        """Whether the vendor has said that the answer is complete, so that nothing more needs to be waited for."""
        ...

    def feed(self, frame: Frame) -> Iterable[E_co]:
        """Return what one frame means; often one item, sometimes none or several.

        Raises:
            AnyLLMError: the frame is an error of the vendor's, or cannot be understood.
        """
        ...

    def finish(self) -> Iterable[E_co]:
        """Return what is left when the bytes have ended.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        ...


class Fold(Protocol[E_contra, R_co]):
    """Adds up the items of a stream to the whole answer."""

    def add(self, item: E_contra) -> None:
        """Take one item into account."""
        ...

    def result(self) -> R_co:
        """Return the answer so far; more may be added after it."""
        ...


class Codec(msgspec.Struct, Generic[R, E], frozen=True, kw_only=True):
    """One operation in one wire format.

    `stream` and `fold` are absent where the operation has no streamed form. A decoder is made for each stream, and told
    the target and the options of its call. `framing` is how the stream is framed, where that is not how the provider
    frames its streams: `raw` hands on bytes as they come.

    `follow_up` is there for what takes more than one request, such as a job that is asked about until it is done: it is
    told each answer, and says what to ask next, or `None` when that answer is the one to decode. The answers before it
    are its `earlier`.
    Only where `redirects` is set, it is told answers that redirect, too; such an answer is an error otherwise.

    `settle` brings a decoded whole answer into the form that the options asked for, where the vendor cannot.

    `suits` is there where the format is not that of all models of a provider: what is asked of a model that it does not
    suit crosses a bridge over chat completions.

    `over` names the operation by whose shape this one is carried, where it crosses a bridge.
    """

    encode: Callable[[Target, Options], Encoded]
    decode: Callable[[Target, HttpResponse], R]
    stream: Callable[[Target, Options], StreamDecoder[E]] | None = None
    fold: Callable[[], Fold[E, R]] | None = None
    framing: str = ""
    follow_up: Callable[[Target, Options, HttpResponse], FollowUp | None] | None = None
    redirects: bool = False
    settle: Callable[[Options, R], R] | None = None
    suits: Callable[[Target], bool] | None = None
    over: str | None = None


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """A wire format: its operations, and how its errors read.

    `decode_error` turns any unsuccessful HTTP answer (or one that is not JSON at all) into the fitting error; facts
    about the call that the answer does not hold are filled in by the engine. `inline_batches` says that the requests of
    a batch go into the request that creates it, rather than into a file. `media` says how media may be handed over, by
    the keys of `MediaSupport`: what cannot be handed over as the caller gave it is fetched, read or uploaded before
    anything is encoded.
    """

    name: str
    operations: Mapping[Operation, Codec[JSON, JSON]]
    decode_error: Callable[[Target, HttpResponse], AnyLLMError]
    inline_batches: bool = False
    media: Mapping[str, MediaSupport] = {}
