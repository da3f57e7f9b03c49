"""Calls to several targets: which is asked next, after what, and what the reader of a stream sees of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

import pytest
from typing_extensions import override

from any_llm import AnyLLM, Fallback, Health, Limit, Retry, Route, RouteTarget
from any_llm.exceptions import (
    AuthenticationError,
    ConfigurationError,
    ContextLengthExceededError,
    FirstTokenTimeoutError,
    InvalidRequestError,
    MalformedResponseError,
    MissingApiKeyError,
    OverloadedError,
    StreamTruncatedError,
)
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import Surroundings
from any_llm.refusals import DeadlineExceededError
from any_llm.stores.memory import MemoryStore
from any_llm.testing import Failure, Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.clock import RealClock
from any_llm.testing.mock.request import MockRequest
from any_llm.types.completion import ChatCompletionChunk
from any_llm.types.json import JSON
from any_llm.types.restart import Restart
from any_llm.types.routes import MidStream

QUESTION = [{"role": "user", "content": "Count."}]
TEXT = "one two three four five six seven eight nine ten"
FIRST, SECOND = "openai:gpt-5-mini", "groq:llama-3.3-70b-versatile"
UNAVAILABLE = Failure(status=503)
UNFLAPPABLE = Health(failures=1_000_000, window=1e9, rate=2.0)
PREFILLING = {"groq:llama-3.3-70b-versatile": {"prefill": True}}


class Watched(RealClock):
    """The time of a mock that goes by a virtual clock."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    @override
    def now(self) -> float:
        return self._clock.time()


def targets(*models: str) -> list[Mapping[str, JSON]]:
    return [{"model": model, "api_key": f"key-of-{model}"} for model in models]


def client_of(mock: Mock, *models: str, fallback: Fallback | None = None, **settings: JSON) -> AnyLLM:
    """Return a client of targets that a mock answers, with nothing known about their health."""
    route = Route(targets=tuple(targets(*models or (FIRST, SECOND))), fallback=fallback)
    given: dict[str, JSON] = {"surroundings": Surroundings(chance=lambda: 0.0), "transport": mock.transport, **settings}
    return AnyLLM.create(route, **given)


def failing(*vendors: str, answer: JSON = UNAVAILABLE) -> Callable[[MockRequest], JSON]:
    """Return an answerer by which some vendors fail, and the others say the text."""
    return lambda request: answer if request.vendor in vendors else TEXT


def contents(pieces: Sequence[JSON]) -> str:
    return "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)


def after_restart(pieces: Sequence[JSON]) -> list[JSON]:
    """Return the pieces that count for a reader who heeds restarts."""
    marks = [place for place, piece in enumerate(pieces) if isinstance(piece, Restart)]
    return list(pieces[marks[-1] + 1 :] if marks else pieces)


async def read(stream: EventStream[ChatCompletionChunk]) -> tuple[list[ChatCompletionChunk], Exception | None]:
    pieces: list[ChatCompletionChunk] = []
    try:
        async for piece in stream:
            pieces.append(piece)  # noqa: PERF401  # those before an error count
    except (StreamTruncatedError, MalformedResponseError) as error:
        return pieces, error
    return pieces, None


async def test_the_next_target_answers_and_the_report_tells_who_did() -> None:
    mock = Mock()
    mock.answer_with(failing("openai"))
    answer = await client_of(mock).acompletion("auto", QUESTION)
    report = answer.report
    assert answer.choices[0].message.content == TEXT
    assert (report.provider, report.model) == ("groq", "llama-3.3-70b-versatile")
    assert [(each.provider, each.outcome) for each in report.attempts] == [("openai", "failed"), ("groq", "ok")]
    assert report.routing is not None
    assert report.routing.passed == [f"{FIRST}: OverloadedError"]
    assert [each.target for each in report.routing.considered] == [FIRST, SECOND]


