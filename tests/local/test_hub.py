"""Model files from URLs and hubs, over real sockets."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from any_llm.exceptions import (
    AnyLLMError,
    ConnectionFailedError,
    MalformedResponseError,
    ModelNotFoundError,
    PermissionDeniedError,
)
from any_llm.local import hub
from any_llm.local.fetch import installed, pull, remove
from any_llm.local.models import find_model

CONTENT = b"GGUF" + b"0123456789abcdef" * 40_000
SUM = hashlib.sha256(CONTENT).hexdigest()


class Hub(ThreadingHTTPServer):
    """A hub with one file, which redirects to a host of another name, and breaks off as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.bytes_url = f"http://localhost:{self.server_port}"
        self.breaks: list[int] = []
        self.seen: list[tuple[str, str, str | None, str | None]] = []
        self.sum = SUM
        self.with_length = True
        self.ranges = True
        self.tag = '"tag"'


class Handler(BaseHTTPRequestHandler):
    server: Hub

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        self.respond(body=False)

    def do_GET(self) -> None:
        self.respond(body=True)

    def respond(self, *, body: bool) -> None:
        headers = self.headers
        self.server.seen.append((self.command, self.path, headers["Authorization"], headers["Range"]))
        if self.path == "/owner/repo/resolve/main/tiny.gguf":
            self.head(
                302,
                {
                    "Location": f"{self.server.bytes_url}/bytes.gguf",
                    "X-Linked-ETag": f'"{self.server.sum}"',
                    "X-Linked-Size": str(len(CONTENT)),
                },
            )
        elif self.path == "/bytes.gguf":
            self.file(body=body)
        elif self.path.startswith("/status/"):
            self.head(int(self.path.split("/")[2]), {})
        elif self.path == "/loop.gguf":
            self.head(302, {"Location": "/loop.gguf"})
        else:
            self.head(302, {"Location": "file:///etc/passwd"})

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def file(self, *, body: bool) -> None:
        start = int((self.headers["Range"] or "bytes=0-")[6:-1]) if self.server.ranges else 0
        headers = {"ETag": self.server.tag} if self.server.tag else {}
        if self.server.with_length:
            headers["Content-Length"] = str(len(CONTENT) - start)
        self.head(206 if start else 200, headers)
        if body:
            end = start + self.server.breaks.pop(0) if self.server.breaks else len(CONTENT)
            self.wfile.write(CONTENT[start:end])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Hub]:
    """A running hub, and a cache of our own."""
    monkeypatch.setenv("ANY_LLM_CACHE", str(tmp_path))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with Hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_file_of_a_hub_is_fetched_and_listed_under_its_name(server: Hub) -> None:
    steps: list[tuple[int, int | None]] = []
    path = pull("hf:owner/repo/tiny.gguf", lambda done, total: steps.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert [found.name for found in installed()] == ["hf:owner/repo/tiny.gguf"]
    remove("hf:owner/repo/tiny.gguf")
    assert list(path.parent.iterdir()) == []


def test_token_goes_to_the_hub_alone(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull("hf:owner/repo/tiny.gguf")
    assert [(path, token) for _, path, token, _ in server.seen] == [
        ("/owner/repo/resolve/main/tiny.gguf", "Bearer hf_secret"),
        ("/bytes.gguf", None),
        ("/bytes.gguf", None),
    ]


def test_broken_download_goes_on_behind_what_came(server: Hub) -> None:
    server.breaks = [1000, 50_000]
    assert pull("hf:owner/repo/tiny.gguf").read_bytes() == CONTENT
    assert [span for method, _, _, span in server.seen if method == "GET"] == [None, "bytes=1000-", "bytes=51000-"]


def test_server_without_ranges_starts_again(server: Hub) -> None:
    server.breaks, server.ranges = [1000], False
    assert pull(f"{server.url}/bytes.gguf").read_bytes() == CONTENT


def test_server_without_a_tag_is_asked_for_the_rest_all_the_same(server: Hub) -> None:
    server.breaks, server.tag = [1000], ""
    assert pull(f"{server.url}/bytes.gguf").read_bytes() == CONTENT


def test_what_came_before_a_failure_is_kept_for_the_next_call(server: Hub) -> None:
    server.breaks = [5000, 0, 0, 0, 0]
    with pytest.raises(ConnectionFailedError, match=r"broke off after 5000 bytes.*any-llm models pull hf:owner"):
        pull("hf:owner/repo/tiny.gguf")
    server.seen.clear()
    pull("hf:owner/repo/tiny.gguf")
    assert server.seen[-1][3] == "bytes=5000-"


def test_whole_part_is_not_fetched_again(server: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / f"{find_model('hf:owner/repo/tiny.gguf').file}.part").write_bytes(CONTENT)
    pull("hf:owner/repo/tiny.gguf")
    assert "GET" not in {method for method, *_ in server.seen}


def test_file_of_unknown_length_ends_where_the_connection_does(server: Hub) -> None:
    server.with_length = False
    assert pull(f"{server.url}/bytes.gguf").read_bytes() == CONTENT


def test_wrong_sum_is_refused_and_deleted(server: Hub) -> None:
    server.sum = "0" * 64
    with pytest.raises(MalformedResponseError, match=f"its SHA-256 is {SUM}, not 0000"):
        pull("hf:owner/repo/tiny.gguf")
    assert installed() == []


def test_page_instead_of_a_model_is_refused(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.local.test_hub.CONTENT", b"<html>" + CONTENT)
    with pytest.raises(MalformedResponseError, match=re.escape("it starts with b'<htm'")):
        pull(f"{server.url}/bytes.gguf")


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("status/401/x.gguf", PermissionDeniedError, "HF_TOKEN"),
        ("status/404/x.gguf", ModelNotFoundError, "no file at"),
        ("status/500/x.gguf", ConnectionFailedError, "HTTP 500"),
        ("loop.gguf", ConnectionFailedError, "more than 5 times"),
        ("elsewhere.gguf", ConnectionFailedError, "'file:///etc/passwd', which is not an HTTP URL"),
    ],
)
def test_refusal_of_a_server_says_what_to_do(server: Hub, path: str, kind: type[AnyLLMError], said: str) -> None:
    with pytest.raises(kind, match=re.escape(said)):
        pull(f"{server.url}/{path}")


def test_without_a_network_the_command_to_run_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANY_LLM_CACHE", str(tmp_path))
    with pytest.raises(ConnectionFailedError, match=re.escape("any-llm models pull http://127.0.0.1:9/x.gguf")):
        pull("http://127.0.0.1:9/x.gguf")


def test_revision_and_default_endpoint_are_in_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert hub.file_url("hf:a/b@v1/c/d.gguf") == "https://huggingface.co/a/b/resolve/v1/c/d.gguf"
