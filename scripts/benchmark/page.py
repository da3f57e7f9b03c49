"""The results as JSON, and the page of the documentation that is made of them with its pictures."""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from matplotlib import rc_context
from matplotlib.figure import Figure

from scripts.benchmark.measure import Row
from scripts.benchmark.peers import OURS, PEERS, UNITS, Figures, ratios
from scripts.benchmark.soak import Soak

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
FOLDER = ROOT / "docs" / "benchmarks"
RESULTS = FOLDER / "results.json"
_STATES = 180
"""States of a soak that are kept."""

Results: TypeAlias = dict[str, Any]
"""The content of `results.json`: its parts are `promises`, `peers` and `soak`."""


def read(path: Path = RESULTS) -> Results:
    """Return the results so far."""
    found: Results = json.loads(path.read_text()) if path.exists() else {}
    return found


def publish(**parts: Mapping[str, Any]) -> None:
    """Replace parts of the results, and make the page and its pictures anew."""
    results = read() | parts
    FOLDER.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(render(results))
    draw(results, FOLDER)


def circumstances(cores: int) -> dict[str, Any]:
    """Return when and on what kind of machine something is measured."""
    return {
        "date": datetime.now(tz=UTC).date().isoformat(),
        "cores": cores,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
    }


def promises_part(rows: Sequence[Row], cores: int) -> dict[str, Any]:
    """Return the part of the promises."""
    told = [
        {
            "name": one.name,
            "against": one.against,
            "ours": _rounded(one.ours),
            "theirs": _rounded(one.theirs),
            "unit": one.unit,
            "ratio": _rounded(one.ratio),
            "limit": one.limit,
        }
        for one in rows
    ]
    return {**circumstances(cores), "rows": told}


def peers_part(figures: Figures, cores: int) -> dict[str, Any]:
    """Return the part of the comparison with other libraries."""
    labels = {label for values in figures.values() for label in values}
    return {
        **circumstances(cores),
        "versions": {peer.label: peer.version() for peer in PEERS if peer.label in labels},
        "figures": {
            name: {label: [_rounded(value) for value in rounds] for label, rounds in values.items()}
            for name, values in figures.items()
        },
    }


