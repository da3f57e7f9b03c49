"""The parameters of the module functions: the operations', and how to reach a provider.

Made by `scripts/surfaces.py` from `client/operations*.py`: change that, then run `make tables`.
"""

from __future__ import annotations

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
from any_llm.types.options import (
    CallOptions,
    ClientOptions,
    CompletionOptions,
    EmbeddingOptions,
    MessagesOptions,
    ReachOptions,
    ResponsesOptions,
)
from any_llm.types.stored_options import (
    CompactResponseOptions,
    CreateBatchOptions,
    ListFilesOptions,
    RequestOptions,
    UploadFileOptions,
)
from any_llm.types.text_options import (
    CountTokensOptions,
    DecideOptions,
    ModerationOptions,
    RerankOptions,
    TextCompletionOptions,
)


class CompletionCallOptions(CompletionOptions, ClientOptions, total=False):
    """Parameters of the function `completion`."""


class ResponsesCallOptions(ResponsesOptions, ClientOptions, total=False):
    """Parameters of the function `responses`."""


class MessagesCallOptions(MessagesOptions, ClientOptions, total=False):
    """Parameters of the function `messages`."""


class EmbeddingCallOptions(EmbeddingOptions, ClientOptions, total=False):
    """Parameters of the function `embedding`."""


class ImageCallOptions(ImageOptions, ClientOptions, total=False):
    """Parameters of the function `image_generation`."""


class ImageEditCallOptions(ImageEditOptions, ClientOptions, total=False):
    """Parameters of the function `image_edit`."""


class ImageVariationCallOptions(ImageVariationOptions, ClientOptions, total=False):
    """Parameters of the function `image_variation`."""


class SpeechCallOptions(SpeechOptions, ClientOptions, total=False):
    """Parameters of the function `speech`."""


class TranscriptionCallOptions(TranscriptionOptions, ClientOptions, total=False):
    """Parameters of the function `transcription`."""


class TranslationCallOptions(TranslationOptions, ClientOptions, total=False):
    """Parameters of the function `translation`."""


class VideoCallOptions(VideoOptions, ClientOptions, total=False):
    """Parameters of the function `video_generation`."""


class ProviderCallOptions(CallOptions, ReachOptions, total=False):
    """Parameters of several functions.

    They are `retrieve_video`, `wait_video`, `download_video`, `retrieve_file`, `delete_file`, `download_file`,
    `retrieve_batch`, `cancel_batch`, `list_batches`, `retrieve_batch_results`, `retrieve_response`, `cancel_response`,
    `delete_response`.
    """


class OcrCallOptions(OcrOptions, ClientOptions, total=False):
    """Parameters of the function `ocr`."""


class UploadFileCallOptions(UploadFileOptions, ReachOptions, total=False):
    """Parameters of the function `upload_file`."""


class ListFilesCallOptions(ListFilesOptions, ReachOptions, total=False):
    """Parameters of the function `list_files`."""


class CreateBatchCallOptions(CreateBatchOptions, ReachOptions, total=False):
    """Parameters of the function `create_batch`."""


class CompactResponseCallOptions(CompactResponseOptions, ClientOptions, total=False):
    """Parameters of the function `compact_response`."""


class ModelCallOptions(CallOptions, ClientOptions, total=False):
    """Parameters of several functions.

    They are `retrieve_model`, `pull_model`.
    """


class RequestCallOptions(RequestOptions, ReachOptions, total=False):
    """Parameters of the function `request`."""


class TextCompletionCallOptions(TextCompletionOptions, ClientOptions, total=False):
    """Parameters of the function `text_completion`."""


class RerankCallOptions(RerankOptions, ClientOptions, total=False):
    """Parameters of the function `rerank`."""


class ModerationCallOptions(ModerationOptions, ClientOptions, total=False):
    """Parameters of the function `moderation`."""


class DecideCallOptions(DecideOptions, ClientOptions, total=False):
    """Parameters of the function `decide`."""


class CountTokensCallOptions(CountTokensOptions, ClientOptions, total=False):
    """Parameters of the function `count_tokens`."""
