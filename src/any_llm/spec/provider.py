"""What a vendor must declare: one record of data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from typing_extensions import override

from any_llm.spec.media import MediaSupport
from any_llm.types.secret import show


class Operation(StrEnum):
    """What can be asked of a provider; the names are those of the public functions."""

    COMPLETION = "completion"
    RESPONSES = "responses"
    MESSAGES = "messages"
    TEXT_COMPLETION = "text_completion"
    EMBEDDING = "embedding"
    RERANK = "rerank"
    MODERATION = "moderation"
    DECIDE = "decide"
    COUNT_TOKENS = "count_tokens"
    OCR = "ocr"
    IMAGE_GENERATION = "image_generation"
    IMAGE_EDIT = "image_edit"
    IMAGE_VARIATION = "image_variation"
    SPEECH = "speech"
    TRANSCRIPTION = "transcription"
    TRANSLATION = "translation"
    VIDEO_GENERATION = "video_generation"
    RETRIEVE_VIDEO = "retrieve_video"
    DOWNLOAD_VIDEO = "download_video"
    UPLOAD_FILE = "upload_file"
    LIST_FILES = "list_files"
    RETRIEVE_FILE = "retrieve_file"
    DELETE_FILE = "delete_file"
    DOWNLOAD_FILE = "download_file"
    CREATE_BATCH = "create_batch"
    RETRIEVE_BATCH = "retrieve_batch"
    CANCEL_BATCH = "cancel_batch"
    LIST_BATCHES = "list_batches"
    RETRIEVE_BATCH_RESULTS = "retrieve_batch_results"
    RETRIEVE_RESPONSE = "retrieve_response"
    CANCEL_RESPONSE = "cancel_response"
    DELETE_RESPONSE = "delete_response"
    COMPACT_RESPONSE = "compact_response"
    LIST_MODELS = "list_models"
    RETRIEVE_MODEL = "retrieve_model"
    PULL_MODEL = "pull_model"
    REQUEST = "request"


GROUPS: Mapping[str, tuple[Operation, ...]] = {
    "videos": (Operation.VIDEO_GENERATION, Operation.RETRIEVE_VIDEO, Operation.DOWNLOAD_VIDEO),
    "files": (
        Operation.UPLOAD_FILE,
        Operation.LIST_FILES,
        Operation.RETRIEVE_FILE,
        Operation.DELETE_FILE,
        Operation.DOWNLOAD_FILE,
    ),
    "batches": (
        Operation.CREATE_BATCH,
        Operation.RETRIEVE_BATCH,
        Operation.CANCEL_BATCH,
        Operation.LIST_BATCHES,
        Operation.RETRIEVE_BATCH_RESULTS,
    ),
    "stored_responses": (
        Operation.RETRIEVE_RESPONSE,
        Operation.CANCEL_RESPONSE,
        Operation.DELETE_RESPONSE,
        Operation.COMPACT_RESPONSE,
    ),
}
"""Operations that come together, by the word that stands for them in the catalogue and in tables."""


class Capability(StrEnum):
    """What a provider's models may do beyond text chat; a model of it may do less."""

    STREAMING = "streaming"
    REASONING = "reasoning"
    IMAGE = "image"
    PDF = "pdf"
    EMBEDDING = "embedding"
    RESPONSES = "responses"
    LIST_MODELS = "list_models"


