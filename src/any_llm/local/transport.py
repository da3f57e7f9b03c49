"""OpenAI's wire format, spoken by the models on this machine: the same dialect reads it as any vendor's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from any_llm.exceptions import ModelNotFoundError
from any_llm.local.chat import plan_chat
from any_llm.local.embeddings import plan_embedding
from any_llm.local.exchange import Clock, Inbox, Render, RunningExchange, WholeExchange
from any_llm.local.fetch import installed, is_installed
from any_llm.local.models import CATALOG, Model, find_model
from any_llm.local.refusal import RefusedError, error_body, expect, parse_object, refusal_body
from any_llm.local.render import StreamedAnswer, WholeAnswer, WholeEmbedding
from any_llm.local.runtime import Kind, shared_runtime
from any_llm.local.wheels import Progress
from any_llm.spec.transport import Exchange
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.json import JSONObject


class LocalTransport:
    """Answers requests to `local://model/v1/…` with a model on this machine, in every thread and event loop.

    `progress` is told about the download of a model; without one, a line per tenth is written to standard error.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._routes: Mapping[tuple[str, str], Callable[[HttpRequest, Timeouts], Awaitable[Exchange]]] = {
            ("POST", "/v1/chat/completions"): self._chat,
            ("POST", "/v1/embeddings"): self._embed,
            ("GET", "/v1/models"): _list_models,
        }

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> Exchange:
        """Answer a request; a model that is not here yet is fetched and loaded first.

        Raises:
            MissingExtraError: llama.cpp is not installed.
            ConfigurationError: the model cannot be loaded on this machine.
            ConnectionFailedError: the model cannot be fetched, or its process broke off.
            RequestTimeoutError: the subclass that names the exceeded limit.
        """
        path = urlsplit(request.url).path.rstrip("/")
        route = self._routes.get((request.method, path))
        if route is None:
            known = ", ".join(" ".join(pair) for pair in self._routes)
            text = f"There is no {request.method} {path!r} here, but {known}"
            return WholeExchange(404, error_body(text, kind="invalid_request_error", code="unknown_url"))
        try:
            return await route(request, timeouts)
        except RefusedError as refused:
            return WholeExchange(refused.status, refusal_body(refused))

    async def aclose(self) -> None:
        """Do nothing: models stay loaded for the next caller, and end with this process."""

    async def _chat(self, request: HttpRequest, timeouts: Timeouts) -> Exchange:
        tree = parse_object(request.body)
        model = _model(tree)
        plan = plan_chat(tree, model)
        if not plan.stream:
            return WholeExchange(200, await self._start(model, "chat", plan.bodies, WholeAnswer(plan), timeouts).read())
        exchange = self._start(model, "chat", plan.bodies, StreamedAnswer(plan), timeouts)
        await exchange.begin()
        return exchange

    async def _embed(self, request: HttpRequest, timeouts: Timeouts) -> Exchange:
        tree = parse_object(request.body)
        model = _model(tree)
        plan = plan_embedding(tree, model)
        return WholeExchange(200, await self._start(model, "embed", plan.bodies, WholeEmbedding(plan), timeouts).read())

    def _start(
        self, model: Model, kind: Kind, bodies: list[JSONObject], render: Render, timeouts: Timeouts
    ) -> RunningExchange:
        inbox, clock = Inbox(asyncio.get_running_loop()), Clock(timeouts)
        cancel = shared_runtime().submit(model, kind, bodies, inbox, self._progress)
        return RunningExchange(inbox, cancel, render, clock)


async def _list_models(_request: HttpRequest, _timeouts: Timeouts) -> Exchange:
    known = {model.name for model in CATALOG}
    others = [
        Model(name=found.name, file=found.path.name, bytes=found.bytes)
        for found in installed()
        if found.name not in known
    ]
    listed = [_described(model) for model in (*CATALOG, *others)]
    return WholeExchange(200, msgspec.json.encode({"object": "list", "data": listed}))


def _model(request: JSONObject) -> Model:
    name = expect(request.get("model") or "", str, "model")
    try:
        return find_model(name)
    except ModelNotFoundError as error:
        raise RefusedError(error.message, status=404, code="model_not_found", param="model") from error


def _described(model: Model) -> JSONObject:
    return {
        "id": model.name,
        "object": "model",
        "created": model.created,
        "owned_by": model.attribution or "user",
        "licence": model.licence or None,
        "bytes": model.bytes,
        "installed": is_installed(model),
    }
