from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.gemini.images import IMAGE_EDIT, IMAGE_GENERATION
from any_llm.exceptions import ContentFilterError, InvalidRequestError, MalformedResponseError
from any_llm.spec.dialect import Encoded
from any_llm.types.http import FileSource, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from tests.dialects.gemini.calls import body_of, config_of, piece, respond, target, warned

IMAGEN = "imagen-4.0-generate-001"
DRAWING = "gemini-2.5-flash-image"
CLOUD = "https://h/v1/projects/p/locations/l/publishers/google"
PIXEL = Media(content=b"png", media_type="image/png")
DRAWN = {"inlineData": {"mimeType": "image/png", "data": "cG5n"}}


def draw(model: str = DRAWING, base_url: str = "https://h", **options: JSON) -> Encoded:
    """Encode a request for images."""
    return IMAGE_GENERATION.encode(target(model, base_url), {"prompt": "A cat", **options})


def test_imagen_is_asked_by_predict() -> None:
    encoded = draw(IMAGEN, n=2, seed=3, negative_prompt="dogs", output_format="jpeg", size="2K", addWatermark=False)
    assert encoded.path == f"/v1beta/models/{IMAGEN}:predict"
    assert body_of(encoded) == {
        "instances": [{"prompt": "A cat"}],
        "parameters": {
            "sampleCount": 2,
            "sampleImageSize": "2K",
            "seed": 3,
            "negativePrompt": "dogs",
            "outputOptions": {"mimeType": "image/jpeg"},
            "addWatermark": False,
        },
    }
    assert body_of(draw(IMAGEN)) == {"instances": [{"prompt": "A cat"}]}


def test_a_gemini_model_is_asked_to_answer_in_images() -> None:
    encoded = draw(aspect_ratio="4:3", seed=1, safety_settings=[{}])
    body = body_of(encoded)
    assert body["contents"] == [{"role": "user", "parts": [{"text": "A cat"}]}]
    assert body["safetySettings"] == [{}]
    assert config_of(encoded) == {
        "responseModalities": ["TEXT", "IMAGE"],
        "imageConfig": {"aspectRatio": "4:3"},
        "seed": 1,
    }


@pytest.mark.parametrize(
    ("size", "ratio", "kind"), [("1792x1024", "16:9", "approximated"), ("1024x1024", "1:1", "approximated")]
)
def test_a_size_is_sent_as_its_form(size: str, ratio: str, kind: str) -> None:
    encoded = draw(size=size)
    assert config_of(encoded)["imageConfig"] == {"aspectRatio": ratio}
    assert warned(encoded) == [(kind, "size")]


@pytest.mark.parametrize("size", ["auto", "big", "0x5"])
def test_a_size_that_says_nothing_is_not_sent(size: str) -> None:
    encoded = draw(size=size)
    assert "imageConfig" not in config_of(encoded)
    assert warned(encoded) == ([] if size == "auto" else [("dropped", "size")])


def test_what_cannot_be_said_is_a_warning() -> None:
    options: JSONObject = {
        "quality": "hd",
        "response_format": "url",
        "output_format": "png",
        "negative_prompt": "x",
        "n": 2,
    }
    assert warned(draw(**options)) == [
        ("dropped", "quality"),
        ("dropped", "response_format"),
        ("dropped", "output_format"),
        ("dropped", "negative_prompt"),
        ("emulated", "n"),
    ]
    on_cloud = draw(base_url=CLOUD, output_format="png")
    assert config_of(on_cloud)["imageConfig"] == {"imageOutputOptions": {"mimeType": "image/png"}}


def test_images_to_edit_stand_before_the_words() -> None:
    options = {"prompt": "Add a hat", "image": [PIXEL, Media(url="https://x/a.png")], "mask": PIXEL}
    encoded = IMAGE_EDIT.encode(target(DRAWING), options)
    assert body_of(encoded)["contents"][0]["parts"] == [
        DRAWN,
        {"fileData": {"mimeType": "image/png", "fileUri": "https://x/a.png"}},
        {"text": "Add a hat"},
    ]
    assert warned(encoded) == [("dropped", "mask")]


