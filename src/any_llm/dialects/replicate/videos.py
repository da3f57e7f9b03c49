"""Videos: a prediction that is asked about until it has ended, and the file that it names.

https://replicate.com/docs/reference/http#predictions.get
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.replicate.predictions import WAITING, output_of, run, texts_of
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.spec.answers import first_text, read_binary, read_object, seconds_of, words_of
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.requests import place_of, segment, split
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.value import revive
from any_llm.types.video import Video

_RENAMED: Mapping[str, str] = {"seconds": "duration"}
_INEXPRESSIBLE: Mapping[str, str] = {"user": "the API does not ask who is asking"}
_STATES: Mapping[str, str] = {
    "aborted": "cancelled",
    "canceled": "cancelled",
    "failed": "failed",
    "processing": "in_progress",
    "starting": "queued",
    "succeeded": "completed",
}


def encode_video_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; the model's own settings are sent as they are.

    Raises:
        MediaNotReadError: the first image is neither at a URL nor in memory.
    """
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    image = said.pop("image", None)
    if image is not None:
        said["image"] = place_of(image)
    return run(target, said, warnings, wait=False)


def encode_retrieve_video(_target: Target, options: Options) -> Encoded:
    """Encode the question how far a prediction is."""
    return Encoded(f"/predictions/{segment(options['video_id'])}")


def decode_video(target: Target, response: HttpResponse) -> Video:
    """Decode a prediction; the vendor's words for it, `input`, `logs` and `metrics` among them, stay readable.

    Raises:
        MalformedResponseError: the answer is no prediction.
    """
    prediction = read_object(response, "status")
    status = _STATES.get(words_of(prediction["status"]))
    if status is None:
        raise MalformedResponseError(f"a prediction that is {prediction['status']!r}")
    video = revive(Video, {name: value for name, value in prediction.items() if name != "error"})
    places = texts_of(prediction.get("output"))
    video.status, video.url = status, places[0] if places else None
    video.model = words_of(prediction.get("model")) or target.model
    video.created_at = seconds_of(prediction.get("created_at"))
    video.completed_at = seconds_of(prediction.get("completed_at")) or None
    video.progress = 100 if status == "completed" else 0
    if status in {"failed", "cancelled"}:
        video.error = {"code": status, "message": first_text(prediction.get("error")) or f"the prediction is {status}"}
    return video


def follow_file(_target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for the file that a prediction has made.

    Raises:
        InvalidRequestError: there is none yet.
        MalformedResponseError: the output is no address.
        ProviderError: the model failed, or was cancelled.
    """
    if response.earlier:
        return None
    prediction = read_object(response, "status")
    if prediction["status"] in WAITING:
        raise InvalidRequestError("the video is not made yet; wait for it with await_video", param="video_id")
    places = texts_of(output_of(prediction))
    if not places or not places[0].startswith(("https://", "http://")):
        raise MalformedResponseError("an output that is no address of a file")
    return FollowUp(Encoded(places[0]))


def decode_file(_target: Target, response: HttpResponse) -> Binary:
    """Return the film.

    Raises:
        MalformedResponseError: the answer is none.
    """
    return read_binary(response)


VIDEO_GENERATION: Codec[Video, None] = Codec(encode=encode_video_generation, decode=decode_video)
"""The operation `video_generation`."""

RETRIEVE_VIDEO: Codec[Video, None] = Codec(encode=encode_retrieve_video, decode=decode_video)
"""The operation `retrieve_video`."""

DOWNLOAD_VIDEO: Codec[Binary, None] = Codec(encode=encode_retrieve_video, decode=decode_file, follow_up=follow_file)
"""The operation `download_video`."""
