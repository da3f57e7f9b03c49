"""Calls and answers of every API are read alike, and what nobody expects is no harm."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import msgspec
import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.telemetry.attributes import answer_attributes, identity, request_attributes, server_of, span_name
from any_llm.telemetry.content import answered, changed, encode, said_in
from any_llm.telemetry.hosts import is_own
from any_llm.telemetry.tracing import ids_of
from any_llm.types.completion import ChatCompletion, ChatCompletionMessage, Choice, Reasoning
from any_llm.types.json import JSON
from any_llm.types.messages import MessageResponse
from any_llm.types.responses import Response
from any_llm.types.telemetry import Telemetry


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ("hi", {"type": "text", "content": "hi"}),
        ([{"type": "input_text", "text": "hi"}], {"type": "text", "content": "hi"}),
        (["hi"], {"type": "text", "content": "hi"}),
        ([{"type": "thinking", "thinking": "hm"}], {"type": "reasoning", "content": "hm"}),
        ([{"type": "reasoning", "summary": [{"text": "a"}, {"text": "b"}]}], {"type": "reasoning", "content": "a\nb"}),
        (
            [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}],
            {"type": "tool_call", "id": "t", "name": "f", "arguments": {"a": 1}},
        ),
        (
            [{"type": "tool_result", "tool_use_id": "t", "content": "sun"}],
            {"type": "tool_call_response", "id": "t", "response": "sun"},
        ),
        (
            [{"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}],
            {"type": "uri", "modality": "image", "uri": "https://a.b/c.png"},
        ),
        (
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
            {"type": "media", "modality": "image", "characters": 26},
        ),
        (
            [{"type": "input_image", "image_url": "https://a.b/c"}],
            {"type": "uri", "modality": "image", "uri": "https://a.b/c"},
        ),
        (
            [{"type": "document", "source": {"type": "base64", "data": "AAAA"}}],
            {"type": "media", "modality": "document", "characters": 4},
        ),
        ([{"type": "file", "file": {"file_id": "f1"}}], {"type": "file", "modality": "document", "file_id": "f1"}),
        ([{"type": "search", "query": "q"}], {"type": "search", "query": "q"}),
    ],
)
def test_every_kind_of_part_has_the_shape_of_the_conventions(given: JSON, part: JSON) -> None:
    assert said_in({"messages": [{"role": "user", "content": given}]}).messages == [{"role": "user", "parts": [part]}]


def test_tool_calls_and_their_results_are_read_from_either_api() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    chat = said_in(
        {
            "messages": [
                {"role": "assistant", "content": None, "reasoning_content": "hm", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c", "content": "sun"},
                "and?",
                7,
            ]
        }
    )
    assert chat.messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "hm"},
                {"type": "tool_call", "id": "c", "name": "f", "arguments": {}},
            ],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "sun"}]},
        {"role": "user", "parts": [{"type": "text", "content": "and?"}]},
    ]
    items = said_in(
        {
            "input_data": [
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": "no json"},
                {"type": "function_call_output", "call_id": "c", "output": "sun"},
            ],
            "instructions": "Be brief.",
            "tools": [{"type": "web_search"}],
        }
    )
    assert [message["role"] for message in items.messages] == ["assistant", "tool"]
    assert items.messages[0]["parts"][0]["arguments"] == "no json"
    assert items.instructions == [{"type": "text", "content": "Be brief."}]
    assert items.tools == [{"type": "web_search"}]
    assert said_in({}) == ([], [], [])


def test_answers_of_every_api_are_output_messages() -> None:
    message = ChatCompletionMessage(content="hi", reasoning=Reasoning("hm"))
    chat = ChatCompletion(choices=[Choice(message=message, finish_reason="stop"), Choice(message=message)])
    assert [each["finish_reason"] for each in answered(chat)] == ["stop", "stop"]
    assert answered(chat)[0]["parts"] == [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "hi"}]
    message_answer = msgspec.convert(
        {"content": [{"type": "text", "text": "hi"}], "stop_reason": "max_tokens"}, MessageResponse
    )
    assert answered(message_answer) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "hi"}], "finish_reason": "length"}
    ]
    said: dict[str, object] = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": []}
    said["content"] = [{"type": "output_text", "text": "hi", "annotations": []}]
    body = {"id": "r", "status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "output": [said]}
    response = msgspec.convert(body, Response)
    assert answered(response) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "hi"}], "finish_reason": "content_filter"}
    ]
    assert answer_attributes(response)["gen_ai.response.finish_reasons"] == ("content_filter",)
    assert answered(["not an answer"]) == []
    assert answered({"output": "a text"}) == []


def test_every_text_is_changed_and_other_values_are_kept() -> None:
    told = changed({"a": ["x", ("y", 1)], "b": None, "c": Decimal("1e3")}, str.lower)
    assert told == {"a": ["x", ["y", 1]], "b": None, "c": "1e+3"}
    assert encode(told) == '{"a":["x",["y",1]],"b":null,"c":"1e+3"}'


def test_parameters_of_the_wrong_kind_are_left_out() -> None:
    wrong = {
        "temperature": "hot", "max_tokens": "many", "stream": False, "n": 1, "dimensions": "x", "reasoning": 7,
        "conversation": 7, "text": "plain", "seed": None, "response_format": {"type": "text"},
    }  # fmt: skip
    assert request_attributes("completion", wrong) == {"gen_ai.output.type": "text"}
    assert request_attributes("speech", {}) == {"gen_ai.output.type": "speech"}
    assert request_attributes("responses", {"conversation": {"id": "c"}, "response_format": int}) == {
        "gen_ai.conversation.id": "c",
        "gen_ai.output.type": "json",
    }


def test_a_target_without_a_model_or_a_host_is_told_as_it_is() -> None:
    assert identity("list_models", "local", "", "", earlier=False) == {
        "gen_ai.operation.name": "list_models",
        "gen_ai.provider.name": "local",
    }
    assert span_name("list_models", "") == "list_models"
    assert server_of("http://[::1") is None
    assert server_of("http://host:99999") is None
    assert server_of("http://host:8000/v1") == ("host", 8000)
    assert answer_attributes(None) == {}


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://[::1]/v1", True),
        ("http://10.1.2.3/v1", True),
        ("http://llm:8000/v1", True),
        ("https://llm.internal/v1", True),
        ("https://a.example.com/v1", True),
        ("https://exact.example.org/v1", True),
        ("https://not.exact.example.org/v1", False),
        ("https://api.openai.com/v1", False),
        ("http://8.8.8.8/v1", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_own_are_this_machine_private_networks_and_hosts_that_are_named(url: str, own: bool) -> None:
    assert is_own(url, ("*.example.com", "exact.example.org")) is own


def test_there_are_no_ids_without_a_span() -> None:
    assert ids_of(None) is None


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"content": "ALL"}, "use one of NO_CONTENT, SPAN_ONLY"),
        ({"propagate": "some"}, "use one of own, all, none"),
        ({"longest": 0}, "a whole number from 1"),
        ({"redact": "secrets"}, "give a tuple"),
        ({"own_hosts": "a.b"}, "give a tuple"),
    ],
)
def test_what_is_no_policy_is_refused(said: JSON, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Telemetry(**said)


def test_nothing_of_it_is_loaded_while_it_is_off() -> None:
    program = (
        "import sys; from any_llm import AnyLLM; AnyLLM.create('openai', api_key='k');"
        "print([name for name in sys.modules if 'telemetry' in name or 'prometheus' in name or 'opentelem' in name])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_a_program_without_a_package_is_told_which_extra_it_needs() -> None:
    program = (
        "import sys; sys.modules |= dict.fromkeys(('opentelemetry', 'prometheus_client'))\n"
        "from any_llm import AnyLLM, Metrics; from any_llm.exceptions import MissingExtraError\n"
        "for said in ({'telemetry': True}, {'metrics': True}, {'metrics': Metrics(backends=('prometheus',))}):\n"
        "    try: AnyLLM.create('openai', api_key='k', **said)\n"
        "    except MissingExtraError as error: print(error.extra, error.package, str(error).partition(': ')[2])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == [
        *["otel opentelemetry-api pip install 'any-llm[otel]'"] * 2,
        "prometheus prometheus-client pip install 'any-llm[prometheus]'",
    ]
