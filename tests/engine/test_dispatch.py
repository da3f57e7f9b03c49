"""The trip of one attempt, over scripted answers: what is told to whom, and what is closed."""

from __future__ import annotations

import json

import msgspec
import pytest

from any_llm.engine.dispatch import dispatcher
from any_llm.exceptions import ContentFilterError, MalformedResponseError, StreamClosedError
from any_llm.pipeline.call import Call
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import Frame, HttpRequest, HttpResponse
from any_llm.types.report import Warning as CallWarning
from tests.client.answers import MESSAGES, completion


def call(**members: object) -> Call:
    target = Target(provider=BY_NAME["openai"], model="m", base_url="https://host/v1")
    usual = Call(operation=Operation.COMPLETION, target=target, options={"messages": MESSAGES})
    return msgspec.structs.replace(usual, **members)


def replay(body: object, **headers: str) -> Replay:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Replay(lambda _: Scripted(headers={"content-type": "application/json", **headers}, chunks=[raw]))


async def test_what_is_carried_over_another_shape_says_so() -> None:
    transport = replay(completion())
    asked = {"messages": MESSAGES, "max_tokens": 9}
    carried = await dispatcher(lambda _: transport)(call(operation=Operation.MESSAGES, options=asked))
    native = await dispatcher(lambda _: transport)(call())
    assert (carried.report.carried_over, native.report.carried_over) == ("completion", None)


async def test_a_stored_file_of_json_can_be_streamed() -> None:
    transport = replay(b'{"a": 1}')
    asked = {"file_id": "file-1", "stream": True}
    reply = await dispatcher(lambda _: transport)(call(operation=Operation.DOWNLOAD_FILE, options=asked))
    assert b"".join([piece async for piece in reply.value]) == b'{"a": 1}'


async def test_a_call_without_an_id_sends_none() -> None:
    transport = replay(completion())
    reply = await dispatcher(lambda _: transport)(call())
    assert reply.value.report.client_request_id == ""
    assert "X-Client-Request-Id" not in transport.requests[0].headers
    await dispatcher(lambda _: transport)(call(request_id="i1"))
    assert transport.requests[1].headers["X-Client-Request-Id"] == "i1"


async def test_a_request_without_a_body_is_a_get() -> None:
    transport = replay({"data": []})
    await dispatcher(lambda _: transport)(call(operation=Operation.LIST_MODELS, options={}, query={"a": ["1", "2"]}))
    request = transport.requests[0]
    assert (request.method, request.url) == ("GET", "https://host/v1/models?a=1&a=2")
    assert "Content-Type" not in request.headers


@pytest.mark.parametrize("name", ["x-request-id", "request-id", "cf-ray"])
async def test_the_providers_id_of_a_request_is_found(name: str) -> None:
    transport = replay(completion(), **{name: "r1"})
    assert (await dispatcher(lambda _: transport)(call())).report.request_id == "r1"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/problem+json", "Application/JSON"]
)
async def test_json_is_known_by_its_media_type(content_type: str) -> None:
    transport = replay(completion(), **{"content-type": content_type})
    with pytest.raises(MalformedResponseError, match="A stream was asked for"):
        await dispatcher(lambda _: transport)(call(options={"messages": MESSAGES, "stream": True}))
    assert transport.open == 0


class Refusing:
    """A stream decoder that refuses with an excerpt of its own."""

    complete = False

    def feed(self, frame: Frame) -> list[str]:
        if frame.data == b"1":
            return ["one"]
        raise ContentFilterError("refused", response_excerpt="mine")

    def finish(self) -> list[str]:
        return []


def refuse(_target: Target, _response: HttpResponse) -> str:
    raise ContentFilterError("refused", response_excerpt="mine")


def encode(_target: Target, _options: Options) -> Encoded:
    return Encoded("/x", b"{}", warnings=(CallWarning("approximated", "n"),))


REFUSING: Codec[object, str] = Codec(encode=encode, decode=refuse, stream=lambda _t, _o: Refusing())


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Give a provider whose dialect refuses what it reads."""
    record = Provider(name="refusing")
    monkeypatch.setattr("any_llm.engine.dispatch.codec_for", lambda _target, _operation: REFUSING)
    return record


async def test_an_excerpt_that_a_dialect_chose_is_kept(provider: Provider) -> None:
    target = Target(provider=provider, model="m", base_url="https://host")
    with pytest.raises(ContentFilterError) as caught:
        await dispatcher(lambda _: replay(b"1"))(call(target=target, on_unsupported="error"))
    assert caught.value.response_excerpt == "mine"


async def test_what_was_decoded_before_an_error_is_delivered_before_it(provider: Provider) -> None:
    target = Target(provider=provider, model="m", base_url="https://host")
    transport = replay(b"data: 1\n\ndata: 2\n\n", **{"content-type": "text/event-stream"})
    reply = await dispatcher(lambda _: transport)(call(target=target, options={"stream": True}))
    assert await anext(reply.value) == "one"
    with pytest.raises(ContentFilterError) as caught:
        await anext(reply.value)
    assert caught.value.response_excerpt == "mine"
    assert caught.value.provider_name == "refusing"
    with pytest.raises(StreamClosedError):
        await anext(reply.value)
    assert transport.open == 0


async def test_a_transport_that_fails_is_explained() -> None:
    def fail(request: HttpRequest) -> Scripted:
        raise MalformedResponseError(f"nothing at {request.url}")

    with pytest.raises(MalformedResponseError) as caught:
        await dispatcher(lambda _: Replay(fail))(call())
    assert caught.value.model == "m"
    assert caught.value.status_code is None
