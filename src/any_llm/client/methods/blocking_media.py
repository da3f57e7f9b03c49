"""Operations for blocking code: the same coroutines, run on the background loop.

Made by `scripts/surfaces.py` from `client/operations_media.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from any_llm.client.blocking import run, run_stream
from any_llm.client.operations_media import MediaOperations
from any_llm.client.signatures import spell_out
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
    from collections.abc import Callable, Mapping
    from typing import Literal, Unpack

    from any_llm.client.blocking import Stream
    from any_llm.types.audio import Transcription, TranscriptionEvent
    from any_llm.types.binary import Binary
    from any_llm.types.image import ImageEvent, ImagesResponse
    from any_llm.types.json import JSON
    from any_llm.types.media import FileInput
    from any_llm.types.ocr import OcrResponse
    from any_llm.types.video import Video


class BlockingMediaOperations(MediaOperations):
    """The operations of one provider, each waiting for its answer.

    In a thread that runs an event loop they raise `RuntimeError`, except in a notebook or with
    `allow_running_loop=True`.
    """

    @overload
    def image_generation(
        self,
        model: str,
        prompt: str,
        *,
        stream: Literal[True],
        allow_running_loop: bool | None = None,
        **options: Unpack[ImageOptions],
    ) -> Stream[ImageEvent]: ...
    @overload
    def image_generation(
        self,
        model: str,
        prompt: str,
        *,
        stream: Literal[False] | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[ImageOptions],
    ) -> ImagesResponse: ...
    @overload
    def image_generation(
        self,
        model: str,
        prompt: str,
        *,
        stream: bool | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[ImageOptions],
    ) -> ImagesResponse | Stream[ImageEvent]: ...
    @spell_out(ImageOptions)
    def image_generation(
        self,
        model: str,
        prompt: str,
        *,
        stream: bool | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[ImageOptions],
    ) -> ImagesResponse | Stream[ImageEvent]:
        """Make images from a description; see `aimage_generation`."""
        return run_stream(
            run(self.aimage_generation(model, prompt, stream=stream, **options), allow_running_loop=allow_running_loop)
        )

    _image_generation = image_generation

    @spell_out(ImageEditOptions)
    def image_edit(
        self,
        model: str,
        image: FileInput | list[FileInput],
        prompt: str,
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[ImageEditOptions],
    ) -> ImagesResponse:
        """Change images by a description; see `aimage_edit`."""
        return run(self.aimage_edit(model, image, prompt, **options), allow_running_loop=allow_running_loop)

    _image_edit = image_edit

    @spell_out(ImageVariationOptions)
    def image_variation(
        self,
        model: str,
        image: FileInput,
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[ImageVariationOptions],
    ) -> ImagesResponse:
        """Make images that resemble one; see `aimage_variation`."""
        return run(self.aimage_variation(model, image, **options), allow_running_loop=allow_running_loop)

    @overload
    def speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        stream: Literal[True],
        allow_running_loop: bool | None = None,
        **options: Unpack[SpeechOptions],
    ) -> Stream[bytes]: ...
    @overload
    def speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        stream: Literal[False] | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[SpeechOptions],
    ) -> Binary: ...
    @overload
    def speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        stream: bool | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[SpeechOptions],
    ) -> Binary | Stream[bytes]: ...
    @spell_out(SpeechOptions)
    def speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        stream: bool | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[SpeechOptions],
    ) -> Binary | Stream[bytes]:
        """Speak a text; see `aspeech`."""
        return run_stream(
            run(self.aspeech(model, input, voice, stream=stream, **options), allow_running_loop=allow_running_loop)
        )

    _speech = speech

    @overload
    def transcription(
        self,
        model: str,
        file: FileInput,
        *,
        stream: Literal[True],
        allow_running_loop: bool | None = None,
        **options: Unpack[TranscriptionOptions],
    ) -> Stream[TranscriptionEvent]: ...
    @overload
    def transcription(
        self,
        model: str,
        file: FileInput,
        *,
        stream: Literal[False] | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[TranscriptionOptions],
    ) -> Transcription: ...
    @overload
    def transcription(
        self,
        model: str,
        file: FileInput,
        *,
        stream: bool | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[TranscriptionOptions],
    ) -> Transcription | Stream[TranscriptionEvent]: ...
    @spell_out(TranscriptionOptions)
    def transcription(
        self,
        model: str,
        file: FileInput,
        *,
        stream: bool | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[TranscriptionOptions],
    ) -> Transcription | Stream[TranscriptionEvent]:
        """Write down what is said in a recording; see `atranscription`."""
        return run_stream(
            run(self.atranscription(model, file, stream=stream, **options), allow_running_loop=allow_running_loop)
        )

    _transcription = transcription

    @spell_out(TranslationOptions)
    def translation(
        self,
        model: str,
        file: FileInput,
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[TranslationOptions],
    ) -> Transcription:
        """Write down in English what is said in a recording; see `atranslation`."""
        return run(self.atranslation(model, file, **options), allow_running_loop=allow_running_loop)

    @spell_out(VideoOptions)
    def video_generation(
        self, model: str, prompt: str, *, allow_running_loop: bool | None = None, **options: Unpack[VideoOptions]
    ) -> Video:
        """Have a video made, and return at once: `await_video` waits for it, `download_video` fetches it.

        See `avideo_generation`.
        """
        return run(self.avideo_generation(model, prompt, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def retrieve_video(
        self, video_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> Video:
        """Ask how far a video is; see `aretrieve_video`."""
        return run(self.aretrieve_video(video_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(CallOptions)
    def wait_video(
        self,
        video: Video,
        *,
        poll_interval: float = 5.0,
        on_progress: Callable[[Video], object] | None = None,
        allow_running_loop: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Video:
        """Wait until a video is made, or has failed; see `await_video`."""
        return run(
            self.await_video(video, poll_interval=poll_interval, on_progress=on_progress, **options),
            allow_running_loop=allow_running_loop,
        )

    @spell_out(CallOptions)
    def download_video(
        self, video_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[CallOptions]
    ) -> Binary:
        """Fetch a video that is made; see `adownload_video`."""
        return run(self.adownload_video(video_id, **options), allow_running_loop=allow_running_loop)

    @spell_out(OcrOptions)
    def ocr(
        self,
        model: str,
        document: FileInput | Mapping[str, JSON],
        *,
        allow_running_loop: bool | None = None,
        **options: Unpack[OcrOptions],
    ) -> OcrResponse:
        """Read the text of a document or an image, as Markdown; see `aocr`."""
        return run(self.aocr(model, document, **options), allow_running_loop=allow_running_loop)
