"""The module functions for blocking code: one for each operation.

Made by `scripts/surfaces.py` from `client/operations_media.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from any_llm.client.reference import client_for, client_of, private_form
from any_llm.client.signatures import spell_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal, Unpack

    from any_llm.client.blocking import Stream
    from any_llm.client.functions.options import (
        ImageCallOptions,
        ImageEditCallOptions,
        ImageVariationCallOptions,
        OcrCallOptions,
        ProviderCallOptions,
        SpeechCallOptions,
        TranscriptionCallOptions,
        TranslationCallOptions,
        VideoCallOptions,
    )
    from any_llm.types.audio import Transcription, TranscriptionEvent
    from any_llm.types.binary import Binary
    from any_llm.types.image import ImageEvent, ImagesResponse
    from any_llm.types.json import JSON
    from any_llm.types.known_models import KnownModel
    from any_llm.types.media import FileInput
    from any_llm.types.ocr import OcrResponse
    from any_llm.types.video import Video


@overload
def image_generation(
    model: KnownModel | str | None,
    prompt: str,
    *,
    stream: Literal[True],
    allow_running_loop: bool | None = None,
    **options: Unpack[ImageCallOptions],
) -> Stream[ImageEvent]: ...
@overload
def image_generation(
    model: KnownModel | str | None,
    prompt: str,
    *,
    stream: Literal[False] | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[ImageCallOptions],
) -> ImagesResponse: ...
@overload
def image_generation(
    model: KnownModel | str | None,
    prompt: str,
    *,
    stream: bool | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[ImageCallOptions],
) -> ImagesResponse | Stream[ImageEvent]: ...
@spell_out("ImageCallOptions")
def image_generation(
    model: KnownModel | str | None,
    prompt: str,
    *,
    stream: bool | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[ImageCallOptions],
) -> ImagesResponse | Stream[ImageEvent]:
    """Make images from a description; see `aimage_generation`."""
    client, name = client_for(model, options)
    if allow_running_loop is not None:
        return client.image_generation(name, prompt, stream=stream, allow_running_loop=allow_running_loop, **options)
    return private_form(client, "image_generation")(name, prompt, stream=stream, **options)


@spell_out("ImageEditCallOptions")
def image_edit(
    model: KnownModel | str | None,
    image: FileInput | list[FileInput],
    prompt: str,
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[ImageEditCallOptions],
) -> ImagesResponse:
    """Change images by a description; see `aimage_edit`."""
    client, name = client_for(model, options)
    if allow_running_loop is not None:
        return client.image_edit(name, image, prompt, allow_running_loop=allow_running_loop, **options)
    return private_form(client, "image_edit")(name, image, prompt, **options)


@spell_out("ImageVariationCallOptions")
def image_variation(
    model: KnownModel | str | None,
    image: FileInput,
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[ImageVariationCallOptions],
) -> ImagesResponse:
    """Make images that resemble one; see `aimage_variation`."""
    client, name = client_for(model, options)
    return client.image_variation(model=name, image=image, allow_running_loop=allow_running_loop, **options)


@overload
def speech(
    model: KnownModel | str | None,
    input: str,
    voice: str,
    *,
    stream: Literal[True],
    allow_running_loop: bool | None = None,
    **options: Unpack[SpeechCallOptions],
) -> Stream[bytes]: ...
@overload
def speech(
    model: KnownModel | str | None,
    input: str,
    voice: str,
    *,
    stream: Literal[False] | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[SpeechCallOptions],
) -> Binary: ...
@overload
def speech(
    model: KnownModel | str | None,
    input: str,
    voice: str,
    *,
    stream: bool | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[SpeechCallOptions],
) -> Binary | Stream[bytes]: ...
@spell_out("SpeechCallOptions")
def speech(
    model: KnownModel | str | None,
    input: str,
    voice: str,
    *,
    stream: bool | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[SpeechCallOptions],
) -> Binary | Stream[bytes]:
    """Speak a text; see `aspeech`."""
    client, name = client_for(model, options)
    if allow_running_loop is not None:
        return client.speech(name, input, voice, stream=stream, allow_running_loop=allow_running_loop, **options)
    return private_form(client, "speech")(name, input, voice, stream=stream, **options)


@overload
def transcription(
    model: KnownModel | str | None,
    file: FileInput,
    *,
    stream: Literal[True],
    allow_running_loop: bool | None = None,
    **options: Unpack[TranscriptionCallOptions],
) -> Stream[TranscriptionEvent]: ...
@overload
def transcription(
    model: KnownModel | str | None,
    file: FileInput,
    *,
    stream: Literal[False] | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[TranscriptionCallOptions],
) -> Transcription: ...
@overload
def transcription(
    model: KnownModel | str | None,
    file: FileInput,
    *,
    stream: bool | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[TranscriptionCallOptions],
) -> Transcription | Stream[TranscriptionEvent]: ...
@spell_out("TranscriptionCallOptions")
def transcription(
    model: KnownModel | str | None,
    file: FileInput,
    *,
    stream: bool | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[TranscriptionCallOptions],
) -> Transcription | Stream[TranscriptionEvent]:
    """Write down what is said in a recording; see `atranscription`."""
    client, name = client_for(model, options)
    if allow_running_loop is not None:
        return client.transcription(name, file, stream=stream, allow_running_loop=allow_running_loop, **options)
    return private_form(client, "transcription")(name, file, stream=stream, **options)


@spell_out("TranslationCallOptions")
def translation(
    model: KnownModel | str | None,
    file: FileInput,
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[TranslationCallOptions],
) -> Transcription:
    """Write down in English what is said in a recording; see `atranslation`."""
    client, name = client_for(model, options)
    return client.translation(model=name, file=file, allow_running_loop=allow_running_loop, **options)


@spell_out("VideoCallOptions")
def video_generation(
    model: KnownModel | str | None,
    prompt: str,
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[VideoCallOptions],
) -> Video:
    """Have a video made, and return at once: `await_video` waits for it, `download_video` fetches it.

    See `avideo_generation`.
    """
    client, name = client_for(model, options)
    return client.video_generation(model=name, prompt=prompt, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def retrieve_video(
    provider: str, video_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> Video:
    """Ask how far a video is; see `aretrieve_video`."""
    client = client_of(provider, options)
    return client.retrieve_video(video_id, allow_running_loop=allow_running_loop, **options)


@spell_out("ProviderCallOptions")
def wait_video(
    provider: str,
    video: Video,
    *,
    poll_interval: float = 5.0,
    on_progress: Callable[[Video], object] | None = None,
    allow_running_loop: bool | None = None,
    **options: Unpack[ProviderCallOptions],
) -> Video:
    """Wait until a video is made, or has failed; see `await_video`."""
    client = client_of(provider, options)
    return client.wait_video(
        video, poll_interval=poll_interval, on_progress=on_progress, allow_running_loop=allow_running_loop, **options
    )


@spell_out("ProviderCallOptions")
def download_video(
    provider: str, video_id: str, *, allow_running_loop: bool | None = None, **options: Unpack[ProviderCallOptions]
) -> Binary:
    """Fetch a video that is made; see `adownload_video`."""
    client = client_of(provider, options)
    return client.download_video(video_id, allow_running_loop=allow_running_loop, **options)


@spell_out("OcrCallOptions")
def ocr(
    model: KnownModel | str | None,
    document: FileInput | Mapping[str, JSON],
    *,
    allow_running_loop: bool | None = None,
    **options: Unpack[OcrCallOptions],
) -> OcrResponse:
    """Read the text of a document or an image, as Markdown; see `aocr`."""
    client, name = client_for(model, options)
    return client.ocr(model=name, document=document, allow_running_loop=allow_running_loop, **options)
