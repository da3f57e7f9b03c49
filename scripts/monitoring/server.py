"""Debian's Prometheus, run for a while over one program: it scrapes, records, alerts, and is asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from typing_extensions import override

from any_llm.telemetry.backends.prometheus import exposition
from any_llm.telemetry.dashboards import RULES
from scripts.monitoring.program import PATIENCE, Program, free_port
from scripts.monitoring.workload import Workload

_CONFIGURATION = """\
global: {{scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 500ms}}
rule_files: [{rules}]
scrape_configs: [{{job_name: any-llm, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""


class Monitored(Program):
    """The measures of a registry behind `/metrics`, and a Prometheus that scrapes them.

    Attributes:
        scraped: how long each scrape took to be answered, in seconds.
        expose: makes what a scrape is answered with.
    """

    def __init__(self, registry: CollectorRegistry, folder: Path) -> None:
        self.scraped: list[float] = []
        self.expose = partial(exposition, registry=registry)
        super().__init__(_handler(registry, self.scraped))
        self._folder = folder
        self._port = free_port()

    @override
    def command(self) -> Sequence[str]:
        """Return the program and its arguments.

        Raises:
            SystemExit: it is not installed.
        """
        program = shutil.which("prometheus")
        if program is None:
            raise SystemExit("prometheus is missing; on Debian: apt-get install prometheus")
        configuration = self._folder / "prometheus.yml"
        configuration.write_text(_CONFIGURATION.format(rules=json.dumps(str(RULES)), port=self.web_port))
        return [
            program,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--log.level=error",
        ]

    @override
    def is_ready(self) -> bool:
        """Say whether the server can be asked."""
        return self.get("/-/ready") is not None

    def get(self, path: str) -> bytes | None:
        """Return what the server says; `None` while it says nothing."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=PATIENCE) as answer:
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
