"""What a provider does faster or cheaper comes to the same as the general path, over real sockets."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from any_llm import AnyLLM, file
from any_llm.exceptions import UnsupportedParameterError
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.media import MediaSupport
from any_llm.types.json import JSON, JSONObject
from tests.client.answers import JSON_FIELDS, KEY, MESSAGES, completion
from tests.client.conftest import Client, client_of
from tests.transport.conftest import Serve
from tests.transport.peers import Peer, Received, Script, Server, whole

VECTOR = (0.5, -0.25, 0.1, 1e-7)
PDF = b"%PDF-1.7\n" + bytes(range(256))


def by(respond: Callable[[Received, Any], object]) -> Script:
    """Answer with what a function makes of a request and its JSON; bytes as they are."""

    async def script(peer: Peer, received: Received) -> None:
        is_json = received.headers.get("content-type", "").startswith("application/json")
        answer = respond(received, json.loads(received.body) if is_json else None)
        peer.say(whole(answer if isinstance(answer, bytes) else json.dumps(answer).encode(), fields=JSON_FIELDS))

    return script


def bodies(server: Server) -> list[Any]:
    return [json.loads(request.body) for request in server.requests]


def embed(_received: Received, asked: JSON) -> object:
    """Answer with vectors in the form that is asked for."""
    packed = base64.b64encode(struct.pack(f"<{len(VECTOR)}f", *VECTOR)).decode()
    vector: object = packed if asked.get("encoding_format") == "base64" else list(VECTOR)
    rows = [{"object": "embedding", "index": index, "embedding": vector} for index in range(len(asked["input"]))]
    return {"object": "list", "model": "m", "data": rows, "usage": {"prompt_tokens": 2, "total_tokens": 2}}


async def test_compact_vectors_are_those_that_come_as_numbers(serve: Serve) -> None:
    server = serve(by(embed))
    client = client_of(server)

    compact = await client.aembedding("m", ["a", "b"])
    plain = await client.aembedding("m", ["a", "b"], encoding_format="float")

    assert [body["encoding_format"] for body in bodies(server)] == ["base64", "float"]
    assert [getattr(row.embedding, "typecode", "") for row in (*compact.data, *plain.data)] == ["f", "f", "d", "d"]
    for fast, general in zip(compact.data, plain.data, strict=True):
        assert list(fast.embedding) == pytest.approx(list(general.embedding), rel=1e-7)
    assert compact.usage == plain.usage


class Reading:
    """A server that keeps an uploaded file, and tells how long the document in a chat is, wherever that is."""

    def __init__(self) -> None:
        self.kept = b""

    def respond(self, received: Received, asked: JSON) -> object:
        """Take a file, or answer a chat."""
        if received.target.endswith("/files"):
            self.kept = PDF if PDF in received.body else b""
            return {"id": "file-1", "object": "file", "bytes": len(PDF), "filename": "a.pdf", "purpose": "user_data"}
        part = asked["messages"][0]["content"][1]["file"]
        read = self.kept if "file_id" in part else base64.b64decode(part["file_data"].partition(",")[2])
        return completion(f"{len(read)} bytes")


async def test_a_pdf_is_the_same_as_it_is_uploaded_and_as_a_part_in_openais_words(serve: Serve, tmp_path: Path) -> None:
    server = serve(by(Reading().respond))
    (tmp_path / "a.pdf").write_bytes(PDF)
    small = MediaSupport(inline=True, file=True, inline_limit=10, purpose="user_data")
    limited = msgspec.structs.replace(BY_NAME["openai"], media={**BY_NAME["openai"].media, "file": small})
    arguments: dict[str, Any] = {"api_key": KEY, "api_base": server.url("/v1")}
    written = {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{base64.b64encode(PDF).decode()}"}

    native = await client_of(server).acompletion("m", [_asked(file(tmp_path / "a.pdf"))])
    sent = server.requests[-1].body
    spelt = await client_of(server).acompletion("m", [_asked({"type": "file", "file": written})])
    assert msgspec.json.decode(server.requests[-1].body) == msgspec.json.decode(sent)
    uploading = AnyLLM.create("openai", providers={"openai": limited}, **arguments)
    uploaded = await uploading.acompletion("m", [_asked(file(tmp_path / "a.pdf"))])
    forced = AnyLLM.create("openai", media="inline", **arguments)
    inline = await forced.acompletion("m", [_asked(file(tmp_path / "a.pdf"))])

    assert native == spelt == uploaded == inline
    assert native.choices[0].message.content == f"{len(PDF)} bytes"
    assert [step.how for step in native.report.deliveries] == ["inline"]
    assert [step.how for step in uploaded.report.deliveries] == ["uploaded"]
    assert [step.how for step in inline.report.deliveries] == ["inline"]


def _asked(part: object) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": "How long?"}, part]}


@pytest.mark.parametrize(
    "switch",
    [
        {"service_tier": "flex"},
        {"service_tier": "priority"},
        {"prediction": {"type": "content", "content": "hello"}},
        {"cache": "auto"},
    ],
    ids=["flex", "priority", "prediction", "cache"],
)
async def test_a_switch_changes_its_own_field_and_no_answer(serve: Serve, switch: dict[str, Any]) -> None:
    server = serve(by(lambda _received, asked: completion(asked["messages"][0]["content"])))
    client = client_of(server)

    general = await client.acompletion("m", MESSAGES)
    fast = await client.acompletion("m", MESSAGES, **switch)

    first, second = bodies(server)
    added = {name: second.pop(name) for name in set(second) - set(first)}
    assert first == second
    assert added == switch or list(added) == ["prompt_cache_key"]
    assert fast == general
    assert fast.warnings == ()


async def test_what_a_provider_has_not_is_said_and_can_be_refused(serve: Serve) -> None:
    answer = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "hello"}], "id": "m"}
    server = serve(by(lambda _received, _asked: {**answer, "stop_reason": "end_turn", "model": "m"}))
    arguments: dict[str, Any] = {"api_key": KEY, "api_base": server.url("")}
    prediction = {"type": "content", "content": "hello"}

    told = await AnyLLM.create("anthropic", **arguments).acompletion("m", MESSAGES, max_tokens=9, prediction=prediction)
    strict = AnyLLM.create("anthropic", on_unsupported="error", **arguments)

    assert [(warning.kind, warning.parameter) for warning in told.warnings] == [("dropped", "prediction")]
    with pytest.raises(UnsupportedParameterError, match="prediction"):
        await strict.acompletion("m", MESSAGES, max_tokens=9, prediction=prediction)


class Remembering:
    """A server of the Responses API that keeps conversations, and answers with all that was said to it."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Any]] = {}

    def respond(self, _received: Received, asked: JSON) -> object:
        """Answer a request, and keep the conversation if that is wished."""
        given = asked["input"]
        said = [{"role": "user", "content": given}] if isinstance(given, str) else given
        said = [*self.kept.get(asked.get("previous_response_id"), []), *said]
        text = " | ".join(_text_of(item) for item in said)
        output = {
            "type": "message",
            "id": "msg",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }
        name = f"resp_{len(self.kept)}"
        self.kept[name] = [*said, output]
        return {"id": name, "object": "response", "status": "completed", "model": "m", "output": [output]}


