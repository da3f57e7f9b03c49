"""How media come to a provider: what is passed on, fetched, read and uploaded, and what is refused."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import msgspec
import pytest
from typing_extensions import override

from any_llm import AnyLLM, Settings
from any_llm.dialects.openai import DIALECT as OPENAI
from any_llm.engine.attachments import find_media, has_media
from any_llm.engine.delivery import Means, deliver
from any_llm.exceptions import (
    ConnectionFailedError,
    InvalidMessageError,
    InvalidRequestError,
    RequestTooLargeError,
    UnsupportedParameterError,
)
from any_llm.pipeline.call import Call, Reply
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Codec, Dialect, Encoded, Target
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation, Provider
from any_llm.types.files import FileMetadata
from any_llm.types.http import FileSource
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media, MediaNotReadError, audio, file, image, video
from any_llm.types.report import Delivery, Report
from tests.client.answers import completion
from tests.transport.peers import Peer, Received, Server, whole

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
PDF = b"%PDF-1.7 \xe2\xe3"
MP3 = b"ID3\x04" + bytes(20)
MP4 = b"\x00\x00\x00\x20ftypisom" + bytes(20)
PNG_URI = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
LOCAL = Settings(fetch_allow=("127.0.0.1",))

ALL = MediaSupport(url=True, inline=True, file=True, inline_limit=100, file_limit=1_000, purpose="user_data")
INLINE = MediaSupport(inline=True, inline_limit=100)


class Delivered(NamedTuple):
    """A call as it came out, the steps, and what was uploaded."""

    call: Call
    steps: tuple[Delivery, ...]
    uploads: list[Call]

    @property
    def part(self) -> JSON:
        """The only part."""
        return next(iter(self.call.options.values()))[0]["content"][0]

    @property
    def how(self) -> list[str]:
        """The steps' words."""
        return [step.how for step in self.steps]


def unused(*_: object) -> Encoded:
    raise AssertionError("nothing is encoded here")


def never(*_: object) -> JSON:
    raise AssertionError("nothing is decoded here")


def always(dialect: Dialect) -> Callable[[Operation], Dialect]:
    """Return what finds this dialect for every operation."""

    def find(_operation: Operation) -> Dialect:
        return dialect

    return find


UPLOAD: Codec[JSON, JSON] = Codec(encode=unused, decode=never)


async def bring(  # a call has this many sides
    part: JSON,
    support: MediaSupport | None = None,
    *,
    kind: str = "image",
    operation: Operation = Operation.COMPLETION,
    settings: Settings = LOCAL,
    options: JSONObject | None = None,
    uploads: bool = True,
) -> Delivered:
    """Deliver one part to a provider of this support."""
    provider = msgspec.structs.replace(
        BY_NAME["openai"],
        operations=frozenset({operation, Operation.COMPLETION} | ({Operation.UPLOAD_FILE} if uploads else set())),
        media={} if support is None else {kind: support},
    )
    dialect = msgspec.structs.replace(
        OPENAI, operations={**OPENAI.operations, operation: UPLOAD, Operation.UPLOAD_FILE: UPLOAD}, media={}
    )
    made: list[Call] = []

    async def handler(call: Call) -> Reply:
        made.append(call)
        return Reply(value=FileMetadata(id="file-1", uri=None), report=Report())

    name = "input_data" if operation is Operation.RESPONSES else "messages"
    call = Call(
        operation=operation,
        target=Target(provider=provider, model="m", base_url="https://host/v1"),
        options=options if options is not None else {name: [{"role": "user", "content": [part]}]},
    )
    changed, steps = await deliver(call, Means(settings, always(dialect), handler))
    return Delivered(changed, steps, made)


@pytest.fixture
def pages() -> Iterator[Callable[[dict[str, bytes]], Server]]:
    """Serve pages, each the whole answer to a path."""
    servers: list[Server] = []

    def start(answers: dict[str, bytes]) -> Server:
        async def script(peer: Peer, received: Received) -> None:
            peer.say(answers.get(received.target.partition("?")[0], whole(status="404 Not Found")))

        servers.append(Server(script))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


