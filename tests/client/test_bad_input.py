"""What a caller or a server may do wrong, and the typed error that names it; the connection is released each time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from typing_extensions import override

import any_llm
from any_llm import AnyLLM, Settings
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectTimeoutError,
    ContentFilterError,
    ContextLengthExceededError,
    FirstTokenTimeoutError,
    InsufficientFundsError,
    InvalidMessageError,
    InvalidRequestError,
    MalformedResponseError,
    MissingApiKeyError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    StreamTruncatedError,
    TotalTimeoutError,
    UnsupportedOperationError,
    UnsupportedProviderError,
)
from any_llm.types.json import JSON
from tests.client.answers import KEY, MESSAGES, answer, completion, say
from tests.client.conftest import Client, client_of
from tests.transport.conftest import Serve
from tests.transport.peers import END, HEAD, Peer, Received, Script, piece, say_nothing, whole


@pytest.mark.parametrize(
    ("name", "hint"),
    [("opnai", "'openai'"), ("antropic", "'anthropic'"), ("GROK", "'groq'"), (" mistrall ", "'mistral'")],
)
async def test_an_unknown_provider_names_the_closest(name: str, hint: str) -> None:
    with pytest.raises(UnsupportedProviderError, match="Did you mean") as caught:
        await any_llm.acompletion(f"{name}:m", MESSAGES)
    assert hint in caught.value.message
    assert caught.value.provider_key == name.strip().lower()
    assert "openai" in caught.value.supported_providers


async def test_a_missing_key_names_the_variable_and_the_page_before_any_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(MissingApiKeyError, match="set OPENAI_API_KEY") as caught:
        await any_llm.acompletion("openai:m", MESSAGES, api_base="http://192.0.2.1/v1")
    assert "https://platform.openai.com/" in caught.value.message
    assert (caught.value.provider_name, caught.value.env_var_name) == ("openai", "OPENAI_API_KEY")


@pytest.mark.parametrize("key", ["sk-ab\ncd", "sk-näher", "sk-\x00"])
def test_a_key_that_no_header_may_hold_is_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError, match="copied badly") as caught:
        AnyLLM.create("openai", key)
    assert key not in str(caught.value)


@pytest.mark.parametrize("model", ["gpt", "", ":m", "openai:", "/", "openai/"])
async def test_a_model_without_a_provider_is_refused(model: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid model format. Expected 'provider:model'"):
        AnyLLM.split_model_provider(model)


async def test_a_provider_without_a_model_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="provider is 'openai', but no model is given"):
        await any_llm.acompletion(messages=MESSAGES, provider="openai", api_key=KEY)


@pytest.mark.parametrize("base", ["ftp://host", "http://", "http:///path"])
def test_a_base_that_is_no_web_address_is_refused(base: str) -> None:
    with pytest.raises(ConfigurationError, match=r"base URL is .* it must look like https://host/path"):
        AnyLLM.create("openai", KEY, base)


def test_a_provider_of_ones_own_machine_room_needs_a_base() -> None:
    with pytest.raises(
        ConfigurationError, match="azureopenai needs a base URL: pass api_base= or set AZURE_OPENAI_ENDPOINT"
    ):
        AnyLLM.create("azureopenai", KEY)
    with pytest.raises(ValueError, match="needs an api_base such as"):
        AnyLLM.create_openai_compatible("mine", " ")
    with pytest.raises(ValueError, match="needs a name"):
        AnyLLM.create_openai_compatible(" ", "http://localhost")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"bananas": 1}, "does not understand bananas; it understands"),
        ({"settings": {}}, "settings is {}; give an any_llm.Settings"),
        ({"timeouts": 3}, "timeouts is 3; give an any_llm.Timeouts"),
        ({"timeout": "soon"}, "timeout is 'soon'"),
        ({"max_connections": 0}, "max_connections is 0"),
        ({"middleware": [1]}, "middleware holds 1, which cannot be called"),
        ({"on_unsupported": "panic"}, "on_unsupported is 'panic'; use one of warn, error, drop"),
        ({"ca": "/nowhere.pem"}, "ca='/nowhere.pem' is not a readable PEM file"),
    ],
)
def test_an_argument_of_a_client_that_cannot_be_right_is_named(arguments: JSON, words: str) -> None:
    with pytest.raises(AnyLLMError, match=re.escape(words)):
        AnyLLM.create("openai", KEY, **arguments)


@pytest.mark.parametrize(
    ("messages", "place", "found"),
    [
        ("hi", "messages", "'hi'"),
        ({"role": "user"}, "messages", "'role'"),
        (None, "messages", "nothing"),
        ([], "messages", "[]"),
        ([{"role": "user", "content": "x"}, 7], "messages[1]", "7"),
        ([{"content": "x"}], "messages[0].role", "nothing"),
        ([{"role": 1, "content": "x"}], "messages[0].role", "1"),
        ([{"role": "user"}], "messages[0].content", "nothing"),
        ([{"role": "user", "content": 5}], "messages[0].content", "5"),
        ([{"role": "user", "content": [3]}], "messages[0].content[0]", "3"),
        ([{"role": "user", "content": [{"text": "x"}]}], "messages[0].content[0].type", "nothing"),
        ([{"role": "user", "content": [{"type": "text", "text": 1}]}], "messages[0].content[0].text", "1"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"uri": "x"}}]}],
            "messages[0].content[0].image_url.url",
            "nothing",
        ),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": ""}]}],
            "messages[0].content[0].image_url.url",
            "''",
        ),
        ([{"role": "tool", "content": "x", "tool_call_id": 3}], "messages[0].tool_call_id", "3"),
        ([{"role": "assistant", "content": None, "tool_calls": "f"}], "messages[0].tool_calls", "'f'"),
        ([{"role": "assistant", "content": None, "tool_calls": [1]}], "messages[0].tool_calls[0]", "1"),
        (
            [{"role": "assistant", "content": None, "tool_calls": [{"function": {}}]}],
            "messages[0].tool_calls[0].function.name",
            "{}",
        ),
    ],
)
async def test_a_malformed_message_is_named_by_item_and_field(messages: JSON, place: str, found: str) -> None:
    client = AnyLLM.create("openai", KEY, "http://192.0.2.1/v1")
    with pytest.raises(InvalidMessageError) as caught:
        await client.acompletion("m", messages)
    assert caught.value.param == place
    assert caught.value.message.startswith(f"{place} should be ")
    assert found in caught.value.message


WELL_FORMED: list[JSON] = [
    ({"role": "user", "content": "x"},),
    [{"role": "assistant", "content": None, "refusal": "no"}],
    [{"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "custom", "custom": {}}]}],
    [{"role": "user", "content": ["x", {"type": "new", "odd": 1}]}],
    [{"role": "user", "content": [{"type": "image_url", "image_url": "https://host/i.png"}]}],
    [{"role": "tool", "content": "x", "tool_call_id": "1"}],
    [{"role": "tool", "content": "x"}],
]


class Foreign:
    """A message or tool call of somebody else's type."""

    def __init__(self, **members: object) -> None:
        self.members = members

    def model_dump(self, *, exclude_none: bool = False) -> dict[str, object]:
        """Return the members."""
        return self.members


