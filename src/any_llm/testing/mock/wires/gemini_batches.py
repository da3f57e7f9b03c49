"""Gemini's batches, which the mock runs itself: https://ai.google.dev/api/batch-api.

A batch waits until somebody looks at it; the first look after its creation finds it finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.gemini_files import File, files
from any_llm.testing.mock.wires.google_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.google_words import (
    ALPHABET,
    check_key,
    claims,
    encode,
    group,
    keyed,
    listed,
    member,
    page,
    refuse,
    stamp,
    whole,
)
from any_llm.types.json import JSON, JSONObject, is_object

_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1main."
_KINDS: Mapping[str, tuple[str, str]] = {
    "batchGenerateContent": ("GenerateContentBatch", "generateContent"),
    "asyncBatchEmbedContent": ("EmbedContentBatch", "embedContent"),
}
"""What a batch is called, and by which method each of its requests is answered."""


_KEPT = ("metadata", "key")
"""What an answer repeats of its request."""


class Batch(msgspec.Struct, kw_only=True):
    """A batch.

    Attributes:
        name: its full name.
        facts: what the vendor says of it.
        requests: what is asked.
        place: the URL that answers one of its requests.
        headers: the key, with which each of them is asked.
        file: the requests came in a file, so that the answers go into one.
        output: what it has brought about; `None` until then.
    """

    name: str
    facts: JSONObject
    requests: list[JSONObject]
    place: str
    headers: dict[str, str]
    file: bool
    output: JSONObject | None = None

    @property
    def object(self) -> JSONObject:
        """The batch as an operation, in the vendor's words."""
        operation: JSONObject = {"name": self.name, "metadata": self.facts}
        if self.output is not None:
            kind = f"{_TYPE}{self.facts['@type'].rpartition('.')[2]}Output"
            operation |= {"done": True, "response": {"@type": kind, **self.output}}
        return operation

    @property
    def waiting(self) -> bool:
        """Whether nobody has looked at it yet."""
        return self.facts["state"] == "BATCH_STATE_PENDING"


def _batches(context: Context) -> Room[Batch]:
    return context.shelf.room("gemini.batches", Batch)


def _create(context: Context) -> Rendered:
    request = context.request
    check_key(request)
    place, _, verb = request.path.rpartition(":")
    kind, method = _KINDS[verb]
    said = group(request.object, "batch")
    source = group(said, "inputConfig")
    file = member(source, "fileName")
    requests = _lines(context, str(file)) if file else listed(group(source, "requests"), "requests")
    if not requests:
        raise refuse("* BatchGenerateContentRequest.batch.input_config: the batch has no requests\n")
    name = f"batches/{context.ids.take('', 36, ALPHABET)}"
    now = stamp(context.now)
    facts: JSONObject = {
        "@type": f"{_TYPE}{kind}",
        "model": f"models/{request.params['model']}",
        **({"displayName": named} if (named := member(said, "displayName")) else {}),
        **({"inputConfig": {"fileName": file}} if file else {}),
        "createTime": now,
        "updateTime": now,
        "batchStats": {"requestCount": str(len(requests)), "pendingRequestCount": str(len(requests))},
        "state": "BATCH_STATE_PENDING",
        "name": name,
    }
    keys = {name: request.headers[name] for name in ("x-goog-api-key", "authorization") if name in request.headers}
    batch = Batch(name=name, facts=facts, requests=requests, place=f"{place}:{method}", headers=keys, file=bool(file))
    if not keys:
        batch.place += f"?key={request.key}"
    return whole(_batches(context).put(name, batch).object, context)


def _lines(context: Context, name: str) -> list[JSONObject]:
    found = files(context).find(name.rpartition("/")[2], refuse(f"File {name} not found.", 404))
    try:
        lines: list[JSON] = [msgspec.json.decode(line) for line in found.content.splitlines() if line.strip()]
    except msgspec.DecodeError as error:
        raise refuse(f"File {name} is no file of JSON lines: {error}") from error
    return [line for line in lines if is_object(line)]


async def _run(batch: Batch, context: Context) -> None:
    """Answer each request of a batch."""
    answers: list[JSONObject] = []
    for line in batch.requests:
        inner = group(line, "request") or line
        rendered = await context.ask(request_of("POST", batch.place, batch.headers, encode(inner)))
        said: Any = msgspec.json.decode(rendered.body)
        answer: JSONObject = {name: line[name] for name in _KEPT if name in line}
        answers.append(answer | ({"response": said} if rendered.status < 400 else {"error": said["error"]}))
    failed = sum("error" in answer for answer in answers)
    batch.facts["batchStats"] = {
        "requestCount": str(len(answers)),
        "successfulRequestCount": str(len(answers) - failed),
        **({"failedRequestCount": str(failed)} if failed else {}),
    }
    batch.output = _stored(batch, answers, context) if batch.file else _inlined(batch, answers)
    batch.facts |= {
        "state": "BATCH_STATE_SUCCEEDED",
        "endTime": stamp(context.now),
        "updateTime": stamp(context.now),
        "output": batch.output,
    }


def _inlined(batch: Batch, answers: list[JSONObject]) -> JSONObject:
    name = "inlinedEmbedContentResponses" if "Embed" in batch.facts["@type"] else "inlinedResponses"
    return {name: {"inlinedResponses": answers}}


def _stored(batch: Batch, answers: list[JSONObject], context: Context) -> JSONObject:
    id_ = f"batch-{batch.name.rpartition('/')[2]}"
    content = b"".join(encode(answer) + b"\n" for answer in answers)
    file = File(id=id_, content_type="application/jsonl", content=content, created=context.now)
    return {"responsesFile": f"files/{files(context).put(id_, file).id}"}


def _found(context: Context) -> Batch:
    check_key(context.request)
    name = f"batches/{context.request.params['batch']}"
    return _batches(context).find(name, refuse(f"Batch {name} not found.", 404))


async def _look(context: Context) -> Rendered:
    batch = _found(context)
    if batch.waiting:
        await _run(batch, context)
    return whole(batch.object, context)


def _cancel(context: Context) -> Rendered:
    batch = _found(context)
    if batch.waiting:
        batch.facts |= {"state": "BATCH_STATE_CANCELLED", "endTime": stamp(context.now)}
    return whole({}, context)


def _delete(context: Context) -> Rendered:
    _batches(context).pop(_found(context).name)
    return whole({}, context)


def _list(context: Context) -> Rendered:
    shown, token = page(_batches(context).values(), context.request)
    kept = [batch.object for batch in shown]
    return whole(({"operations": kept} if kept else {}) | token, context)


WIRE = Wire(
    name="gemini.batch",
    vendor="gemini",
    routes=(
        *(
            Route(method="POST", path=f"/models/{{model}}:{verb}", operation="create_batch", handle=_create)
            for verb in _KINDS
        ),
        Route(method="GET", path="/batches", operation="list_batches", handle=keyed(_list)),
        Route(method="GET", path="/batches/{batch}", operation="retrieve_batch", handle=_look),
        Route(method="POST", path="/batches/{batch}:cancel", operation="cancel_batch", handle=_cancel),
        Route(method="DELETE", path="/batches/{batch}", operation="delete_batch", handle=_delete),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
)
