"""The module functions for async code: one for each operation.

Made by `scripts/surfaces.py` from `client/operations_media.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from any_llm.client.reference import client_for, client_of
from any_llm.client.signatures import spell_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal, Unpack

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
    from any_llm.pipeline.stream import EventStream
    from any_llm.types.audio import Transcription, TranscriptionEvent
    from any_llm.types.binary import Binary
    from any_llm.types.image import ImageEvent, ImagesResponse
    from any_llm.types.json import JSON
    from any_llm.types.known_models import KnownModel
    from any_llm.types.media import FileInput
    from any_llm.types.ocr import OcrResponse
    from any_llm.types.video import Video


@overload
async def aimage_generation(
    model: KnownModel | str | None, prompt: str, *, stream: Literal[True], **options: Unpack[ImageCallOptions]
) -> EventStream[ImageEvent]: ...
@overload
async def aimage_generation(
    model: KnownModel | str | None,
    prompt: str,
    *,
    stream: Literal[False] | None = None,
    **options: Unpack[ImageCallOptions],
) -> ImagesResponse: ...
@overload
async def aimage_generation(
    model: KnownModel | str | None, prompt: str, *, stream: bool | None = None, **options: Unpack[ImageCallOptions]
) -> ImagesResponse | EventStream[ImageEvent]: ...
@spell_out("ImageCallOptions")
async def aimage_generation(
    model: KnownModel | str | None, prompt: str, *, stream: bool | None = None, **options: Unpack[ImageCallOptions]
) -> ImagesResponse | EventStream[ImageEvent]:
    """Make images from a description.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        prompt: what to show.
        stream: whether to return a stream of partial images, where the provider offers it.
        **options: see `ImageOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.aimage_generation(name, prompt, stream=stream, **options)


@spell_out("ImageEditCallOptions")
async def aimage_edit(
    model: KnownModel | str | None,
    image: FileInput | list[FileInput],
    prompt: str,
    **options: Unpack[ImageEditCallOptions],
) -> ImagesResponse:
    """Change images by a description.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        image: one image or a list of several, in any form that `any_llm.image` takes.
        prompt: what to change.
        **options: see `ImageEditOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.aimage_edit(name, image, prompt, **options)


@spell_out("ImageVariationCallOptions")
async def aimage_variation(
    model: KnownModel | str | None, image: FileInput, **options: Unpack[ImageVariationCallOptions]
) -> ImagesResponse:
    """Make images that resemble one.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        image: the image, in any form that `any_llm.image` takes.
        **options: see `ImageVariationOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.aimage_variation(model=name, image=image, **options)


@overload
async def aspeech(
    model: KnownModel | str | None,
    input: str,
    voice: str,
    *,
    stream: Literal[True],
    **options: Unpack[SpeechCallOptions],
) -> EventStream[bytes]: ...
@overload
async def aspeech(
    model: KnownModel | str | None,
    input: str,
    voice: str,
    *,
    stream: Literal[False] | None = None,
    **options: Unpack[SpeechCallOptions],
) -> Binary: ...
@overload
async def aspeech(
    model: KnownModel | str | None,
    input: str,
    voice: str,
    *,
    stream: bool | None = None,
    **options: Unpack[SpeechCallOptions],
) -> Binary | EventStream[bytes]: ...
@spell_out("SpeechCallOptions")
async def aspeech(
    model: KnownModel | str | None,
    input: str,
    voice: str,
    *,
    stream: bool | None = None,
    **options: Unpack[SpeechCallOptions],
) -> Binary | EventStream[bytes]:
    """Speak a text.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        input: the text.
        voice: the voice's name or id at this provider.
        stream: whether to return a stream of bytes, of which the first come before the last are made.
        **options: see `SpeechOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.aspeech(name, input, voice, stream=stream, **options)


@overload
async def atranscription(
    model: KnownModel | str | None,
    file: FileInput,
    *,
    stream: Literal[True],
    **options: Unpack[TranscriptionCallOptions],
) -> EventStream[TranscriptionEvent]: ...
@overload
async def atranscription(
    model: KnownModel | str | None,
    file: FileInput,
    *,
    stream: Literal[False] | None = None,
    **options: Unpack[TranscriptionCallOptions],
) -> Transcription: ...
@overload
async def atranscription(
    model: KnownModel | str | None,
    file: FileInput,
    *,
    stream: bool | None = None,
    **options: Unpack[TranscriptionCallOptions],
) -> Transcription | EventStream[TranscriptionEvent]: ...
@spell_out("TranscriptionCallOptions")
async def atranscription(
    model: KnownModel | str | None,
    file: FileInput,
    *,
    stream: bool | None = None,
    **options: Unpack[TranscriptionCallOptions],
) -> Transcription | EventStream[TranscriptionEvent]:
    """Write down what is said in a recording.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        file: the recording, in any form that `any_llm.audio` takes.
        stream: whether to return a stream of events, where the provider offers it.
        **options: see `TranscriptionOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.atranscription(name, file, stream=stream, **options)


