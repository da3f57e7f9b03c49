"""The first version of Cohere's format, and what version 2 has left in it."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.cohere import COMPLETION, DIALECT
from any_llm.engine.dispatch import dispatcher
from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ProviderError, StreamTruncatedError
from any_llm.pipeline.call import Call
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Codec, Encoded, Target
from any_llm.spec.provider import Operation
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.completion import ChatCompletion
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

V1 = Target(provider=BY_NAME["cohere"], model="command-r", base_url="https://api.cohere.com/v1")
V2 = Target(provider=BY_NAME["cohere"], model="command-r", base_url="https://api.cohere.com")
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "where"}, "days": {"type": ["integer", "null"]}},
    "required": ["city"],
}
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"city":"Rome"}'}}
META = {
    "api_version": {"version": "1"},
    "billed_units": {"input_tokens": 2},
    "tokens": {"input_tokens": 3, "output_tokens": 4},
}
ANSWER: JSONObject = {
    "text": "Hi",
    "generation_id": "g1",
    "finish_reason": "COMPLETE",
    "meta": META,
    "chat_history": [],
}
CITATION = {"start": 0, "end": 2, "text": "Hi", "document_ids": ["d1"]}


def ask(*messages: JSON, **options: JSON) -> Encoded:
    return COMPLETION.encode(V1, {"messages": list(messages), **options})


def body_of(encoded: Encoded) -> JSONObject:
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    return [(warning.kind, warning.parameter) for warning in encoded.warnings]


def respond(body: JSON) -> HttpResponse:
    return HttpResponse(200, {}, msgspec.json.encode(body))


def play(codec: Codec[JSON, JSON], *events: JSON) -> tuple[list[JSON], JSON]:
    assert codec.stream is not None
    assert codec.fold is not None
    decoder, fold = codec.stream(V1, {}), codec.fold()
    items = [item for event in events for item in decoder.feed(Frame("", msgspec.json.encode(event)))]
    items += decoder.finish()
    for item in items:
        fold.add(item)
    return items, fold.result()


def user(text: str) -> JSONObject:
    return {"role": "user", "content": text}


def test_the_last_message_stands_apart_from_the_history() -> None:
    system, said = {"role": "system", "content": "Be brief"}, {"role": "assistant", "content": "Hello"}
    encoded = ask(system, user("Hi"), said, user("Bye"), top_p=0.5, stop="x", connectors=[{"id": "web-search"}])
    assert encoded.path == "/chat"
    assert body_of(encoded) == {
        "model": "command-r",
        "message": "Bye",
        "chat_history": [
            {"role": "SYSTEM", "message": "Be brief"},
            {"role": "USER", "message": "Hi"},
            {"role": "CHATBOT", "message": "Hello"},
        ],
        "p": 0.5,
        "stop_sequences": ["x"],
        "connectors": [{"id": "web-search"}],
    }
    assert body_of(ask(user("Hi"), said))["message"] == ""


def test_tools_have_parameters_and_their_results_stand_beside_the_message() -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": SCHEMA}}
    bare = {"type": "function", "function": {"name": "now", "description": "the time"}}
    calls = {"role": "assistant", "content": "I look", "tool_calls": [CALL]}
    results = [
        {"role": "tool", "tool_call_id": "c1", "content": '{"sky":"blue"}'},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "no"}]},
    ]
    encoded = ask(user("Hi"), calls, *results, tools=[tool, bare], tool_choice="required", n=2, stream=True)
    called = {"name": "look", "parameters": {"city": "Rome"}}
    assert body_of(encoded) == {
        "model": "command-r",
        "message": "Hi",
        "chat_history": [
            {"role": "USER", "message": "Hi"},
            {"role": "CHATBOT", "message": "I look", "tool_calls": [called]},
        ],
        "tool_results": [
            {"call": called, "outputs": [{"sky": "blue"}]},
            {"call": {"name": "", "parameters": {}}, "outputs": [{"output": "no"}]},
        ],
        "tools": [
            {
                "name": "look",
                "description": "",
                "parameter_definitions": {
                    "city": {"type": "str", "required": True, "description": "where"},
                    "days": {"type": "str", "required": False},
                },
            },
            {"name": "now", "description": "the time"},
        ],
        "stream": True,
    }
    assert warned(encoded) == [("dropped", "n"), ("dropped", "tool_choice")]


def test_an_answer_is_a_chat_completion() -> None:
    called = [{"name": "look", "parameters": {"city": "Rome"}}]
    answer = COMPLETION.decode(V1, respond(ANSWER | {"citations": [CITATION], "tool_calls": called}))
    (choice,) = answer.choices
    assert (answer.id, answer.model, choice.message.content) == ("g1", "command-r", "Hi")
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls is not None
    assert (choice.message.tool_calls[0].id, choice.message.tool_calls[0].function.arguments) == (
        "call_0",
        '{"city":"Rome"}',
    )
    assert choice.message.annotations == [{"type": "citation", "citation": CITATION}]
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (3, 7)
    assert answer.model_extra["chat_history"] == []
    assert COMPLETION.decode(V1, respond({"text": "", "meta": {}})).usage is None


def test_an_answer_that_is_none_is_an_error() -> None:
    with pytest.raises(MalformedResponseError, match="without a text"):
        COMPLETION.decode(V1, respond([]))
    with pytest.raises(ProviderError, match="gone"):
        COMPLETION.decode(V1, respond({"id": "1", "message": "gone"}))
    with pytest.raises(ProviderError, match="broke off"):
        COMPLETION.decode(V1, respond(ANSWER | {"finish_reason": "ERROR"}))


def test_a_stream_adds_up_to_the_answer() -> None:
    events: list[JSON] = [
        {"event_type": "stream-start", "generation_id": "g1"},
        {"event_type": "search-results", "documents": []},
        {"event_type": "text-generation", "text": "H"},
        {"event_type": "text-generation", "text": "i"},
        {"event_type": "citation-generation", "citations": [CITATION]},
        {"event_type": "tool-calls-generation", "tool_calls": [{"name": "look", "parameters": {}}]},
        {"event_type": "stream-end", "is_finished": True, "finish_reason": "COMPLETE", "response": ANSWER},
        {"event_type": "text-generation", "text": "late"},
    ]
    _, answer = play(COMPLETION, *events)
    assert isinstance(answer, ChatCompletion)
    message = answer.choices[0].message
    assert (answer.id, message.content, answer.choices[0].finish_reason) == ("g1", "Hi", "tool_calls")
    assert message.annotations == [{"type": "citation", "citation": CITATION}]
    assert answer.usage is not None
    assert answer.usage.total_tokens == 7
    end = events[-2] | {"response": ANSWER | {"citations": [CITATION], "tool_calls": [{"name": "look"}]}}
    _, late = play(COMPLETION, end)
    assert late.choices[0].message.annotations == message.annotations
    assert late.choices[0].message.tool_calls[0].function.name == "look"


@pytest.mark.parametrize("codec", [COMPLETION, DIALECT.operations[Operation.TEXT_COMPLETION]], ids=["chat", "text"])
def test_a_stream_that_breaks_off_is_an_error(codec: Codec[JSON, JSON]) -> None:
    with pytest.raises(StreamTruncatedError):
        play(codec, {"event_type": "text-generation", "text": "H"})
    with pytest.raises(ProviderError, match="down"):
        play(codec, {"message": "down"})
    with pytest.raises(ProviderError):
        play(codec, [])
    with pytest.raises(ProviderError, match="broke off"):
        play(codec, {"event_type": "stream-end", "is_finished": True, "finish_reason": "ERROR", "response": {}})


async def test_lines_are_told_by_their_media_type() -> None:
    lines = [
        {"event_type": "text-generation", "text": "Hi"},
        {"event_type": "stream-end", "finish_reason": "MAX_TOKENS", "response": ANSWER},
    ]
    body = b"\n".join(map(msgspec.json.encode, lines))
    answer = Scripted(headers={"content-type": "application/stream+json"}, chunks=[body])
    call = Call(operation=Operation.COMPLETION, target=V1, options={"messages": [user("Hi")], "stream": True})
    reply = await dispatcher(lambda _: Replay(lambda _: answer))(call)
    assert [chunk.choices[0].delta.content async for chunk in reply.value] == ["Hi", None]
    assert reply.value.response.choices[0].finish_reason == "length"


def test_a_text_goes_on() -> None:
    codec = DIALECT.operations[Operation.TEXT_COMPLETION]
    encoded = codec.encode(V2, {"prompt": ["Once"], "n": 2, "stop": "x", "top_k": 1, "suffix": "y", "stream": True})
    assert encoded.path == "/v1/generate"
    assert body_of(encoded) == {
        "model": "command-r",
        "prompt": "Once",
        "num_generations": 2,
        "stop_sequences": ["x"],
        "k": 1,
        "stream": True,
    }
    assert warned(encoded) == [("dropped", "suffix")]
    with pytest.raises(InvalidRequestError, match="one text"):
        codec.encode(V2, {"prompt": ["a", "b"]})
    generation = {"id": "g", "text": " upon", "finish_reason": "MAX_TOKENS"}
    whole = {"id": "r1", "generations": [generation], "prompt": "Once", "meta": META}
    answer = codec.decode(V2, respond(whole))
    assert (answer.id, answer.choices[0].text, answer.choices[0].finish_reason) == ("r1", " upon", "length")
    assert (answer.usage.total_tokens, answer.model_extra) == (7, {"prompt": "Once"})
    with pytest.raises(ProviderError, match="broke off"):
        codec.decode(V2, respond({"generations": [{"finish_reason": "ERROR"}]}))
    _, streamed = play(
        codec,
        {"event_type": "text-generation", "text": " up"},
        {"event_type": "new"},
        {"event_type": "text-generation", "text": "on"},
        {"event_type": "stream-end", "is_finished": True, "finish_reason": "MAX_TOKENS", "response": whole},
    )
    assert (streamed.choices[0].text, streamed.choices[0].finish_reason, streamed.id) == (" upon", "length", "r1")


def test_the_tokens_of_texts_are_counted() -> None:
    codec = DIALECT.operations[Operation.COUNT_TOKENS]
    encoded = codec.encode(V2, {"messages": [user("Hello, world!")]})
    assert (encoded.path, body_of(encoded)) == ("/v1/tokenize", {"model": "command-r", "text": "Hello, world!"})
    assert warned(encoded) == []
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": "u"}]
    more = codec.encode(V2, {"messages": [{"role": "user", "content": parts}, user("b")], "tools": []})
    assert body_of(more)["text"] == "a\nb"
    assert warned(more) == [
        ("dropped", "messages[0].content"),
        ("approximated", "messages"),
        ("dropped", "tools"),
    ]
    count = codec.decode(V2, respond({"tokens": [1, 2], "token_strings": ["a", "b"]}))
    assert (count.input_tokens, count.model_extra["token_strings"]) == (2, ["a", "b"])


def test_one_model_can_be_asked_about() -> None:
    codec = DIALECT.operations[Operation.RETRIEVE_MODEL]
    assert codec.encode(V2, {}).path == "/v1/models/command-r"
    model = codec.decode(V2, respond({"name": "command-r", "endpoints": ["chat"], "context_length": 9}))
    assert (model.id, model.owned_by, model.model_extra["context_length"]) == ("command-r", "cohere", 9)


def test_images_are_embedded_as_inputs_and_at_first_by_themselves() -> None:
    codec = DIALECT.operations[Operation.EMBEDDING]
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,YQ=="}}
    first = body_of(codec.encode(V1, {"inputs": [part, {"type": "image_url", "image_url": "u"}]}))
    assert (first["images"], first["input_type"]) == (["data:image/png;base64,YQ==", "u"], "image")
    second = body_of(codec.encode(V2, {"inputs": [part, {"content": [part]}]}))
    assert (second["inputs"], second["input_type"]) == ([{"content": [part]}] * 2, "search_document")
