"""Predictions: a model is run, asked about until it has ended, and its output read.

https://replicate.com/docs/topics/predictions/create-a-prediction
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ProviderError
from any_llm.spec.answers import first_text, members, pause_after, read_object, words_of
from any_llm.spec.dialect import Encoded, FollowUp, Options, Target
from any_llm.spec.requests import segment
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.report import Warning as CallWarning

WAITING = frozenset({"starting", "processing"})
_DEPLOYMENTS = "deployments/"
_WHOLE = ("stream", "webhook", "webhook_events_filter")
"""What is said of a prediction beside the model's input."""


def run(target: Target, said: JSONObject, warnings: list[CallWarning], *, wait: bool = True) -> Encoded:
    """Return the request that runs a model; with `wait`, its answer comes when the model has ended, or a minute later.

    The model is `owner/name`, `owner/name:version`, a version alone, or `deployments/owner/name`.
    """
    beside = {name: said.pop(name) for name in _WHOLE if name in said}
    body: JSONObject = {"input": said, **beside}
    owned, _, version = target.model.rpartition(":") if ":" in target.model else (target.model, "", "")
    if version or "/" not in owned:
        path, body = "/predictions", {"version": version or owned, **body}
    elif owned.startswith(_DEPLOYMENTS):
        path = f"/{quote(owned, safe='/')}/predictions"
    else:
        path = f"/models/{quote(owned, safe='/')}/predictions"
    headers: Mapping[str, str] = {"Prefer": "wait"} if wait else {}
    return Encoded(path, msgspec.json.encode(body), headers, tuple(warnings))


def follow_prediction(_target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the question how far a prediction is, until it has ended.

    Raises:
        MalformedResponseError: the answer is no prediction.
    """
    prediction = read_object(response, "status")
    if prediction["status"] not in WAITING:
        return None
    place = words_of(members(prediction.get("urls")).get("get")) or f"/predictions/{segment(prediction.get('id'))}"
    return FollowUp(Encoded(place), pause_after(response))


def follow_output(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return what is asked next: where the output is streamed, if that was asked for, else how far the prediction is.

    Raises:
        InvalidRequestError: the model does not stream.
        MalformedResponseError: the answer is no prediction.
    """
    if not options.get("stream"):
        return follow_prediction(target, options, response)
    place = words_of(members(read_object(response, "status").get("urls")).get("stream"))
    if not place:
        raise InvalidRequestError(f"the model {target.model!r} does not stream its output", param="stream")
    return FollowUp(Encoded(place, headers={"Accept": "text/event-stream", "Cache-Control": "no-store"}))


def output_of(prediction: JSONObject) -> JSON:
    """Return the output of a prediction that has ended.

    Raises:
        MalformedResponseError: there is none.
        ProviderError: the model failed, or was cancelled.
    """
    status = prediction["status"]
    if status not in {"succeeded", *WAITING}:
        raise ProviderError(first_text(prediction.get("error")) or f"the prediction is {status}", code=words_of(status))
    if prediction.get("output") is None:
        raise MalformedResponseError(f"a prediction that is {status} and has no output")
    return prediction["output"]


def texts_of(output: JSON) -> list[str]:
    """Return the texts that an output is, or is made of: pieces of a text, or addresses of files."""
    return [item for item in (output if is_list(output) else [output]) if isinstance(item, str)]