@spell_out("TranslationCallOptions")
async def atranslation(
    model: KnownModel | str | None, file: FileInput, **options: Unpack[TranslationCallOptions]
) -> Transcription:
    """Write down in English what is said in a recording.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        file: the recording, in any form that `any_llm.audio` takes.
        **options: see `TranslationOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.atranslation(model=name, file=file, **options)


@spell_out("VideoCallOptions")
async def avideo_generation(model: KnownModel | str | None, prompt: str, **options: Unpack[VideoCallOptions]) -> Video:
    """Have a video made, and return at once: `await_video` waits for it, `download_video` fetches it.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        prompt: what to show.
        **options: see `VideoOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.avideo_generation(model=name, prompt=prompt, **options)


@spell_out("ProviderCallOptions")
async def aretrieve_video(provider: str, video_id: str, **options: Unpack[ProviderCallOptions]) -> Video:
    """Ask how far a video is.

    Args:
        provider: the provider's name.
        video_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.aretrieve_video(video_id, **options)


@spell_out("ProviderCallOptions")
async def await_video(
    provider: str,
    video: Video,
    *,
    poll_interval: float = 5.0,
    on_progress: Callable[[Video], object] | None = None,
    **options: Unpack[ProviderCallOptions],
) -> Video:
    """Wait until a video is made, or has failed.

    Args:
        provider: the provider's name.
        video: what `video_generation` returned.
        poll_interval: seconds between two questions.
        on_progress: is told each answer.
        **options: see `CallOptions` and `ReachOptions`; they are of each question.

    Raises:
        AnyLLMError: the subclass says what went wrong. A video that failed is returned, with its `error`.
    """
    client = client_of(provider, options)
    return await client.await_video(video, poll_interval=poll_interval, on_progress=on_progress, **options)


@spell_out("ProviderCallOptions")
async def adownload_video(provider: str, video_id: str, **options: Unpack[ProviderCallOptions]) -> Binary:
    """Fetch a video that is made.

    Args:
        provider: the provider's name.
        video_id: its `id`.
        **options: see `CallOptions` and `ReachOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client = client_of(provider, options)
    return await client.adownload_video(video_id, **options)


@spell_out("OcrCallOptions")
async def aocr(
    model: KnownModel | str | None, document: FileInput | Mapping[str, JSON], **options: Unpack[OcrCallOptions]
) -> OcrResponse:
    """Read the text of a document or an image, as Markdown.

    Args:
        model: `provider:model`, or the model's name when `provider` is given.
        document: the document, in any form that `any_llm.file` takes.
        **options: see `OcrOptions` and `ClientOptions`.

    Raises:
        AnyLLMError: the subclass says what went wrong.
    """
    client, name = client_for(model, options)
    return await client.aocr(model=name, document=document, **options)