async def test_each_target_has_its_own_key_and_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_SECOND", "key-of-second")
    mock = Mock()
    mock.answer_with(failing("openai"))
    second = RouteTarget(model=SECOND, api_base="https://api.groq.com/elsewhere/v1", key_variable="KEY_OF_THE_SECOND")
    client = AnyLLM.create([*targets(FIRST), second], transport=mock.transport, surroundings=Surroundings(), retry=None)
    await client.acompletion("auto", QUESTION)
    assert [call.headers["authorization"] for call in mock.calls] == [f"Bearer key-of-{FIRST}", "Bearer key-of-second"]
    assert mock.last.path == "/elsewhere/v1/chat/completions"


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure(status=429), None),
        (Failure(status=401), None),
        (Failure(status=404, code="model_not_found"), None),
        (Failure(status=400, code="context_length_exceeded"), None),
        (Failure(status=400, code="content_filter"), None),
        (Failure(status=500), None),
        (Failure(status=400), InvalidRequestError),
        (Failure(status=422), InvalidRequestError),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_what_another_target_may_serve_is_asked_of_it(
    failure: Failure, error: type[Exception] | None, *, stream: bool
) -> None:
    mock = Mock()
    mock.answer_with(failing("openai", answer=failure))
    client = client_of(mock, retry=None, models={FIRST: {"context_window": 1_000}})
    if error is None:
        answer = await client.acompletion("auto", QUESTION, stream=stream)
        text = contents([piece async for piece in answer]) if isinstance(answer, EventStream) else None
        assert text == TEXT if stream else answer.report.provider == "groq"
    else:
        with pytest.raises(error) as raised:
            await client.acompletion("auto", QUESTION, stream=stream)
        assert [each.provider for each in raised.value.attempts] == ["openai"]  # type: ignore[attr-defined]  # ours


async def test_too_long_a_context_goes_to_a_larger_window_only() -> None:
    mock = Mock()
    mock.answer_with(failing("openai", "mistral", answer=Failure(status=400, code="context_length_exceeded")))
    windows = {FIRST: 2_000, "mistral:mistral-small-latest": 1_000, SECOND: 4_000}
    client = client_of(mock, *windows, models={model: {"context_window": size} for model, size in windows.items()})
    answer = await client.acompletion("auto", QUESTION)
    assert [each.provider for each in answer.report.attempts] == ["openai", "groq"]


CLAUDE = "anthropic:claude-sonnet-4-5"
TOO_LONG = Failure(status=400, kind="context_length", message="210000 tokens > 200000 maximum")


@pytest.mark.parametrize("stream", [True, False])
async def test_a_prompt_that_anthropic_calls_too_long_in_words_goes_to_a_larger_window(*, stream: bool) -> None:
    mock = Mock()
    mock.answer_with(failing("anthropic", "mistral", answer=TOO_LONG))
    windows = {CLAUDE: 2_000, "mistral:mistral-small-latest": 1_000, SECOND: 4_000}
    client = client_of(mock, *windows, models={model: {"context_window": size} for model, size in windows.items()})
    answer = await client.acompletion("auto", QUESTION, stream=stream)
    if isinstance(answer, EventStream):
        assert contents([piece async for piece in answer]) == TEXT
    report = answer.report
    assert report is not None
    assert [(each.provider, each.error) for each in report.attempts] == [
        ("anthropic", "ContextLengthExceededError"),
        ("groq", None),
    ]


async def test_where_no_window_is_larger_people_are_told_to_send_less() -> None:
    mock = Mock()
    mock.answer_with(failing("anthropic", answer=TOO_LONG))
    client = client_of(mock, CLAUDE, SECOND, models={CLAUDE: {"context_window": 9}, SECOND: {"context_window": 9}})
    with pytest.raises(ContextLengthExceededError) as raised:
        await client.acompletion("auto", QUESTION)
    told = raised.value.explain()
    assert "ContextLengthExceededError: prompt is too long: 210000 tokens > 200000 maximum" in told
    assert "What to do: Send less, or name a model with a larger context window." in told


