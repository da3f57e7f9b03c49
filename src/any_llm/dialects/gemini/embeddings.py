"""Embeddings: by `embedContent` and `batchEmbedContents`; on Vertex AI also by `predict`.

https://ai.google.dev/api/embeddings and
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import msgspec

from any_llm.dialects.gemini.chat_parts import invalid
from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.places import on_cloud, path, resource
from any_llm.dialects.gemini.wire import camel, completion_usage
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list, is_object
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding, EmbeddingUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

if TYPE_CHECKING:
    from any_llm.types.embedding import Vector

_RENAMED: Mapping[str, str] = {"dimensions": "outputDimensionality", "task_type": "taskType"}
_INEXPRESSIBLE: Mapping[str, str] = {"user": "the API does not ask who is asking"}
_READ = frozenset({"inputs", "encoding_format"})

_OF_INSTANCE: Mapping[str, str] = {"taskType": "task_type", "title": "title", "mimeType": "mimeType"}
"""What `predict` is told of each text, and how it spells it; the rest are parameters of the whole request."""

_BILLED = "metadata"
"""Under which name an answer keeps what `predict` tells of its cost."""

_PREDICTING, _EMBEDDING = ("gemini-embedding-001",), ("gemini", "maas")
"""Names of models on Vertex AI that are behind `predict`, and parts of those that are behind `embedContent`."""

_ALONE = CallWarning("emulated", "inputs", "the method takes one text; each was sent in a request of its own")


class _Vector(msgspec.Struct):
    values: msgspec.Raw


class _Statistics(msgspec.Struct):
    token_count: int = 0


class _Predicted(msgspec.Struct):
    values: msgspec.Raw
    statistics: _Statistics = msgspec.field(default_factory=_Statistics)


class _Segment(msgspec.Struct):
    embedding: msgspec.Raw


_UNSENT = msgspec.Raw()


class _Prediction(msgspec.Struct, rename="camel"):
    embeddings: _Predicted | None = None
    text_embedding: msgspec.Raw = _UNSENT
    image_embedding: msgspec.Raw = _UNSENT
    video_embeddings: list[_Segment] = []


class _Answer(msgspec.Struct, rename="camel"):
    embedding: _Vector | None = None
    embeddings: list[_Vector] | None = None
    predictions: list[_Prediction] | None = None
    usage_metadata: JSONObject | None = None
    metadata: JSONObject | None = None
    error: JSON = None


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request: of one text by `embedContent`, of a list of them by `batchEmbedContents`.

    Vertex AI has `predict` for its older models, which takes many texts, and `embedContent` for the others, which takes
    one: a list is sent text by text. Parameters that are not OpenAI's (`taskType`, `title`, …) hold for every text. An
    `encoding_format` needs no words: the vectors come as numbers, and are read as an array in any case.

    Raises:
        InvalidMessageError: an input is not a text.
    """
    shared = _shared(options)
    warnings = tuple(CallWarning("dropped", name, _INEXPRESSIBLE[name]) for name in options if name in _INEXPRESSIBLE)
    inputs = options["inputs"]
    if on_cloud(target):
        if _predicts(target.model):
            return Encoded(path(target, "predict"), _instances(inputs, shared), warnings=warnings)
        alone = (_ALONE,) if is_list(inputs) and len(inputs) > 1 else ()
        return msgspec.structs.replace(_one(target, inputs, 0, shared), warnings=(*warnings, *alone))
    if not is_list(inputs):
        body: JSONObject = {"content": _content(inputs, "inputs"), **shared}
        return Encoded(path(target, "embedContent"), msgspec.json.encode(body), warnings=warnings)
    model = resource(target.model)
    requests = [
        {"model": model, "content": _content(text, f"inputs[{index}]"), **shared} for index, text in enumerate(inputs)
    ]
    body = {"requests": requests}
    return Encoded(path(target, "batchEmbedContents"), msgspec.json.encode(body), warnings=warnings)


