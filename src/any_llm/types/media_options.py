"""Parameters of the operations on images, audio, video and documents. What is `None` counts as not said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.types.json import JSON
from any_llm.types.options import CallOptions


class ImageOptions(CallOptions, total=False):
    """Parameters of `image_generation`.

    `aspect_ratio`, `seed` and `negative_prompt` are Imagen's words, which others share.
    https://platform.openai.com/docs/api-reference/images/create
    """

    n: int | None
    size: str | None
    quality: str | None
    style: str | None
    response_format: str | None
    user: str | None
    background: str | None
    moderation: str | None
    output_format: str | None
    output_compression: int | None
    partial_images: int | None
    aspect_ratio: str | None
    negative_prompt: str | None
    seed: int | None


class ImageEditOptions(ImageOptions, total=False):
    """Parameters of `image_edit`.

    https://platform.openai.com/docs/api-reference/images/createEdit
    """

    mask: JSON
    input_fidelity: str | None


class ImageVariationOptions(CallOptions, total=False):
    """Parameters of `image_variation`.

    https://platform.openai.com/docs/api-reference/images/createVariation
    """

    n: int | None
    size: str | None
    response_format: str | None
    user: str | None


class SpeechOptions(CallOptions, total=False):
    """Parameters of `speech`.

    `language` and `sample_rate` (Hz) are told to providers that want to know.
    https://platform.openai.com/docs/api-reference/audio/createSpeech
    """

    instructions: str | None
    response_format: str | None
    speed: float | None
    language: str | None
    sample_rate: int | None


class TranslationOptions(CallOptions, total=False):
    """Parameters of `translation`, which always translates to English.

    https://platform.openai.com/docs/api-reference/audio/createTranslation
    """

    prompt: str | None
    response_format: str | None
    temperature: float | None


class TranscriptionOptions(TranslationOptions, total=False):
    """Parameters of `transcription`.

    `diarize` asks who says what, in segments with a `speaker`; `timestamp_granularities` holds `word` or `segment`.
    `filename` and `mime_type` say what the recording is, where it does not say so itself.
    https://platform.openai.com/docs/api-reference/audio/createTranscription
    """

    language: str | None
    timestamp_granularities: Sequence[str] | None
    diarize: bool | None
    include: Sequence[str] | None
    chunking_strategy: str | Mapping[str, JSON] | None
    known_speaker_names: Sequence[str] | None
    known_speaker_references: Sequence[str] | None
    filename: str | None
    mime_type: str | None


class VideoOptions(CallOptions, total=False):
    """Parameters of `video_generation`.

    `image` is where the video begins: an image in any form that `any_llm.image` takes.
    https://platform.openai.com/docs/api-reference/videos/create
    """

    image: JSON
    seconds: str | int | None
    size: str | None
    aspect_ratio: str | None
    resolution: str | None
    negative_prompt: str | None
    seed: int | None
    n: int | None
    user: str | None


class OcrOptions(CallOptions, total=False):
    """Parameters of `ocr`; `pages` counts from 0.

    https://docs.mistral.ai/api/endpoint/ocr
    """

    pages: Sequence[int] | None
    include_image_base64: bool | None
    image_limit: int | None
    image_min_size: int | None
    bbox_annotation_format: Mapping[str, JSON] | None
    document_annotation_format: Mapping[str, JSON] | None
