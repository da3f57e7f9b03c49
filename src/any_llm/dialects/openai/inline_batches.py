"""Batches whose requests are added to them, rather than uploaded as a file, as xAI has them.

https://docs.x.ai/docs/guides/batch-api
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.openai.answers import seconds_of, tree_of
from any_llm.dialects.openai.batch_results import read_pages
from any_llm.dialects.openai.places import place, segment
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.spec.dialect import Encoded, FollowUp, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.batch import BatchResult
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_object
from any_llm.types.report import Warning as CallWarning

INLINE_BATCHES = "inline_batches"
"""The quirk of a provider whose batches have their requests added to them."""

_KINDS: Mapping[str, str] = {"/chat/completions": "chat_get_completion", "/responses": "responses"}
_COUNTS = ("requests", "pending", "success", "error", "cancelled")
_PAGE = 100
_UNSAID = ("completion_window", "metadata")


def create_inline(target: Target, options: Options) -> Encoded:
    """Encode the creation of an empty batch.

    Raises:
        InvalidRequestError: requests of its endpoint cannot stand in a batch, or are not in memory.
    """
    if "requests" not in options:
        raise InvalidRequestError(
            f"{target.provider.name} takes the requests= of a batch, and no file", param="requests"
        )
    _kind(options)
    own = {"endpoint", "requests", *_UNSAID}
    body: JSONObject = {"name": "any-llm", **{name: value for name, value in options.items() if name not in own}}
    warnings = tuple(
        CallWarning("dropped", name, "the provider does not accept it") for name in _UNSAID if name in options
    )
    return Encoded(place(target, Operation.CREATE_BATCH, "/batches"), msgspec.json.encode(body), warnings=warnings)


def follow_create_inline(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Add the requests to a batch that was created, then ask how it is.

    Raises:
        MalformedResponseError: the answer to its creation has no id.
    """
    if len(response.earlier) > 1:
        return None
    if not response.earlier:
        path = f"{_place_of(target, response)}/requests"
        return FollowUp(Encoded(path, msgspec.json.encode({"batch_requests": _requests(target, options)})))
    return FollowUp(Encoded(_place_of(target, response.earlier[0])))


def follow_inline_results(target: Target, batch_id: str, response: HttpResponse) -> FollowUp | None:
    """Fetch the first page of results, or the next."""
    token = tree_of(response).get("pagination_token") if response.earlier else None
    if response.earlier and not token:
        return None
    query: JSONObject = {"limit": _PAGE} | ({"pagination_token": token} if token else {})
    path = f"/batches/{segment(batch_id)}/results"
    return FollowUp(Encoded(place(target, Operation.RETRIEVE_BATCH_RESULTS, path, query)))


def inline_results(target: Target, pages: Sequence[HttpResponse]) -> BatchResult:
    """Decode the pages of results."""
    return read_pages(target, [tree_of(page) for page in pages])


def inline_batch(tree: JSONObject) -> JSONObject:
    """Return a batch in OpenAI's words; its status follows from what is left to do."""
    told: JSON = tree.get("state")
    state: JSONObject = told if is_object(told) else {}
    counts = {name: value if isinstance(value := state.get(f"num_{name}"), int) else 0 for name in _COUNTS}
    cancelled = seconds_of(tree.get("cancel_time"))
    if cancelled is not None:
        status = "cancelling" if counts["pending"] else "cancelled"
    elif counts["pending"]:
        status = "in_progress"
    else:
        status = "completed" if counts["requests"] else "validating"
    return {
        **tree,
        "id": tree["batch_id"],
        "status": status,
        "created_at": tree.get("create_time"),
        "expires_at": tree.get("expire_time"),
        "cancelled_at": cancelled if status == "cancelled" else None,
        "request_counts": {
            "total": counts["requests"],
            "completed": counts["success"],
            "failed": counts["error"] + counts["cancelled"],
        },
    }


def _place_of(target: Target, created: HttpResponse) -> str:
    tree = tree_of(created)
    if not tree.get("batch_id"):
        raise MalformedResponseError(f"The answer has no batch_id; it has {sorted(tree) or 'nothing'}")
    return place(target, Operation.RETRIEVE_BATCH, f"/batches/{segment(str(tree['batch_id']))}")


def _requests(target: Target, options: Options) -> list[JSONObject]:
    kind = _kind(options)
    usual: JSONObject = {"model": target.model} if target.model else {}
    requests: Sequence[JSONObject] = options["requests"]
    return [
        {
            "batch_request_id": request.get("custom_id", str(number)),
            "batch_request": {kind: {**usual, **request["body"]}},
        }
        for number, request in enumerate(requests)
    ]


def _kind(options: Options) -> str:
    endpoint = str(options.get("endpoint", "/chat/completions"))
    kind = next((kind for end, kind in _KINDS.items() if endpoint.endswith(end)), None)
    if kind is None:
        raise InvalidRequestError(
            f"endpoint is {endpoint!r}; a batch here holds requests of {' or '.join(_KINDS)}", param="endpoint"
        )
    return kind