async def test_an_account_that_is_empty_in_words_alone_leaves_the_call_to_the_next_target() -> None:
    mock = Mock()
    empty = Failure(status=400, message="Your credit balance is too low to access the Anthropic API.")
    mock.answer_with(failing("anthropic", answer=empty))
    answer = await client_of(mock, CLAUDE, SECOND).acompletion("auto", QUESTION)
    assert [(each.provider, each.error) for each in answer.report.attempts] == [
        ("anthropic", "InsufficientFundsError"),
        ("groq", None),
    ]


async def test_without_a_larger_window_the_error_is_raised() -> None:
    mock = Mock()
    mock.answer_with(failing("openai", "groq", answer=Failure(status=400, code="context_length_exceeded")))
    client = client_of(mock, models={FIRST: {"context_window": 2_000}, SECOND: {"context_window": 2_000}})
    with pytest.raises(ContextLengthExceededError) as raised:
        await client.acompletion("auto", QUESTION)
    assert [each.provider for each in raised.value.attempts] == ["openai"]


async def test_the_last_error_tells_the_attempts_at_all_targets() -> None:
    mock = Mock()
    mock.answer_with(failing("openai", "groq"))
    client = client_of(mock, retry=Retry(max_attempts=2, base=0.0))
    with pytest.raises(OverloadedError) as raised:
        await client.acompletion("auto", QUESTION)
    assert [each.provider for each in raised.value.attempts] == ["openai", "groq", "groq"]
    assert raised.value.provider_name == "groq"


async def test_a_target_is_asked_again_as_often_as_the_policy_says() -> None:
    mock = Mock()
    mock.answer_with(failing("openai"))
    client = client_of(mock, fallback=Fallback(retries=1), retry=Retry(base=0.0))
    answer = await client.acompletion("auto", QUESTION)
    assert [each.provider for each in answer.report.attempts] == ["openai", "openai", "groq"]


async def test_a_policy_may_say_otherwise_about_a_class_of_errors() -> None:
    mock = Mock()
    mock.answer_with(failing("openai", answer=Failure(status=401)))
    client = client_of(mock, fallback=Fallback(errors={"AuthenticationError": "stop"}))
    with pytest.raises(AuthenticationError):
        await client.acompletion("auto", QUESTION)


async def test_a_call_may_bring_its_retries_where_there_are_none() -> None:
    mock = Mock()
    mock.answer_with(failing("openai", "groq"))
    client = client_of(mock, retry=None)
    with pytest.raises(OverloadedError) as raised:
        await client.acompletion("auto", QUESTION, max_retries=0)
    assert len(raised.value.attempts) == 2


def test_a_silent_target_gets_half_of_the_time_that_is_left() -> None:
    clock = VirtualClock()
    mock = Mock(clock=Watched(clock))
    client = client_of(mock, surroundings=clock.surroundings())
    mock.reply(TEXT)
    mock.fault("slow-headers", times=1)
    answer = clock.run(client.acompletion("auto", QUESTION, deadline=20))
    assert answer.choices[0].message.content == TEXT
    assert clock.now == pytest.approx(10.0, abs=1.0)
    assert answer.report.routing is not None
    assert answer.report.routing.passed == [f"{FIRST}: FirstTokenTimeoutError"]
    assert [each.outcome for each in answer.report.attempts] == ["failed", "ok"]
    assert [each.failures for each in client.health()] == [1, 0]


def test_patience_is_shorter_than_the_share_where_it_says_so() -> None:
    clock = VirtualClock()
    mock = Mock(clock=Watched(clock))
    client = client_of(mock, fallback=Fallback(patience=2.0), surroundings=clock.surroundings())
    mock.fault("slow-headers", times=1)
    answer = clock.run(client.acompletion("auto", QUESTION, deadline=20, stream=True))
    assert clock.now == pytest.approx(2.0, abs=1.0)
    assert answer.report.provider == "groq"