Pages = Callable[[dict[str, bytes]], Server]


async def test_a_url_is_passed_on_where_the_provider_takes_it() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://cdn.example/a.png"}}
    found = await bring(part, ALL)
    assert found.part is part
    assert found.steps == (Delivery(part="messages[0].content[0]", kind="image", how="url"),)


async def test_a_call_whose_parts_stay_is_the_very_call() -> None:
    messages = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG_URI}}]}]
    options: JSONObject = {"messages": messages}
    found = await bring(None, ALL, options=options)
    assert found.call.options is options
    assert found.how == ["inline"]
    assert found.steps[0].bytes == len(PNG)


async def test_an_uploaded_file_is_passed_on() -> None:
    part = {"type": "file", "file": {"file_id": "f"}}
    found = await bring(part, ALL, kind="file")
    assert found.part is part
    assert found.how == ["file_id"]


async def test_a_url_is_fetched_where_the_provider_takes_none(pages: Pages) -> None:
    server = pages({"/a.png": whole(PNG)})
    part: JSON = {
        "type": "image_url",
        "image_url": {"url": server.url("/a.png"), "detail": "high"},
        "cache_control": {"a": 1},
    }
    found = await bring(part, INLINE)
    assert found.part == {
        "type": "image_url",
        "image_url": {"url": PNG_URI, "detail": "high"},
        "cache_control": {"a": 1},
    }
    assert found.how == ["fetched", "inline"]
    assert found.steps[0].media_type == "image/png"
    assert part["image_url"]["url"] == server.url("/a.png")


async def test_no_key_goes_along_when_media_are_fetched(pages: Pages) -> None:
    server = pages({"/a.png": whole(PNG)})
    await bring(image(server.url("/a.png")), INLINE)
    assert set(server.requests[0].headers) == {"host", "user-agent", "accept", "accept-encoding"}


async def test_inline_never_passes_a_url_on(pages: Pages) -> None:
    server = pages({"/a.png": whole(PNG)})
    found = await bring(image(server.url("/a.png")), ALL, settings=msgspec.structs.replace(LOCAL, media="inline"))
    assert found.part["image_url"]["url"] == PNG_URI


async def test_strict_fetches_nothing() -> None:
    settings = Settings(media="strict")
    with pytest.raises(UnsupportedParameterError, match="media='strict' lets nothing be fetched") as caught:
        await bring(image("https://cdn.example/a.png"), INLINE, settings=settings)
    assert caught.value.param == "messages[0].content[0]"


async def test_strict_uploads_nothing() -> None:
    with pytest.raises(RequestTooLargeError):
        await bring(image(PNG + bytes(200)), ALL, settings=Settings(media="strict"))


