"""Debian's Prometheus, run for a while over one program: it scrapes, records, alerts, and is asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from prometheus_client import CollectorRegistry
from typing_extensions import override

from any_llm.telemetry.backends.prometheus import exposition
from any_llm.telemetry.dashboards import RULES
from scripts.monitoring.workload import Workload

_CONFIGURATION = """\
global: {{scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 500ms}}
rule_files: [{rules}]
scrape_configs: [{{job_name: any-llm, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""
_PATIENCE = 30.0


class Monitored:
    """The measures of a registry behind `/metrics`, and a Prometheus that scrapes them.

    Attributes:
        scraped: how long each scrape took to be answered, in seconds.
        expose: makes what a scrape is answered with.
    """

    def __init__(self, registry: CollectorRegistry, folder: Path) -> None:
        self.scraped: list[float] = []
        self.expose = partial(exposition, registry=registry)
        self._folder = folder
        self._web = ThreadingHTTPServer(("127.0.0.1", 0), _handler(registry, self.scraped))
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._web.serve_forever, daemon=True).start()
        program = shutil.which("prometheus")
        if program is None:
            raise SystemExit("prometheus is missing; on Debian: apt-get install prometheus")
        configuration = self._folder / "prometheus.yml"
        configuration.write_text(_CONFIGURATION.format(rules=json.dumps(str(RULES)), port=self._web.server_port))
        arguments = [
            f"--config.file={configuration}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--log.level=error",
        ]
        self._process = subprocess.Popen([program, *arguments])
        self.await_until(lambda: self.get("/-/ready") is not None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE)
        self._web.shutdown()
        self._web.server_close()

    def get(self, path: str) -> bytes | None:
        """Return what the server says; `None` while it says nothing."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=_PATIENCE) as answer:
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            with error:
                return error.read() if error.code < 500 else None
        except OSError:
            return None

    def query(self, expression: str) -> list[Any]:
        """Return the result of a query.

        Raises:
            ValueError: the server refuses it; the error says why.
        """
        return self._result("query", {"query": expression})

    def range(self, expression: str, seconds: float, step: float) -> list[Any]:
        """Return the result of a query over the last seconds, by steps of so many."""
        now = time.time()
        said = {"query": expression, "start": now - seconds, "end": now, "step": step}
        return self._result("query_range", said)

    def _result(self, kind: str, said: dict[str, Any]) -> list[Any]:
        told = json.loads(self.get(f"/api/v1/{kind}?{urllib.parse.urlencode(said)}") or b"{}")
        if told.get("status") != "success":
            raise ValueError(f"{said['query']}: {told.get('error')}")
        result: list[Any] = told["data"]["result"]
        return result

    def groups(self) -> list[Any]:
        """Return the groups of rules, with how each of them went."""
        groups: list[Any] = json.loads(self.get("/api/v1/rules") or b"{}")["data"]["groups"]
        return groups

    def drive(self, workload: Workload, scrapes: int) -> None:
        """Have a workload make calls until so many scrapes have seen them."""
        self.await_until(lambda: self.scraped)

        async def turns() -> None:
            seen = len(self.scraped)
            while len(self.scraped) < seen + scrapes:
                await workload.turn()

        with asyncio.Runner() as runner:
            runner.run(turns())
            workload.fill()
            runner.run(turns())

    @staticmethod
    def await_until(true: Any, patience: float = _PATIENCE) -> None:  # noqa: ANN401  # whatever says yes or no
        """Wait until something is true.

        Raises:
            TimeoutError: it was not in time.
        """
        until = time.monotonic() + patience
        while not true():
            if time.monotonic() > until:
                raise TimeoutError(f"Not within {patience} s")
            time.sleep(0.05)


def _handler(registry: CollectorRegistry, scraped: list[float]) -> type[BaseHTTPRequestHandler]:
    class Metrics(BaseHTTPRequestHandler):
        """Answers scrapes."""

        def do_GET(self) -> None:
            """Answer one."""
            began = time.perf_counter()
            told = exposition(self.headers.get("Accept", ""), registry)
            scraped.append(time.perf_counter() - began)
            self.send_response(200)
            self.send_header("Content-Type", told.content_type)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # A scraper that has stopped waiting.
                self.wfile.write(told.body)

        @override
        def log_message(self, format: str, *args: object) -> None:  # theirs is called so
            """Say nothing."""

    return Metrics


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