def test_the_deadline_holds_over_all_targets() -> None:
    clock = VirtualClock()
    mock = Mock(clock=Watched(clock))
    client = client_of(mock, FIRST, SECOND, "mistral:mistral-small-latest", surroundings=clock.surroundings())
    mock.fault("slow-headers")
    with pytest.raises((DeadlineExceededError, FirstTokenTimeoutError)) as raised:
        clock.run(client.acompletion("auto", QUESTION, deadline=8))
    assert clock.now <= 8.001
    assert [each.provider for each in raised.value.attempts] == ["openai", "groq", "mistral"]


class Elsewhere:
    """A shared store: what it holds is known by asking it."""

    def __init__(self, clock: VirtualClock) -> None:
        store = MemoryStore(clock)
        self.draw, self.give_back = store.draw, store.give_back


@pytest.mark.parametrize("stream", [True, False])
def test_a_target_that_a_limit_of_our_own_holds_up_gives_way_to_the_next_and_has_not_failed(*, stream: bool) -> None:
    clock, mock = VirtualClock(), Mock()

    async def answer(request: MockRequest) -> JSON:
        await clock.sleep(30.0 if request.vendor == "openai" else 0.1)
        return TEXT

    mock.answer_with(answer)
    limits = [Limit(amount=1, of="concurrency", only={"provider": "openai"})]
    world: dict[str, JSON] = {
        "surroundings": clock.surroundings(), "limits": limits, "retry": None, "store": Elsewhere(clock),
    }  # fmt: skip
    client = client_of(mock, fallback=Fallback(patience=4), **world)
    busy = AnyLLM.create("openai", "another key", transport=mock.transport, **world)

    async def story() -> None:
        first = asyncio.ensure_future(busy.acompletion("gpt-5-mini", QUESTION))
        await clock.sleep(0)
        for _ in range(6):
            began = clock.now
            answered = await client.acompletion("auto", QUESTION, stream=stream, deadline=60)
            if isinstance(answered, EventStream):
                await read(answered)
            assert answered.report.provider == "groq"
            assert answered.report.routing is not None
            assert answered.report.routing.passed == [f"{FIRST}: LimitExceededError"]
            assert 3.9 <= clock.now - began <= 4.3
            assert [each.provider for each in answered.report.attempts] == ["groq"]
        first.cancel()
        await asyncio.wait([first])

    clock.run(story())
    assert [each.failures for each in client.health() if each.provider == "openai"] == [0]


@pytest.mark.unmeasured
@pytest.mark.parametrize("policy", ["error", "restart", "continue"])
async def test_no_text_is_lost_or_doubled_wherever_a_stream_is_cut(policy: MidStream) -> None:
    chance = random.Random(7)  # noqa: S311  # not a secret
    seen = {"whole": 0, "cut": 0, "restarted": 0, "continued": 0}
    mock = Mock()
    mock.answer_with(going_on)
    fallback = Fallback(mid_stream=policy)
    client = client_of(mock, fallback=fallback, models=PREFILLING, health=UNFLAPPABLE, retry=None)
    for _ in range(1_000):
        mock.fault(f"cut-short={chance.randrange(1, 4_500)}", times=1)
        stream = await client.acompletion("auto", QUESTION, stream=True)
        pieces, error = await read(stream)
        routing = stream.report.routing
        assert routing is not None
        text = contents(after_restart(pieces))
        if error is None:
            assert text == TEXT
            assert stream.response.choices[0].message.content == TEXT
        else:
            assert TEXT.startswith(text)
        seen["whole" if error is None else "cut"] += 1
        seen["restarted"] += routing.restarts
        seen["continued"] += routing.continued
        assert sum(isinstance(piece, Restart) for piece in pieces) == routing.restarts
    assert mock.transport.open == 0
    assert bool(seen["cut"]) == (policy != "restart")
    assert bool(seen["restarted"]) == (policy == "restart")
    assert bool(seen["continued"]) == (policy == "continue")