async def test_strict_sends_the_bytes_that_were_given(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(PNG)
    found = await bring(image(tmp_path / "a"), INLINE, settings=Settings(media="strict"))
    assert found.part["image_url"]["url"] == PNG_URI


@pytest.mark.parametrize(
    ("media", "kind", "part"),
    [
        (image(PNG, detail="low"), "image", {"type": "image_url", "image_url": {"url": PNG_URI, "detail": "low"}}),
        (
            audio(MP3),
            "audio",
            {"type": "input_audio", "input_audio": {"data": base64.b64encode(MP3).decode(), "format": "mp3"}},
        ),
        (
            video(MP4),
            "video",
            {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{base64.b64encode(MP4).decode()}"}},
        ),
        (
            file(PDF, filename="a.pdf"),
            "file",
            {
                "type": "file",
                "file": {
                    "filename": "a.pdf",
                    "file_data": f"data:application/pdf;base64,{base64.b64encode(PDF).decode()}",
                },
            },
        ),
        (
            file("https://x/a.pdf"),
            "file",
            {"type": "file", "file": {"filename": "a.pdf", "file_url": "https://x/a.pdf"}},
        ),
        (audio("https://x/a.mp3"), "audio", {"type": "audio_url", "audio_url": {"url": "https://x/a.mp3"}}),
        (image({"file_id": "f1"}), "image", {"type": "file", "file": {"file_id": "f1"}}),
        (video("gs://bucket/a.mp4"), "video", {"type": "video_url", "video_url": {"url": "gs://bucket/a.mp4"}}),
    ],
)
async def test_media_become_parts_in_openais_shape(media: Media, kind: str, part: JSON) -> None:
    assert (await bring(media, ALL, kind=kind)).part == part
    assert (await bring(media, None, kind=kind)).part == part


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (
            image(PNG),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": PNG_URI.partition(",")[2]},
            },
        ),
        (image("https://x/a.png"), {"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}),
        (image({"file_id": "f"}), {"type": "image", "source": {"type": "file", "file_id": "f"}}),
        (
            file(b"hello", filename="a.txt"),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "hello"},
                "title": "a.txt",
            },
        ),
    ],
)
async def test_media_become_blocks_in_anthropics_shape(media: Media, part: JSON) -> None:
    assert (await bring(media, operation=Operation.MESSAGES)).part == part


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (image(PNG, detail="low"), {"type": "input_image", "image_url": PNG_URI, "detail": "low"}),
        (image("https://x/a.png"), {"type": "input_image", "image_url": "https://x/a.png"}),
        (image({"file_id": "f"}), {"type": "input_image", "file_id": "f"}),
        (file("https://x/a.pdf"), {"type": "input_file", "file_url": "https://x/a.pdf"}),
        (file({"file_id": "f"}), {"type": "input_file", "file_id": "f"}),
        (
            file(b"a", filename="a.txt"),
            {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,YQ=="},
        ),
        (
            audio(MP3),
            {"type": "input_audio", "input_audio": {"data": base64.b64encode(MP3).decode(), "format": "mp3"}},
        ),
    ],
)
async def test_media_become_items_in_the_shape_of_responses(media: Media, part: JSON) -> None:
    assert (await bring(media, operation=Operation.RESPONSES)).part == part


@pytest.mark.parametrize("operation", [Operation.MESSAGES, Operation.RESPONSES])
async def test_an_api_without_such_a_part_says_so(operation: Operation) -> None:
    with pytest.raises(InvalidMessageError, match="ask by completion") as caught:
        await bring(video(MP4), operation=operation)
    assert caught.value.param is not None
    assert caught.value.param.endswith("[0].content[0]")


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 400}}, "image"),
        ({"type": "image_url", "image_url": "data:image/png;base64," + "A" * 400}, "image"),
        ({"type": "input_image", "image_url": "data:image/png;base64," + "A" * 400}, "image"),
        ({"type": "input_audio", "input_audio": {"data": "A" * 400, "format": "mp3"}}, "audio"),
        ({"type": "file", "file": {"file_data": "A" * 400, "filename": "a.bin"}}, "file"),
        ({"type": "input_file", "file_data": "data:;base64," + "A" * 400}, "file"),
    ],
)
async def test_a_part_with_more_than_fits_is_uploaded(part: JSON, kind: str) -> None:
    found = await bring(part, ALL, kind=kind)
    assert found.part == {"type": "file", "file": {"file_id": "file-1"}}
    assert found.how == ["uploaded"]
    assert found.uploads[0].options["file"].data == bytes(300)


async def test_a_file_that_is_too_large_is_uploaded_unread(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF + bytes(500))
    found = await bring(file(tmp_path / "a.pdf"), ALL, kind="file")
    assert found.part == {"type": "file", "file": {"file_id": "file-1"}}
    [upload] = found.uploads
    assert isinstance(upload.options["file"].content, FileSource)
    assert (upload.options["file"].media_type, upload.options["purpose"]) == ("application/pdf", "user_data")
    assert upload.target.model == ""
    assert found.steps == (
        Delivery(
            part="messages[0].content[0]",
            kind="file",
            how="uploaded",
            bytes=len(PDF) + 500,
            media_type="application/pdf",
        ),
    )


