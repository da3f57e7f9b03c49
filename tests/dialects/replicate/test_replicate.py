"""Replicate's predictions: texts, images and videos that are run, asked about, and read."""

from __future__ import annotations

import json

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    AuthenticationError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
    ProviderError,
    StreamTruncatedError,
)
from any_llm.spec.provider import Operation
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, respond, warned
from tests.transport.conftest import Serve, serve
from tests.transport.peers import Peer, Received, whole

__all__ = ["serve"]

TEXT, IMAGES, EDIT = Operation.TEXT_COMPLETION, Operation.IMAGE_GENERATION, Operation.IMAGE_EDIT
VIDEO, RETRIEVE, DOWNLOAD = Operation.VIDEO_GENERATION, Operation.RETRIEVE_VIDEO, Operation.DOWNLOAD_VIDEO
CHAT = Operation.COMPLETION
MODELS, MODEL = Operation.LIST_MODELS, Operation.RETRIEVE_MODEL
CALLS = Calls("replicate")
PNG = Media(content=b"PNG", media_type="image/png")


def prediction(status: str = "succeeded", output: JSON = None, **more: JSON) -> JSONObject:
    """Return a prediction as the vendor tells it."""
    told = {"id": "p-1", "model": "o/n", "status": status, "output": output, "error": None}
    urls = {"get": "https://api.replicate.com/v1/predictions/p-1"}
    return {**told, "created_at": "2024-02-12T16:45:41.730471035Z", "urls": urls, **more}


@pytest.mark.parametrize(
    ("model", "path", "version"),
    [
        ("meta/llama", "/models/meta/llama/predictions", None),
        ("meta/llama:v1", "/predictions", "v1"),
        ("abc123", "/predictions", "abc123"),
        ("deployments/me/mine", "/deployments/me/mine/predictions", None),
    ],
)
def test_a_model_is_run_where_its_name_says(model: str, path: str, version: str | None) -> None:
    encoded = CALLS.encode(TEXT, model, prompt="hi")
    assert (encoded.path, encoded.headers) == (path, {"Prefer": "wait"})
    assert body_of(encoded) == {"input": {"prompt": "hi"}} | ({"version": version} if version else {})


def test_a_text_is_asked_for_in_the_models_words() -> None:
    encoded = CALLS.encode(
        TEXT, "o/n", prompt=["hi"], max_tokens=4, stop=["a", "b"], n=2, stream=True, top_k=3, webhook="https://h"
    )
    assert body_of(encoded) == {
        "input": {"prompt": "hi", "max_tokens": 4, "stop_sequences": "a,b", "top_k": 3},
        "webhook": "https://h",
        "stream": True,
    }
    assert encoded.headers == {}
    assert warned(encoded) == [("dropped", "n")]
    with pytest.raises(InvalidRequestError, match="one prompt"):
        CALLS.encode(TEXT, "o/n", prompt=["a", "b"])


