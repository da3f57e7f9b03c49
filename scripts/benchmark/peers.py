"""The libraries that this one is measured against, each in an environment of its own, all of them in turn.

`python scripts/bench.py --install-peers` makes the environments in `.venv-peers/` from the package index. A peer whose
environment is missing is not measured; the vendors' own SDKs are among this project's tools.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".venv-peers"
WORKER = ROOT / "scripts" / "benchmark" / "worker.py"
OURS = "any-llm"
"""The label of this library."""
_KILOBYTE, _MEGABYTE = 1024, 1024 * 1024


@dataclass(frozen=True)
class Peer:
    """A library.

    `label` is its name in the tables; `subject` how `worker.py` calls it; `module` what a program imports; `package`
    the name of its distribution; `requirement` what is installed, in the environment of this name, or nothing for what
    this project's own environment has. Peers of one `family` are asked in the same words and compared.
    """

    label: str
    subject: str
    module: str
    package: str
    requirement: str = ""
    environment: str = ""
    family: str = "chat"

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return ENVIRONMENTS / self.environment / "bin" / "python" if self.environment else Path(sys.executable)

    @property
    def installed(self) -> bool:
        """Whether it can be measured."""
        return self.python.exists()

    def variables(self) -> dict[str, str]:
        """Return the environment's variables: this source only for this library, and nobody asks the network."""
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        own = {} if self.environment else {"PYTHONPATH": str(ROOT / "src")}
        return kept | own | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "127.0.0.1"}

    def run(self, *arguments: str) -> str:
        """Run its interpreter, from nowhere in particular, and return what it prints."""
        command = [str(self.python), "-P", *arguments]
        outcome = subprocess.run(command, env=self.variables(), capture_output=True, text=True, check=False)
        if outcome.returncode:
            raise RuntimeError(f"{self.label}: {outcome.stderr}")
        return outcome.stdout

    def version(self) -> str:
        """Return the version that is installed."""
        return self.run("-c", f"import importlib.metadata as m; print(m.version({self.package!r}))").strip()


MOZILLA = ("any_llm", "any-llm-sdk", "any-llm-sdk[openai,anthropic]==1.40.2", "any-llm-sdk")
PEERS: Sequence[Peer] = (
    Peer(OURS, "any_llm", "any_llm", "any-llm"),
    Peer("openai", "openai", "openai", "openai"),
    Peer("LiteLLM", "litellm", "litellm", "litellm", "litellm==1.110.2", "litellm"),
    Peer("Mozilla any-llm", "any_llm", *MOZILLA),
    Peer("Mozilla any-llm, client object", "any_llm_client", *MOZILLA),
    Peer(
        "pydantic-ai",
        "pydantic_ai",
        "pydantic_ai.direct",
        "pydantic-ai-slim",
        "pydantic-ai-slim[openai]==2.68.0",
        "pydantic-ai-slim",
    ),
    Peer(
        "langchain-openai",
        "langchain_openai",
        "langchain_openai",
        "langchain-openai",
        "langchain-openai==1.7.4",
        "langchain-openai",
    ),
    Peer("aisuite", "aisuite", "aisuite", "aisuite", "aisuite[openai]==0.2.0", "aisuite"),
    Peer(f"{OURS}, messages", "any_llm_messages", "any_llm", "any-llm", family="messages"),
    Peer("anthropic", "anthropic", "anthropic", "anthropic", family="messages"),
)


@dataclass(frozen=True)
class Measure:
    """A piece of work: its name in the tables, what `worker.py` calls it, how often at most, and how many at once."""

    name: str
    work: str
    times: int
    concurrency: int = 1
    families: Sequence[str] = ("chat",)


MEASURES: Sequence[Measure] = (
    Measure("1 KB call", "small", 300, families=("chat", "messages")),
    Measure("1 KB call, 50 at once", "small", 1_000, 50, families=("chat", "messages")),
    Measure("256 KB answer, read", "large", 50),
    Measure("4 MB image request", "upload", 10),
    Measure("stream of 200 chunks", "stream", 15, families=("chat", "messages")),
)
IMPORT, FIRST = "import", "cold process to first answer"
RESIDENT, AFTER_FIRST = "memory after import", "memory after the first answer"
GROWTH, CONNECTIONS = "memory that 1,000 streams add", "connections for 200 calls, 20 at once"
UNITS: Mapping[str, str] = {
    IMPORT: "ms",
    FIRST: "ms",
    **{measure.name: "µs" for measure in MEASURES},
    RESIDENT: "MB",
    AFTER_FIRST: "MB",
    GROWTH: "KB",
    CONNECTIONS: "",
}
"""The unit of each measure, in the order of the tables."""
BUDGET = 0.4
"""Seconds of CPU time for one piece of work in one round: slow ones are done less often."""
_IMPORT = """
import time
started = time.process_time()
import {module}
took = time.process_time() - started
import os
resident = int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
print(took * 1e3, resident)
"""

Figures = dict[str, dict[str, list[float]]]
"""By measure and label the figures of all rounds."""