async def test_much_is_rather_uploaded_where_no_limit_is_known(tmp_path: Path) -> None:
    with (tmp_path / "a.mp4").open("wb") as opened:
        opened.write(MP4)
        opened.truncate(17 * 1024 * 1024)
    support = MediaSupport(inline=True, file=True, typed=True)
    found = await bring(video(tmp_path / "a.mp4"), support, kind="video")
    assert found.part == {"type": "file", "file": {"file_id": "file-1", "format": "video/mp4"}}


@pytest.mark.parametrize(
    ("support", "error", "message"),
    [
        (INLINE, RequestTooLargeError, "has 516 bytes, and openai takes 100 of image; make it smaller$"),
        (msgspec.structs.replace(ALL, file_limit=200), RequestTooLargeError, "takes 200 of image; .* or give a URL"),
        (MediaSupport(url=True), UnsupportedParameterError, "it takes image as a URL, and not its bytes"),
        (MediaSupport(), UnsupportedParameterError, "it takes image as nothing"),
    ],
)
async def test_what_the_provider_does_not_take_is_refused(
    support: MediaSupport, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        await bring(image(PNG + bytes(500)), support)


async def test_an_upload_needs_a_provider_that_has_it() -> None:
    with pytest.raises(RequestTooLargeError):
        await bring(image(PNG + bytes(500)), ALL, uploads=False)


async def test_an_open_file_is_sent_from_where_it_stands() -> None:
    opened = io.BytesIO(b"head" + PNG)
    opened.seek(4)
    part = image(opened)
    assert (await bring(part, INLINE)).part["image_url"]["url"] == PNG_URI
    assert (await bring(part, INLINE)).part["image_url"]["url"] == PNG_URI


class Pipe(io.BytesIO):
    """An open file that cannot be wound back."""

    @override
    def seekable(self) -> bool:
        return False


async def test_what_cannot_be_wound_back_is_read_once(tmp_path: Path) -> None:
    pipe = Media(kind="image", content=FileSource(cast("BinaryIO", Pipe(PNG)), None), filename="a.png")
    assert (await bring(pipe, INLINE)).part["image_url"]["url"] == PNG_URI
    with pytest.raises(InvalidRequestError, match="cannot be wound back") as caught:
        await bring(pipe, INLINE)
    assert caught.value.param == "messages[0].content[0]"
    large = Media(kind="image", content=FileSource(cast("BinaryIO", Pipe(PNG + bytes(500))), None), filename="a.png")
    with pytest.raises(RequestTooLargeError):
        await bring(large, INLINE)


async def test_what_cannot_be_wound_back_is_uploaded_where_that_is_possible() -> None:
    pipe = Media(kind="image", content=FileSource(cast("BinaryIO", Pipe(PNG)), None), filename="a.png")
    found = await bring(pipe, ALL)
    assert found.how == ["uploaded"]
    assert found.steps[0].bytes is None


async def test_a_missing_file_is_named_with_its_part(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"gone\.png' cannot be read") as caught:
        await bring(image(tmp_path / "gone.png"), INLINE)
    assert caught.value.param == "messages[0].content[0]"


async def test_a_document_that_is_said_to_be_an_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PDF)
    with pytest.raises(InvalidRequestError, match="is application/pdf, and no image"):
        await bring(image(tmp_path / "a.png"), INLINE)


async def test_what_says_nothing_of_media_is_passed_on() -> None:
    part: JSON = {"type": "document", "source": {"type": "content", "content": []}}
    found = await bring(part, ALL, operation=Operation.MESSAGES)
    assert (found.part, found.steps) == (part, ())