def test_a_text_is_read_whole_or_from_its_pieces() -> None:
    metrics = {"input_token_count": 3, "output_token_count": 2, "predict_time": 0.5}
    answer = CALLS.decode(TEXT, prediction(output=["Hel", "lo"], metrics=metrics, logs="x"))
    assert (answer.id, answer.model, answer.created, answer.choices[0].text) == ("p-1", "o/n", 1707756341, "Hello")
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (3, 5)
    assert answer.model_extra["logs"] == "x"
    bare = CALLS.decode(TEXT, {"status": "succeeded", "output": "Hello"}, model="mine")
    assert (bare.model, bare.created, bare.choices[0].text, bare.usage) == ("mine", 0, "Hello", None)
    assert CALLS.decode(TEXT, prediction(output=[])).choices[0].text == ""


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (prediction("failed", error="CUDA out of memory"), ProviderError, "CUDA out of memory"),
        (prediction("canceled"), ProviderError, "the prediction is canceled"),
        (prediction(output=None), MalformedResponseError, "no output"),
        (prediction(output={"a": 1}), MalformedResponseError, "not a text"),
        ({}, MalformedResponseError, "without status"),
    ],
)
def test_what_brings_no_text_is_an_error(body: JSON, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        CALLS.decode(TEXT, body)


def test_a_prediction_is_asked_about_until_it_has_ended() -> None:
    step = CALLS.follow(TEXT, prediction("starting"), respond({}))
    assert step is not None
    assert (step.encoded.path, step.wait) == ("https://api.replicate.com/v1/predictions/p-1", 0.4)
    bare = CALLS.follow(TEXT, {"id": "a/b", "status": "processing"})
    assert bare is not None
    assert bare.encoded.path == "/predictions/a%2Fb"
    assert CALLS.follow(TEXT, prediction("failed")) is None


def test_images_are_asked_for_and_read() -> None:
    encoded = CALLS.encode(IMAGES, "o/n", prompt="p", n=2, size="8x4", seed=1, response_format="b64_json")
    assert body_of(encoded) == {"input": {"prompt": "p", "num_outputs": 2, "seed": 1, "width": 8, "height": 4}}
    assert warned(encoded) == [("dropped", "response_format")]
    assert warned(CALLS.encode(IMAGES, "o/n", prompt="p", response_format="url")) == []
    answer = CALLS.decode(IMAGES, prediction(output=["https://h/a.png", "data:image/png;base64,UE5H"]))
    assert [(image.url, image.data) for image in answer.data] == [("https://h/a.png", None), (None, b"PNG")]
    assert answer.created == 1707756341
    with pytest.raises(MalformedResponseError, match="addresses"):
        CALLS.decode(IMAGES, prediction(output=[]))


def test_images_to_edit_are_named_or_written_out() -> None:
    one = body_of(CALLS.encode(EDIT, "o/n", prompt="p", image=[PNG], mask=PNG))
    assert one["input"] == {"prompt": "p", "image": PNG.data_uri, "mask": PNG.data_uri}
    two = body_of(CALLS.encode(EDIT, "o/n", prompt="p", image=[Media(url="https://h/a"), PNG]))
    assert two["input"]["image_input"] == ["https://h/a", PNG.data_uri]


def test_a_video_is_submitted_without_waiting() -> None:
    encoded = CALLS.encode(VIDEO, "o/n", prompt="p", seconds="5", image=PNG, user="me")
    assert encoded.headers == {}
    assert body_of(encoded) == {"input": {"prompt": "p", "duration": "5", "image": PNG.data_uri}}
    assert warned(encoded) == [("dropped", "user")]
    assert body_of(CALLS.encode(VIDEO, "o/n", prompt="p")) == {"input": {"prompt": "p"}}
    assert CALLS.encode(RETRIEVE, video_id="a/b").path == "/predictions/a%2Fb"


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("starting", "queued"),
        ("processing", "in_progress"),
        ("succeeded", "completed"),
        ("failed", "failed"),
        ("canceled", "cancelled"),
    ],
)
def test_how_far_a_video_is(status: str, ours: str) -> None:
    video = CALLS.decode(RETRIEVE, prediction(status, "https://h/a.mp4", logs="x", completed_at="2024-02-12T16:45:42Z"))
    assert (video.id, video.status, video.url, video.model) == ("p-1", ours, "https://h/a.mp4", "o/n")
    assert (video.created_at, video.completed_at) == (1707756341, 1707756342)
    assert (video.error is not None) == (ours in {"failed", "cancelled"})
    assert video.model_extra["logs"] == "x"


def test_what_is_no_video_is_refused() -> None:
    with pytest.raises(MalformedResponseError):
        CALLS.decode(RETRIEVE, prediction("odd"))
    assert CALLS.decode(RETRIEVE, {"status": "starting", "created_at": "odd"}).created_at == 0


def test_a_video_is_fetched_when_it_is_made() -> None:
    step = CALLS.follow(DOWNLOAD, prediction(output=["https://h/a.mp4"]))
    assert step is not None
    assert step.encoded.path == "https://h/a.mp4"
    assert CALLS.follow(DOWNLOAD, {}, respond({})) is None
    for body, kind in (
        (prediction("processing"), InvalidRequestError),
        (prediction("failed"), ProviderError),
        (prediction(output={"a": 1}), MalformedResponseError),
    ):
        with pytest.raises(kind):
            CALLS.follow(DOWNLOAD, body)


