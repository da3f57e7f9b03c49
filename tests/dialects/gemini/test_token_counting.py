from __future__ import annotations

import pytest

from any_llm.dialects.gemini.token_counting import COUNT_TOKENS
from any_llm.exceptions import MalformedResponseError, ModelNotFoundError
from tests.dialects.gemini.calls import HELLO, MODEL, body_of, respond, target

CLOUD = "https://aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google"


def test_contents_alone_are_counted_as_they_are() -> None:
    encoded = COUNT_TOKENS.encode(target(), {"messages": [HELLO]})
    assert encoded.path == f"/v1beta/models/{MODEL}:countTokens"
    assert body_of(encoded) == {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}


def test_what_stands_beside_contents_is_counted_within_a_whole_request() -> None:
    encoded = COUNT_TOKENS.encode(target(), {"messages": [HELLO], "system": "Be brief.", "seed": 1})
    asked = body_of(encoded)["generateContentRequest"]
    assert asked["model"] == f"models/{MODEL}"
    assert asked["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert asked["generationConfig"] == {"seed": 1}


def test_vertex_ai_counts_it_beside_the_contents() -> None:
    encoded = COUNT_TOKENS.encode(target(base_url=CLOUD), {"messages": [HELLO], "system": "Be brief."})
    assert encoded.path == f"/models/{MODEL}:countTokens"
    assert set(body_of(encoded)) == {"contents", "systemInstruction"}


def test_a_count_keeps_what_the_vendor_says_beyond_it() -> None:
    answer = {"totalTokens": 7, "cachedContentTokenCount": 3, "totalBillableCharacters": 25}
    count = COUNT_TOKENS.decode(target(), respond(answer))
    assert (count.input_tokens, count.cached_tokens) == (7, 3)
    assert count.model_extra["totalBillableCharacters"] == 25


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"error": {"code": 404, "status": "NOT_FOUND"}}, ModelNotFoundError),
        ({}, MalformedResponseError),
        ([], MalformedResponseError),
    ],
)
def test_an_answer_without_a_count_is_an_error(answer: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        COUNT_TOKENS.decode(target(), respond(answer))
