"""Transcription: https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import label_of, members, number_of, objects, read_object, words_of
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import OCTETS, split, take_json_format, take_stream, with_query
from any_llm.types.audio import Transcription, TranscriptionSegment, TranscriptionWord, turns
from any_llm.types.http import HttpResponse, Upload
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.media import Media
from any_llm.types.value import revive

_INEXPRESSIBLE: Mapping[str, str] = {
    "chunking_strategy": "the recording is not cut by the caller",
    "include": "how sure it is of each word is told anyway",
    "known_speaker_names": "speakers have numbers",
    "known_speaker_references": "speakers have numbers",
    "prompt": "give the words to expect in keyterm",
    "temperature": "the model has none",
}


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode a request: the recording is its body, or its URL; all else its query.

    Words are always told with their times; segments are utterances, which are asked for. The vendor's own settings are
    sent as they are.

    Raises:
        MediaNotReadError: the recording is given by an id.
    """
    said, warnings = split(options, {}, _INEXPRESSIBLE)
    media: Media = said.pop("file")
    take_stream(said, warnings)
    wanted = take_json_format(said, warnings)
    granularities = said.pop("timestamp_granularities", ())
    if wanted == "diarized_json":
        said.setdefault("diarize", True)
    if "segment" in granularities or wanted in {"verbose_json", "diarized_json"}:
        said.setdefault("utterances", True)
    path = with_query("/v1/listen", {"model": target.model, **said})
    if media.url is not None:
        return Encoded(path, msgspec.json.encode({"url": media.url}), warnings=tuple(warnings))
    headers = {"Content-Type": media.media_type or OCTETS}
    return Encoded(path, headers=headers, warnings=tuple(warnings), upload=Upload((media.source,)))


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode an answer. Of several channels the texts follow one another; `results` and `metadata` stay readable.

    Raises:
        MalformedResponseError: the answer has no channels.
    """
    answer = read_object(response, "results")
    results, metadata = members(answer["results"]), members(answer.get("metadata"))
    channels = objects(results.get("channels"))
    if not channels:
        raise MalformedResponseError(f"an answer without channels: its results are {sorted(results)}")
    heard = [(objects(channel.get("alternatives")) or [{}])[0] for channel in channels]
    words = sorted((_word(word) for one in heard for word in objects(one.get("words"))), key=_beginning)
    seconds = number_of(metadata.get("duration"))
    transcription = revive(Transcription, answer)
    transcription.text = "\n".join(words_of(one.get("transcript")) for one in heard)
    transcription.language = label_of(channels[0].get("detected_language") or _spoken(heard[0]))
    transcription.duration = seconds
    transcription.words = words or None
    transcription.segments = _segments(results, words)
    transcription.usage = None if seconds is None else {"type": "duration", "seconds": seconds}
    return transcription


def _spoken(heard: JSONObject) -> JSON:
    languages: JSON = heard.get("languages")
    return languages[0] if is_list(languages) and languages else None


def _beginning(word: TranscriptionWord) -> float:
    return word.start


def _word(told: JSONObject) -> TranscriptionWord:
    """Return a word as it is written with punctuation, where that was asked for."""
    spelt = told.get("punctuated_word") or told.get("word")
    return revive(TranscriptionWord, {**told, "word": words_of(spelt), "speaker": label_of(told.get("speaker"))})


def _segments(results: JSONObject, words: list[TranscriptionWord]) -> list[TranscriptionSegment] | None:
    """Return the utterances; where they were not asked for, but speakers were told apart, their turns."""
    utterances = objects(results.get("utterances"))
    if not utterances:
        return turns(words) if any(word.speaker is not None for word in words) else None
    return [
        revive(
            TranscriptionSegment,
            {**told, "text": words_of(told.get("transcript")), "speaker": label_of(told.get("speaker"))},
        )
        for told in utterances
    ]


TRANSCRIPTION: Codec[Transcription, None] = Codec(encode=encode_transcription, decode=decode_transcription)
"""The operation `transcription`."""
