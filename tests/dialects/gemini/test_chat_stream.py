"""Streamed answers."""

from __future__ import annotations

import json

import pytest

from any_llm.exceptions import AuthenticationError, ContentFilterError, StreamTruncatedError
from any_llm.types.json import JSONObject
from tests.dialects.gemini.calls import SIGNATURE, extra_of, piece, play


def partial(*pieces: JSONObject, more: bool = True, **call: str) -> JSONObject:
    """Return a body with a piece of a call."""
    called: JSONObject = {**call, **({"partialArgs": list(pieces)} if pieces else {})}
    return piece({"functionCall": called | ({"willContinue": True} if more else {})})


def test_text_comes_as_it_is_written() -> None:
    chunks, answer = play(piece({"text": "go"}), piece({"text": "lo"}), piece(reason="STOP"))
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["go", "lo", None]
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant", None, None]
    assert answer.choices[0].message.content == "golo"


def test_every_chunk_has_the_id_model_and_time_of_the_answer() -> None:
    chunks, _ = play(piece({"text": "a"}), {**piece({"text": "b"}, reason="STOP"), "responseId": "r2"})
    assert {(chunk.id, chunk.model, chunk.created > 0) for chunk in chunks} == {("r1", "gemini-2.5-flash", True)}


def test_how_it_ended_and_the_usage_come_last() -> None:
    usage = {"usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 1, "totalTokenCount": 3}}
    chunks, answer = play(piece({"text": "a"}), piece({"text": "b"}, reason="STOP") | usage)
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "stop"]
    assert [chunk.usage is not None for chunk in chunks] == [False, False, True]
    assert answer.usage is not None
    assert answer.usage.total_tokens == 3


def test_the_usage_stands_apart_when_asked_for() -> None:
    usage = {"usageMetadata": {"promptTokenCount": 2}}
    chunks, _ = play(piece({"text": "a"}, reason="STOP") | usage, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-2].usage is None
    assert chunks[-2].choices[0].finish_reason == "stop"


def test_a_body_with_nothing_but_usage_is_no_chunk() -> None:
    usage = {"usageMetadata": {"promptTokenCount": 2, "thoughtsTokenCount": 9}}
    chunks, answer = play(piece({"text": "a"}, reason="STOP"), {**usage, "responseId": "r1"})
    assert len(chunks) == 2
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 9


def test_an_answer_may_go_on_after_a_finish_reason() -> None:
    code = {"executableCode": {"code": "print(1)", "language": "PYTHON"}}
    chunks, answer = play(piece(code, reason="STOP"), piece({"text": "1"}, reason="STOP"))
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "stop"]
    assert extra_of(answer)["parts"] == [code, {"text": "1"}]


def test_calls_have_rising_indices_and_their_signatures() -> None:
    first = {"functionCall": {"name": "a", "args": {"x": 1}}, "thoughtSignature": SIGNATURE}
    chunks, answer = play(
        piece(first), piece({"functionCall": {"name": "b"}}, {"functionCall": {"name": "c"}}, reason="STOP")
    )
    pieces = [one for chunk in chunks for one in chunk.choices[0].delta.tool_calls or ()]
    assert [one.index for one in pieces] == [0, 0, 1, 1, 2, 2]
    assert pieces[0].extra_content == {"google": {"thought_signature": SIGNATURE}}
    assert answer.choices[0].finish_reason == "tool_calls"
    calls = answer.choices[0].message.tool_calls or []
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("a", '{"x":1}'),
        ("b", "{}"),
        ("c", "{}"),
    ]


def test_arguments_come_as_they_are_written() -> None:
    chunks, answer = play(
        partial(name="look"),
        partial({"jsonPath": "$.at", "stringValue": "Bos", "willContinue": True}),
        partial({"jsonPath": "$.at", "stringValue": "ton"}, {"jsonPath": "$.n", "numberValue": 2}),
        partial(more=False),
        partial(more=False),
        piece({"functionCall": {"name": "hear", "args": {}}}, reason="STOP"),
    )
    pieces = [one for chunk in chunks for one in chunk.choices[0].delta.tool_calls or ()]
    texts = [one.function.arguments for one in pieces if one.index == 0 and one.function is not None]
    assert texts == ["", '{"at":"Bos', 'ton","n":2', "}"]
    calls = answer.choices[0].message.tool_calls or []
    assert [json.loads(call.function.arguments) for call in calls] == [{"at": "Boston", "n": 2}, {}]


