"""A whole answer is parsed into the type that was asked for, in each of the three shapes."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from any_llm.exceptions import ContentFilterFinishReasonError, LengthFinishReasonError, ResponseFormatError
from any_llm.schemas.formats import encode_format
from any_llm.schemas.parsing import parse_completion, parse_message, parse_response
from any_llm.types.completion import ChatCompletion, ParsedChatCompletion
from any_llm.types.messages import MessageResponse, ParsedMessage
from any_llm.types.report import Report
from any_llm.types.responses_whole import ParsedResponse, Response
from any_llm.types.value import decode


@dataclasses.dataclass
class Person:
    name: str


def parser(text: str) -> Person:
    parse = encode_format(Person).parser
    assert parse is not None
    return parse(text)


def completion(*messages: dict[str, object], finish_reason: str = "stop") -> ChatCompletion:
    choices = [
        {"index": index, "finish_reason": finish_reason, "message": {"role": "assistant", **message}, "x_own": index}
        for index, message in enumerate(messages)
    ]
    return decode(ChatCompletion, msgspec.json.encode({"id": "c1", "choices": choices, "x_more": 1}))


def test_completion_is_parsed_and_keeps_all_else() -> None:
    given = completion({"content": '{"name": "A"}'}, {"content": '{"name": "B"}'})
    given.report = Report(provider="here")
    parsed = parse_completion(given, parser)
    assert isinstance(parsed, ParsedChatCompletion)
    assert parsed.parsed == Person("A")
    assert [choice.message.parsed for choice in parsed.choices] == [Person("A"), Person("B")]
    assert parsed.choices[1].message.content == '{"name": "B"}'
    assert (parsed.id, parsed.report.provider, parsed.model_extra) == ("c1", "here", {"x_more": 1})
    assert parsed.choices[1].model_extra == {"x_own": 1}
    assert parsed.model_dump()["choices"][0]["message"]["content"] == '{"name": "A"}'  # type: ignore[index]  # a dump


@pytest.mark.parametrize(
    "message", [{"content": "No.", "refusal": "No."}, {"content": None}, {"refusal": "No."}], ids=str
)
def test_refusals_and_answers_without_text_stay_unparsed(message: dict[str, object]) -> None:
    assert parse_completion(completion(message), parser).parsed is None


def test_completion_without_choices_has_nothing_parsed() -> None:
    assert parse_completion(completion(), parser).parsed is None


@pytest.mark.parametrize(
    ("reason", "error"), [("length", LengthFinishReasonError), ("content_filter", ContentFilterFinishReasonError)]
)
def test_completion_that_was_stopped_raises_and_is_kept(
    reason: str, error: type[LengthFinishReasonError | ContentFilterFinishReasonError]
) -> None:
    given = completion({"content": '{"name": "A'}, finish_reason=reason)
    with pytest.raises(error) as caught:
        parse_completion(given, parser)
    assert caught.value.completion is given


def test_completion_that_does_not_fit_raises() -> None:
    with pytest.raises(ResponseFormatError):
        parse_completion(completion({"content": "Sure!"}), parser)


def response(text: str, **more: object) -> Response:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    output = [{"type": "message", "id": "m1", "role": "assistant", "content": content}]
    return decode(Response, msgspec.json.encode({"id": "r1", "output": output, **more}))


def test_response_is_parsed() -> None:
    parsed = parse_response(response('{"name": "A"}', status="completed"), parser)
    assert isinstance(parsed, ParsedResponse)
    assert parsed.output_parsed == Person("A")
    assert parsed.output_text == '{"name": "A"}'


@pytest.mark.parametrize(
    ("reason", "error"),
    [("max_output_tokens", LengthFinishReasonError), ("content_filter", ContentFilterFinishReasonError)],
)
def test_response_that_was_stopped_raises_and_is_kept(
    reason: str, error: type[LengthFinishReasonError | ContentFilterFinishReasonError]
) -> None:
    given = response('{"name": "A', status="incomplete", incomplete_details={"reason": reason})
    with pytest.raises(error) as caught:
        parse_response(given, parser)
    assert caught.value.completion is given


def message(*blocks: dict[str, object], stop_reason: str = "end_turn") -> MessageResponse:
    return decode(
        MessageResponse, msgspec.json.encode({"id": "m1", "content": blocks, "stop_reason": stop_reason, "usage": {}})
    )


def test_message_is_parsed() -> None:
    given = message({"type": "thinking", "thinking": "…", "signature": "s"}, {"type": "text", "text": '{"name": "A"}'})
    parsed = parse_message(given, parser)
    assert isinstance(parsed, ParsedMessage)
    assert parsed.parsed_output == Person("A")
    assert parsed.content == given.content


@pytest.mark.parametrize("reason", ["refusal", "tool_use"])
def test_message_that_refuses_or_calls_tools_stays_unparsed(reason: str) -> None:
    assert parse_message(message({"type": "text", "text": "No."}, stop_reason=reason), parser).parsed_output is None


def test_message_without_text_stays_unparsed() -> None:
    assert parse_message(message(), parser).parsed_output is None


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
def test_message_that_was_cut_raises_and_is_kept(reason: str) -> None:
    given = message({"type": "text", "text": '{"name'}, stop_reason=reason)
    with pytest.raises(LengthFinishReasonError) as caught:
        parse_message(given, parser)
    assert caught.value.completion is given