async def test_media_within_tool_results_are_found(tmp_path: Path) -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "x"}, image(PNG)]}
    found = await bring(result, operation=Operation.MESSAGES)
    assert found.part["content"][1]["type"] == "image"
    assert found.steps[0].part == "messages[0].content[0].content[1]"
    items = [{"type": "function_call_output", "call_id": "c", "output": [image(PNG)]}]
    other = await bring(None, operation=Operation.RESPONSES, options={"input_data": items})
    assert other.call.options["input_data"][0]["output"][0]["type"] == "input_image"
    assert items[0]["output"] == [image(PNG)]


async def test_a_parameter_is_looked_at_and_handed_over_unread(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(MP3)
    options: JSONObject = {"file": audio(tmp_path / "a.mp3"), "language": "en"}
    found = await bring(None, operation=Operation.TRANSCRIPTION, options=options)
    media = found.call.options["file"]
    assert isinstance(media.content, FileSource)
    assert (media.media_type, media.size, found.how) == ("audio/mpeg", len(MP3), [])


async def test_a_parameter_by_url_is_passed_on_unless_the_policy_says_otherwise(pages: Pages) -> None:
    server = pages({"/a.mp3": whole(MP3)})
    options: JSONObject = {"file": audio(server.url("/a.mp3"))}
    passed = await bring(None, operation=Operation.TRANSCRIPTION, options=options)
    assert (passed.call.options["file"].url, passed.how) == (server.url("/a.mp3"), [])
    inline = msgspec.structs.replace(LOCAL, media="inline")
    fetched = await bring(None, operation=Operation.TRANSCRIPTION, options=options, settings=inline)
    assert (fetched.call.options["file"].data, fetched.how) == (MP3, ["fetched"])


async def test_a_parameter_is_read_where_the_operation_wants_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    options: JSONObject = {"image": [image(tmp_path / "a.png"), image(PNG)]}
    support = MediaSupport(inline=True)
    found = await bring(None, support, kind="image_edit.image", operation=Operation.IMAGE_EDIT, options=options)
    assert [media.data for media in found.call.options["image"]] == [PNG, PNG]
    assert [step.part for step in found.steps] == ["image[0]", "image[1]"]


@pytest.mark.parametrize(
    "options",
    [
        {"messages": [{"role": "user", "content": "hello"}] * 3},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, "y", {"type": ["odd"]}]}]},
        {"messages": [{"role": "assistant", "content": None}]},
        {"messages": "not a list"},
        {"messages": [3]},
        {},
    ],
)
def test_conversations_without_media_are_left_alone(options: JSONObject) -> None:
    assert not has_media(Operation.COMPLETION, options)


def test_parameters_without_media_are_left_alone() -> None:
    assert not has_media(Operation.EMBEDDING, {"inputs": ["a", "b"], "dimensions": 3, "none": []})
    assert has_media(Operation.IMAGE_EDIT, {"image": [image(PNG)]})
    assert find_media(Operation.EMBEDDING, {"inputs": ["a"]}) == []


async def test_a_fetch_follows_redirects(pages: Pages) -> None:
    server = pages({
        "/a": whole(status="302 Found", fields="Location: /b\r\n"),
        "/b": whole(status="307 Temporary Redirect", fields="Location: c.png?x=1\r\n"),
        "/c.png": whole(PNG),
    })  # fmt: skip
    assert (await bring(image(server.url("/a")), INLINE)).part["image_url"]["url"] == PNG_URI


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/loop", "redirects more than 5 times"),
        ("http://127.0.0.2:1/", "not on the open Internet"),
        ("http://169.254.169.254/latest/meta-data/", "not on the open Internet"),
        ("http://2130706433/", "four decimal numbers"),
        ("ftp://127.0.0.1/a.png", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("http://user:secret@127.0.0.1/a.png", "holds a user's name"),
    ],
)
async def test_a_redirect_is_judged_like_the_first_url(pages: Pages, target: str, message: str) -> None:
    server = pages({"/loop": whole(status="301 Moved", fields=f"Location: {target}\r\n")})
    with pytest.raises(InvalidRequestError, match=message) as caught:
        await bring(image(server.url("/loop")), INLINE)
    assert "secret" not in str(caught.value)


