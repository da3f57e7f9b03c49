"""llama.cpp's own HTTP server on a real port: a peer that nobody here has written, with a small model behind it.

It speaks OpenAI's chat completions, completions, Responses, embeddings and models, and Anthropic's messages. Run as a
module it is the server; `LlamaServer` starts that as a process, waits until it is ready, and ends it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from types import TracebackType
from typing import Any, Self

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.local.fetch import pull

_PATIENCE = 60.0
_GLANCE = 0.05
_TAIL = 800


class LlamaServer:
    """A context manager around a running llama.cpp server.

    `model` is fetched into the cache first, as for the local provider; `api_key` is what the server asks for (none: any
    key will do); `embedding` serves embeddings instead of text; `context` is the tokens of each of its two slots;
    `template` is a Jinja template that writes the conversation for the model, instead of the model's own.

    >>> with LlamaServer("smollm2") as server:
    ...     client = AnyLLM.create_openai_compatible("llama", api_base=server.api_base, api_key="none")
    """

    def __init__(
        self,
        model: str = "smollm2",
        *,
        api_key: str = "",
        embedding: bool = False,
        context: int = 4096,
        template: str = "",
    ) -> None:
        self._model = model
        self._options = {"api_key": api_key, "embedding": embedding, "context": context, "template": template}
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:43210`; Anthropic's clients take this one."""
        return self._url

    @property
    def api_base(self) -> str:
        """Where OpenAI's API starts: the `url` with `/v1`."""
        return f"{self._url}/v1"

    def __enter__(self) -> Self:
        options = json.dumps(self._options | {"path": str(pull(self._model))})
        with tempfile.TemporaryFile() as errors:
            # The command is this interpreter and this module.
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", __name__, options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
            assert self._process.stdout is not None
            self._url = self._process.stdout.readline().decode().strip()
            if not self._url:
                self._stop()
                errors.seek(0)
                said = errors.read().decode("utf-8", "replace").strip()[-_TAIL:]
                raise ConfigurationError(f"llama.cpp's server does not start with the model {self._model!r}: {said}")
        self._wait(_PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def busy(self) -> int:
        """Return how many requests the server is working on: those of closed connections are not among them."""
        request = urllib.request.Request(  # noqa: S310  # the server's own address
            f"{self._url}/slots", headers={"Authorization": f"Bearer {self._options['api_key']}"}
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310  # likewise
            slots = msgspec.json.decode(answer.read())
        return sum(1 for slot in slots if slot["is_processing"])

    def _wait(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(f"{self._url}/health", timeout=_PATIENCE),  # noqa: S310  # its own address
            ):
                return
            time.sleep(_GLANCE)
        self._stop()
        raise ConfigurationError(f"llama.cpp's server at {self._url} is not ready after {patience:g} s")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            # This closes its input, which is what it waits for.
            process.communicate(timeout=_PATIENCE)


def serve(options: str) -> None:
    """Run the server until the standard input ends, with the JSON text of its options."""
    arguments = json.loads(options)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The package is optional, takes its time, and has no types.
    xllamacpp: Any = importlib.import_module("xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = arguments["path"]
    parameters.model_alias = {"local"}
    parameters.verbosity = 0
    parameters.n_parallel = 2
    parameters.n_ctx = 2 * arguments["context"]
    for cpu in (parameters.cpuparams, parameters.cpuparams_batch):
        cpu.n_threads = 1
    parameters.chat_template = arguments["template"]
    parameters.ui = False
    parameters.fit_params = False
    parameters.endpoint_metrics = parameters.endpoint_props = parameters.endpoint_slots = True
    if arguments["api_key"]:
        parameters.api_keys = [arguments["api_key"]]
    if arguments["embedding"]:
        parameters.embedding = True
        # With a cache for each slot, the texts of a request are cut to equal lengths, and the mean is of the last cut.
        parameters.kv_unified = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    # The parent's end of the pipe closes when it stops the server, and also when it dies.
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
