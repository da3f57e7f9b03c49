"""Calls beyond conversations, as users write them and type checkers see them. Checked, never run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import assert_type

import any_llm
from any_llm import AnyLLM, AsyncFileDownload, EventStream, FileDownload, Stream
from any_llm.types.answer import Answer
from any_llm.types.audio import Transcription, TranscriptionEvent
from any_llm.types.batch import Batch, BatchResult
from any_llm.types.binary import Binary
from any_llm.types.decide import DecideResponse, Noul
from any_llm.types.files import FileDeleted, FileMetadata, FilePage
from any_llm.types.image import ImageEvent, ImagesResponse
from any_llm.types.model import Model
from any_llm.types.moderation import ModerationResponse
from any_llm.types.ocr import OcrResponse
from any_llm.types.pulling import PullProgress
from any_llm.types.rerank import RerankResponse
from any_llm.types.responses import Response
from any_llm.types.text_completion import TextCompletion
from any_llm.types.tokens import TokenCount
from any_llm.types.video import Video


async def draw(client: AnyLLM, wanted: bool | None) -> None:
    """Ask for images and videos."""
    assert_type(await any_llm.aimage_generation("openai:m", "a cat", size="1024x1024"), ImagesResponse)
    assert_type(await any_llm.aimage_generation("openai:m", "a cat", stream=True), EventStream[ImageEvent])
    assert_type(any_llm.image_generation("openai:m", "a cat", stream=True), Stream[ImageEvent])
    assert_type(any_llm.image_generation("m", "a cat", stream=wanted), ImagesResponse | Stream[ImageEvent])
    assert_type(client.image_generation("m", "a cat"), ImagesResponse)
    assert_type(any_llm.image_edit("openai:m", Path("cat.png"), "a hat"), ImagesResponse)
    assert_type(await client.aimage_edit("m", [b"1", b"2"], "both"), ImagesResponse)
    assert_type(any_llm.image_variation("openai:m", "cat.png"), ImagesResponse)
    video = any_llm.video_generation("openai:m", "a cat")
    assert_type(video, Video)
    assert_type(any_llm.retrieve_video("openai", video.id, api_key="k"), Video)
    assert_type(any_llm.wait_video("openai", video, poll_interval=1, on_progress=print), Video)
    assert_type(await client.await_video(video), Video)
    assert_type(await client.adownload_video(video.id), Binary)


async def listen(client: AnyLLM, wanted: bool | None) -> None:
    """Ask for sound, and what is said in it."""
    assert_type(any_llm.speech("openai:m", "hello", "alloy"), Binary)
    assert_type(any_llm.speech("openai:m", "hello", voice="alloy", stream=True), Stream[bytes])
    assert_type(await any_llm.aspeech("openai:m", "hello", "alloy", stream=True), EventStream[bytes])
    assert_type(await client.aspeech("m", "hello", "alloy", stream=wanted), Binary | EventStream[bytes])
    assert_type(any_llm.transcription("openai:m", b"...", language="de"), Transcription)
    assert_type(any_llm.transcription("openai:m", b"...", stream=True), Stream[TranscriptionEvent])
    assert_type(await client.atranscription("m", Path("a.mp3"), stream=True), EventStream[TranscriptionEvent])
    assert_type(await any_llm.atranslation("openai:m", "a.mp3"), Transcription)
    assert_type(any_llm.ocr("mistral:m", Path("a.pdf")), OcrResponse)


async def weigh(client: AnyLLM) -> None:
    """Ask about texts."""
    assert_type(any_llm.text_completion("openai:m", "Once"), TextCompletion)
    assert_type(any_llm.text_completion("openai:m", "Once", stream=True), Stream[TextCompletion])
    assert_type(await client.atext_completion("m", ["a", "b"], stream=True), EventStream[TextCompletion])
    assert_type(any_llm.rerank("cohere:m", "cat", ["a", "b"], top_n=1), RerankResponse)
    assert_type(await client.arerank("m", "cat", [{"text": "a"}]), RerankResponse)
    assert_type(any_llm.moderation("openai:m", ["a"]), ModerationResponse)
    decided = await any_llm.adecide("typesafe:m", {"text": "hi"}, {"kind": Noul(instructions="Is it kind?")})
    assert_type(decided, DecideResponse)
    assert_type(decided.nouls["kind"].noul, float)
    assert_type(client.decide("m", "hi", {"kind": {"type": "noul"}}, images=["data:,"]), DecideResponse)
    assert_type(await any_llm.acount_tokens("anthropic:m", [{"role": "user", "content": "hi"}]), TokenCount)
    assert_type(client.count_tokens("m", "hi"), TokenCount)


async def keep(client: AnyLLM) -> None:
    """Ask for what a provider keeps; the provider is named first."""
    assert_type(any_llm.upload_file("openai", Path("a.jsonl"), purpose="batch"), FileMetadata)
    assert_type(await any_llm.alist_files("openai", limit=3, api_key="k"), FilePage)
    assert_type(client.retrieve_file("f"), FileMetadata)
    assert_type(await client.adelete_file("f"), FileDeleted)
    assert_type(any_llm.download_file("openai", "f"), FileDownload)
    assert_type(await client.adownload_file("f"), AsyncFileDownload)
    async with client.adownload_file("f", chunk_size=9) as download:
        assert_type([piece async for piece in download], list[bytes])
        assert_type(await download.read(), Binary)
    with client.download_file("f") as fetched:
        assert_type(list(fetched.chunks), list[bytes])
        assert_type(fetched.save("copy"), Path)
    assert_type(any_llm.create_batch("openai", "a.jsonl", "/v1/chat/completions", completion_window="24h"), Batch)
    assert_type(await any_llm.aretrieve_batch("openai", "b", api_base="https://host"), Batch)
    assert_type(client.cancel_batch("b"), Batch)
    assert_type(any_llm.list_batches("openai", after="b", limit=3), Sequence[Batch])
    assert_type(await any_llm.aretrieve_batch_results("openai", "b"), BatchResult)
    assert_type(any_llm.retrieve_response("openai", "r"), Response)
    assert_type(await client.adelete_response("r"), Answer)
    assert_type(any_llm.retrieve_model("openai:gpt-5"), Model)
    assert_type(any_llm.pull_model("ollama:tiny"), Stream[PullProgress])
    assert_type(await client.apull_model("tiny"), EventStream[PullProgress])
    assert_type(any_llm.request("openai", "GET", "/vector_stores"), Answer)