def going_on(request: MockRequest) -> JSON:
    """Say the text, or what is left of it when its beginning is there, with the white space in front."""
    last = request.json["messages"][-1]
    return TEXT.removeprefix(last["content"]) if last["role"] == "assistant" else TEXT


async def test_an_early_failure_of_a_stream_is_unseen() -> None:
    mock = Mock()
    mock.reply(TEXT)
    mock.fault("cut-short=400", times=1)
    stream = await client_of(mock).acompletion("auto", QUESTION, stream=True)
    pieces, error = await read(stream)
    assert (contents(pieces), error, stream.report.provider) == (TEXT, None, "groq")


async def test_a_restart_tells_why_and_who_answers_now() -> None:
    mock = Mock()
    mock.reply(TEXT)
    client = client_of(mock, fallback=Fallback(mid_stream="restart"))
    mock.fault("cut-short=1600", times=1)
    stream = await client.acompletion("auto", QUESTION, stream=True)
    pieces, _ = await read(stream)
    mark = next(piece for piece in pieces if isinstance(piece, Restart))
    assert (mark.type, mark.provider, mark.choices) == ("any_llm.restart", "groq", [])
    assert mark.reason.startswith("StreamTruncatedError: ")
    assert stream.report.provider == "groq"
    assert stream.report.elapsed is not None
    assert [each.outcome for each in stream.report.attempts] == ["failed", "ok"]


async def test_a_stream_whose_every_target_is_cut_is_an_error() -> None:
    mock = Mock(fault="cut-short=1600")
    mock.reply(TEXT)
    stream = await client_of(mock, fallback=Fallback(mid_stream="restart")).acompletion("auto", QUESTION, stream=True)
    pieces, error = await read(stream)
    assert isinstance(error, StreamTruncatedError)
    assert sum(isinstance(piece, Restart) for piece in pieces) == 1
    assert mock.transport.open == 0


async def test_nothing_is_continued_by_a_target_that_is_not_known_to_do_so() -> None:
    mock = Mock()
    mock.reply(TEXT)
    mock.fault("cut-short=1600", times=1)
    client = client_of(mock, fallback=Fallback(mid_stream="continue"), models={SECOND: {"prefill": False}})
    pieces, error = await read(await client.acompletion("auto", QUESTION, stream=True))
    assert isinstance(error, StreamTruncatedError)
    assert TEXT.startswith(contents(pieces))
    assert len(mock.calls) == 1


async def test_a_stream_left_in_the_middle_releases_its_connection() -> None:
    mock = Mock()
    mock.reply(TEXT)
    client = client_of(mock, fallback=Fallback(mid_stream="restart"))
    mock.fault("cut-short=1600", times=1)
    async with await client.acompletion("auto", QUESTION, stream=True) as stream:
        async for piece in stream:
            if isinstance(piece, Restart):
                break
    assert mock.transport.open == 0
    assert [each.outcome for each in stream.report.attempts] == ["failed", "closed"]


def test_a_named_route_is_a_model() -> None:
    mock = Mock()
    mock.answer_with(failing("openai"))
    routes = {
        "fast": Route(targets=(*targets(FIRST), "route:spare")),
        "spare": Route(targets=tuple(targets(SECOND))),
    }
    client = AnyLLM.create("route", routes=routes, transport=mock.transport, surroundings=Surroundings())
    answer = client.completion("fast", QUESTION)
    assert answer.report.provider == "groq"
    assert answer.report.routing is not None
    assert [each.route for each in answer.report.routing.considered] == ["fast", "spare"]


def test_chains_are_nested_as_lists_too() -> None:
    mock = Mock()
    mock.answer_with(failing("openai", "mistral"))
    nested = [targets(FIRST, "mistral:mistral-small-latest"), *targets(SECOND)]
    client = AnyLLM.create(nested, transport=mock.transport, surroundings=Surroundings())
    answer = client.completion("auto", QUESTION)
    assert [each.provider for each in answer.report.attempts] == ["openai", "mistral", "groq"]


