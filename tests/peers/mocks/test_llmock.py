"""This library against llmock, a server of others that breaks its answers and judges the client.

https://github.com/JulienRabault/LLMock. Its verdict says what it saw on the wire; that an exception was raised it
cannot see, so that it takes a client that raises for one that noticed nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from any_llm import AnyLLM, Retry, Timeouts
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConnectionFailedError,
    IdleTimeoutError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    StreamTruncatedError,
)
from any_llm.types.json import JSON
from tests.peers.mocks.conftest import Llmock

PATHS: Mapping[str, str] = {
    "openai": "/v1",
    "anthropic": "/anthropic",
    "gemini": "/gemini/v1beta",
    "cohere": "/cohere",
    "mistral": "/mistral/v1",
    "groq": "/groq/openai/v1",
    "together": "/together/v1",
    "perplexity": "/perplexity/v1",
    "xai": "/xai/v1",
}
QUESTION: list[JSON] = [{"role": "user", "content": "capital of France"}]
ANSWER = "Hello! You said: capital of France"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Tells", "parameters": PARAMETERS}}]
QUICK = Retry(base=0.01)
LATE = 4
"""After how many events of a stream all vendors have said something of the answer."""


@pytest.fixture(params=PATHS)
def vendor(request: pytest.FixtureRequest) -> str:
    """The name of a provider that llmock plays."""
    name: str = request.param
    return name


@pytest.fixture
def client(breaker: Llmock, vendor: str) -> JSON:
    """A client that takes llmock for the provider."""
    breaker.prepare()
    return AnyLLM.create(vendor, api_key="k", api_base=f"{breaker.url}{PATHS[vendor]}", retry=QUICK)


def heard(client: JSON, **options: JSON) -> str:
    """Return the answer to the question, asked for whole."""
    said: str = client.completion("m", QUESTION, **options).choices[0].message.content
    return said


def streamed(client: JSON, **options: JSON) -> str:
    """Return the answer to the question, asked for in pieces."""
    chunks = client.completion("m", QUESTION, stream=True, **options)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_an_answer_is_understood_whole_and_streamed(breaker: Llmock, client: JSON) -> None:
    assert heard(client) == streamed(client) == ANSWER
    assert breaker.verdict == (2, [])


def test_a_tool_is_called_and_its_result_goes_back(client: JSON) -> None:
    first = client.completion("m", QUESTION, tools=TOOLS).choices[0]
    (call,) = first.message.tool_calls
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    last = client.completion("m", [*QUESTION, first.message, result], tools=TOOLS).choices[0]
    with client.completion("m", QUESTION, tools=TOOLS, stream=True) as stream:
        list(stream)

    (other,) = stream.response.choices[0].message.tool_calls
    assert first.finish_reason == stream.response.choices[0].finish_reason == "tool_calls"
    assert json.loads(call.function.arguments) == json.loads(other.function.arguments) == {"city": "mock-city"}
    assert (last.message.content or "").startswith(ANSWER)


@pytest.mark.parametrize("ask", [heard, streamed])
def test_a_wait_that_is_asked_for_is_kept(breaker: Llmock, client: JSON, ask: JSON) -> None:
    breaker.prepare({"type": "fail", "status": 429, "retry_after": 0.1, "times": 2})

    assert ask(client) == ANSWER
    assert breaker.verdict == (3, [])


@pytest.mark.parametrize("status", [408, 500, 502, 503, 529])
def test_what_may_pass_is_asked_for_again(breaker: Llmock, client: JSON, status: int) -> None:
    # Unless it is told, llmock asks those that it is too busy for to wait a second.
    breaker.prepare({"type": "fail", "status": status, "retry_after": 0.02})

    assert heard(client) == ANSWER
    assert breaker.verdict == (2, [])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, ModelNotFoundError),
        (422, InvalidRequestError),
    ],
)
def test_what_never_succeeds_is_asked_for_once(
    breaker: Llmock, client: JSON, status: int, kind: type[AnyLLMError]
) -> None:
    breaker.prepare({"type": "fail", "status": status})

    with pytest.raises(kind):
        heard(client)

    assert breaker.verdict == (1, [])


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimitError), (503, OverloadedError)])
def test_a_lasting_failure_is_given_up_after_a_few_attempts(
    breaker: Llmock, client: JSON, status: int, kind: type[AnyLLMError]
) -> None:
    breaker.prepare({"type": "fail", "status": status, "retry_after": 0.1, "times": None})

    with pytest.raises(kind) as caught:
        heard(client)

    assert caught.value.retry_after == 0.1
    assert breaker.verdict == (3, [])


@pytest.mark.parametrize("kind", ["disconnect", "truncate", "malformed"])
def test_a_stream_that_breaks_before_its_answer_is_asked_for_again(breaker: Llmock, client: JSON, kind: str) -> None:
    breaker.prepare({"type": "stream_fault", "kind": kind, "after_chunks": 0})

    assert streamed(client) == ANSWER
    attempts, judged = breaker.verdict
    assert attempts == 2
    # The rest of a malformed stream may all be sent before we hang up, which llmock takes for consent.
    assert set(judged) <= ({"malformed_chunk_ignored"} if kind == "malformed" else set[str]())


@pytest.mark.parametrize(
    ("kind", "error", "judged"),
    [
        ("disconnect", ConnectionFailedError, "gave_up"),
        ("truncate", StreamTruncatedError, "truncated_stream_accepted"),
        ("malformed", MalformedResponseError, "malformed_chunk_ignored"),
    ],
)
def test_a_stream_that_breaks_inside_its_answer_is_an_error(
    breaker: Llmock, client: JSON, kind: str, error: type[AnyLLMError], judged: str
) -> None:
    """Nothing is asked for twice once a part of the answer was handed out, which llmock would have."""
    breaker.prepare({"type": "stream_fault", "kind": kind, "after_chunks": LATE})

    with pytest.raises(error):
        streamed(client)

    assert breaker.verdict == (1, [judged])


def test_a_silent_stream_is_left(breaker: Llmock, client: JSON) -> None:
    breaker.prepare({"type": "stream_fault", "kind": "stall", "after_chunks": LATE, "stall_seconds": 30})

    with pytest.raises(IdleTimeoutError):
        streamed(client, timeout=Timeouts(idle=0.3))

    attempts, judged = breaker.verdict
    assert attempts == 1
    assert "no_read_timeout" not in judged


def test_a_call_with_broken_arguments_is_handed_on_as_it_came(breaker: Llmock) -> None:
    breaker.prepare({"type": "tool_fault", "kind": "malformed_arguments"})
    client: JSON = AnyLLM.create("openai", api_key="k", api_base=f"{breaker.url}/v1", retry=QUICK)

    (call,) = client.completion("m", QUESTION, tools=TOOLS).choices[0].message.tool_calls

    with pytest.raises(json.JSONDecodeError):
        json.loads(call.function.arguments)


def test_responses_are_understood_and_must_be_complete(breaker: Llmock) -> None:
    breaker.prepare()
    client: JSON = AnyLLM.create("openai", api_key="k", api_base=f"{breaker.url}/v1", retry=QUICK)

    whole = client.responses("m", "capital of France").output_text
    events = list(client.responses("m", "capital of France", stream=True))
    breaker.prepare({"type": "stream_fault", "kind": "truncate", "after_chunks": LATE + 2})
    with pytest.raises(StreamTruncatedError):
        list(client.responses("m", "capital of France", stream=True))

    assert whole == events[-1].response.output_text == ANSWER
