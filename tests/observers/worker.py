"""One of several worker processes: makes calls, says so, and waits to be ended."""

from __future__ import annotations

import asyncio
import sys

from any_llm import Metrics
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Mock
from any_llm.testing.mock.answer import Answer, Usage


async def work(number: int) -> None:
    """Make calls, and leave one on its way."""
    surroundings = Surroundings()
    with Mock() as mock:
        mock.reply(Answer(text="hello", usage=Usage(input=10, output=1)))
        client = mock.client("openai", metrics=Metrics(backends=("prometheus",), refresh=0), surroundings=surroundings)
        for _ in range(number):
            await client.acompletion(model="gpt-5", messages=[{"role": "user", "content": "Say hello."}])
        stream = await client.acompletion(model="gpt-5", messages=[{"role": "user", "content": "Go on."}], stream=True)
        await client.acompletion(model="gpt-5", messages=[{"role": "user", "content": "Say hello."}])
        print("ready", flush=True)  # noqa: T201  # the parent waits for it
        await asyncio.to_thread(sys.stdin.read)
        stream.close()


if __name__ == "__main__":
    asyncio.run(work(int(sys.argv[1])))