async def test_other_operations_fall_back_too() -> None:
    mock = Mock()
    mock.answer_with(failing("mistral"))
    client = client_of(mock, "mistral:mistral-small-latest", SECOND)
    message = await client.amessages("auto", QUESTION, 100)
    assert message.report.provider == "groq"
    with pytest.raises(NotImplementedError):
        await client.aembedding("auto", "Count.")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: AnyLLM.create([]), "targets is"),
        (lambda: AnyLLM.create(["gpt-5"]), "provider:model"),
        (lambda: AnyLLM.create([3]), "A target of a route is 3"),
        (lambda: AnyLLM.create([{"model": FIRST, "wait": 3}]), "wait"),
        (lambda: AnyLLM.create(["route:nowhere"]), "no route 'nowhere'"),
        (lambda: AnyLLM.create(["route:auto"]), "leads back to itself"),
        (lambda: AnyLLM.create(targets(FIRST), api_key="k"), "RouteTarget"),
        (lambda: AnyLLM.create("route", routes={"a": ["openai:m"]}), "give an any_llm.Route"),
        (lambda: AnyLLM.create("route", routes={" a": Route(targets=("openai:m",))}), "blanks"),
        (lambda: AnyLLM.create(targets(FIRST), fallback=3), "any_llm.Fallback"),
        (lambda: AnyLLM.create(targets(FIRST), health=3), "any_llm.Health"),
        (lambda: AnyLLM.create(targets(FIRST)).completion("fast", QUESTION), "no route 'fast'"),
        (lambda: AnyLLM.create(targets(FIRST)).list_models(), "a client of one provider"),
        (lambda: AnyLLM.create("openai", api_key="k").explain("m"), "a client of a route"),
        (lambda: Route(targets=("openai:m",), strategy="best"), "strategy is 'best'"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Route(targets=("openai:m",), weights=(1.0, 2.0)), "one for each of 1"),
        (lambda: Route(targets=("openai:m",), weights=(-1.0,)), "A weight is -1.0"),
        (lambda: Route(targets=("openai:m",), max_price=-1), "max_price is -1"),
        (lambda: Route(targets=("openai:m",), require="eu"), "require is 'eu'"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Fallback(errors={"Oops": "next"}), "errors names 'Oops'"),
        (lambda: Fallback(errors={"RateLimitError": "later"}), "is 'later'"),  # type: ignore[dict-item]  # wrong on purpose
        (lambda: Fallback(mid_stream="again"), "mid_stream is 'again'"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Fallback(retries=-1), "retries is -1"),
        (lambda: Fallback(patience=0), "patience is 0"),
        (lambda: Fallback(share=2), "share is 2"),
    ],
)
def test_what_is_no_route_is_refused_with_its_remedy(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        make()
    assert words in str(raised.value)


def test_a_target_without_a_key_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    with pytest.raises(MissingApiKeyError):
        AnyLLM.create([*targets(FIRST), SECOND])


def test_keys_are_not_shown() -> None:
    client = AnyLLM.create(targets(FIRST))
    assert "key-of" not in repr(client.settings)
    with pytest.raises(ConfigurationError) as raised:
        AnyLLM.create([{"model": FIRST, "api_key": "key-of-nobody", "weight": "heavy"}])
    assert "key-of" not in str(raised.value)


def test_a_client_of_one_provider_has_no_layer_of_routes() -> None:
    assert [place.name for place in AnyLLM.create("openai", api_key="k", retry=None).layers] == []
    names = [place.name for place in AnyLLM.create(targets(FIRST), retry=Retry()).layers]
    assert names == ["fallback", "breaker", "retry"]


async def test_a_call_without_a_chain_goes_straight_on() -> None:
    mock = Mock()
    client = AnyLLM.create(
        "openai", api_key="k", transport=mock.transport, fallback=Fallback(), surroundings=Surroundings()
    )
    answer = await client.acompletion("gpt-5-mini", QUESTION)
    assert answer.report.routing is None
