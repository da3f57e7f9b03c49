"""What this library makes of every fault, whole and streamed, over a socket and in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final, NamedTuple

import pytest

from any_llm import AnyLLM, Timeouts, exceptions
from any_llm.exceptions import AnyLLMError, ProviderError
from any_llm.testing import JumpingClock, Mock
from any_llm.testing.mock.fault import Fault, Outcome
from any_llm.testing.mock.faults.registry import faults
from any_llm.transport.pool import Pool, PoolSettings
from any_llm.types.completion import ChatCompletionChunk

TEXT: Final = "Grüße aus 東京 – naïve café, and a good many words more until the answer has its length. 🙂"
LESS: Final[Mapping[str, str]] = {
    "length-cut": TEXT[: len(TEXT) // 2],
    "content-filter": TEXT[: len(TEXT) // 2],
    **dict.fromkeys(("refusal", "empty-answer", "broken-arguments", "unknown-tool", "zero-choices"), ""),
}
"""What is heard of the text where a fault changes what is said, and says so."""
PATIENT: Final = Timeouts(connect=20, first_token=20, idle=20, total=40)
LIMITS: Final[Mapping[str, Timeouts]] = {
    "FirstTokenTimeoutError": Timeouts(connect=20, first_token=0.2, idle=20, total=40),
    "IdleTimeoutError": Timeouts(connect=20, first_token=20, idle=0.2, total=40),
    "TotalTimeoutError": Timeouts(connect=20, first_token=20, idle=20, total=0.5),
}
LONGEST: Final = 15.0
"""No outcome may take so many seconds, on however busy a machine."""


class Heard(NamedTuple):
    """What a caller got."""

    text: str
    finish: set[str]
    tokens: int | None


async def ask(client: AnyLLM, model: str, timeout: Timeouts = PATIENT, *, stream: bool) -> Heard:
    messages = [{"role": "user", "content": TEXT}]
    if stream:
        options = {"include_usage": True}
        chunks = await client.acompletion(model, messages, stream=True, stream_options=options, timeout=timeout)
        return await listen(chunks)
    answer = await client.acompletion(model, messages, timeout=timeout)
    return Heard(
        "".join(choice.message.content or "" for choice in answer.choices),
        {choice.finish_reason for choice in answer.choices if choice.finish_reason},
        answer.usage.total_tokens if answer.usage else None,
    )


async def listen(chunks: AsyncIterator[ChatCompletionChunk]) -> Heard:
    text, finish, tokens = "", set[str](), None
    async for chunk in chunks:
        tokens = chunk.usage.total_tokens if chunk.usage else tokens
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish |= {choice.finish_reason} if choice.finish_reason else set()
    return Heard(text, finish, tokens)


def check_error(error: AnyLLMError, expected: Outcome) -> None:
    assert type(error).__name__ == expected.error, repr(error)
    wished = type(error).retryable if expected.retryable is None else expected.retryable
    assert error.retryable is wished
    if expected.retry_after is not None:
        assert error.retry_after == pytest.approx(expected.retry_after, abs=1.5)


async def check(client: AnyLLM, fault: Fault, model: str, *, stream: bool) -> None:
    """Call, and compare what comes of it with the table."""
    expected = fault.streamed if stream else fault.whole
    async with asyncio.timeout(LONGEST):
        if expected.error:
            with pytest.raises(AnyLLMError) as caught:
                await ask(client, model, LIMITS.get(expected.error, PATIENT), stream=stream)
            check_error(caught.value, expected)
        else:
            heard = await ask(client, model, stream=stream)
            assert heard.text == LESS.get(fault.name, TEXT)
            assert heard.finish == ({expected.finish} if expected.finish else set())


@pytest.fixture(scope="module")
def server() -> Iterator[Mock]:
    with Mock() as mock:
        yield mock


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    """Give a pool that has room for one connection: whoever keeps it lets nobody else call."""
    made = Pool(PoolSettings(max_connections=1))
    yield made
    await made.aclose()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", faults().values(), ids=list(faults()))
async def test_over_a_socket_it_is_what_the_table_says(server: Mock, pool: Pool, fault: Fault, stream: bool) -> None:
    server.reset()
    url = server.url("openai")
    client = AnyLLM.create("openai", api_key="key", api_base=url, transport=pool)
    broken = client
    if fault.listener:
        server.fault(fault.name)
    if fault.listener not in {"", "refuse"}:
        broken = AnyLLM.create("openai", api_key="key", api_base=url.replace("http:", "https:"), transport=pool)
    tasks = asyncio.all_tasks()

    await check(broken, fault, f"fault/{fault.name}", stream=stream)

    server.fault()
    async with asyncio.timeout(LONGEST):
        assert (await ask(client, "fine", stream=False)).text == TEXT
    assert asyncio.all_tasks() == tasks


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", faults().values(), ids=list(faults()))
async def test_in_this_process_it_is_the_same(fault: Fault, stream: bool) -> None:
    mock = Mock(clock=JumpingClock())
    tasks = asyncio.all_tasks()

    await check(mock.client("openai"), fault, f"fault/{fault.name}", stream=stream)

    assert mock.transport.open == 0
    assert asyncio.all_tasks() == tasks


@pytest.mark.parametrize("fault", faults().values(), ids=list(faults()))
def test_the_errors_of_the_table_are_ours(fault: Fault) -> None:
    for outcome in (fault.whole, fault.streamed):
        assert not outcome.error or issubclass(getattr(exceptions, outcome.error), AnyLLMError)


async def test_a_stream_that_a_fault_cuts_anywhere_is_never_a_success() -> None:
    """Cut a stream after each of its bytes: what is not the whole answer is an error."""
    mock = Mock()
    client = mock.client("openai")
    whole = await ask(client, "fine", stream=True)
    for place in range(0, 4_000, 7):
        try:
            heard = await ask(client, f"fault/cut-short={place}", stream=True)
        except ProviderError:
            continue
        assert heard.text == whole.text, f"cut after {place} bytes"
