"""Whole answers."""

from __future__ import annotations

import pytest

from any_llm.dialects.gemini import COMPLETION
from any_llm.exceptions import AuthenticationError, ContentFilterError, MalformedResponseError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import MODEL, SIGNATURE, extra_of, piece, respond, target, whole


def test_an_answer_has_the_vendors_id_model_and_time() -> None:
    answer = whole({"text": "Hi"})
    assert (answer.id, answer.model, answer.created) == ("r1", MODEL, 1_771_141_839)
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content == "Hi"
    assert answer.choices[0].message.extra_content is None
    assert answer.object == "chat.completion"


def test_text_beside_a_call_is_kept() -> None:
    answer = whole({"text": "Let me look."}, {"functionCall": {"name": "look", "args": {"at": 1}, "id": "c7"}})
    message = answer.choices[0].message
    assert message.content == "Let me look."
    assert message.tool_calls is not None
    assert (message.tool_calls[0].id, message.tool_calls[0].function.arguments) == ("c7", '{"at":1}')
    assert answer.choices[0].finish_reason == "tool_calls"
    assert extra_of(answer) == {}


def test_calls_without_ids_get_their_own_which_stay_the_same() -> None:
    parts = ({"functionCall": {"name": "look"}}, {"functionCall": {"name": "look"}})
    ids = [call.id for call in whole(*parts).choices[0].message.tool_calls or ()]
    assert len(set(ids)) == 2
    assert all(identity.startswith("gemini-call-") for identity in ids)
    assert ids == [call.id for call in whole(*parts).choices[0].message.tool_calls or ()]


def test_a_call_without_arguments_has_none() -> None:
    calls = whole({"functionCall": {"name": "look"}}).choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.arguments == "{}"


def test_thoughts_are_reasoning() -> None:
    answer = whole({"text": "Hm", "thought": True}, {"text": ".", "thought": True}, {"text": "Hi"})
    assert answer.choices[0].message.reasoning == "Hm."
    assert answer.choices[0].message.content == "Hi"
    assert extra_of(answer) == {}


def test_signatures_are_kept_where_they_stand() -> None:
    answer = whole({"text": "Hi", "thoughtSignature": SIGNATURE}, {"functionCall": {"name": "a"}})
    assert extra_of(answer) == {"thought_signature": SIGNATURE}
    answer = whole({"functionCall": {"name": "a"}, "thoughtSignature": SIGNATURE})
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].extra_content == {"google": {"thought_signature": SIGNATURE}}


@pytest.mark.parametrize(
    "parts",
    [
        [{"text": "Hi"}, {"text": "Hm", "thought": True}],
        [{"text": "Hm", "thought": True, "thoughtSignature": SIGNATURE}, {"text": "Hi"}],
        [{"text": "a"}, {"text": "b", "thoughtSignature": SIGNATURE}],
        [{"functionCall": {"name": "a", "args": {}}}, {"text": "b"}],
        [{"text": "a"}, {"executableCode": {"language": "PYTHON", "code": "1"}}],
        [{"functionCall": {"name": "a"}, "partMetadata": {"b": 1}}],
        [{"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "1"}, "thoughtSignature": SIGNATURE}],
    ],
)
def test_what_a_message_cannot_tell_is_kept_exactly(parts: list[JSONObject]) -> None:
    assert extra_of(whole(*parts))["parts"] == parts


def test_images_are_shown_as_data_uris() -> None:
    part = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}, "thoughtSignature": SIGNATURE}
    sketch = {"inlineData": {"mimeType": "image/png", "data": "BBBB"}, "thought": True}
    answer = whole(sketch, part, {"inlineData": {"mimeType": "video/mp4", "data": "CCCC"}})
    assert answer.choices[0].message.images == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    ]
    assert answer.choices[0].message.audio is None


def test_audio_is_one_text_of_base64() -> None:
    part = {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AAECAw=="}}
    answer = whole(part, {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "BAU="}})
    assert answer.choices[0].message.audio == {"data": "AAECAwQF", "mime_type": "audio/L16;rate=24000"}
    assert whole(part).choices[0].message.audio == {"data": "AAECAw==", "mime_type": "audio/L16;rate=24000"}


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
        ("FINISH_REASON_UNSPECIFIED", "stop"),
        (1, "stop"),
        (2, "length"),
        (99, "99"),
        (None, "stop"),
    ],
)
def test_finish_reasons_are_translated(reason: JSON, word: str) -> None:
    answer = COMPLETION.decode(target(), respond(piece({"text": "Hi"}, reason=reason)))
    assert answer.choices[0].finish_reason == word


def test_a_finish_reason_that_says_more_is_kept() -> None:
    answer = whole(reason="MALFORMED_FUNCTION_CALL", finishMessage="print(")
    assert extra_of(answer) == {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "print("}
    assert answer.choices[0].message.content is None