def soak_part(soak: Soak, cores: int) -> dict[str, Any]:
    """Return the part of the soak, with some of its states."""
    plain = soak.plain()
    step = max(1, len(soak.states) // _STATES)
    states = [[one.seconds, one.memory, one.sockets, one.tasks, one.threads] for one in soak.states[::step]]
    return {**circumstances(cores), **plain, "slope": round(soak.slope, 2), "states": states}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def render(results: Results) -> str:
    """Return the page."""
    parts: list[str] = [_HEAD]
    if promises := results.get("promises"):
        parts.append(_promises(promises))
    if peers := results.get("peers"):
        parts.append(_peers(peers))
    if soak := results.get("soak"):
        parts.append(_soak(soak))
    return "\n".join(parts)


_HEAD = """# Benchmarks

This page is made by `make bench publish=1` and `make soak publish=1`, from [the results](benchmarks/results.json).
[Measure this library](measuring.md#measure-this-library) says how to repeat them.
"""


def _where(part: Mapping[str, Any]) -> str:
    return f"Measured on {part['date']}, {part['system']} with {part['cores']} cores, {part['python']}."


def _promises(part: Mapping[str, Any]) -> str:
    rows = [
        (
            one["name"],
            one["against"],
            f"{_short(one['ours'])} {one['unit']}",
            f"{_short(one['theirs'])} {one['unit']}",
            f"{one['ratio']:.2f}",
            _promise(one),
        )
        for one in part["rows"]
    ]
    table = _table(("what", "against", OURS, "other", "ratio", "promised"), rows)
    return f"""## What is promised

Ratios to the bare HTTP client (aiohttp), which decodes the same JSON, and to others. {_where(part)} {_METHOD}

{table}
"""


def _promise(row: Mapping[str, Any]) -> str:
    if row["limit"] is None:
        return ""
    return f"≤ {row['limit']:g}" + ("" if row["ratio"] <= row["limit"] else ", **missed**")


_METHOD = (
    "Times are CPU times of the client, the median of several rounds; all take turns within a round, and a ratio is "
    "the median of the rounds' ratios."
)


def _peers(part: Mapping[str, Any]) -> str:
    figures: Figures = part["figures"]
    labels = [peer.label for peer in PEERS if peer.label in part["versions"]]
    chat = [label for label in labels if label not in _MESSAGES]
    messages = [label for label in labels if label in _MESSAGES]
    versions = [(label, part["versions"][label]) for label in labels]
    return f"""## Against other libraries

Each library runs in an environment and a process of its own, and talks to the same server, which costs nearly nothing.
{_where(part)} {_METHOD} Importing this library loads little; what a call needs is loaded by the first, so the cold
process is the fairer figure.

![CPU times and memory of each library](benchmarks/peers.svg)

The bars are logarithmic.

How many times the figure of {OURS} each one's is:

{_table(("", *chat), _ratio_rows(figures, chat))}

The medians:

{_table(("", *chat), _median_rows(figures, chat))}

In Anthropic's words, the ratios and the medians:

{_table(("", *messages), _ratio_rows(figures, messages))}

{_table(("", *messages), _median_rows(figures, messages))}

{_table(("library", "version"), versions)}
"""


_MESSAGES = frozenset(peer.label for peer in PEERS if peer.family == "messages")


def _ratio_rows(figures: Figures, labels: Sequence[str]) -> Iterable[Sequence[str]]:
    for name in UNITS:
        found = ratios(figures.get(name, {}))
        if any(label in found for label in labels):
            yield (name, *(f"{_short(found[label])}" if label in found else "–" for label in labels))


def _median_rows(figures: Figures, labels: Sequence[str]) -> Iterable[Sequence[str]]:
    for name, unit in UNITS.items():
        values = figures.get(name, {})
        if any(label in values for label in labels):
            cells = (f"{_short(statistics.median(values[one]))} {unit}" if one in values else "–" for one in labels)
            yield (name, *(cell.strip() for cell in cells))


def _soak(part: Mapping[str, Any]) -> str:
    first, last = part["states"][0], part["states"][-1]
    rows = [
        (f"{seconds / 60:.1f}", f"{memory:,} KB", str(sockets), str(tasks), str(threads))
        for seconds, memory, sockets, tasks, threads in (first, part["states"][len(part["states"]) // 2], last)
    ]
    return f"""## For long

{part["calls"]:,} calls in {part["minutes"]:g} minutes: whole, streamed, abandoned in the middle, failing, and of the
blocking API. {_where(part)} After the warm-up, a line through the memory rises by {part["slope"]:.1f} KB a minute.

![Memory over time](benchmarks/soak.svg)

{_table(("minute", "memory", "sockets", "tasks", "threads"), rows)}
"""


def _short(value: float) -> str:
    """Return a number with as many digits as matter."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def draw(results: Results, folder: Path) -> None:
    """Draw the pictures; the same results give the same files."""
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "any-llm", "font.size": 8}):
        if "peers" in results:
            _save(_bars(results["peers"]["figures"]), folder / "peers.svg")
        if "soak" in results:
            _save(_line(results["soak"]["states"]), folder / "soak.svg")


def _save(picture: Figure, path: Path) -> None:
    picture.savefig(path, metadata={"Date": None})
    # matplotlib ends some lines with blanks.
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")


def _bars(figures: Figures) -> Figure:
    """Draw one row of bars for each measure, by a logarithmic scale, this library first."""
    names = [name for name in UNITS if figures.get(name)]
    columns = 2
    picture = Figure(figsize=(10, 1.9 * ((len(names) + 1) // columns)), layout="constrained")
    axes = picture.subplots((len(names) + 1) // columns, columns, squeeze=False).flatten()
    for place, name in zip(axes, names, strict=False):
        labels = list(figures[name])
        medians = [statistics.median(figures[name][label]) for label in labels]
        colours = ["tab:blue" if label.startswith(OURS) else "tab:gray" for label in labels]
        bars = place.barh(labels, medians, color=colours)
        place.bar_label(bars, [_short(value) for value in medians], padding=2)
        place.invert_yaxis()
        place.set_title(f"{name} [{UNITS[name]}]" if UNITS[name] else name)
        place.set_xscale("symlog" if min(medians) <= 0 else "log")
        # The figures stand at the bars; the marks of a logarithmic scale would only be in the way.
        place.set_xticks([])
        place.set_xticks([], minor=True)
        place.margins(x=0.2)
    for place in axes[len(names) :]:
        place.set_axis_off()
    return picture


def _line(states: Sequence[Sequence[float]]) -> Figure:
    """Draw the memory over time."""
    picture = Figure(figsize=(8, 2.6), layout="constrained")
    axes = picture.subplots()
    axes.plot([one[0] / 60 for one in states], [one[1] / 1024 for one in states])
    axes.set(xlabel="minutes", ylabel="MB", ylim=(0, None))
    axes.grid(visible=True, alpha=0.3)
    return picture