async def test_nothing_private_is_fetched_unless_it_is_allowed(pages: Pages) -> None:
    server = pages({"/a.png": whole(PNG)})
    with pytest.raises(InvalidRequestError, match="not on the open Internet"):
        await bring(image(server.url("/a.png")), INLINE, settings=Settings())
    assert server.accepted == 0


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (whole(status="404 Not Found"), InvalidRequestError, "answered with status 404"),
        (whole(status="503 Busy"), ConnectionFailedError, "answered with status 503"),
        (whole(PNG + bytes(200)), RequestTooLargeError, "has more than 100 bytes"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"c8\r\n" + bytes(200) + b"\r\n0\r\n\r\n",
            RequestTooLargeError,
            "has more than 100 bytes",
        ),
        (whole(b"<!DOCTYPE html><html>"), InvalidRequestError, "is text/html, and no image"),
    ],
)
async def test_what_cannot_be_fetched_is_named(
    pages: Pages, answer: bytes, error: type[Exception], message: str
) -> None:
    server = pages({"/a.png": answer})
    with pytest.raises(error, match=message) as caught:
        await bring(image(server.url("/a.png?token=s3cret")), INLINE)
    assert "s3cret" not in str(caught.value)


async def test_much_that_is_fetched_is_uploaded_from_disk(pages: Pages) -> None:
    server = pages({"/a.mp4": whole(MP4 + bytes(20 * 1024 * 1024))})
    support = MediaSupport(inline=True, file=True)
    found = await bring(video(server.url("/a.mp4")), support, kind="video")
    assert found.how == ["fetched", "uploaded"]
    assert isinstance(found.uploads[0].options["file"].content, FileSource)


async def test_one_failure_among_several_is_raised(pages: Pages, tmp_path: Path) -> None:
    server = pages({"/a.png": whole(PNG)})
    content = [image(server.url("/a.png")), image(tmp_path / "gone.png")]
    with pytest.raises(InvalidRequestError, match=r"gone\.png") as caught:
        await bring(None, INLINE, options={"messages": [{"role": "user", "content": content}]})
    assert caught.value.param == "messages[0].content[1]"


def test_a_step_says_what_it_was() -> None:
    step = Delivery(part="file", kind="audio", how="uploaded", bytes=3, media_type="audio/wav")
    assert str(step) == "file (audio/wav, 3 bytes): uploaded"
    assert str(Delivery(part="file", kind="audio", how="url")) == "file (audio): url"


def answering(answer: JSON, **more: bytes) -> dict[str, bytes]:
    """Return pages on which the paths of several vendors answer the same."""
    told = whole(json.dumps(answer).encode(), fields="content-type: application/json\r\n")
    paths = ("/v1/chat/completions", "/v1/audio/transcriptions", "/v1/images/edits", "/v1/files")
    return {**dict.fromkeys(paths, told), **{f"/{name}": page for name, page in more.items()}}


def steps(answer: JSON) -> list[tuple[str, str]]:
    """Return the steps of an answer, short."""
    return [(step.part, step.how) for step in answer.report.deliveries]


OFFERED = ("completion", "transcription", "image_edit", "upload_file")


def client(server: Server, settings: Settings = LOCAL, **record: JSON) -> AnyLLM:
    """Return a client of a provider that offers all of this."""
    mine = Provider(
        name="mine",
        base_url=server.url("/v1"),
        key_optional=True,
        operations=frozenset(map(Operation, OFFERED)),
        **record,
    )
    return AnyLLM.create("mine", settings=msgspec.structs.replace(settings, providers={"mine": mine}))