class Worker:
    """A library that waits for work in a process of its own."""

    def __init__(self, peer: Peer, process: subprocess.Popen[str]) -> None:
        self.peer = peer
        self._process = process
        self._costs: dict[str, float] = {}

    def ask(self, **command: object) -> float:
        """Have something done and return its figure.

        Raises:
            RuntimeError: the library failed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "it ended"}')
        if "error" in answer:
            raise RuntimeError(f"{self.peer.label}, {command}: {answer['error']}")
        return float(answer.get("cpu", answer.get("memory")))

    def work(self, measure: Measure) -> float:
        """Do a piece of work as often as the budget allows; the first time only to see what it costs."""
        if measure.name not in self._costs:
            several = max(2, measure.concurrency)
            self.ask(work=measure.work, times=several, concurrency=measure.concurrency)
            cost = self.ask(work=measure.work, times=several, concurrency=measure.concurrency)
            self._costs[measure.name] = max(cost, 1.0)
        affordable = int(BUDGET * 1e6 / self._costs[measure.name])
        times = max(min(measure.times, affordable), measure.concurrency, 2)
        return self.ask(work=measure.work, times=times, concurrency=measure.concurrency)


def install(say: Callable[[str], object] = print) -> None:
    """Make the environments of all peers, from the package index.

    Raises:
        CalledProcessError: a package cannot be installed.
    """
    for requirement, folder in dict.fromkeys(
        (peer.requirement, peer.environment) for peer in PEERS if peer.requirement
    ):
        say(f"Installing {requirement} into .venv-peers/{folder}")
        venv.create(ENVIRONMENTS / folder, with_pip=True, clear=True)
        pip = [
            str(ENVIRONMENTS / folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "-q",
        ]
        subprocess.run([*pip, requirement], check=True)


@contextmanager
def worker(peer: Peer, origin: str) -> Iterator[Worker]:
    """Start a library's process, and end it afterwards."""
    command = [str(peer.python), "-P", str(WORKER), peer.subject, origin]
    with subprocess.Popen(
        command,
        env=peer.variables(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Worker(peer, process)
        finally:
            process.kill()


def compare(origin: str, rounds: int, only: str = "", say: Callable[[str], object] = lambda _: None) -> Figures:
    """Measure every library that is installed, all in turn within each round; `only` what has this text in its name."""
    figures: Figures = {name: {} for name in UNITS if only in name}
    chosen = [peer for peer in PEERS if peer.installed]
    _compare_fresh(figures, chosen, origin, rounds, say)
    _compare_calls(figures, chosen, origin, rounds, say)
    compare_sizes(figures, chosen, origin, say)
    return figures


def _note(figures: Figures, name: str, peer: Peer, figure: float) -> None:
    figures[name].setdefault(peer.label, []).append(figure)


def _compare_fresh(
    figures: Figures, chosen: Sequence[Peer], origin: str, rounds: int, say: Callable[[str], object]
) -> None:
    """Measure what only a fresh process shows."""
    wanted = {IMPORT, RESIDENT, FIRST, AFTER_FIRST} & figures.keys()
    for turn in range(rounds if wanted else 0):
        say(f"fresh processes, round {turn + 1} of {rounds}")
        for peer in chosen:
            took, resident = peer.run("-c", _IMPORT.format(module=peer.module)).split()[-2:]
            once = json.loads(peer.run(str(WORKER), peer.subject, origin, "--once").splitlines()[-1])
            found = {
                IMPORT: float(took),
                RESIDENT: int(resident) / _MEGABYTE,
                FIRST: once["cpu"] / 1e3,
                AFTER_FIRST: once["memory"] / _MEGABYTE,
            }
            for name in wanted:
                _note(figures, name, peer, found[name])


def _compare_calls(
    figures: Figures, chosen: Sequence[Peer], origin: str, rounds: int, say: Callable[[str], object]
) -> None:
    """Measure what a process that runs already takes for its calls."""
    measures = [measure for measure in MEASURES if measure.name in figures]
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(peer, origin)) for peer in chosen if measures]
        for turn in range(rounds if measures else 0):
            say(f"calls and streams, round {turn + 1} of {rounds}")
            for measure in measures:
                for one in workers:
                    if one.peer.family in measure.families:
                        _note(figures, measure.name, one.peer, one.work(measure))


def compare_sizes(
    figures: Figures, chosen: Sequence[Peer], origin: str, say: Callable[[str], object] = lambda _: None
) -> None:
    """Measure, once, what many calls leave behind, of the measures that `figures` has."""
    wanted = {CONNECTIONS: lambda one: _connections(one, origin), GROWTH: _growth}
    for name, measure in wanted.items():
        for peer in chosen if name in figures else ():
            say(f"{name}: {peer.label}")
            with worker(peer, origin) as one:
                _note(figures, name, peer, measure(one))


def _connections(one: Worker, origin: str) -> float:
    """Return how many connections 200 calls take, 20 at once."""
    before = _counted(origin)
    one.ask(work="small", times=200, concurrency=20)
    return _counted(origin) - before - 1  # that of asking


def _counted(origin: str) -> int:
    with urlopen(f"{origin}/connections", timeout=10) as answer:  # noqa: S310  # the loopback server of this run
        return int(answer.read())


def _growth(one: Worker) -> float:
    """Return by how many kilobytes memory grows in 1,000 short streams, when 300 have gone before."""
    one.ask(work="short", times=300, concurrency=10)
    before = one.ask(memory=True)
    one.ask(work="short", times=1_000, concurrency=10)
    return (one.ask(memory=True) - before) / _KILOBYTE


def ratios(figures: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return how many times our figure in the same words each library's is: the median of the rounds' ratios.

    Where ours is nothing there is no ratio.
    """
    found: dict[str, float] = {}
    for peer in PEERS:
        theirs = figures.get(peer.label, ())
        ours = figures.get(OURS if peer.family == "chat" else f"{OURS}, {peer.family}", ())
        if theirs and ours and min(ours) > 0:
            found[peer.label] = statistics.median(their / our for their, our in zip(theirs, ours, strict=True))
    return found
