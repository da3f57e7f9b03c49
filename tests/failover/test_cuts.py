"""Streams that fail at any point, over both wires, and go on elsewhere: no text is lost, and none comes twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from any_llm import AnyLLM, Fallback, Guards, Health, Route
from any_llm.exceptions import AnyLLMError, ConnectionFailedError, InvalidRequestError, StreamTruncatedError
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Answer, Failure, Mock
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON
from any_llm.types.restart import Restart
from any_llm.types.routes import MidStream

pytestmark = pytest.mark.unmeasured  # thousands of streams take the same few ways

QUESTION = [{"role": "user", "content": "Count."}]
TEXT = 'one two  three\nfour - fünf, six 七 eight: "nine" ten\n\neleven'
OPENAI, ANTHROPIC, GROQ = "openai:gpt-5-mini", "anthropic:claude-sonnet-4-5", "groq:llama-3.3-70b-versatile"
UNFLAPPABLE = Health(failures=1_000_000, window=1e9, rate=2.0)
_POINTS = 1_000
_LENGTHS = {"openai": 9_000, "anthropic": 4_000}
"""About how many bytes the streams of the vendors have, and some more."""


def going_on(request: MockRequest) -> str:
    """Return the text, or what is left of it when its beginning is there, with the white space in front."""
    last: JSON = request.json["messages"][-1]
    if last["role"] != "assistant":
        return TEXT
    content: JSON = last["content"]
    begun = content if isinstance(content, str) else "".join(part["text"] for part in content)
    assert begun == begun.rstrip()
    assert TEXT.startswith(begun)
    return TEXT.removeprefix(begun)


def client_of(
    mock: Mock,
    models: Sequence[str],
    mid_stream: MidStream,
    *,
    able: Sequence[str] | None = None,
    guards: Guards | None = None,
) -> AnyLLM:
    targets = tuple({"model": model, "api_key": f"key-of-{model}"} for model in models)
    return AnyLLM.create(
        Route(targets=targets, fallback=Fallback(mid_stream=mid_stream)),
        models={model: {"prefill": able is None or model in able} for model in models},
        transport=mock.transport,
        surroundings=Surroundings(),
        retry=None,
        health=UNFLAPPABLE,
        guards=guards,
    )


async def read(client: AnyLLM) -> tuple[str, AnyLLMError | None, JSON]:
    """Return the text that a reader has who heeds restarts, what the stream failed with, and the stream."""
    text, stream = "", await client.acompletion("auto", QUESTION, stream=True)
    try:
        async for piece in stream:
            if isinstance(piece, Restart):
                text = ""
            elif piece.choices:
                text += piece.choices[0].delta.content or ""
    except AnyLLMError as error:
        return text, error, stream
    return text, None, stream


@pytest.mark.parametrize("policy", ["restart", "continue"])
@pytest.mark.parametrize("models", [
    (OPENAI, ANTHROPIC), (ANTHROPIC, OPENAI), (ANTHROPIC, ANTHROPIC), (OPENAI, GROQ),
])  # fmt: skip
async def test_no_text_is_lost_or_doubled_at_a_thousand_points(models: tuple[str, str], policy: MidStream) -> None:
    chance = random.Random(11)  # noqa: S311  # not a secret
    vendor = models[0].partition(":")[0]
    first = f"key-of-{models[0]}"
    whole = continued = 0
    mock = Mock()

    def answer(request: MockRequest) -> Answer:
        kind = chance.choice(("cut-short", "truncated"))
        broken = request.number % 2 == 0 and request.key == first
        return Answer(text=going_on(request), fault=f"{kind}={chance.randrange(1, _LENGTHS[vendor])}" if broken else "")

    client = client_of(mock, models, policy)
    for _ in range(_POINTS):
        mock.reset()
        mock.answer_with(answer)
        text, error, stream = await read(client)
        routing = stream.report.routing
        if error is None:
            assert text == TEXT
            assert stream.response.choices[0].message.content == TEXT
            whole += 1
        else:
            # All of the text was there, and only what follows it was not: nothing is left that could be gone on with.
            assert policy == "continue"
            assert isinstance(error, StreamTruncatedError | ConnectionFailedError)
            assert TEXT.startswith(text)
        continued += routing.continued + routing.restarts
    assert mock.transport.open == 0
    assert continued > _POINTS / 3
    assert whole >= (_POINTS if policy == "restart" else _POINTS * 0.9)


@pytest.mark.parametrize("models", [(OPENAI, ANTHROPIC, GROQ), (ANTHROPIC, GROQ, OPENAI)])
async def test_a_refusal_to_go_on_leaves_it_to_the_next_or_the_first_error_is_told(models: Sequence[str]) -> None:
    refusal = Failure(status=400, message="The conversation must end with a user message", code="invalid_prefill")
    refusing: list[str] = [models[1].partition(":")[0]]
    mock = Mock()
    mock.answer_with(
        _cut_first(models[0], lambda request: refusal if request.vendor in refusing else going_on(request))
    )
    text, error, stream = await read(client_of(mock, models, "continue"))
    assert (text, error) == (TEXT, None)
    assert stream.report.routing.passed[1:] == [f"{models[1]}: InvalidRequestError"]
    refusing.append(models[2].partition(":")[0])
    text, error, _ = await read(client_of(mock, models, "continue"))
    assert TEXT.startswith(text)
    assert isinstance(error, StreamTruncatedError)
    assert [each.error for each in error.attempts] == [
        StreamTruncatedError.__name__, InvalidRequestError.__name__, InvalidRequestError.__name__,
    ]  # fmt: skip
    assert mock.transport.open == 0


@pytest.mark.parametrize("fault", [
    "cut-short=2500", "truncated=2500", "reset-mid-body", "error-mid-stream", "malformed-event", "half-closed",
])  # fmt: skip
@pytest.mark.parametrize("models", [(OPENAI, ANTHROPIC), (ANTHROPIC, OPENAI)])
@pytest.mark.parametrize("policy", ["restart", "continue"])
async def test_whatever_breaks_a_stream_it_goes_on(fault: str, models: Sequence[str], policy: MidStream) -> None:
    mock = Mock()
    mock.answer_with(_cut_first(models[0], going_on, fault))
    text, error, stream = await read(client_of(mock, models, policy))
    assert (text, error) == (TEXT, None)
    assert stream.report.provider == models[1].partition(":")[0]
    assert stream.usage is not None


async def test_only_those_go_on_that_are_known_to() -> None:
    mock = Mock()
    mock.answer_with(_cut_first(OPENAI, going_on))
    _, error, stream = await read(client_of(mock, (OPENAI, GROQ, ANTHROPIC), "continue", able=(ANTHROPIC,)))
    assert error is None
    assert [each.provider for each in stream.report.attempts] == ["openai", "anthropic"]


def _cut_first(
    model: str, rest: Callable[[MockRequest], JSON], fault: str = "cut-short=2000"
) -> Callable[[MockRequest], JSON]:
    """Return an answerer that cuts the first target's streams, and answers as `rest` says to the others."""
    vendor = model.partition(":")[0]
    return lambda request: Answer(text=TEXT, fault=fault) if request.vendor == vendor else rest(request)


