"""How a recorded API is replayed, and as which public operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import RecordedRequest, RecordedResponse, Recording
from any_llm.transport.replay import Scripted
from any_llm.types.json import JSONObject


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """How a recorded API is said through the public functions.

    Attributes:
        operation: the public operation.
        dialect: the wire format that speaks this API.
        auth: how a provider without a record of its own is expected to sign, where no recorded header says so.
        methods: the HTTP methods of the operation.
        routes: how the URL's path ends; the longest that fits is cut off to get the base URL. `{names}` stand for
            anything without a slash or a colon, `{names*}` for anything at all; what stands before a bar stays in the
            base URL.
        arguments: members of the body whose argument has another name.
        needed: members without which a body is not one of this operation's.
        crossed: operations of other shapes through which the same answer is read too.
        say: where the body's members are not the public function's arguments, what a body and its request mean as
            those; it raises `ValueError` with the reason why they cannot be said.
        means: what a body means, in one spelling, where there are several.
        shown: what a body holds that is of this scope, one of it at least: the request's body, or the answer's where
            that is all there is; empty where any body is.
        script: what the requests of one operation are answered with, in order, where it takes several; the recorded
            answer is one of them.
        asked: which of its requests is the recorded one, by default the last.
        others: further scopes of the same API, for the recordings that do not fit this one.
        paths: where the provider's record must say that the operation is, if the format has several places for it.
        earlier: the JSON of the answers that come before the recorded one, where the operation takes several requests.
        prefix: what stands before a model's name, where that says how it is asked.
        reframe: brings an answer into its framing, of which the recorder kept the payloads alone.
    """

    operation: Operation
    dialect: str
    routes: tuple[str, ...]
    auth: str = "bearer"
    methods: frozenset[str] = frozenset({"POST"})
    arguments: Mapping[str, str] = {}
    needed: tuple[str, ...] = ()
    crossed: tuple[Operation, ...] = ()
    say: Callable[[JSONObject, RecordedRequest], JSONObject] | None = None
    means: Callable[[JSONObject], JSONObject] | None = None
    shown: tuple[bytes, ...] = ()
    script: Callable[[Recording], tuple[Scripted, ...]] | None = None
    asked: int = -1
    others: tuple[Scope, ...] = ()
    earlier: tuple[bytes, ...] = ()
    prefix: str = ""
    reframe: Callable[[RecordedResponse], RecordedResponse] | None = None
    paths: Mapping[str, str] = {}


_HELLO = ({"role": "user", "content": "Hello"},)

FALLBACKS: Mapping[Operation, Mapping[str, object]] = {
    Operation.CANCEL_BATCH: {"batch_id": "batch"},
    Operation.COMPACT_RESPONSE: {"model": "model", "input_data": "Hello"},
    Operation.COMPLETION: {"model": "model", "messages": _HELLO},
    Operation.COUNT_TOKENS: {"model": "model", "messages": _HELLO},
    Operation.CREATE_BATCH: {"model": "model", "requests": ({"body": {"messages": _HELLO}},)},
    Operation.DELETE_FILE: {"file_id": "file"},
    Operation.DOWNLOAD_FILE: {"file_id": "file"},
    Operation.EMBEDDING: {"model": "model", "inputs": "Hello"},
    Operation.IMAGE_EDIT: {"model": "model", "image": b"Hello", "prompt": "Hello"},
    Operation.IMAGE_GENERATION: {"model": "model", "prompt": "Hello"},
    Operation.IMAGE_VARIATION: {"model": "model", "image": b"Hello"},
    Operation.LIST_BATCHES: {},
    Operation.LIST_FILES: {},
    Operation.LIST_MODELS: {},
    Operation.MESSAGES: {"model": "model", "messages": _HELLO, "max_tokens": 1_000},
    Operation.MODERATION: {"model": "model", "input": "Hello"},
    Operation.OCR: {"model": "model", "document": "https://recorded.invalid/document"},
    Operation.PULL_MODEL: {"model": "model"},
    Operation.REQUEST: {"method": "GET", "path": "/"},
    Operation.RERANK: {"model": "model", "query": "Hello", "documents": ("Hello",)},
    Operation.RESPONSES: {"model": "model", "input_data": "Hello"},
    Operation.RETRIEVE_BATCH: {"batch_id": "batch"},
    Operation.RETRIEVE_BATCH_RESULTS: {"batch_id": "batch"},
    Operation.RETRIEVE_FILE: {"file_id": "file"},
    Operation.RETRIEVE_MODEL: {"model": "model"},
    Operation.RETRIEVE_VIDEO: {"video_id": "video"},
    Operation.SPEECH: {"model": "model", "input": "Hello", "voice": "voice"},
    Operation.TEXT_COMPLETION: {"model": "model", "prompt": "Hello"},
    Operation.TRANSCRIPTION: {"model": "model", "file": b"Hello"},
    Operation.TRANSLATION: {"model": "model", "file": b"Hello"},
    Operation.UPLOAD_FILE: {"file": b"Hello"},
    Operation.VIDEO_GENERATION: {"model": "model", "prompt": "Hello"},
}
"""The plainest arguments of each operation, by their public names."""

STREAMED = frozenset({Operation.COMPLETION, Operation.MESSAGES, Operation.RESPONSES, Operation.TEXT_COMPLETION})
"""The operations whose answer may be a stream."""

OWN_SCOPES: Mapping[str, Scope] = {
    "openai.chat": Scope(
        operation=Operation.COMPLETION,
        dialect="openai",
        routes=("/chat", "/chat/completions"),
        needed=("messages",),
        crossed=(Operation.MESSAGES, Operation.RESPONSES),
    ),
    "openai.responses": Scope(
        operation=Operation.RESPONSES,
        dialect="openai",
        routes=("/responses",),
        arguments={"input": "input_data"},
        needed=("input",),
    ),
    "openai.embeddings": Scope(
        operation=Operation.EMBEDDING,
        dialect="openai",
        routes=("/embeddings",),
        arguments={"input": "inputs"},
        needed=("input",),
    ),
    "anthropic.messages": Scope(
        operation=Operation.MESSAGES,
        dialect="anthropic",
        auth="x-api-key",
        routes=("/v1/messages", "/messages", "/models/{model}:rawPredict", "/models/{model}:streamRawPredict"),
        needed=("messages",),
        crossed=(Operation.COMPLETION,),
    ),
    "anthropic.models": Scope(
        operation=Operation.LIST_MODELS,
        dialect="anthropic",
        auth="x-api-key",
        routes=("/v1/models", "/models"),
        methods=frozenset({"GET"}),
        others=(
            Scope(
                operation=Operation.RETRIEVE_MODEL,
                dialect="anthropic",
                auth="x-api-key",
                routes=("/v1/models/{model}",),
                methods=frozenset({"GET"}),
            ),
        ),
    ),
}
"""The scopes of OpenAI's and Anthropic's formats."""
