"""The dialect from the public client to a real socket and back, signed."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from any_llm import AnyLLM
from any_llm.exceptions import MissingApiKeyError, RateLimitError, StreamTruncatedError
from any_llm.spec.provider import Operation, Provider
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSONObject
from any_llm.types.messages import MessageResponse
from tests.dialects.bedrock.calls import HELLO, MODEL, events, whole
from tests.transport.conftest import Serve, serve
from tests.transport.event_streams import event, message, text
from tests.transport.peers import END, HEAD, Peer, Received, Script
from tests.transport.peers import piece as chunk
from tests.transport.peers import whole as answer

__all__ = ["serve"]

ACCESS, SECRET, TOKEN = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session-token"
JSON_FIELDS = "content-type: application/json\r\nx-amzn-requestid: r-1\r\n"
STREAM_HEAD = HEAD.replace(b"text/event-stream", b"application/vnd.amazon.eventstream")


class Bedrock(AnyLLM):
    """A client of a server that speaks Bedrock's format."""

    PROVIDER = Provider(
        name="bedrock-native",
        base_url="https://bedrock-runtime.us-east-1.amazonaws.com",
        key="AWS_BEARER_TOKEN_BEDROCK",
        key_optional=True,
        dialect="bedrock",
        auth="aws",
        framing="event_stream",
        operations=frozenset({Operation.COMPLETION, Operation.EMBEDDING}),
    )


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> pytest.MonkeyPatch:
    """Give every test the region alone of anybody's AWS settings."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    return monkeypatch


def say(body: object, heard: list[Received], status: str = "200 OK", fields: str = JSON_FIELDS) -> Script:
    """Return a script that answers with a body, and notes what it heard."""

    async def script(peer: Peer, received: Received) -> None:
        heard.append(received)
        peer.say(answer(json.dumps(body).encode(), status=status, fields=fields))

    return script


def stream(*messages: bytes) -> Script:
    """Return a script that answers with the messages of an event stream."""

    async def script(peer: Peer, received: Received) -> None:
        peer.say(STREAM_HEAD + b"".join(map(chunk, messages)) + END)

    return script


def spoken(*blocks: list[JSONObject]) -> list[bytes]:
    return [event(frame.event, frame.data) for frame in events(*blocks)]


def signature_of(received: Received, host: str) -> str:
    """Return how botocore signs what arrived, at the time that it names."""
    signed = {
        name: received.headers[name] for name in ("content-type", "x-amz-security-token") if name in received.headers
    }
    request = AWSRequest("POST", f"http://{host}{received.target}", headers=signed, data=received.body)
    at = datetime.strptime(received.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    with patch("botocore.auth.get_current_datetime", return_value=at):
        SigV4Auth(
            Credentials(ACCESS, SECRET, received.headers.get("x-amz-security-token")), "bedrock", "eu-central-1"
        ).add_auth(request)
    signature: str = request.headers["Authorization"]
    return signature


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_what_arrives_is_what_was_signed(serve: Serve, token: str | None) -> None:
    heard: list[Received] = []
    server = serve(say(whole({"text": "Hi"}), heard))
    key = f"{ACCESS}:{SECRET}" + (f":{token}" if token else "")
    completion = await Bedrock(key, server.url("/")).acompletion(model=MODEL, messages=[HELLO], user="me")
    assert isinstance(completion, ChatCompletion)
    assert (completion.id, completion.choices[0].message.content) == ("r-1", "Hi")
    assert [warning.parameter for warning in completion.warnings] == ["user"]
    assert heard[0].target == "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"
    assert heard[0].headers["authorization"] == signature_of(heard[0], heard[0].headers["host"])


async def test_an_api_key_is_sent_as_it_is(serve: Serve) -> None:
    heard: list[Received] = []
    server = serve(say({"embedding": [1, 2], "inputTextTokenCount": 3}, heard))
    embedded = await Bedrock("ABSKx", server.url("/")).aembedding("amazon.titan-embed-text-v2:0", "Hi")
    assert list(embedded.data[0].embedding) == [1, 2]
    assert heard[0].headers["authorization"] == "Bearer ABSKx"


async def test_a_stream_is_read_to_its_end(serve: Serve) -> None:
    server = serve(stream(*spoken([{}, {"text": "H"}, {"text": "i"}])))
    chunks = await Bedrock("ABSKx", server.url("/")).acompletion(model=MODEL, messages=[HELLO], stream=True)
    texts = [one.choices[0].delta.content async for one in chunks]
    assert texts == ["", "H", "i", None]
    assert chunks.response.usage is not None
    assert chunks.response.usage.total_tokens == 8


@pytest.mark.parametrize("cut", [-2, -1])
async def test_a_stream_that_was_cut_raises(serve: Serve, cut: int) -> None:
    sent = spoken([{}, {"text": "H"}])
    server = serve(stream(*sent[:-2], sent[-2][:cut]))
    chunks = await Bedrock("ABSKx", server.url("/")).acompletion(model=MODEL, messages=[HELLO], stream=True)
    with pytest.raises(StreamTruncatedError):
        assert [one async for one in chunks]


async def test_an_exception_in_the_stream_has_its_class(serve: Serve) -> None:
    headers = {":message-type": text("exception"), ":exception-type": text("throttlingException")}
    slow = message(headers, b'{"message":"Slow down"}')
    with pytest.raises(RateLimitError, match="Slow down"):
        await Bedrock("ABSKx", serve(stream(slow)).url("/")).acompletion(model=MODEL, messages=[HELLO], stream=True)
    server = serve(stream(*spoken([{}, {"text": "H"}])[:2], slow))
    chunks = await Bedrock("ABSKx", server.url("/")).acompletion(model=MODEL, messages=[HELLO], stream=True)
    with pytest.raises(RateLimitError, match="Slow down"):
        assert [one async for one in chunks]


async def test_an_error_has_the_vendors_words_and_no_key(serve: Serve) -> None:
    key = f"{ACCESS}:{SECRET}"
    fields = JSON_FIELDS + "x-amzn-errortype: ThrottlingException:http://internal.amazon.com/\r\n"
    server = serve(say({"message": f"Too many tokens for {key}"}, [], "429 Too Many Requests", fields))
    with pytest.raises(RateLimitError, match="Too many tokens") as caught:
        await Bedrock(key, server.url("/")).acompletion(model=MODEL, messages=[HELLO])
    assert (caught.value.code, caught.value.request_id) == ("ThrottlingException", "r-1")
    assert SECRET not in json.dumps(caught.value.to_dict())


async def test_without_credentials_nothing_is_sent(serve: Serve) -> None:
    heard: list[Received] = []
    server = serve(say({}, heard))
    with pytest.raises(MissingApiKeyError, match="AWS_BEARER_TOKEN_BEDROCK"):
        await Bedrock(None, server.url("/")).acompletion(model=MODEL, messages=[HELLO])
    assert heard == []


async def test_messages_are_carried_with_their_signed_thoughts(serve: Serve) -> None:
    heard: list[Received] = []
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln+/=="}}}
    server = serve(say(whole(thought, {"text": "Hi"}), heard))
    client = Bedrock("ABSKx", server.url("/"))
    first = await client.amessages(MODEL, [HELLO], 9_000)
    assert isinstance(first, MessageResponse)
    assert [block.type for block in first.content] == ["thinking", "text"]
    turn = {"role": "assistant", "content": [block.model_dump() for block in first.content]}
    await client.amessages(MODEL, [HELLO, turn, HELLO], 9_000)
    sent = json.loads(heard[1].body)
    assert sent["messages"][1] == {"role": "assistant", "content": [thought, {"text": "Hi"}]}
    assert sent["inferenceConfig"] == {"maxTokens": 9_000}
