"""What `make bench` and `make soak` measure, and the page that is made of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from scripts import bench
from scripts.benchmark import page, peers
from scripts.benchmark.everything import MODEL, bare, everything, measure_everything
from scripts.benchmark.measure import Row
from scripts.benchmark.peers import PEERS, Peer, Worker, ratios, worker
from scripts.benchmark.soak import Soak, State, slope, soak
from scripts.benchmark.watched import measure_watched

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured

ROOT = Path(__file__).parents[2]
HERE = [peer for peer in PEERS if not peer.requirement]
"""What this project's own environment has."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with bench.server(apart=False) as address:
        yield address


def _states(*memory: int, sockets: int = 4) -> list[State]:
    return [State(60.0 * minute, kilobytes, sockets, 1, 2) for minute, kilobytes in enumerate(memory)]


def test_the_slope_is_that_of_a_line_through_what_comes_after_the_warm_up() -> None:
    assert slope(_states(0, 900, *range(1_000, 1_080, 10))) == pytest.approx(10.0)
    assert slope(_states(500)) == 0.0


@pytest.mark.parametrize(
    ("minutes", "rising", "sockets", "kept"), [(30, 19.0, 4, True), (30, 21.0, 4, False), (1, 99.0, 4, True)]
)
def test_memory_may_hardly_rise_in_a_long_run(minutes: float, rising: float, sockets: int, kept: bool) -> None:
    assert Soak(minutes, 9, rising, _states(*range(10), sockets=sockets)).kept is kept


def test_sockets_may_not_become_more_in_any_run() -> None:
    states = [*_states(1, 1, 1, 1, 1), *_states(1, 1, 1, sockets=5)]

    assert Soak(1, 9, 0.0, states).kept is False


def test_calls_of_every_kind_leave_nothing_behind(origin: str) -> None:
    told: list[float] = []

    found = asyncio.run(soak(origin, 0.01, told.append))

    assert found.calls >= 5
    assert len(found.states) == len(told) + 1
    assert found.states[-1].tasks == 1


@pytest.mark.parametrize("peer", HERE, ids=lambda peer: peer.label)
def test_each_library_does_every_piece_of_its_work(peer: Peer, origin: str) -> None:
    works = [measure.work for measure in peers.MEASURES if peer.family in measure.families]

    with worker(peer, origin) as one:
        figures = [one.ask(work=work, times=2, concurrency=2) for work in [*works, "short"]]
        held = one.ask(memory=True)

    assert min(figures) > 0
    assert held > 2**20


def test_what_a_library_raises_is_told(origin: str) -> None:
    with worker(HERE[0], f"{origin}/fail") as one, pytest.raises(RuntimeError, match=r"any-llm, .*: ProviderError"):
        one.ask(work="small", times=1, concurrency=1)


def test_a_library_that_ends_is_told(origin: str) -> None:
    missing = Peer("nobody", "nobody", "nobody", "nobody")
    with worker(missing, origin) as one, pytest.raises(RuntimeError, match="it ended"):
        one.ask(work="small", times=1, concurrency=1)


def test_slow_work_is_done_less_often() -> None:
    class Counting(Worker):
        def __init__(self, cost: float) -> None:
            self.peer, self._costs, self.cost, self.asked = HERE[0], {}, cost, [0]

        @override
        def ask(self, **command: object) -> float:
            self.asked.append(int(str(command["times"])))
            return self.cost

    fast, slow = Counting(10.0), Counting(100_000.0)
    for one in (fast, slow):
        one.work(peers.MEASURES[0])

    assert (fast.asked[-1], slow.asked[-1]) == (300, 4)


def test_connections_and_memory_are_counted(origin: str) -> None:
    figures: peers.Figures = {peers.CONNECTIONS: {}, peers.GROWTH: {}}

    peers.compare_sizes(figures, HERE[:1], origin)

    assert figures[peers.CONNECTIONS] == {"any-llm": [20.0]}
    assert len(figures[peers.GROWTH]["any-llm"]) == 1


def test_ratios_are_medians_within_rounds_and_to_ours_in_the_same_words() -> None:
    figures = {"any-llm": [1.0, 2.0, 10.0], "openai": [3.0, 8.0, 20.0], "any-llm, messages": [5.0], "anthropic": [10.0]}

    assert ratios(figures) == {"any-llm": 1.0, "openai": 3.0, "any-llm, messages": 1.0, "anthropic": 2.0}


def test_to_nothing_there_is_no_ratio() -> None:
    assert ratios({"any-llm": [0.0], "openai": [3.0]}) == {}
    assert ratios({"openai": [3.0]}) == {}


