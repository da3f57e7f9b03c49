"""A small provider on the loopback interface, for the snippets: OpenAI's and Anthropic's APIs, some of others."""

from __future__ import annotations

import base64
import json
import re
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias, cast

from typing_extensions import override

from tests.docs.operations import ANSWER, Asked, Said, find

Fields: TypeAlias = dict[str, object]
Event: TypeAlias = tuple[str, Fields]
Answer: TypeAlias = Callable[[Fields], Fields]
Stream: TypeAlias = Callable[[Fields], Sequence[Event]]


WORDS = re.findall(r"\S+ ?", ANSWER)
CREATED = 1_760_000_000
DIMENSIONS = 8


def _asked_model(asked: Fields) -> str:
    return str(asked.get("model", "gpt-test"))


def _wants_json(asked: Fields) -> bool:
    wanted = asked.get("response_format") or asked.get("text") or asked.get("output_config")
    return "json" in json.dumps(wanted)


def _example(schema: Mapping[str, object]) -> object:
    """Return a value that fits a JSON schema of the simple kinds the snippets use."""
    if choices := schema.get("enum"):
        return cast("list[object]", choices)[0]
    properties = cast("Mapping[str, Mapping[str, object]]", schema.get("properties", {}))
    plain: Mapping[str, object] = {
        "object": {name: _example(part) for name, part in properties.items()},
        "array": [_example(cast("Mapping[str, object]", schema["items"]))] if "items" in schema else [],
        "integer": 42,
        "number": 4.2,
        "boolean": True,
    }
    return plain.get(str(schema.get("type")), "Paris")


def _find_schema(value: object) -> Mapping[str, object] | None:
    if not isinstance(value, dict):
        return None
    fields = cast("Fields", value)
    if isinstance(schema := fields.get("schema"), dict):
        return cast("Fields", schema)
    return next((found for part in fields.values() if (found := _find_schema(part))), None)


def _text(asked: Fields) -> str:
    if not _wants_json(asked):
        return ANSWER
    schema = _find_schema(asked.get("response_format") or asked.get("text") or asked.get("output_config"))
    return json.dumps(_example(schema or {"type": "object"}))


def _called_tool(asked: Fields) -> Fields | None:
    """Return the first offered function, unless its answer is already among the messages."""
    tools = cast("list[Fields]", asked.get("tools") or [])
    answered = '"tool"' in json.dumps(asked.get("messages")) or '"tool_result"' in json.dumps(asked.get("messages"))
    if not tools or answered:
        return None
    return cast("Fields", tools[0].get("function", tools[0]))


def _arguments(tool: Fields) -> object:
    return _example(cast("Fields", tool.get("parameters") or tool.get("input_schema") or {"type": "object"}))


def chat(asked: Fields) -> Fields:
    """Answer a chat completion."""
    message: Fields = {"role": "assistant", "content": _text(asked), "refusal": None}
    if tool := _called_tool(asked):
        function = {"name": tool["name"], "arguments": json.dumps(_arguments(tool))}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": CREATED,
        "model": _asked_model(asked),
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if tool else "stop"}],
        "usage": {
            "prompt_tokens": 14,
            "completion_tokens": 7,
            "total_tokens": 21,
            "prompt_tokens_details": {"cached_tokens": 8 if asked.get("prompt_cache_key") else 0},
        },
    }