def test_imagen_takes_images_to_edit_as_references() -> None:
    images = [PIXEL, Media(url="gs://b/a.png"), Media(url="data:image/png;base64,cG5n")]
    encoded = IMAGE_EDIT.encode(target(IMAGEN, CLOUD), {"prompt": "Add a hat", "image": images, "mask": PIXEL})
    references = body_of(encoded)["instances"][0]["referenceImages"]
    assert [one["referenceType"].rpartition("_")[2] for one in references] == ["RAW", "RAW", "RAW", "MASK"]
    assert references[0]["referenceImage"] == {"bytesBase64Encoded": "cG5n", "mimeType": "image/png"}
    assert references[1]["referenceImage"] == {"gcsUri": "gs://b/a.png", "mimeType": "application/octet-stream"}
    assert references[2]["referenceImage"] == references[3]["referenceImage"] == references[0]["referenceImage"]


def test_a_file_that_was_not_read_is_refused() -> None:
    unread = Media(content=FileSource(None))  # type: ignore[arg-type]  # never opened
    with pytest.raises(InvalidRequestError, match="not in memory"):
        IMAGE_EDIT.encode(target(DRAWING), {"prompt": "x", "image": [unread]})


def test_one_image_at_a_time_is_asked_for_until_there_are_enough() -> None:
    assert IMAGE_GENERATION.follow_up is not None
    options = {"prompt": "A cat", "n": 2}
    first = respond(piece(DRAWN, reason="STOP") | {"usageMetadata": {"promptTokenCount": 2, "totalTokenCount": 12}})
    asked = IMAGE_GENERATION.follow_up(target(DRAWING), options, first)
    assert asked is not None
    assert asked.encoded.body == draw(n=2).body
    second = HttpResponse(200, {}, msgspec.json.encode(piece({"text": "Here."}, DRAWN, reason="STOP")), (first,))
    assert IMAGE_GENERATION.follow_up(target(DRAWING), options, second) is None
    assert IMAGE_GENERATION.follow_up(target(IMAGEN), options, first) is None
    made = IMAGE_GENERATION.decode(target(), second)
    assert [image.data for image in made.data] == [b"png", b"png"]
    assert [image.revised_prompt for image in made.data] == [None, "Here."]
    assert made.usage is not None
    assert (made.usage.input_tokens, made.usage.total_tokens) == (2, 12)
    edited = IMAGE_EDIT.follow_up
    assert edited is not None
    again = edited(target(DRAWING), {**options, "image": [PIXEL]}, first)
    assert again is not None
    assert b"inlineData" in again.encoded.body


def test_tokens_of_images_are_told_apart() -> None:
    usage = {"candidatesTokenCount": 10, "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 8}]}
    made = IMAGE_GENERATION.decode(target(), respond(piece(DRAWN, reason="STOP") | {"usageMetadata": usage}))
    assert made.usage is not None
    assert made.usage.output_tokens_details is not None
    assert (made.usage.output_tokens_details.image_tokens, made.usage.output_tokens_details.text_tokens) == (8, 2)


def test_what_imagen_held_back_is_told_beside_the_images() -> None:
    predictions = [{"bytesBase64Encoded": "cG5n", "mimeType": "image/png", "prompt": "A fat cat"}, {"gcsUri": "gs://a"}]
    made = IMAGE_GENERATION.decode(target(), respond({"predictions": [*predictions, {"raiFilteredReason": "No."}]}))
    assert [(image.b64_json, image.url, image.revised_prompt) for image in made.data] == [
        ("cG5n", None, "A fat cat"),
        (None, "gs://a", None),
    ]
    assert made.model_extra["raiFilteredReason"] == "No."


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ({"predictions": [{"raiFilteredReason": "No."}]}, ContentFilterError, "No."),
        ({"predictions": []}, MalformedResponseError, "has none"),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, ContentFilterError, "an image was blocked: SAFETY"),
        (piece({"text": "I cannot"}, reason="IMAGE_SAFETY"), ContentFilterError, "I cannot"),
        (piece({"text": "No idea"}, reason="STOP"), MalformedResponseError, "No idea"),
        ([], MalformedResponseError, "an answer is an object"),
        ({"error": {"code": 400, "message": "Bad"}}, InvalidRequestError, "Bad"),
    ],
)
def test_an_answer_without_an_image_is_an_error(answer: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        IMAGE_GENERATION.decode(target(), respond(answer))
