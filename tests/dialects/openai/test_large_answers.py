"""Large answers are parsed when they are read, once, and behave like any other."""

from __future__ import annotations

import copy
import json
import pickle

import msgspec
import pytest

from any_llm.dialects.openai.chat_response import decode_completion
from any_llm.exceptions import MalformedResponseError, UpstreamProviderError
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Target
from any_llm.types.completion import ChatCompletion
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject

TARGET = Target(provider=BY_NAME["openai"], model="m", base_url="https://api.openai.com/v1")
TEXT = "word " * 20_000


def body(**more: object) -> JSONObject:
    """Return a large answer."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": TEXT, "odd": 1}}
    return {"id": "c1", "object": "chat.completion", "model": "m", "choices": [choice | more], "vendor": {"a": 1}}


def answer(raw: bytes) -> ChatCompletion:
    """Decode an answer."""
    return decode_completion(TARGET, HttpResponse(200, {}, raw))


def is_parsed(completion: ChatCompletion) -> bool:
    """Say whether somebody has read the answer."""
    return "_parse" not in vars(completion)


def test_nothing_is_parsed_before_it_is_read_and_then_once() -> None:
    completion = answer(json.dumps(body()).encode())
    assert not is_parsed(completion)
    assert completion.choices[0].message.content == TEXT
    assert is_parsed(completion)
    assert completion.choices is completion.choices
    assert completion.model_extra == {"vendor": {"a": 1}}
    assert completion.choices[0].message.model_extra == {"odd": 1}


def test_copies_pickles_and_comparisons_read_it() -> None:
    raw = json.dumps(body()).encode()
    first = answer(raw)
    again = pickle.loads(pickle.dumps(answer(raw)))  # noqa: S301  # what this test has just pickled
    for other in (copy.copy(answer(raw)), copy.deepcopy(answer(raw)), again):
        assert other == first
    assert repr(answer(raw)).startswith("ChatCompletion(id='c1', choices=[Choice(")
    assert answer(raw).model_dump(exclude_unset=True) == json.loads(raw)


def test_a_field_can_be_written_before_any_is_read() -> None:
    completion = answer(json.dumps(body()).encode())
    assert completion.id == "c1"
    completion.id = "mine"
    assert completion.id == "mine"


def test_broken_json_inside_a_large_answer_is_told_when_it_is_read() -> None:
    raw = json.dumps(body()).encode().replace(b"word word", b'word" word', 1)
    completion = answer(raw)
    with pytest.raises(MalformedResponseError, match="not the JSON") as caught:
        assert completion.choices
    assert caught.value.response_excerpt


def test_a_large_answer_that_is_visibly_cut_is_refused_at_once() -> None:
    with pytest.raises(msgspec.DecodeError):
        answer(json.dumps(body()).encode()[:-2])


def test_an_error_inside_a_large_answer_is_told_when_it_is_read() -> None:
    completion = answer(json.dumps(body(finish_reason="error", error={"code": 502, "message": "gone"})).encode())
    with pytest.raises(UpstreamProviderError, match="gone"):
        assert completion.choices