def test_a_cut_answer_with_a_call_is_not_complete() -> None:
    assert whole({"functionCall": {"name": "a"}}, reason="MAX_TOKENS").choices[0].finish_reason == "length"


def test_several_candidates_are_several_choices() -> None:
    body = piece({"text": "a"}, reason="STOP")
    body["candidates"] += piece({"text": "b"}, reason="MAX_TOKENS", index=1)["candidates"]
    answer = COMPLETION.decode(target(), respond(body))
    assert [(one.index, one.message.content, one.finish_reason) for one in answer.choices] == [
        (0, "a", "stop"),
        (1, "b", "length"),
    ]


def test_tokens_are_counted_as_prompt_and_completion() -> None:
    counts = {
        "promptTokenCount": 10,
        "toolUsePromptTokenCount": 5,
        "candidatesTokenCount": 3,
        "thoughtsTokenCount": 4,
        "cachedContentTokenCount": 6,
        "totalTokenCount": 22,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}, {"modality": "AUDIO", "tokenCount": 2}],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1}],
        "serviceTier": "flex",
    }
    answer = COMPLETION.decode(target(), respond(piece({"text": "Hi"}) | {"usageMetadata": counts}))
    usage = answer.usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (15, 7, 22)
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens_details.audio_tokens) == (6, 2)
    assert usage.completion_tokens_details is not None
    details = usage.completion_tokens_details
    assert (details.reasoning_tokens, details.image_tokens, details.audio_tokens) == (4, 1, None)
    assert usage.model_extra["toolUsePromptTokenCount"] == 5
    assert answer.service_tier == "flex"


def test_a_total_that_is_not_told_is_added_up() -> None:
    counts = {"promptTokenCount": 10, "candidatesTokenCount": 3}
    usage = COMPLETION.decode(target(), respond(piece({"text": "Hi"}) | {"usageMetadata": counts})).usage
    assert usage is not None
    assert usage.total_tokens == 13
    assert usage.prompt_tokens_details is None
    assert usage.completion_tokens_details is None


def test_probabilities_of_tokens_are_told() -> None:
    chosen = [{"token": "é", "tokenId": 5, "logProbability": -0.5}, {"token": "b", "logProbability": -1}]
    result = {"chosenCandidates": chosen, "topCandidates": [{"candidates": chosen}]}
    logprobs = whole({"text": "éb"}, logprobsResult=result).choices[0].logprobs
    first = {"token": "é", "logprob": -0.5, "bytes": [195, 169]}
    second = {"token": "b", "logprob": -1, "bytes": [98]}
    assert logprobs is not None
    assert logprobs.content == [{**first, "top_logprobs": [first, second]}, {**second, "top_logprobs": []}]


def test_what_the_vendor_says_of_a_candidate_is_kept() -> None:
    ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]
    answer = whole({"text": "Hi"}, safetyRatings=ratings, avgLogprobs=-0.1, groundingMetadata={})
    assert extra_of(answer) == {"safetyRatings": ratings, "avgLogprobs": -0.1}


def test_what_the_vendor_says_of_an_answer_is_kept() -> None:
    body = piece({"text": "Hi"}, reason="STOP") | {"promptFeedback": {"safetyRatings": [1]}, "other": None}
    assert COMPLETION.decode(target(), respond(body)).model_extra == {"promptFeedback": {"safetyRatings": [1]}}


def test_a_list_of_pieces_is_one_answer() -> None:
    pieces = [piece({"text": "a"}), piece({"text": "b"}, reason="STOP")]
    assert COMPLETION.decode(target(), respond(pieces)).choices[0].message.content == "ab"


@pytest.mark.parametrize(
    ("feedback", "code", "message"),
    [
        ({"blockReason": "SAFETY"}, "SAFETY", "the prompt was blocked: SAFETY"),
        ({"blockReason": "SAFETY", "blockReasonMessage": "No."}, "SAFETY", "No."),
        ({"blockReasonMessage": "No."}, None, "No."),
    ],
)
def test_a_blocked_prompt_is_an_error(feedback: JSONObject, code: str | None, message: str) -> None:
    with pytest.raises(ContentFilterError) as caught:
        COMPLETION.decode(target(), respond({"promptFeedback": feedback}))
    assert (caught.value.code, caught.value.message) == (code, message)
    assert "blockReason" in (caught.value.response_excerpt or "")


@pytest.mark.parametrize("body", [{}, [], {"usageMetadata": {"promptTokenCount": 1}}, "Hi", None])
def test_a_body_that_is_no_answer_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        COMPLETION.decode(target(), respond(body))


@pytest.mark.parametrize("wrap", [False, True])
def test_an_error_inside_a_success_is_raised(wrap: bool) -> None:
    error = {"error": {"code": 401, "message": "No.", "status": "UNAUTHENTICATED"}}
    with pytest.raises(AuthenticationError, match="No") as caught:
        COMPLETION.decode(target(), respond([error] if wrap else error))
    assert caught.value.status_code == 401