@pytest.mark.parametrize("operation", ["messages", "responses"])
@pytest.mark.parametrize("models", [(OPENAI, ANTHROPIC), (ANTHROPIC, OPENAI)])
async def test_streams_of_events_begin_anew_as_well(operation: str, models: Sequence[str]) -> None:
    chance = random.Random(3)  # noqa: S311  # not a secret
    mock, restarts = Mock(), 0
    for _ in range(100):
        mock.reset()
        mock.answer_with(_cut_first(models[0], lambda _: TEXT, f"cut-short={chance.randrange(1, 6_000)}"))
        client, text = client_of(mock, models, "restart"), ""
        stream: JSON = (
            await client.amessages("auto", QUESTION, max_tokens=50, stream=True)
            if operation == "messages"
            else await client.aresponses("auto", "Count.", stream=True)
        )
        async for event in stream:
            if isinstance(event, Restart):
                text, restarts = "", restarts + 1
            elif event.type in {"content_block_delta", "response.output_text.delta"}:
                text += event.delta if isinstance(event.delta, str) else event.delta.text
        assert text == TEXT
        whole = stream.response
        said = whole.content[0].text if operation == "messages" else whole.output[-1].content[0].text
        assert said == TEXT
    assert restarts > 20
    assert mock.transport.open == 0


@pytest.mark.parametrize(("operation", "policy"), [
    ("completion", "restart"), ("completion", "continue"), ("messages", "restart"), ("responses", "restart"),
])  # fmt: skip
async def test_what_guards_hold_back_of_a_text_that_is_to_be_forgotten_is_forgotten(
    operation: str, policy: MidStream
) -> None:
    chance = random.Random(5)  # noqa: S311  # not a secret
    guards = Guards(detect=("personal",), responses="redact")
    mock, restarts = Mock(), 0
    sent = f"{TEXT}: write to [EMAIL_1], and not to eve@example.com; good bye"
    wanted = f"{TEXT}: write to bob@example.com, and not to [EMAIL]; good bye"
    client = client_of(mock, (OPENAI, ANTHROPIC), policy, guards=guards)

    def answer(request: MockRequest) -> JSON:
        if request.vendor == "openai":
            return Answer(text=sent, fault=f"cut-short={chance.randrange(1_500, 9_000)}")
        last: JSON = request.json["messages"][-1]
        content: JSON = last["content"] if last["role"] == "assistant" else ""
        return sent.removeprefix(content if isinstance(content, str) else "".join(part["text"] for part in content))

    for _ in range(60):
        mock.reset()
        mock.answer_with(answer)
        text, stream = "", await _ask(client, operation, "Write to bob@example.com.")
        async for event in stream:
            if isinstance(event, Restart):
                text, restarts = "", restarts + 1
            elif operation == "completion":
                text += "".join(choice.delta.content or "" for choice in event.choices)
            elif event.type in {"content_block_delta", "response.output_text.delta"}:
                text += event.delta if isinstance(event.delta, str) else event.delta.text
        assert text == wanted
    assert restarts > 20 or policy == "continue"


async def _ask(client: AnyLLM, operation: str, text: str) -> JSON:
    if operation == "responses":
        return await client.aresponses("auto", text, stream=True)
    asked: JSON = [{"role": "user", "content": text}]
    if operation == "messages":
        return await client.amessages("auto", asked, max_tokens=50, stream=True)
    return await client.acompletion("auto", asked, stream=True)