def test_the_page_and_its_pictures_are_made_of_the_results(tmp_path: Path) -> None:
    results = page.read()

    page.draw(results, tmp_path)

    assert page.PAGE.read_text() == page.render(results)
    for name in ("peers.svg", "soak.svg"):
        assert (page.FOLDER / name).read_text() == (tmp_path / name).read_text()


def test_the_page_says_what_was_measured(tmp_path: Path) -> None:
    row = Row("1 KB call", "aiohttp", 123.6, 100.0, 1.2321, "µs", 1.25)
    figures: peers.Figures = {"1 KB call": {"any-llm": [100.0, 110.0], "openai": [900.0, 990.0]}}
    states = _states(1_000, 1_004)

    text = page.render(
        {
            "promises": page.promises_part([row], 2),
            "peers": page.peers_part(figures, 2),
            "soak": page.soak_part(Soak(30, 5_000, 0.123, states), 2),
        }
    )

    assert "| 1 KB call | aiohttp | 124 µs | 100 µs | 1.23 | ≤ 1.25 |" in text
    assert "| 1 KB call | 1 | 9 |" in text
    assert "| 1 KB call | 105 µs | 945 µs |" in text
    assert "5,000 calls in 30 minutes" in text
    assert "rises by 0.1 KB a minute" in text


def test_promises_are_measured_and_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"

    bench.main(["--only", "20 MB image", "--no-peers", "--rounds", "1", "--json", str(figures)])

    (row,) = json.loads(figures.read_text())["promises"]
    assert row["name"] == "20 MB image request, peak memory"
    assert 1.0 < row["ratio"] < 5.0
    assert "20 MB image request" in capsys.readouterr().out


def test_the_workers_constants_are_those_of_the_server() -> None:
    from scripts.benchmark import server, worker  # noqa: PLC0415  # one name is also that of a function here

    assert (worker.CHUNKS, worker.FEW_CHUNKS) == (server.CHUNKS, server.FEW_CHUNKS)


def test_peers_are_pinned_and_have_environments_of_their_own() -> None:
    foreign = [peer for peer in PEERS if peer.requirement]

    assert all("==" in peer.requirement for peer in foreign)
    assert all(peer.python.is_relative_to(ROOT / ".venv-peers") for peer in foreign)
    assert all(peer.python == Path(sys.executable) for peer in HERE)


async def test_everything_on_makes_the_very_calls_that_nothing_on_makes() -> None:
    rows = {one.name: one for one in await measure_everything(1)}
    promised = rows["everything on, a call"]
    assert (promised.against, promised.theirs, promised.limit) == ("promised", 300.0, 1.0)
    # Other tests run beside this one: how much it is `make bench` tells, that it is no multiple of it this.
    assert 0 < promised.ours < 5 * promised.theirs
    assert all(one.ours > one.theirs > 0 for name, one in rows.items() if name != promised.name)


async def test_everything_on_has_every_layer_and_nothing_on_has_none() -> None:
    messages = [{"role": "user", "content": "Hello"}]
    full, plain = everything(), bare()
    answer = await full.acompletion("auto", messages)
    names = {place.name for place in full.layers}
    assert names >= {"sanitise", "cache", "fallback", "breaker", "retry", "rotate", "rate_limit"}
    assert answer.report.cache is not None
    assert answer.report.cache.status == "miss"
    assert answer.report.routing is not None
    assert plain.layers == ()
    assert (await plain.acompletion(MODEL, messages)).choices[0].message.content == answer.choices[0].message.content


def test_a_call_with_nothing_on_loads_no_layer() -> None:
    program = (
        "import asyncio, sys; from any_llm import AnyLLM; from any_llm.testing import Mock\n"
        "client = Mock().client()\n"
        "asyncio.run(client.acompletion('m', [{'role': 'user', 'content': 'Hello'}]))\n"
        "print([name for name in sys.modules if name.startswith(('any_llm.middleware.', 'any_llm.stores.'))])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


async def test_watched_calls_are_measured_with_what_is_written_behind_them() -> None:
    rows = {one.name: one for one in await measure_watched(1)}
    promised = rows["everything watched, a call"]
    assert (promised.against, promised.theirs, promised.limit) == ("promised", 350.0, 1.0)
    # As above: other tests run beside this one.
    assert 0 < promised.ours < 10 * promised.theirs
    way, less = rows["everything watched, on the way"], rows["watched, nothing stored"]
    assert 0 < way.ours < way.theirs == less.theirs == promised.ours
    assert 0 < less.ours < 2 * promised.ours
