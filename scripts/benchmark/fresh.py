"""What is measured in fresh interpreters: imports, the first answer, the blocking facade, memory."""

from __future__ import annotations

from collections.abc import Mapping

from scripts.benchmark.measure import Row, in_process, row

_IMPORT = "import time\nstarted = time.process_time()\nimport {name}\nprint((time.process_time() - started) * 1e3)\n"

_FIRST = {
    "any-llm": """
import any_llm
messages = [{{"role": "user", "content": "hi"}}]
any_llm.completion("openai:m", messages, api_key="k", api_base="{origin}/v1").choices[0].message
""",
    "openai SDK": """
import openai
client = openai.OpenAI(api_key="k", base_url="{origin}/v1")
client.chat.completions.create(model="m", messages=[{{"role": "user", "content": "hi"}}]).choices[0].message
""",
}
_CPU = "import time\n{work}\nprint(time.process_time() * 1e3)\n"

_FACADE = """
import asyncio, statistics, time, any_llm
arguments = dict(model="openai:m", messages=[dict(role="user", content="hi")], api_key="k", api_base="{origin}/v1")
async def several(count):
    times = []
    for _ in range(count):
        started = time.perf_counter()
        await any_llm.acompletion(**arguments)
        times.append(time.perf_counter() - started)
    return statistics.median(times)
def blocking(count):
    times = []
    for _ in range(count):
        started = time.perf_counter()
        any_llm.completion(**arguments)
        times.append(time.perf_counter() - started)
    return statistics.median(times)
any_llm.completion(**arguments)
asyncio.run(several(50))
differences = [blocking(300) - asyncio.run(several(300)) for _ in range(5)]
print(statistics.median(differences) * 1e6)
"""

_IMAGE = """
import any_llm
def held(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
size = 20 * 2**20
picture = "data:image/png;base64," + "A" * size
message = dict(role="user", content=[dict(type="image_url", image_url=dict(url=picture))])
arguments = dict(api_key="k", api_base="{origin}/v1")
any_llm.completion("openai:m", [dict(role="user", content="hi")], **arguments)
before = held("VmRSS") - size
# The peak so far may be that of the process which started this one.
open("/proc/self/clear_refs", "w").write("5")
any_llm.completion("openai:m", [message], **arguments)
print((held("VmHWM") - before) / size)
"""


def imports(rounds: int) -> list[Row]:
    """Return the CPU time of `import any_llm` against msgspec's and OpenAI's SDK's."""
    names = ("any_llm", "msgspec", "openai")
    figures: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            figures[name].append(in_process(_IMPORT.format(name=name)))
    return [
        row("import any_llm", _pair(figures, "any_llm", "msgspec"), unit="ms", limit=1.0),
        row("import any_llm", _pair(figures, "any_llm", "openai"), unit="ms", limit=0.1),
    ]


def first_answer(origin: str, rounds: int) -> Row:
    """Return the CPU time of a whole process that makes one call."""
    figures: dict[str, list[float]] = {name: [] for name in _FIRST}
    for _ in range(rounds):
        for name, work in _FIRST.items():
            figures[name].append(in_process(_CPU.format(work=work.format(origin=origin))))
    return row("cold process to first answer", figures, unit="ms", limit=0.7)


def facade(origin: str) -> Row:
    """Return how much longer `completion` takes than `acompletion`, of the 100 µs that are promised."""
    more = in_process(_FACADE.format(origin=origin))
    return Row("completion over acompletion", "100 µs", more, 100.0, more / 100.0, "µs", 1.0)


def image(origin: str) -> Row:
    """Return the peak memory of a request with a 20 MB image, the image itself included, as a multiple of its size."""
    peak = in_process(_IMAGE.format(origin=origin))
    return Row("20 MB image request, peak memory", "its size", peak, 1.0, peak, "x", 2.2)


def _pair(figures: Mapping[str, list[float]], ours: str, theirs: str) -> dict[str, list[float]]:
    return {ours: figures[ours], theirs: figures[theirs]}
