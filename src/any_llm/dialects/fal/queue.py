"""The queue: a request is put in, asked about until it is done, and its answer fetched.

https://fal.ai/docs/model-apis/model-endpoints/queue
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import msgspec

from any_llm.dialects.fal.errors import CODES, hear
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import failure, pause_after, read_object, words_of
from any_llm.spec.dialect import Encoded, FollowUp, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_WAITING = frozenset({"IN_QUEUE", "IN_PROGRESS"})
_UNPROCESSABLE = 422


def submit(target: Target, body: Mapping[str, JSON], warnings: list[CallWarning]) -> Encoded:
    """Return the request that puts one into the queue of a model, whose name is its path there."""
    return Encoded(f"/{quote(target.model, safe='/')}", msgspec.json.encode(body), warnings=tuple(warnings))


def is_queued(answer: JSONObject) -> bool:
    """Say whether an answer is about a place in the queue, rather than the answer of a model."""
    return answer.get("status") in {*_WAITING, "COMPLETED"} and ("request_id" in answer or "response_url" in answer)


def follow_queue(_target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return what is asked next, until the model's own answer is there.

    Raises:
        AnyLLMError: the request failed.
        MalformedResponseError: the answer says neither where to ask nor where the answer is.
    """
    answer = read_object(response)
    if not is_queued(answer):
        return None
    if answer["status"] in _WAITING:
        return FollowUp(Encoded(_place(answer, "status_url", response)), pause_after(response))
    if answer.get("error"):
        raise failure(hear(answer), CODES, _UNPROCESSABLE)
    return FollowUp(Encoded(_place(answer, "response_url", response)))


def _place(answer: JSONObject, name: str, response: HttpResponse) -> str:
    """Return a place that this answer tells, or the first one told, when the request was put in."""
    first = read_object(response.earlier[0]) if response.earlier else {}
    place = words_of(answer.get(name)) or words_of(first.get(name))
    if not is_place(place):
        raise MalformedResponseError(f"an answer without {name}: it has {sorted(answer)}")
    return place


def is_place(url: str) -> bool:
    """Say whether a text is a whole URL, where something can be fetched."""
    return url.startswith(("https://", "http://"))


def id_of(answer: JSONObject) -> str:
    """Return by what a request in the queue is known: the path of its answer, with the model's name in it."""
    path = urlsplit(words_of(answer.get("response_url")) or words_of(answer.get("status_url"))).path.strip("/")
    return path.removesuffix("/status").removesuffix("/result").removesuffix("/response")