async def test_messages_and_calls_of_other_types_are_sent(serve: Serve) -> None:
    server = serve(answer)
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: JSON = [
        Foreign(role="user", content="x"),
        {"role": "assistant", "content": None, "tool_calls": [Foreign(**call)]},
    ]
    await client_of(server).acompletion("m", messages)
    sent = json.loads(server.requests[0].body)["messages"]
    assert sent == [{"role": "user", "content": "x"}, {"role": "assistant", "content": None, "tool_calls": [call]}]


@pytest.mark.parametrize("messages", WELL_FORMED)
async def test_what_may_be_right_is_sent(serve: Serve, messages: JSON) -> None:
    server = serve(answer)
    await client_of(server).acompletion("m", messages)
    assert json.loads(server.requests[0].body)["messages"] == list(messages)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"tools": [{"type": "function"}]}, "tools[0]"),
        ({"tools": [7]}, "tools[0]"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.json_schema.name"),
        ({"response_format": {"type": "object", "properties": []}}, "response_format"),
        ({"response_format": 5}, "response_format"),
    ],
)
async def test_a_malformed_tool_or_schema_is_named(options: JSON, place: str) -> None:
    client = AnyLLM.create("openai", KEY, "http://192.0.2.1/v1")
    with pytest.raises(InvalidMessageError) as caught:
        await client.acompletion("m", MESSAGES, **options)
    assert place in caught.value.message