class Placeholder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the value of one `{name}` in a base URL comes from, such as a region, a project or an account.

    The value is, in this order: the argument `name=` (or one of `aliases`) of `AnyLLM.create`; the first of `variables`
    that is set; what `finder` finds; `default`. Of a placeholder with `of`, it is what `spelled` says for the value of
    that other one, else `default`; so one location may stand for several forms of a host. A default may itself hold
    `{names}` of placeholders that stand before it in the record.

    Every value found is in `Target.placeholders`, by its name: codecs may put it into paths and bodies. One that has no
    value is an error only if the base URL holds it.

    Attributes:
        variables: environment variables, the first one before the others.
        default: the value when nothing else says it; empty for none.
        aliases: other names of the argument, such as those of the vendor's own library.
        finder: a name in `any_llm.auth.finders`, for values that stand in the vendor's own files.
        of: the placeholder whose value decides this one; such a one is neither an argument nor a variable.
        spelled: what this one is for a value of that other.
    """

    variables: tuple[str, ...] = ()
    default: str = ""
    aliases: tuple[str, ...] = ()
    finder: str = ""
    of: str = ""
    spelled: Mapping[str, str] = {}

    @override
    def __hash__(self) -> int:
        return hash((self.variables, self.default, self.finder, self.of))


class Provider(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A vendor we can reach.

    Everything but the name and where it is has a default, that of a plain OpenAI-compatible vendor. The same record is
    read from a configuration file and from plug-ins. A record is equal only to itself, since what is worked out from it
    is looked up by it in every call.

    Attributes:
        name: lower case, as in `name:model`.
        base_url: where its API begins, without a trailing slash; empty when the user must say. It may hold `{names}`.
        placeholders: where the values of those names come from; more are for the dialect, in its target.
        key: the environment variable of the API key, empty when the provider takes none.
        key_alternatives: further variables that are read when `key` is not set.
        key_optional: a missing key is no error (servers of one's own).
        key_optional_elsewhere: a missing key is no error where the base URL is not the vendor's own.
        base_url_variable: the environment variable that overrides `base_url`.
        base_path: what is added to a user's base URL that names only a host.
        base_strip: what is taken off a user's base URL that was meant for another API of the same server.
        docs: the vendor's page about its API.
        key_page: the vendor's page where keys are made.
        dialect: the wire format, a folder of `any_llm.dialects` or a plug-in's name.
        dialects: operations that are asked in another wire format, with its name.
        transport: how it is reached: `http`, `local` for the model beside this process, or `mock` for made-up answers.
        auth: how requests are signed: a name of `any_llm.auth.headers.SCHEMES` (`bearer`, `x-api-key`, …) or of
            `any_llm.auth.signers.REQUEST_SIGNERS` (`aws`, `azure`, `google`, …), or `none`.
        auth_options: what its signer must know, such as the `service` that AWS signs for or the `scope` of a token.
        framing: how streams are framed: a name of `any_llm.transport.framing.FRAMINGS`.
        headers: headers of every request.
        hosts: further hosts that may be sent its key, such as the one that its queued jobs are asked about at;
            `{names}` in them stand for what has that name in `base_url`.
        paths: where single operations are, by their names, if not where the dialect has them: below the base URL, or a
            whole URL; `{model}` stands for the model, `{path}` for where the dialect has it. `completion_stream` says
            where streams of it are, if elsewhere.
        operations: what it offers natively; what its dialect has beyond is not asked of it.
        capabilities: what its models may do.
        media: how it takes media where that is not how its dialect does; the keys are those of `MediaSupport`.
        stream_usage: it accepts `stream_options` and then tells the usage at the end of a stream.
        caching: how it is told to keep prompts: `key` (`prompt_cache_key`), `breakpoints` (`cache_control` marks),
            `automatic` (not at all, it does so by itself), or empty where that is not known.
        idempotency: the header by which it recognises a request that is made again, such as `Idempotency-Key`; empty
            where it has none.
        rename: parameters that it calls by another name; `operation.parameter` names that of one operation only.
        drop: parameters that it rejects, named likewise; asking for one gives a warning on the response.
        quirks: named deviations from its dialect, looked up in the dialect's `quirks` module.
        models: names of its models that editors shall complete; see `any-llm stubs`.
        options: the typed dictionary of parameters that it alone has, as `module:name`; see `any-llm stubs`.
        tier: `verified` or `community`, as in Mozilla's `any_llm`.
    """

    name: str
    base_url: str = ""
    placeholders: Mapping[str, Placeholder] = {}
    key: str = ""
    key_alternatives: tuple[str, ...] = ()
    key_optional: bool = False
    key_optional_elsewhere: bool = False
    base_url_variable: str = ""
    base_path: str = ""
    base_strip: str = ""
    docs: str = ""
    key_page: str = ""
    dialect: str = "openai"
    dialects: Mapping[Operation, str] = {}
    transport: str = "http"
    auth: str = "bearer"
    auth_options: Mapping[str, str] = {}
    framing: str = "sse"
    headers: Mapping[str, str] = {}
    hosts: tuple[str, ...] = ()
    paths: Mapping[str, str] = {}
    operations: frozenset[Operation] = frozenset({Operation.COMPLETION, Operation.LIST_MODELS})
    capabilities: frozenset[Capability] = frozenset({Capability.STREAMING, Capability.LIST_MODELS})
    media: Mapping[str, MediaSupport] = {}
    stream_usage: bool = True
    caching: str = ""
    idempotency: str = ""
    rename: Mapping[str, str] = {}
    drop: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    options: str = ""
    tier: str = "community"

    @override
    def __repr__(self) -> str:
        return f"Provider({', '.join(f'{name}={show(getattr(self, name))}' for name in self.__struct_fields__)})"