def test_models_and_versions_are_told() -> None:
    entry = {"owner": "meta", "name": "llama", "created_at": "2024-02-12T16:45:41Z", "run_count": 4}
    (listed,) = CALLS.decode(MODELS, {"results": [entry], "next": None})
    assert (listed.id, listed.owned_by, listed.created) == ("meta/llama", "meta", 1707756341)
    assert listed.model_extra["run_count"] == 4
    assert CALLS.decode(MODEL, entry).id == "meta/llama"
    assert CALLS.decode(MODEL, {"id": "v1", "openapi_schema": {}}).id == "v1"
    assert CALLS.encode(MODELS).path == "/models"
    assert CALLS.encode(MODEL, "meta/llama").path == "/models/meta/llama"
    assert CALLS.encode(MODEL, "meta/llama:v1").path == "/models/meta/llama/versions/v1"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words", "param"),
    [
        (401, {"title": "Unauthenticated", "detail": "No token", "status": 401}, AuthenticationError, "No token", None),
        (404, {"title": "Not found"}, ModelNotFoundError, "Not found", None),
        (
            422,
            {"detail": "Bad", "invalid_fields": [{"field": "input.prompt", "description": "x"}]},
            InvalidRequestError,
            "Bad",
            "prompt",
        ),
    ],
)
def test_errors_are_told_by_status(status: int, body: JSON, kind: type, words: str, param: str | None) -> None:
    error = CALLS.fail(status, body)
    assert type(error) is kind
    assert (error.message, error.param) == (words, param)


