"""llama.cpp's chunks become OpenAI's."""

from __future__ import annotations

import base64
import json
import struct

import msgspec
import pytest

from any_llm.local.answer import Answer, refused_by_engine, refused_by_exception
from any_llm.local.chat import plan_chat
from any_llm.local.embeddings import embedding_body, plan_embedding
from any_llm.local.models import find_model
from any_llm.local.process import Event
from any_llm.local.refusal import RefusedError
from any_llm.local.render import StreamedAnswer, WholeAnswer, WholeEmbedding
from any_llm.types.json import JSON, JSONObject

MODEL = find_model("smollm2")
ROLE = {"choices": [{"finish_reason": None, "index": 0, "delta": {"role": "assistant", "content": None}}]}
END = {"choices": [{"finish_reason": "stop", "index": 0, "delta": {}}]}
USAGE = {
    "choices": [],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
}
PROGRESS = ROLE | {"prompt_progress": {"total": 5}}
TOO_LONG = {"code": 400, "type": "exceed_context_size_error", "message": "m", "n_prompt_tokens": 9, "n_ctx": 4}


def text(piece: str, **more: JSON) -> JSONObject:
    return {"choices": [{"finish_reason": None, "index": 0, "delta": {"content": piece}, **more}]}


def chunk(data: JSON, index: int = 0) -> Event:
    return Event("chunk", 1, index, msgspec.Raw(msgspec.json.encode(data)))


def test_choices_are_folded_and_their_usage_is_summed() -> None:
    answer = Answer("own", reading=False)
    chunks = [
        made
        for index in (0, 1)
        for data in (
            PROGRESS,
            ROLE,
            text("a", logprobs={"content": [1]}),
            text("b", logprobs={"content": [2]}),
            END,
            USAGE,
        )
        for made in answer.feed(index, data)
    ]
    whole = answer.fold(chunks)
    assert [(choice["index"], choice["message"]["content"]) for choice in whole["choices"]] == [(0, "ab"), (1, "ab")]
    assert whole["choices"][0]["logprobs"] == {"content": [1, 2]}
    assert whole["usage"] == {
        "prompt_tokens": 5,
        "completion_tokens": 4,
        "total_tokens": 9,
        "prompt_tokens_details": {"cached_tokens": 1},
    }
    assert (whole["object"], whole["model"]) == ("chat.completion", "own")
    assert len({made["id"] for made in chunks} | {whole["id"]}) == 1


def test_empty_answer_has_an_empty_content() -> None:
    answer = Answer("own", reading=False)
    assert answer.fold([*answer.feed(0, ROLE), *answer.feed(0, END)])["choices"][0]["message"]["content"] == ""


def test_call_has_no_content_and_its_own_reason() -> None:
    answer = Answer("own", reading=True)
    data = [ROLE, text('{"tool":"add",'), text('"arguments":{"a":1}}'), END]
    (choice,) = answer.fold(made for one in data for made in answer.feed(0, one))["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"][0]["function"] == {"name": "add", "arguments": '{"a":1}'}


def test_call_that_was_cut_says_so() -> None:
    answer = Answer("own", reading=True)
    cut = {"choices": [{"finish_reason": "length", "index": 0, "delta": {"content": '{"tool":"add","arguments":{"a'}}]}
    (choice,) = answer.fold(answer.feed(0, cut))["choices"]
    assert choice["finish_reason"] == "length"


def test_error_before_the_first_chunk_is_a_status_and_after_it_an_event() -> None:
    plan = plan_chat({"messages": [{"role": "user", "content": "Hi"}], "stream": True}, MODEL)
    render = StreamedAnswer(plan)
    with pytest.raises(RefusedError) as caught:
        render(chunk({"error": TOO_LONG}))
    assert (caught.value.status, caught.value.code) == (400, "context_length_exceeded")
    assert render(chunk(ROLE)).startswith(b"data: ")
    sent = render(Event("failed", 1, kind="RuntimeError", message="broken"))
    assert json.loads(sent.removeprefix(b"data: "))["error"]["code"] == "local_model_failed"
    assert render(Event("end", 1)) == b""


def test_stream_ends_with_its_usage_where_that_was_asked_for() -> None:
    request = {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
    for options, frames in (({}, 1), ({"stream_options": {"include_usage": True}}, 2)):
        sent = StreamedAnswer(plan_chat(request | options, MODEL))(Event("end", 1))
        assert sent.count(b"data: ") == frames
        assert sent.endswith(b"data: [DONE]\n\n")


def test_whole_answer_that_failed_is_a_refusal() -> None:
    plan = plan_chat({"messages": [{"role": "user", "content": "Hi"}]}, MODEL)
    with pytest.raises(RefusedError, match="cannot work with the request: no schema"):
        WholeAnswer(plan)(Event("failed", 1, kind="ValueError", message="no schema"))


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (refused_by_engine({"code": 503, "message": "busy"}), 503, None),
        (refused_by_engine({"message": "odd"}), 500, None),
        (refused_by_engine(TOO_LONG), 400, "context_length_exceeded"),
        (refused_by_exception("ValueError", "x"), 400, "invalid_value"),
        (refused_by_exception("RuntimeError", "x"), 500, "local_model_failed"),
    ],
)
def test_engines_error_becomes_a_status(error: RefusedError, status: int, code: str | None) -> None:
    assert (error.status, error.code) == (status, code)


def vector(*numbers: float) -> JSONObject:
    return {"data": [{"embedding": list(numbers), "index": 0}], "usage": {"prompt_tokens": 3}}


def test_vectors_are_numbers_or_base64() -> None:
    for form in ("float", "base64"):
        plan = plan_embedding({"input": ["a", [1, 2]], "encoding_format": form, "user": "me"}, MODEL)
        assert plan.bodies == [{"input": "a"}, {"input": [1, 2]}]
        tree = json.loads(embedding_body(plan, [vector(0.5, 1), vector(2, 3)]))
        found = [item["embedding"] for item in tree["data"]]
        if form == "base64":
            found = [list(struct.unpack("<2f", base64.b64decode(item))) for item in found]
        assert found == [[0.5, 1], [2, 3]]
        assert tree["usage"] == {"prompt_tokens": 6, "total_tokens": 6}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "input must be a list, and is null"),
        ({"input": []}, "input has 0 items"),
        ({"input": ""}, "input[0] must be a text that is not empty"),
        ({"input": ["a", 3]}, "input[1] must be"),
        ({"input": "a", "dimensions": 8}, "'dimensions'"),
        ({"input": "a", "colour": 8}, "'colour'"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format must be 'float' or 'base64'"),
        ({"input": "a", "model": 3}, "model must be a string"),
    ],
)
def test_malformed_embedding_request_is_named(request_: JSONObject, said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        plan_embedding(request_, MODEL)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("error", "code"),
    [(TOO_LONG, "context_length_exceeded"), ({"code": 500, "message": "input is too large"}, "context_length_exceeded"),
     ({"code": 500, "message": "odd"}, None)],
)  # fmt: skip
def test_refused_embedding_says_whether_the_input_is_too_long(error: JSONObject, code: str | None) -> None:
    render = WholeEmbedding(plan_embedding({"input": "a"}, MODEL))
    assert render(chunk({"error": error})) == b""
    with pytest.raises(RefusedError) as caught:
        render(Event("end", 1))
    assert caught.value.code == code
