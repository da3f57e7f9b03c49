"""The dialect from the public client to a real socket and back."""

from __future__ import annotations

import json

import pytest

from any_llm import AnyLLM
from any_llm.auth.headers import SIGNERS
from any_llm.exceptions import AuthenticationError, StreamTruncatedError
from any_llm.spec.provider import Operation, Provider
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSONObject
from tests.dialects.gemini.calls import HELLO, piece
from tests.transport.conftest import Serve, serve
from tests.transport.peers import END, HEAD, Peer, Received, Script, whole
from tests.transport.peers import piece as chunk

__all__ = ["serve"]

KEY = "goog-canary-0123456789abcdef"
JSON_FIELDS = "content-type: application/json\r\n"


class Gemini(AnyLLM):
    """A client of a server that speaks Gemini's format."""

    PROVIDER = Provider(
        name="gemini-native",
        base_url="https://generativelanguage.googleapis.com",
        key="GEMINI_API_KEY",
        dialect="gemini",
        auth="x-goog-api-key",
        operations=frozenset({Operation.COMPLETION, Operation.EMBEDDING, Operation.LIST_MODELS}),
    )


def say(body: object, heard: list[Received], status: str = "200 OK") -> Script:
    """Return a script that answers with a body, and notes what it heard."""

    async def script(peer: Peer, received: Received) -> None:
        heard.append(received)
        peer.say(whole(json.dumps(body).encode(), status=status, fields=JSON_FIELDS))

    return script


def stream(*bodies: JSONObject) -> Script:
    """Return a script that answers with events, whose lines end as Google's do."""

    async def script(peer: Peer, received: Received) -> None:
        events = [b"data: " + json.dumps(body).encode() + b"\r\n\r\n" for body in bodies]
        peer.say(HEAD + b"".join(map(chunk, events)) + END)

    return script


async def test_a_completion_is_asked_for_and_read(serve: Serve) -> None:
    heard: list[Received] = []
    server = serve(say(piece({"text": "Hi"}, reason="STOP"), heard))
    answer = await Gemini(KEY, server.url("/")).acompletion(model="gemini-2.5-flash", messages=[HELLO], user="me")
    assert isinstance(answer, ChatCompletion)
    assert answer.choices[0].message.content == "Hi"
    assert [warning.parameter for warning in answer.warnings] == ["user"]
    assert heard[0].target == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert heard[0].headers["x-goog-api-key"] == KEY
    assert "authorization" not in heard[0].headers


def test_nothing_is_signed_without_a_key() -> None:
    headers: dict[str, str] = {}
    SIGNERS["x-goog-api-key"](headers, None)
    assert headers == {}


async def test_a_stream_is_read_to_its_end(serve: Serve) -> None:
    usage = {"usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 1, "totalTokenCount": 3}}
    server = serve(stream(piece({"text": "H"}), piece({"text": "i"}, reason="STOP"), {**usage, "responseId": "r1"}))
    chunks = await Gemini(KEY, server.url("/")).acompletion(model="m", messages=[HELLO], stream=True)
    texts = [one.choices[0].delta.content async for one in chunks]
    assert texts == ["H", "i", None]
    assert chunks.response.usage is not None
    assert chunks.response.usage.total_tokens == 3
    assert chunks.response.choices[0].finish_reason == "stop"


async def test_a_stream_that_was_cut_raises(serve: Serve) -> None:
    server = serve(stream(piece({"text": "H"})))
    chunks = await Gemini(KEY, server.url("/")).acompletion(model="m", messages=[HELLO], stream=True)
    with pytest.raises(StreamTruncatedError):
        assert [one async for one in chunks]


async def test_an_error_has_the_vendors_words_and_no_key(serve: Serve) -> None:
    detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    error = {"error": {"code": 400, "message": f"Bad key {KEY}", "status": "INVALID_ARGUMENT", "details": [detail]}}
    server = serve(say(error, [], status="400 Bad Request"))
    with pytest.raises(AuthenticationError) as caught:
        await Gemini(KEY, server.url("/")).acompletion(model="m", messages=[HELLO])
    assert caught.value.code == "API_KEY_INVALID"
    assert caught.value.status_code == 400
    assert KEY not in json.dumps(caught.value.to_dict())


async def test_models_and_embeddings_are_asked_for(serve: Serve) -> None:
    heard: list[Received] = []
    server = serve(say({"models": [{"name": "models/a"}], "embeddings": [{"values": [1]}]}, heard))
    client = Gemini(KEY, server.url("/"))
    assert [model.id for model in await client.alist_models()] == ["a"]
    embedded = await client.aembedding("gemini-embedding-001", ["Hi"])
    assert list(embedded.data[0].embedding) == [1]
    assert [received.method for received in heard] == ["GET", "POST"]