def _chunk(asked: Fields, delta: Fields, finish: str | None = None) -> Event:
    return "", {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": _asked_model(asked),
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def chat_stream(asked: Fields) -> Sequence[Event]:
    """Answer a chat completion as chunks."""
    whole = chat(asked)
    choice = cast("list[Fields]", whole["choices"])[0]
    message = cast("Fields", choice["message"])
    if calls := cast("list[Fields] | None", message.get("tool_calls")):
        deltas: list[Fields] = [{"tool_calls": [{"index": 0} | call]} for call in calls]
    else:
        text = str(message["content"])
        deltas = [{"content": word} for word in (WORDS if text == ANSWER else re.findall(r".{1,9}", text))]
    events = [_chunk(asked, {"role": "assistant", "content": ""}), *(_chunk(asked, delta) for delta in deltas)]
    events.append(_chunk(asked, {}, str(choice["finish_reason"])))
    if cast("Fields", asked.get("stream_options") or {}).get("include_usage"):
        _, last = _chunk(asked, {})
        events.append(("", last | {"choices": [], "usage": whole["usage"]}))
    return events


def responses(asked: Fields) -> Fields:
    """Answer a request of the Responses API."""
    part: Fields = {"type": "output_text", "text": _text(asked), "annotations": [], "logprobs": []}
    message: Fields = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": CREATED,
        "status": "completed",
        "model": _asked_model(asked),
        "output": [message],
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": asked.get("tools") or [],
        "top_p": 1.0,
        "usage": {
            "input_tokens": 14,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 21,
        },
    }


def responses_stream(asked: Fields) -> Sequence[Event]:
    """Answer a request of the Responses API as events."""
    whole = responses(asked)
    message = cast("list[Fields]", whole["output"])[0]
    part = cast("list[Fields]", message["content"])[0]
    place: Fields = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    begun: Fields = {"status": "in_progress", "output": [], "usage": None}
    bodies: list[Fields] = [
        {"type": "response.created", "response": whole | begun},
        {"type": "response.in_progress", "response": whole | begun},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": message | {"content": [], "status": "in_progress"},
        },
        {"type": "response.content_part.added", "part": part | {"text": ""}} | place,
        *({"type": "response.output_text.delta", "delta": word, "logprobs": []} | place for word in WORDS),
        {"type": "response.output_text.done", "text": ANSWER, "logprobs": []} | place,
        {"type": "response.content_part.done", "part": part} | place,
        {"type": "response.output_item.done", "output_index": 0, "item": message},
        {"type": "response.completed", "response": whole},
    ]
    return [(str(body["type"]), body | {"sequence_number": number}) for number, body in enumerate(bodies)]


def messages(asked: Fields) -> Fields:
    """Answer a request of Anthropic's Messages API."""
    content: list[Fields] = [{"type": "text", "text": _text(asked)}]
    if tool := _called_tool(asked):
        content = [{"type": "tool_use", "id": "toolu_1", "name": tool["name"], "input": _arguments(tool)}]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": _asked_model(asked),
        "content": content,
        "stop_reason": "tool_use" if tool else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 14, "output_tokens": 7},
    }


def _block_deltas(block: Fields) -> tuple[Fields, list[Fields]]:
    if block["type"] == "text":
        text = str(block["text"])
        words = WORDS if text == ANSWER else [text]
        return block | {"text": ""}, [{"type": "text_delta", "text": word} for word in words]
    return block | {"input": {}}, [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]