def _text_of(item: JSON) -> str:
    content = item["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


async def test_a_conversation_that_the_provider_keeps_is_the_one_that_is_sent_whole(serve: Serve) -> None:
    server = serve(by(Remembering().respond))
    client = client_of(server)

    first = await client.aresponses("m", "one")
    kept = await client.aresponses("m", "two", previous_response_id=first.id)
    items = [{"role": "user", "content": "one"}, *first.output, {"role": "user", "content": "two"}]
    whole_again = await client.aresponses("m", items)

    assert kept.output_text == whole_again.output_text == "one | one | two"
    assert bodies(server)[1]["input"] == "two"


class Batching:
    """A server that answers chats alone, or in a batch."""

    def __init__(self) -> None:
        self.lines = b""

    def respond(self, received: Received, asked: JSON) -> object:
        """Answer a chat, take a file or a batch, or hand out results."""
        if received.target.endswith("/chat/completions"):
            return self.chat(asked)
        if received.target.endswith("/content"):
            results = [
                {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": self.chat(line["body"])}}
                for line in map(json.loads, self.lines.splitlines())
            ]
            return b"\n".join(json.dumps(result).encode() for result in results)
        if received.target.endswith("/files"):
            self.lines = b"\n".join(line for line in received.body.splitlines() if line.startswith(b'{"custom_id"'))
            return {"id": "file-1", "object": "file"}
        return {
            "id": "batch_1",
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "status": "completed",
            "output_file_id": "file-2",
        }

    @staticmethod
    def chat(asked: JSON) -> dict[str, object]:
        """Say what was asked, and how."""
        return completion(f"{asked['model']} {asked['messages'][0]['content']} {asked.get('temperature')}")


async def test_answers_of_a_batch_are_those_of_single_requests(serve: Serve, tmp_path: Path) -> None:
    server = serve(by(Batching().respond))
    client = client_of(server)
    questions = {name: [{"role": "user", "content": name}] for name in ("a", "b")}

    single = [await client.acompletion("m", asked, temperature=0.5) for asked in questions.values()]
    requests: list[JSONObject] = [
        {"custom_id": name, "body": {"messages": asked, "temperature": 0.5}} for name, asked in questions.items()
    ]
    batch = await client.acreate_batch(requests=requests, model="m")
    many = await client.aretrieve_batch_results(batch.id)
    lines = tmp_path / "requests.jsonl"
    lines.write_bytes(
        msgspec.json.Encoder().encode_lines([{**one, "body": {"model": "m", **one["body"]}} for one in requests])
    )
    await client.acreate_batch(lines)
    of_a_file = await client.aretrieve_batch_results(batch.id)

    assert [item.result for item in many.results] == single
    assert [item.result for item in of_a_file.results] == single
    assert [item.custom_id for item in many.results] == ["a", "b"]


def test_blocking_vectors_are_the_same(client: Client) -> None:
    one = client(by(embed))

    compact = one.embedding("m", ["a"]).data[0].embedding
    plain = one.embedding("m", ["a"], encoding_format="float").data[0].embedding

    assert list(compact) == pytest.approx(list(plain), rel=1e-7)