class Opaque:
    """Something that JSON has no form for."""


LOOP: list[JSON] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"metadata": {"a": [1, Opaque()]}}, "metadata.a[1]"),
        ({"metadata": {"a": "\ud800"}}, "metadata.a"),
        ({"metadata": {(1, 2): "x"}}, "metadata"),
        ({"logit_bias": LOOP}, "logit_bias[0]"),
        ({"extra_body": {"x": Opaque()}}, "extra_body.x"),
    ],
)
async def test_what_json_cannot_hold_is_named(options: JSON, place: str) -> None:
    client = AnyLLM.create("openai", KEY, "http://192.0.2.1/v1")
    with pytest.raises(InvalidMessageError) as caught:
        await client.acompletion("m", MESSAGES, **options)
    assert place in caught.value.message
    assert caught.value.provider_name == "openai"


async def test_a_request_that_cannot_be_encoded_for_another_reason_says_why() -> None:
    class Secretive(Foreign):
        @override
        def model_dump(self, *, exclude_none: bool = False) -> dict[str, object]:
            raise KeyError("content")

    client = AnyLLM.create("openai", KEY, "http://192.0.2.1/v1")
    messages: JSON = [Secretive()]
    with pytest.raises(InvalidMessageError, match=r"The request cannot be encoded: KeyError\('content'\)"):
        await client.acompletion("m", messages)


async def test_a_dialects_own_refusal_of_a_request_is_kept() -> None:
    document = {"type": "document", "source": {"type": "nonsense"}}
    client = AnyLLM.create("openai", KEY, "http://192.0.2.1/v1")
    with pytest.raises(AnyLLMError) as caught:
        await client.amessages("m", [{"role": "user", "content": [document]}], 5)
    assert caught.value.operation == "messages"


async def test_an_operation_that_a_provider_lacks_is_refused_in_words() -> None:
    client = AnyLLM.create("cerebras", KEY)
    with pytest.raises(
        UnsupportedOperationError, match="cerebras does not offer embedding; it offers completion, list_models"
    ):
        await client.aembedding("m", "x")
    with pytest.raises(NotImplementedError):
        await client.aembedding("m", "x")


@dataclass(frozen=True)
class Refusal:
    """What a server answers, and the error that it means."""

    status: str
    body: object
    kind: type[AnyLLMError]
    words: str = ""

    @override
    def __str__(self) -> str:
        return f"{self.status[:3]}-{self.kind.__name__}-{REFUSALS.index(self)}"


def error(message: str = "why", **facts: object) -> dict[str, object]:
    return {"error": {"message": message, **facts}}