async def test_the_whole_way_through_a_client(pages: Pages, tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(PNG)
    server = pages(answering(completion(), a=whole(PNG)))
    content = ["Which is it?", image(server.url("/a")), image(tmp_path / "b.png")]
    answer = await client(server, media={"image": MediaSupport(inline=True)}).acompletion(
        "m", [{"role": "user", "content": content}]
    )
    sent = json.loads(server.requests[-1].body)["messages"][0]["content"]
    assert [part["image_url"]["url"] for part in sent[1:]] == [PNG_URI, PNG_URI]
    assert steps(answer) == [
        ("messages[0].content[1]", "fetched"),
        ("messages[0].content[1]", "inline"),
        ("messages[0].content[2]", "inline"),
    ]


async def test_a_recording_is_read_while_it_is_sent(pages: Pages, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(MP3)
    server = pages(answering({"text": "hello"}))
    answer = await client(server).atranscription("whisper-1", tmp_path / "a.bin")
    assert MP3 in server.requests[-1].body
    assert b'filename="a.bin"\r\nContent-Type: audio/mpeg\r\n' in server.requests[-1].body
    assert steps(answer) == [("file", "streamed")]


async def test_a_recording_by_url_is_fetched_where_a_form_needs_it(pages: Pages) -> None:
    server = pages(answering({"text": "hello"}, a=whole(MP3)))
    answer = await client(server).atranscription("whisper-1", server.url("/a"))
    assert MP3 in server.requests[-1].body
    assert steps(answer) == [("file", "fetched")]


async def test_a_recording_by_url_is_passed_on_where_the_vendor_fetches_it(pages: Pages) -> None:
    server = pages(answering({"text": "hello"}))
    answer = await client(server, quirks=("audio_urls",)).atranscription("whisper", "https://cdn.example/a.mp3")
    assert b"https://cdn.example/a.mp3" in server.requests[-1].body
    assert steps(answer) == [("file", "url")]


async def test_images_are_read_where_they_go_into_json(pages: Pages, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    server = pages(answering({"created": 1, "data": [{"url": "https://x/y"}]}))
    answer = await client(server, quirks=("json_images",)).aimage_edit("m", [tmp_path / "a.png", PNG], "brighter")
    body = json.loads(server.requests[-1].body)
    assert [each["url"] for each in body["images"]] == [PNG_URI, PNG_URI]
    assert steps(answer) == [("image[0]", "inline"), ("image[1]", "inline")]


async def test_strict_fetches_no_parameter_either(pages: Pages) -> None:
    server = pages({})
    with pytest.raises(UnsupportedParameterError, match="lets nothing be fetched"):
        await client(server, Settings(media="strict")).atranscription("m", "https://cdn.example/a.mp3")
    assert server.accepted == 0


async def test_a_vendors_own_file_is_not_to_be_had_for_a_form(pages: Pages) -> None:
    server = pages({})
    with pytest.raises(InvalidRequestError, match=r"is not in memory; give a path or bytes") as caught:
        await client(server).atranscription("m", {"file_id": "f1"})
    assert caught.value.param == "file"


async def test_what_is_too_large_for_a_message_is_uploaded_first(pages: Pages, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF + bytes(200))
    server = pages(answering({**completion(), "id": "file-9", "object": "file", "bytes": 1, "filename": "a.pdf"}))
    messages = [{"role": "user", "content": [file(tmp_path / "a.pdf")]}]
    answer = await client(server, media={"file": ALL}).acompletion("m", messages)
    upload, asked = server.requests
    assert upload.target == "/v1/files"
    assert PDF + bytes(200) in upload.body
    assert b'name="purpose"\r\n\r\nuser_data' in upload.body
    sent = json.loads(asked.body)["messages"][0]["content"][0]
    assert sent == {"type": "file", "file": {"file_id": "file-9"}}
    assert steps(answer) == [("messages[0].content[0]", "uploaded")]


async def test_what_an_encoder_asks_for_must_be_of_the_call() -> None:
    needed = MediaNotReadError("elsewhere")
    call = Call(
        operation=Operation.TRANSCRIPTION,
        target=Target(provider=BY_NAME["openai"], model="m", base_url="https://host/v1"),
        options={"file": audio(MP3)},
    )
    with pytest.raises(MediaNotReadError, match="elsewhere"):
        await deliver(call, Means(LOCAL, always(OPENAI), never), needed)
