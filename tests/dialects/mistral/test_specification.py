"""Requests fit the schemas that Mistral publishes."""

from __future__ import annotations

import pytest

from any_llm.spec.provider import Operation
from any_llm.types.json import JSONObject
from any_llm.types.media import Media
from tests.dialects.mistral.calls import body_of, encode
from tests.dialects.mistral.specification import faults

DOCUMENT = Media(content=b"%PDF-", media_type="application/pdf", filename="a.pdf")


@pytest.mark.parametrize(
    ("operation", "options"),
    [
        (Operation.TEXT_COMPLETION, {"prompt": "a", "suffix": "b", "seed": 1, "stop": ["x"], "stream": True, "n": 2}),
        (Operation.OCR, {"document": DOCUMENT, "pages": [0, 1], "include_image_base64": True}),
        (Operation.OCR, {"document": Media(url="https://h/a.png", media_type="image/png")}),
        (Operation.OCR, {"document": Media(file_id="f")}),
        (Operation.MODERATION, {"input": ["a", "b"]}),
        (Operation.MODERATION, {"input": [{"role": "user", "content": "a"}]}),
        (Operation.SPEECH, {"input": "a", "voice": "v", "response_format": "mp3", "speed": 2, "stream": True}),
    ],
)
def test_a_request_fits_its_schema(operation: Operation, options: JSONObject) -> None:
    encoded = encode(operation, **options)
    assert faults(f"/v1{encoded.path}", body_of(encoded)) == []


def test_the_schema_refuses_what_it_does_not_know() -> None:
    assert faults("/v1/fim/completions", {"model": "m", "prompt": "a", "seed": 1}) != []