def messages_stream(asked: Fields) -> Sequence[Event]:
    """Answer a request of Anthropic's Messages API as events."""
    whole = messages(asked)
    begun: Fields = {"content": [], "stop_reason": None, "usage": {"input_tokens": 14, "output_tokens": 1}}
    bodies: list[Fields] = [{"type": "message_start", "message": whole | begun}]
    for index, block in enumerate(cast("list[Fields]", whole["content"])):
        start, deltas = _block_deltas(block)
        bodies.append({"type": "content_block_start", "index": index, "content_block": start})
        bodies += ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        bodies.append({"type": "content_block_stop", "index": index})
    ending: Fields = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    bodies += [
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
    return [(str(body["type"]), body) for body in bodies]


def embeddings(asked: Fields) -> Fields:
    """Answer an embedding request: one vector for each input, as floats or base64."""
    inputs = asked.get("input")
    texts = cast("list[object]", inputs) if isinstance(inputs, list) else [inputs]
    vectors = [[(len(str(text)) + place) / 100 for place in range(DIMENSIONS)] for text in texts]
    data: list[Fields] = []
    for index, vector in enumerate(vectors):
        packed = base64.b64encode(struct.pack(f"<{DIMENSIONS}f", *vector)).decode()
        shown: object = packed if asked.get("encoding_format") == "base64" else vector
        data.append({"object": "embedding", "index": index, "embedding": shown})
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return {"object": "list", "model": _asked_model(asked), "data": data, "usage": usage}


MODELS: Mapping[bool, Fields] = {
    False: {
        "object": "list",
        "data": [{"id": "gpt-test", "object": "model", "created": CREATED, "owned_by": "tests"}],
    },
    True: {
        "data": [{"id": "claude-test", "type": "model", "display_name": "Test", "created_at": "2026-01-01T00:00:00Z"}],
        "has_more": False,
        "first_id": "claude-test",
        "last_id": "claude-test",
    },
}
"""The list of models: Anthropic's shape when its header is there, else OpenAI's."""

ANSWERS: Mapping[str, tuple[Answer, Stream | None]] = {
    "/chat/completions": (chat, chat_stream),
    "/responses": (responses, responses_stream),
    "/messages": (messages, messages_stream),
    "/embeddings": (embeddings, None),
}


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer the list of models, or what is kept; a reader's Vault is here, too."""
        if self.headers.get("x-vault-token"):
            metadata = {"version": 1, "deletion_time": "", "destroyed": False}
            self._send(200, {"data": {"data": {"key": "sk-test"}, "metadata": metadata}, "lease_duration": 0})
        elif self.path.partition("?")[0].endswith("/models"):
            self._send(200, MODELS["anthropic-version" in self.headers])
        else:
            self._operate()

    def do_DELETE(self) -> None:
        """Forget something."""
        self._operate()

    def do_POST(self) -> None:
        """Answer an operation, whole or streamed."""
        self._operate()

    def operate(self, asked: Asked) -> Said | None:
        """Return the answer to an operation on what is no conversation, `None` where there is none."""
        found = find(self.command, asked.path)
        return None if found is None else found[0](asked._replace(part=found[1]))

    def _operate(self) -> None:
        body = self._read()
        path = self.path.partition("?")[0].removeprefix("/v1")
        is_json = body and self.headers.get_content_type() == "application/json"
        asked = Asked(path, "", json.loads(body) if is_json else {}, body)
        if "authorization" not in self.headers and "x-api-key" not in self.headers:
            self._refuse(401, "no API key was sent")
        elif (said := self.operate(asked)) is not None:
            self._tell(said)
        elif self.command == "POST" and path in ANSWERS:
            self._answer(*ANSWERS[path], asked=asked.fields)
        else:
            self._refuse(404, f"there is nothing at {self.path}")

    def _tell(self, said: Said) -> None:
        if said.events is not None:
            self._stream(said.events, done=False)
        elif said.fields is not None:
            self._send(200, said.fields)
        else:
            self._give(200, said.content, said.media_type)

    def _read(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        pieces: list[bytes] = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _answer(self, whole: Answer, stream: Stream | None, *, asked: Fields) -> None:
        if stream is not None and asked.get("stream"):
            self._stream(stream(asked), done=whole is chat)
        else:
            self._send(200, whole(asked))

    def _refuse(self, status: int, message: str) -> None:
        kind = "authentication_error" if status == 401 else "not_found_error"
        self._send(status, {"type": "error", "error": {"type": kind, "message": message, "code": None}})

    def _send(self, status: int, fields: Fields) -> None:
        self._give(status, json.dumps(fields).encode(), "application/json")

    def _give(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-request-id", "req_1")
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: Sequence[Event], *, done: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        pieces = [f"event: {name}\n" * bool(name) + f"data: {json.dumps(fields)}\n\n" for name, fields in events]
        for piece in [*pieces, "data: [DONE]\n\n"] if done else pieces:
            self.wfile.write(f"{len(piece.encode()):x}\r\n{piece}\r\n".encode())
        self.wfile.write(b"0\r\n\r\n")

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a test's output is its own."""


@contextmanager
def provider() -> Iterator[str]:
    """Run the provider and give its origin, such as `http://127.0.0.1:40123`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, name="provider-of-the-docs", args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
