"""JSON objects whose members are attributes too, and files, whose times are."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChoiceDeltaAudio, ImageContent, ImageURL
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.files import FileMetadata
from any_llm.types.json import JSON
from any_llm.types.messages import MessageUsage

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}, "index": 0}
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_images_of_an_answer_are_read_by_attributes_as_by_keys() -> None:
    whole = ChatCompletion.model_validate({"choices": [{"message": {"images": [IMAGE]}}]})
    [image] = whole.choices[0].message.images or []
    assert image == IMAGE
    assert (image.type, image.image_url.url) == ("image_url", "data:image/png;base64,")
    assert image["image_url"]["url"] == image.image_url.url
    assert ImageContent(type="image_url", image_url=ImageURL(url="u")).image_url.url == "u"
    assert type(image.model_dump(exclude_none=True)) is dict
    assert copy.deepcopy(image) == image
    assert type(copy.deepcopy(image)) is ImageContent


def test_pieces_of_sound_add_up_to_sound() -> None:
    folding = CompletionFold()
    for piece in ({"id": "a", "data": "AA"}, {"data": "BB", "expires_at": 7}):
        chunk = {"choices": [{"index": 0, "delta": {"audio": piece}}], "obfuscation": "x", "moderation": {"flagged": 1}}
        folding.add(ChatCompletionChunk.model_validate(chunk))
    whole = folding.result()
    audio = whole.choices[0].message.audio
    assert audio is not None
    assert (audio.id, audio.data, audio.transcript, audio.expires_at) == ("a", "AABB", None, 7)
    assert (whole.moderation, whole.metadata) == ({"flagged": 1}, None)


def test_what_nobody_names_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="'ChoiceDeltaAudio' object has no attribute 'pitch'"):
        getattr(ChoiceDeltaAudio(data=""), "pitch")  # noqa: B009  # type checkers know that there is none


def test_the_rounds_of_an_answer_are_read_by_attributes() -> None:
    usage = MessageUsage.model_validate({"iterations": [{"type": "message", "input_tokens": 3}]})
    [round_] = usage.iterations or []
    assert (round_.type, round_.input_tokens, round_.model) == ("message", 3, None)


@pytest.mark.parametrize("told", [1_767_355_200, 1_767_355_200.0, "2026-01-02T12:00:00Z", "2026-01-02T12:00:00", NOON])
def test_the_times_of_a_file_are_moments_however_they_are_told(told: JSON) -> None:
    file = FileMetadata.model_validate({"id": "f", "created_at": told, "expires_at": None})
    assert (file.created_at, file.expires_at) == (NOON, None)
    assert file.model_dump()["created_at"] == "2026-01-02T12:00:00+00:00"
    assert FileMetadata.model_validate_json(file.model_dump_json()) == file
    assert FileMetadata.model_validate(file) is file


def test_a_file_in_openais_own_class_has_its_times_in_seconds() -> None:
    told: JSON = FileMetadata(id="f", created_at=NOON).to_openai()
    assert (told.id, told.created_at, told.expires_at) == ("f", 1_767_355_200, None)