def ask_for_next(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for the next text, where each has one of its own."""
    inputs, asked = options["inputs"], len(response.earlier) + 1
    if not on_cloud(target) or _predicts(target.model) or not is_list(inputs) or asked >= len(inputs):
        return None
    return FollowUp(_one(target, inputs, asked, _shared(options)))


def _shared(options: Options) -> JSONObject:
    """Return what holds for every text."""
    return {
        _RENAMED.get(name, name): value
        for name, value in options.items()
        if name not in _READ and name not in _INEXPRESSIBLE and value is not None
    }


def _predicts(model: str) -> bool:
    """Tell whether Vertex AI has a model behind `predict`: all but Gemini's later ones and those of others."""
    named = model.rpartition("/")[2]
    return named.startswith(_PREDICTING) or not any(word in named for word in _EMBEDDING)


def _one(target: Target, inputs: JSON, index: int, shared: JSONObject) -> Encoded:
    text = inputs[index] if is_list(inputs) else inputs
    body: JSONObject = {"content": _content(text, f"inputs[{index}]" if is_list(inputs) else "inputs")}
    if shared:
        body["embedContentConfig"] = {camel(name): value for name, value in shared.items()}
    return Encoded(path(target, "embedContent"), msgspec.json.encode(body))


def _instances(inputs: JSON, shared: JSONObject) -> bytes:
    """Return the body of `predict`; an object is an instance of the caller's, as multimodal models take them."""
    own = {_OF_INSTANCE[camel(name)]: value for name, value in shared.items() if camel(name) in _OF_INSTANCE}
    parameters = {camel(name): value for name, value in shared.items() if camel(name) not in _OF_INSTANCE}
    given = inputs if is_list(inputs) else [inputs]
    instances = [_instance(one, f"inputs[{index}]") | own for index, one in enumerate(given)]
    return msgspec.json.encode({"instances": instances} | ({"parameters": parameters} if parameters else {}))


def _instance(given: JSON, where: str) -> JSONObject:
    if isinstance(given, str):
        return {"content": given}
    if is_object(given):
        return given
    raise invalid(where, f"a text is needed, or an instance such as {{'text': …, 'image': …}}; found {given!r:.100}")


def _content(text: JSON, where: str) -> JSONObject:
    if isinstance(text, str):
        return {"parts": [{"text": text}]}
    if is_object(text) and "parts" in text:
        return text
    raise invalid(where, f"a text is needed, or the vendor's object with 'parts'; found {text!r:.100}")


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer, or the answers for one text each; the vectors are left undecoded until they are read.

    A multimodal model gives several vectors for one instance: of its text, its image, and of segments of its video.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    vectors: list[msgspec.Raw] = []
    counted = EmbeddingUsage()
    told = False
    answers = [_read(each) for each in (*response.earlier, response)]
    for answer in answers:
        vectors += _vectors(answer)
        usage = _usage(answer)
        if usage is not None:
            told = True
            counted.prompt_tokens += usage.prompt_tokens
            counted.total_tokens += usage.total_tokens
    decoded = CreateEmbeddingResponse(
        data=[Embedding(embedding=cast("Vector", vector), index=index) for index, vector in enumerate(vectors)],
        model=target.model,
        usage=counted if told else None,
    )
    if answers[-1].metadata:
        setattr(decoded, _BILLED, answers[-1].metadata)
    return decoded


def _read(response: HttpResponse) -> _Answer:
    answer = msgspec.json.decode(response.body, type=_Answer)
    if answer.error is not None:
        raise error_from({"error": answer.error}, response.status)
    return answer


def _vectors(answer: _Answer) -> list[msgspec.Raw]:
    if answer.predictions:
        vectors = [vector for prediction in answer.predictions for vector in _predicted(prediction)]
    else:
        held = [answer.embedding] if answer.embedding is not None else answer.embeddings or []
        vectors = [vector.values for vector in held]
    if not vectors:
        raise MalformedResponseError("the answer to a request for embeddings holds no vector")
    return vectors


def _predicted(prediction: _Prediction) -> list[msgspec.Raw]:
    if prediction.embeddings is not None:
        return [prediction.embeddings.values]
    parts = (prediction.text_embedding, prediction.image_embedding)
    return [*(part for part in parts if part is not _UNSENT), *(one.embedding for one in prediction.video_embeddings)]


def _usage(answer: _Answer) -> EmbeddingUsage | None:
    if answer.usage_metadata is not None:
        counted = completion_usage(answer.usage_metadata)
        return EmbeddingUsage(prompt_tokens=counted.prompt_tokens, total_tokens=counted.total_tokens)
    statistics = [one.embeddings.statistics for one in answer.predictions or () if one.embeddings is not None]
    if not statistics:
        return None
    tokens = sum(one.token_count for one in statistics)
    return EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens)


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(
    encode=encode_embedding, decode=decode_embedding, follow_up=ask_for_next
)
"""The operation `embedding`."""
