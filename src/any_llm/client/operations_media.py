"""The operations on images, audio, video and documents, natively async: one short method each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, overload

from any_llm.client.arguments import said
from any_llm.client.calling import Calling
from any_llm.client.signatures import spell_out
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.media import FileInput, Media, as_media
from any_llm.types.media_options import (
    ImageEditOptions,
    ImageOptions,
    ImageVariationOptions,
    OcrOptions,
    SpeechOptions,
    TranscriptionOptions,
    TranslationOptions,
    VideoOptions,
)
from any_llm.types.options import CallOptions

if TYPE_CHECKING:
    # The values that come back are loaded by the wire format that makes them.
    from typing import Unpack

    from any_llm.pipeline.stream import EventStream
    from any_llm.types.audio import Transcription, TranscriptionEvent
    from any_llm.types.binary import Binary
    from any_llm.types.image import ImageEvent, ImagesResponse
    from any_llm.types.ocr import OcrResponse
    from any_llm.types.video import Video


class MediaOperations(Calling):
    """Making, changing and reading images, audio, video and documents."""

    @overload
    async def aimage_generation(
        self, model: str, prompt: str, *, stream: Literal[True], **options: Unpack[ImageOptions]
    ) -> EventStream[ImageEvent]: ...
    @overload
    async def aimage_generation(
        self, model: str, prompt: str, *, stream: Literal[False] | None = None, **options: Unpack[ImageOptions]
    ) -> ImagesResponse: ...
    @overload
    async def aimage_generation(
        self, model: str, prompt: str, *, stream: bool | None = None, **options: Unpack[ImageOptions]
    ) -> ImagesResponse | EventStream[ImageEvent]: ...
    @spell_out(ImageOptions)
    async def aimage_generation(
        self, model: str, prompt: str, *, stream: bool | None = None, **options: Unpack[ImageOptions]
    ) -> ImagesResponse | EventStream[ImageEvent]:
        """Make images from a description.

        Args:
            model: the model's name at this provider.
            prompt: what to show.
            stream: whether to return a stream of partial images, where the provider offers it.
            **options: see `ImageOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(prompt=prompt, stream=stream or None, **options)
        return await self._answer(Operation.IMAGE_GENERATION, model, request)

    @spell_out(ImageEditOptions)
    async def aimage_edit(
        self,
        model: str,
        image: FileInput | list[FileInput],
        prompt: str,
        **options: Unpack[ImageEditOptions],
    ) -> ImagesResponse:
        """Change images by a description.

        Args:
            model: the model's name at this provider.
            image: one image or a list of several, in any form that `any_llm.image` takes.
            prompt: what to change.
            **options: see `ImageEditOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(image=_all_media(image), prompt=prompt, **options)
        return await self._answer(Operation.IMAGE_EDIT, model, _with_media(request, "mask"))

    @spell_out(ImageVariationOptions)
    async def aimage_variation(
        self, model: str, image: FileInput, **options: Unpack[ImageVariationOptions]
    ) -> ImagesResponse:
        """Make images that resemble one.

        Args:
            model: the model's name at this provider.
            image: the image, in any form that `any_llm.image` takes.
            **options: see `ImageVariationOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.IMAGE_VARIATION, model, said(image=as_media(image), **options))

    @overload
    async def aspeech(
        self, model: str, input: str, voice: str, *, stream: Literal[True], **options: Unpack[SpeechOptions]
    ) -> EventStream[bytes]: ...
    @overload
    async def aspeech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        stream: Literal[False] | None = None,
        **options: Unpack[SpeechOptions],
    ) -> Binary: ...
    @overload
    async def aspeech(
        self, model: str, input: str, voice: str, *, stream: bool | None = None, **options: Unpack[SpeechOptions]
    ) -> Binary | EventStream[bytes]: ...
    @spell_out(SpeechOptions)
    async def aspeech(
        self, model: str, input: str, voice: str, *, stream: bool | None = None, **options: Unpack[SpeechOptions]
    ) -> Binary | EventStream[bytes]:
        """Speak a text.

        Args:
            model: the model's name at this provider.
            input: the text.
            voice: the voice's name or id at this provider.
            stream: whether to return a stream of bytes, of which the first come before the last are made.
            **options: see `SpeechOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(input=input, voice=voice, stream=stream or None, **options)
        return await self._answer(Operation.SPEECH, model, request)

    @overload
    async def atranscription(
        self, model: str, file: FileInput, *, stream: Literal[True], **options: Unpack[TranscriptionOptions]
    ) -> EventStream[TranscriptionEvent]: ...
    @overload
    async def atranscription(
        self,
        model: str,
        file: FileInput,
        *,
        stream: Literal[False] | None = None,
        **options: Unpack[TranscriptionOptions],
    ) -> Transcription: ...
    @overload
    async def atranscription(
        self, model: str, file: FileInput, *, stream: bool | None = None, **options: Unpack[TranscriptionOptions]
    ) -> Transcription | EventStream[TranscriptionEvent]: ...
    @spell_out(TranscriptionOptions)
    async def atranscription(
        self, model: str, file: FileInput, *, stream: bool | None = None, **options: Unpack[TranscriptionOptions]
    ) -> Transcription | EventStream[TranscriptionEvent]:
        """Write down what is said in a recording.

        Args:
            model: the model's name at this provider.
            file: the recording, in any form that `any_llm.audio` takes.
            stream: whether to return a stream of events, where the provider offers it.
            **options: see `TranscriptionOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = said(stream=stream or None, **options)
        filename, media_type = request.pop("filename", None), request.pop("mime_type", None)
        request["file"] = as_media(file, filename=filename, media_type=media_type)
        return await self._answer(Operation.TRANSCRIPTION, model, request)

    @spell_out(TranslationOptions)
    async def atranslation(self, model: str, file: FileInput, **options: Unpack[TranslationOptions]) -> Transcription:
        """Write down in English what is said in a recording.

        Args:
            model: the model's name at this provider.
            file: the recording, in any form that `any_llm.audio` takes.
            **options: see `TranslationOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.TRANSLATION, model, said(file=as_media(file), **options))

    @spell_out(VideoOptions)
    async def avideo_generation(self, model: str, prompt: str, **options: Unpack[VideoOptions]) -> Video:
        """Have a video made, and return at once: `await_video` waits for it, `download_video` fetches it.

        Args:
            model: the model's name at this provider.
            prompt: what to show.
            **options: see `VideoOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        request = _with_media(said(prompt=prompt, **options), "image")
        return await self._answer(Operation.VIDEO_GENERATION, model, request)

    @spell_out(CallOptions)
    async def aretrieve_video(self, video_id: str, **options: Unpack[CallOptions]) -> Video:
        """Ask how far a video is.

        Args:
            video_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        video: Video = await self._answer(Operation.RETRIEVE_VIDEO, "", said(video_id=video_id, **options))
        # Some vendors do not repeat what they were asked about.
        video.id = video.id or video_id
        return video

    @spell_out(CallOptions)
    async def await_video(
        self,
        video: Video,
        *,
        poll_interval: float = 5.0,
        on_progress: Callable[[Video], object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Video:
        """Wait until a video is made, or has failed.

        Args:
            video: what `video_generation` returned.
            poll_interval: seconds between two questions.
            on_progress: is told each answer.
            **options: see `CallOptions`; they are of each question.

        Raises:
            AnyLLMError: the subclass says what went wrong. A video that failed is returned, with its `error`.
        """
        while not video.finished:
            await asyncio.sleep(poll_interval)
            video = await self.aretrieve_video(video.id, **options)
            if on_progress is not None:
                on_progress(video)
        return video

    @spell_out(CallOptions)
    async def adownload_video(self, video_id: str, **options: Unpack[CallOptions]) -> Binary:
        """Fetch a video that is made.

        Args:
            video_id: its `id`.
            **options: see `CallOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.DOWNLOAD_VIDEO, "", said(video_id=video_id, **options))

    @spell_out(OcrOptions)
    async def aocr(
        self, model: str, document: FileInput | Mapping[str, JSON], **options: Unpack[OcrOptions]
    ) -> OcrResponse:
        """Read the text of a document or an image, as Markdown.

        Args:
            model: the model's name at this provider.
            document: the document, in any form that `any_llm.file` takes.
            **options: see `OcrOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.OCR, model, said(document=as_media(document), **options))


def _all_media(given: JSON) -> list[Media]:
    return [as_media(item) for item in given] if is_list(given) else [as_media(given)]


def _with_media(request: JSONObject, name: str) -> JSONObject:
    if name in request:
        request[name] = as_media(request[name])
    return request