def test_a_call_that_begins_ends_the_one_before() -> None:
    _, answer = play(
        partial({"jsonPath": "$.x", "boolValue": True}, name="a", id="1"),
        partial(name="b", id="2"),
        piece({"text": "done"}, reason="STOP"),
    )
    calls = answer.choices[0].message.tool_calls or []
    assert [(call.id, call.function.arguments) for call in calls] == [("1", '{"x":true}'), ("2", "{}")]
    assert extra_of(answer)["parts"][0] == {"functionCall": {"name": "a", "id": "1", "args": {"x": True}}}


def test_arguments_that_were_cut_are_left_open() -> None:
    cut = {"jsonPath": "$.x", "stringValue": "long", "willContinue": True}
    _, answer = play(partial(cut, name="a"), piece(reason="MAX_TOKENS"))
    assert answer.choices[0].finish_reason == "length"
    assert (answer.choices[0].message.tool_calls or [])[0].function.arguments == '{"x":"long'


def test_audio_is_one_text_of_base64_however_it_is_cut() -> None:
    parts = [{"inlineData": {"mimeType": "audio/wav", "data": data}} for data in ("AA==", "AQID", "BAU=")]
    chunks, answer = play(*map(piece, parts), piece(reason="STOP"))
    assert answer.choices[0].message.audio == {"data": "AAECAwQF", "mime_type": "audio/wav"}
    assert [dict(chunk.choices[0].delta.audio or {}).get("data") for chunk in chunks][:3] == ["", "AAEC", "AwQF"]


def test_several_candidates_are_told_apart() -> None:
    _, answer = play(
        piece({"text": "a"}, index=0),
        piece({"text": "b"}, index=1),
        piece(reason="STOP", index=0),
        piece({"text": "c"}, reason="STOP", index=1),
    )
    assert [choice.message.content for choice in answer.choices] == ["a", "bc"]


def test_probabilities_of_tokens_are_joined() -> None:
    bodies = [
        piece({"text": token}, logprobsResult={"chosenCandidates": [{"token": token, "logProbability": 0}]})
        for token in "ab"
    ]
    logprobs = play(*bodies, piece(reason="STOP"))[1].choices[0].logprobs
    assert logprobs is not None
    assert [one["token"] for one in logprobs.content or ()] == ["a", "b"]


def test_sources_come_when_the_whole_text_is_known() -> None:
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
        "groundingSupports": [
            {"groundingChunkIndices": [0], "segment": {"startIndex": 1, "endIndex": 3, "text": "bc"}}
        ],
    }
    chunks, answer = play(piece({"text": "ab"}), piece({"text": "c"}, reason="STOP", groundingMetadata=grounding))
    cited = {"url": "https://a.example", "title": "A", "start_index": 1, "end_index": 3}
    assert chunks[-1].choices[0].delta.annotations == [{"type": "url_citation", "url_citation": cited}]
    assert extra_of(answer) == {"groundingMetadata": grounding}


def test_what_the_vendor_says_in_pieces_is_put_together() -> None:
    _, answer = play(
        piece({"text": "a"}, groundingMetadata={"webSearchQueries": ["q"]}),
        piece(groundingMetadata={}, finishMessage=None),
        piece(reason="STOP", groundingMetadata={"groundingChunks": []}),
    )
    assert extra_of(answer) == {"groundingMetadata": {"webSearchQueries": ["q"], "groundingChunks": []}}


@pytest.mark.parametrize("bodies", [[], [{"usageMetadata": {}}], [piece({"text": "a"})]])
def test_a_stream_that_was_cut_never_looks_finished(bodies: list[JSONObject]) -> None:
    with pytest.raises(StreamTruncatedError):
        play(*bodies)


def test_a_candidate_that_did_not_end_never_looks_finished() -> None:
    with pytest.raises(StreamTruncatedError):
        play(piece({"text": "a"}, reason="STOP", index=0), piece({"text": "b"}, index=1))


def test_a_blocked_prompt_is_an_error() -> None:
    with pytest.raises(ContentFilterError):
        play({"promptFeedback": {"blockReason": "OTHER"}})


@pytest.mark.parametrize("wrap", [False, True])
def test_an_error_inside_a_stream_is_raised(wrap: bool) -> None:
    error = {"error": {"code": 401, "message": "No.", "status": "UNAUTHENTICATED"}}
    with pytest.raises(AuthenticationError):
        play(piece({"text": "a"}), [error] if wrap else error)
