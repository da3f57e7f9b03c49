"""Memory: large requests are not copied about, and large answers are parsed once."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.client.answers import answer
from tests.transport.conftest import Serve

pytestmark = pytest.mark.unmeasured  # what these processes run is measured where other tests run it in theirs

PROGRAM = """
    import asyncio, sys, tracemalloc
    import any_llm

    def highest():
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

    async def main(traced):
        async def ask(content):
            return await any_llm.acompletion({model!r}, [{{"role": "user", "content": content}}], max_tokens=9,
                api_key="sk-x", api_base=sys.argv[1])
        await ask("warm up")
        url = "data:image/png;base64,".ljust({size}, "A")
        base = highest()
        if traced:
            tracemalloc.start()
        answered = await ask([{{"type": "image_url", "image_url": {{"url": url}}}}])
        assert answered.choices[0].message.content == "hello"
        print(tracemalloc.get_traced_memory()[1] if traced else highest() - base)

    asyncio.run(main({traced}))
"""
SIZE = 20 * 1024 * 1024


@pytest.mark.parametrize("traced", [True, False])
def test_a_request_with_a_large_image_peaks_at_little_more_than_its_size(serve: Serve, traced: bool) -> None:
    program = textwrap.dedent(PROGRAM.format(size=SIZE, traced=traced, model="openai:m"))
    command = [sys.executable, "-c", program, serve(answer).url("/v1")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.stderr == ""
    # The caller's own text is there before; what comes on top of it is the encoded body and little else.
    assert int(done.stdout) <= 2.2 * SIZE