REFUSALS = [
    Refusal("400 Bad Request", error(type="invalid_request_error", param="temperature"), InvalidRequestError),
    Refusal("400 Bad Request", error(code="context_length_exceeded"), ContextLengthExceededError),
    Refusal("400 Bad Request", error(code="content_filter"), ContentFilterError),
    Refusal("400 Bad Request", error(innererror={"code": "ResponsibleAIPolicyViolation"}), ContentFilterError),
    Refusal("401 Unauthorized", error(code="invalid_api_key"), AuthenticationError),
    Refusal("402 Payment Required", error(), InsufficientFundsError),
    Refusal("403 Forbidden", error(), PermissionDeniedError),
    Refusal("404 Not Found", error(code="model_not_found"), ModelNotFoundError),
    Refusal("408 Request Timeout", error(), any_llm.exceptions.RequestTimeoutError),
    Refusal("409 Conflict", error(), any_llm.exceptions.ConflictError),
    Refusal("413 Too Large", b"", any_llm.exceptions.RequestTooLargeError),
    Refusal("418 Teapot", {"detail": [{"loc": ["a"]}]}, InvalidRequestError, '[{"loc":["a"]}]'),
    Refusal("422 Unprocessable", {"message": "plain"}, InvalidRequestError, "plain"),
    Refusal("429 Too Many", error(code="rate_limit_exceeded"), RateLimitError),
    Refusal("429 Too Many", error(code="insufficient_quota"), QuotaExhaustedError),
    Refusal("500 Oops", error(), ProviderError),
    Refusal("500 Oops", [error(code=500)], ProviderError),
    Refusal("500 Oops", {"errors": ["one", "two"]}, ProviderError, "one"),
    Refusal("502 Bad Gateway", b"<html>bad gateway</html>", any_llm.exceptions.UpstreamProviderError, "HTTP 502"),
    Refusal("503 Unavailable", error(), OverloadedError),
    Refusal("504 Timeout", {"error": "text"}, any_llm.exceptions.GatewayTimeoutError, "text"),
    Refusal("529 Overloaded", error(), OverloadedError),
    Refusal("200 OK", error(type="server_error"), ProviderError),
    Refusal("200 OK", error(type="invalid_request_error"), InvalidRequestError),
    Refusal("200 OK", error(code="429"), RateLimitError),
    Refusal("200 OK", error(code="insufficient_quota"), QuotaExhaustedError),
    Refusal("200 OK", b"", MalformedResponseError, "an empty body"),
    Refusal("200 OK", b"{broken", MalformedResponseError, "7 bytes, application/json"),
    Refusal("200 OK", b'"text"', MalformedResponseError),
    Refusal("200 OK", [1], MalformedResponseError),
    Refusal("200 OK", {"no": "choices"}, MalformedResponseError, "no choices; it has ['no']"),
    Refusal("200 OK", {"choices": [7]}, MalformedResponseError),
    Refusal("307 Moved", b"", MalformedResponseError, "redirects to 'nowhere'"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_refusal_is_the_error_it_means_and_releases_its_connection(
    serve: Serve, refusal: Refusal, stream: bool
) -> None:
    server = serve(
        say(refusal.body, status=refusal.status, fields="content-type: application/json\r\nx-request-id: r1\r\n")
    )
    client = client_of(server)
    for _ in range(2):
        with pytest.raises(refusal.kind) as caught:
            await client.acompletion("m", MESSAGES, stream=stream)
        found = caught.value
        assert refusal.words in found.message
        assert type(found) is refusal.kind
        assert (found.provider_name, found.model, found.operation) == ("openai", "m", "completion")
        assert found.status_code is not None
        assert found.request_id == "r1"
        assert found.client_request_id
        assert found.elapsed is not None
        assert json.loads(found.request_excerpt or "")["model"] == "m"
        assert found.response_excerpt is not None
    assert server.accepted == 1, "the connection was given back"


async def test_a_page_of_html_points_to_the_base_url(client: Client) -> None:
    page = say(b"<!doctype html><title>Welcome</title>", fields="content-type: text/html\r\n")
    with pytest.raises(MalformedResponseError, match="text/html") as caught:
        await client(page).acompletion("m", MESSAGES)
    assert caught.value.response_excerpt == "<!doctype html><title>Welcome</title>"
    with pytest.raises(MalformedResponseError, match="not a stream of events; check the base URL"):
        await client(page).acompletion("m", MESSAGES, stream=True)


@pytest.mark.parametrize("body", [b"", b"just some words"])
async def test_a_stream_of_something_else_is_an_error_with_what_came(client: Client, body: bytes) -> None:
    with pytest.raises(StreamTruncatedError, match="before it began") as caught:
        await client(say(body, fields="content-type: text/plain\r\n")).acompletion("m", MESSAGES, stream=True)
    assert caught.value.response_excerpt == (body.decode() or None)


async def test_a_whole_answer_where_a_stream_was_asked_for_is_an_error(client: Client) -> None:
    with pytest.raises(MalformedResponseError, match="A stream was asked for"):
        await client(say(completion())).acompletion("m", MESSAGES, stream=True)


async def test_a_redirect_is_not_followed_since_the_key_would_go_along(client: Client) -> None:
    fields = "location: https://elsewhere.example/v1\r\n"
    with pytest.raises(
        MalformedResponseError, match=r"redirects to 'https://elsewhere.example/v1', which is not followed"
    ):
        await client(say(b"", status="308 Permanent Redirect", fields=fields)).acompletion("m", MESSAGES)


async def hang_inside(peer: Peer, received: Received) -> None:
    """Send half of a body and stop."""
    peer.say(whole(b'{"choices": []}')[:-5])


async def not_http(peer: Peer, received: Received) -> None:
    """Speak another protocol."""
    peer.say(b"220 smtp ready\r\n\r\n")
    peer.hang_up()


async def hang_up(peer: Peer, received: Received) -> None:
    """Take the request and close."""
    peer.hang_up()


@pytest.mark.parametrize(
    ("script", "timeout", "kind"),
    [
        (say_nothing, 0.1, TotalTimeoutError),
        (say_nothing, any_llm.Timeouts(first_token=0.1), FirstTokenTimeoutError),
        (hang_inside, any_llm.Timeouts(idle=0.1), any_llm.exceptions.IdleTimeoutError),
        (hang_up, 5, ConnectionFailedError),
        (not_http, 5, MalformedResponseError),
    ],
)
async def test_a_server_that_hangs_or_breaks_is_a_typed_error_and_the_connection_is_released(
    serve: Serve, script: Script, timeout: JSON, kind: type[AnyLLMError]
) -> None:
    server = serve(script)
    with pytest.raises(kind) as caught:
        await client_of(server).acompletion("m", MESSAGES, timeout=timeout)
    assert caught.value.retryable
    assert caught.value.provider_name == "openai"
    assert isinstance(caught.value, TimeoutError) is (kind.__name__.endswith("TimeoutError"))
    assert await server.reaches(0, 0.25)


async def test_a_server_that_is_not_there_is_a_typed_error() -> None:
    client = AnyLLM.create("openai", KEY, "http://127.0.0.1:9/v1")
    with pytest.raises(ConnectionFailedError, match=r"No connection to http://127.0.0.1:9"):
        await client.acompletion("m", MESSAGES)
    slow = AnyLLM.create("openai", KEY, "http://192.0.2.1/v1")
    with pytest.raises((ConnectTimeoutError, ConnectionFailedError, TotalTimeoutError)):
        await slow.acompletion("m", MESSAGES, timeout=0.1)


async def test_retry_after_is_seconds_from_wherever_the_provider_says_it(client: Client) -> None:
    google = {
        "error": {"code": 429, "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "38s"}]}
    }
    cases: list[tuple[object, str, float]] = [
        (error(), "retry-after: 7\r\n", 7.0),
        (error(), "retry-after-ms: 1500\r\n", 1.5),
        ([google], "", 38.0),
    ]
    for body, fields, seconds in cases:
        with pytest.raises(RateLimitError) as caught:
            await client(say(body, status="429 Too Many", fields=fields)).acompletion("m", MESSAGES)
        assert caught.value.retry_after == seconds


async def test_what_a_provider_cannot_express_follows_the_policy(serve: Serve) -> None:
    server = serve(answer)
    record = any_llm.Provider(
        name="picky", base_url=server.url("/v1"), drop=("seed",), rename={"max_tokens": "max_new"}
    )
    kind = type("Picky", (AnyLLM,), {"PROVIDER": record})
    for policy, warned in (("warn", 1), ("drop", 0)):
        settings = Settings(providers={"picky": record}, on_unsupported=policy)
        asked: AnyLLM = kind(settings=settings)
        answered = await asked.acompletion("m", MESSAGES, seed=1, max_tokens=2)
        assert len(answered.warnings) == warned
        assert json.loads(server.requests[-1].body) == {"model": "m", "messages": MESSAGES, "max_new": 2}
    strict: AnyLLM = kind(settings=Settings(on_unsupported="error"))
    assert (await strict.acompletion("m", MESSAGES, max_tokens=2)).warnings == ()
    with pytest.raises(any_llm.UnsupportedParameterError, match="'seed' is not supported for picky") as caught:
        await strict.acompletion("m", MESSAGES, seed=1)
    assert caught.value.param == "seed"


async def test_an_event_that_says_error_is_one(client: Client) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(HEAD + piece(b'event: error\ndata: {"error": {"message": "it broke", "code": "503"}}\n\n') + END)

    with pytest.raises(OverloadedError, match="it broke"):
        await client(script).acompletion("m", MESSAGES, stream=True)


@pytest.mark.parametrize(("content", "told"), [(None, "cannot be read"), (b'{"custom_id": "a"}\n[]\n', "Line 2 of")])
async def test_a_file_of_requests_that_is_not_one_is_refused(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "requests.jsonl"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(InvalidRequestError, match=told):
        await AnyLLM.create("anthropic", api_key="k").acreate_batch(path)
