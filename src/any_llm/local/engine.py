"""llama.cpp itself: one model in memory, and calls that block. The only importer of its Python package.

This module runs in the model's own process (`worker.py`), so it imports nothing that takes time.
"""

from __future__ import annotations

import importlib
import json
import os
import secrets
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

PREFILL = 32
"""Tokens of a prompt that are read at once: a cancelled call ends within one such batch (0.25 to 0.5 s on one slow
core). Larger ones read a prompt at most 15 % faster."""

EMBEDDING_TOKENS = 2048
"""The most tokens one text to embed may have: they are read in one batch, whose memory is set aside at the start."""

Emit: TypeAlias = Callable[[str], bool]
"""Takes one piece of JSON text, and returns whether the call has been cancelled."""


class Engine(Protocol):
    """A loaded model. Both methods block, and raise `ValueError` or `RuntimeError` with llama.cpp's own words."""

    def chat(self, body: str, emit: Emit) -> None:
        """Answer a chat completions request with the chunks of a stream, or an error body."""
        ...

    def embed(self, body: str, emit: Emit) -> None:
        """Answer an embeddings request with one body."""
        ...


class LlamaServer:
    """A model loaded by llama.cpp.

    One sequence at a time: on one thread two at once are no faster (16.8 against 13.3 tokens/s, Qwen 0.5B), take more
    memory, and would make an answer depend on what else is running.
    """

    def __init__(self, path: str, *, embedding: bool, context: int, threads: int) -> None:
        # The package is optional, takes its time, and has no types. The ImportError of a missing one, or of a missing
        # library that it needs, comes from here.
        xllamacpp: Any = importlib.import_module("xllamacpp")
        parameters = xllamacpp.CommonParams()
        parameters.model.path = path
        parameters.verbosity = 0
        parameters.n_parallel = 1
        parameters.warmup = False
        parameters.fit_params = False
        parameters.cache_ram_mib = 0
        parameters.n_ctx = context
        parameters.n_batch = parameters.n_ubatch = PREFILL
        for cpu in (parameters.cpuparams, parameters.cpuparams_batch):
            cpu.n_threads = threads
        if embedding:
            parameters.embedding = True
            parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
            parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = min(context, EMBEDDING_TOKENS)
        # llama.cpp opens a port on the loopback interface that nobody here uses; nobody else shall either.
        parameters.api_keys = [secrets.token_urlsafe(32)]
        parameters.cors_origins = ""
        parameters.ui = False
        parameters.endpoint_slots = False
        parameters.n_threads_http = 1
        self._server: Any = xllamacpp.Server(parameters)

    def chat(self, body: str, emit: Emit) -> None:
        """Answer a chat completions request with the chunks of a stream, or an error body."""
        failures: list[Exception] = []

        def take(chunk: str) -> bool:
            try:
                return emit(chunk)
            # llama.cpp swallows what a callback raises, so it is carried past it, whatever it is.
            except Exception as error:  # noqa: BLE001
                failures.append(error)
                return True

        self._server.handle_chat_completions(body, take)
        if failures:
            raise failures[0]

    def embed(self, body: str, emit: Emit) -> None:
        """Answer an embeddings request with one body."""
        emit(self._server.handle_embeddings(body))


def load(options: str) -> Engine:
    """Load a model as the JSON text of the arguments of `LlamaServer` says."""
    arguments = json.loads(options)
    if arguments["threads"] > 1:
        # OpenMP's threads spin while they wait, which starves everything on a machine with few cores.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    return LlamaServer(**arguments)