def test_a_chat_is_said_as_one_prompt() -> None:
    system = {"role": "system", "content": "Be brief"}
    hello = {"role": "user", "content": [{"type": "text", "text": "hi"}]}
    encoded = CALLS.encode(CHAT, "o/n", messages=[system, hello], max_completion_tokens=4, stop=["a"], tools=[{}])
    assert body_of(encoded)["input"] == {
        "prompt": "hi",
        "system_prompt": "Be brief",
        "max_tokens": 4,
        "stop_sequences": "a",
    }
    assert warned(encoded) == [("dropped", "tools")]
    picture = {"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "and?"}]}
    answer = {"role": "assistant", "content": "Hello", "tool_calls": [{}]}
    several = CALLS.encode(CHAT, "o/n", messages=[hello, answer, picture])
    assert body_of(several)["input"] == {"prompt": "User: hi\n\nAssistant: Hello\n\nUser: and?\n\nAssistant:"}
    assert warned(several) == [("dropped", "messages"), ("dropped", "messages"), ("emulated", "messages")]


def test_a_chats_answer_is_read() -> None:
    answer = CALLS.decode(CHAT, prediction(output=["Hel", "lo"], metrics={"input_token_count": 3}))
    assert (answer.id, answer.model, answer.choices[0].message.content) == ("p-1", "o/n", "Hello")
    assert (answer.choices[0].finish_reason, answer.usage) == ("stop", None)
    with pytest.raises(MalformedResponseError, match="not a text"):
        CALLS.decode(CHAT, prediction(output={"a": 1}))


def test_a_stream_is_where_the_prediction_says() -> None:
    told = prediction("starting", urls={"stream": "https://stream.replicate.com/s"})
    step = CALLS.follow(CHAT, told, stream=True)
    assert step is not None
    assert (step.encoded.path, step.encoded.headers["Accept"]) == (
        "https://stream.replicate.com/s",
        "text/event-stream",
    )
    waiting = CALLS.follow(CHAT, prediction("starting"))
    assert waiting is not None
    assert waiting.encoded.path.endswith("/predictions/p-1")
    with pytest.raises(InvalidRequestError, match="does not stream"):
        CALLS.follow(CHAT, prediction("starting"), stream=True)


@pytest.mark.parametrize("operation", [CHAT, TEXT])
def test_events_are_pieces_and_an_end(operation: Operation) -> None:
    stream, fold = CALLS.codec(operation).stream, CALLS.codec(operation).fold
    assert stream is not None
    assert fold is not None
    decoder, whole = stream(CALLS.target(), {}), fold()
    frames = [Frame("output", b"Hel"), Frame("logs", b"x"), Frame("output", b"lo\n"), Frame("done", b"{}")]
    for item in [item for frame in frames for item in decoder.feed(frame)]:
        whole.add(item)
    assert (list(decoder.finish()), decoder.complete) == ([], True)
    choice = whole.result().choices[0]
    assert (choice.text if operation is TEXT else choice.message.content) == "Hello\n"
    assert choice.finish_reason == "stop"
    with pytest.raises(StreamTruncatedError):
        stream(CALLS.target(), {}).finish()
    for event, data, words in (
        ("error", b'{"detail": "broken"}', "broken"),
        ("error", b"plain", "plain"),
        ("error", b"{}", "failed"),
        ("done", b'{"reason": "canceled"}', "canceled"),
    ):
        with pytest.raises(ProviderError, match=words):
            list(stream(CALLS.target(), {}).feed(Frame(event, data)))


async def test_a_stream_is_read_from_elsewhere_over_a_socket(serve: Serve) -> None:
    server = serve(answers())
    told = prediction("starting", urls={"stream": server.url("/s")})
    events = b"event: output\ndata: Hel\n\nevent: output\ndata: lo\n\nevent: done\ndata: {}\n\n"
    server.script = answers(told, events, told, {"detail": "gone"}, media_type="text/event-stream")
    client = AnyLLM.create("replicate", api_key="k-1", api_base=server.url(""))
    messages = [{"role": "user", "content": "hi"}]
    stream = await client.acompletion(model="o/n", messages=messages, stream=True)
    assert [chunk.choices[0].delta.content async for chunk in stream] == ["Hel", "lo", None]
    assert [one.target for one in server.requests] == ["/models/o/n/predictions", "/s"]
    assert server.requests[1].headers["accept"] == "text/event-stream"
    with pytest.raises(StreamTruncatedError):
        await client.acompletion(model="o/n", messages=messages, stream=True)


async def test_a_stream_that_is_gone_is_an_error(serve: Serve) -> None:
    heard: list[str] = []

    async def script(peer: Peer, received: Received) -> None:
        heard.append(received.target)
        told = prediction("starting", urls={"stream": server.url("/s")})
        body = json.dumps(told if received.method == "POST" else {"detail": "gone"}).encode()
        status = "201 Created" if received.method == "POST" else "404 Not Found"
        peer.say(whole(body, status=status, fields="content-type: application/json\r\n"))

    server = serve(script)
    client = AnyLLM.create("replicate", api_key="k-1", api_base=server.url(""))
    with pytest.raises(ModelNotFoundError, match="gone"):
        await client.atext_completion("o/n", "hi", stream=True)
    assert heard == ["/models/o/n/predictions", "/s"]


async def test_a_text_and_a_video_over_a_socket(serve: Serve) -> None:
    server = serve(answers())
    here = server.url("")
    urls = {"get": f"{here}/predictions/p-1"}
    server.script = answers(
        prediction("starting", urls=urls),
        prediction(output=["Hel", "lo"]),
        prediction("starting"),
        prediction(output=f"{here}/a.mp4"),
        b"film",
        media_type="video/mp4",
    )
    client = AnyLLM.create("replicate", api_key="k-1", api_base=here)
    assert (await client.atext_completion("o/n", "hi")).choices[0].text == "Hello"
    video = await client.avideo_generation("o/n", "p")
    assert await client.adownload_video(video.id) == b"film"
    assert [one.target for one in server.requests] == [
        "/models/o/n/predictions", "/predictions/p-1", "/models/o/n/predictions", "/predictions/p-1", "/a.mp4"
    ]  # fmt: skip
    assert server.requests[0].headers["prefer"] == "wait"
    assert server.requests[1].headers["authorization"] == "Bearer k-1"
