"""A small provider on the loopback interface, which speaks OpenAI's format and does what the model's name says."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import override

MARKDOWN = "# Title\n\nSome *text*.\n\n```python\nprint(1)\n\nprint(2)\n```\n\n1. one\n2. two\n"
VECTOR = [0.5, -0.25, 1.0]
MODEL_FILE = b"GGUF" + bytes(200_000)


class LoopbackProvider(ThreadingHTTPServer):
    """The server; `requests` are the JSON bodies it was sent, and `closed` tells that a client left a stream."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.closed = threading.Event()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing about clients that leave: some tests do."""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: LoopbackProvider

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        if self.path.endswith("/models"):
            data = [{"id": "zeta", "created": 1_700_000_000, "owned_by": "us"}, {"id": "alpha", "owned_by": ""}]
            self.answer(200, {"object": "list", "data": data})
        elif self.path.endswith(".gguf"):
            self.reply(200, MODEL_FILE, "application/octet-stream")
        else:
            self.answer(404, {"error": {"message": "nothing here", "type": "invalid_request_error"}})

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(MODEL_FILE)))
        self.end_headers()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.keys.append(self.headers.get("Authorization", ""))
        model = str(body.get("model"))
        if model.startswith("status-"):
            self.answer(int(model[7:]), {"error": {"message": f"no luck with {model}", "type": "x", "code": "y"}})
        elif self.path == "/api/pull":
            self.pull()
        elif self.path.endswith("/embeddings"):
            data = [{"index": index, "embedding": VECTOR} for index, _ in enumerate(body["input"])]
            usage = {} if model == "untold" else {"usage": {"prompt_tokens": 3, "total_tokens": 3}}
            self.answer(200, {"data": data, "model": model, **usage})
        elif body.get("stream"):
            self.stream(model, say(model, body))
        else:
            self.answer(200, whole(model, say(model, body)))

    def pull(self) -> None:
        """Tell in Ollama's words how far the fetching of a model is."""
        part = {"status": "pulling 7cd4", "digest": "sha256:7cd4", "total": 80, "completed": 40}
        steps = [{"status": "pulling manifest"}, part, {**part, "completed": 80}, {"status": "success"}]
        self.reply(200, b"".join(json.dumps(step).encode() + b"\n" for step in steps), "application/x-ndjson")

    def answer(self, status: int, value: object) -> None:
        self.reply(status, json.dumps(value).encode(), "application/json")

    def reply(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, model: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            if model == "thinker":
                self.event({"reasoning_content": "Let me "})
                self.event({"reasoning_content": "think."})
            for start in range(0, len(text), 5):
                self.event({"content": text[start : start + 5]})
            while model == "endless":
                self.event({"content": "more "})
                time.sleep(0.02)
            if model == "breaks":
                return
            usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
            self.event({}, finish_reason="stop", usage=usage)
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.server.closed.set()

    def event(self, delta: dict[str, str], finish_reason: str | None = None, **more: object) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        chunk = {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}
        self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.flush()


def say(model: str, body: dict[str, Any]) -> str:
    """Return what a model answers: its canned answer, or the last thing it was told."""
    last = body["messages"][-1]["content"]
    told = last if isinstance(last, str) else json.dumps(last)
    canned = {"markdown": MARKDOWN, "json": '{"name": "A"}', "prose": "Sure!", "empty": ""}
    return canned.get(model, f"You said: {told}")


def whole(model: str, text: str) -> dict[str, Any]:
    """Return a whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if model == "thinker":
        message["reasoning_content"] = "Let me think."
    if model == "refuser":
        message = {"role": "assistant", "content": None, "refusal": "I will not."}
    choices = [] if model == "silent" else [{"index": 0, "message": message, "finish_reason": "stop"}]
    if model == "cut":
        choices[0]["finish_reason"] = "length"
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    return {"id": "c1", "object": "chat.completion", "model": model, "choices": choices, "usage": usage}
