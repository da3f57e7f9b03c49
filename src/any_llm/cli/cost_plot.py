"""What calls cost as a picture.

matplotlib (https://matplotlib.org/stable/api/) comes with the extra `plot`, and is loaded on first use.
"""

# matplotlib's own annotations leave some of its parameters open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from textwrap import wrap
from typing import TypeAlias
from warnings import catch_warnings, filterwarnings

from any_llm.cli.terminal import legible
from any_llm.testing.bench.plot import check_plot
from any_llm.types.json import JSON

Group: TypeAlias = tuple[str, ...]
Costs: TypeAlias = Sequence[tuple[Group, Decimal]]

_WIDTH, _HEIGHT, _ROW = 11.0, 2.0, 0.3
_HEIGHT_OF_DAYS = 5.0
_MOST_ROWS, _MOST_PARTS = 60, 12
_OTHERS = ("all others",)
_LINE = 160
_LONGEST = 60


def draw(path: Path, by: Sequence[str], costs: Costs, caption: str) -> None:
    """Draw costs into a file, as PNG or SVG by its ending, with a caption beneath.

    By day alone, or first by day, there is a column for each day, with a part for each of the rest; else a bar for each
    group, the dearest ones first.

    Raises:
        ConfigurationError, MissingExtraError: as `check_plot`.
    """
    check_plot(path)
    from matplotlib import rc_context  # noqa: PLC0415  # an extra
    from matplotlib.figure import Figure  # noqa: PLC0415  # an extra

    # Names are shown as they are: a dollar in one begins no formula, and a letter that no font has no warning.
    with (
        rc_context({"svg.fonttype": "none", "svg.hashsalt": "any-llm", "text.parse_math": False}),
        catch_warnings(),
    ):
        filterwarnings("ignore", message="Glyph", category=UserWarning)
        by_day = by[:1] == ("day",)
        named = [(group[1:] if by_day else group, cost) for group, cost in costs]
        drawn = _fewer(named, _MOST_PARTS if by_day else _MOST_ROWS)
        height = _HEIGHT_OF_DAYS if by_day else _HEIGHT + _ROW * len(drawn)
        picture = Figure(figsize=(_WIDTH, height), layout="constrained")
        axes = picture.subplots()
        if by_day:
            _draw_days(axes, costs, drawn)
            if by[1:]:
                picture.legend(loc="outside right upper", fontsize="small")
        else:
            _draw_bars(axes, costs, drawn)
        axes.set_title(f"cost by {', '.join(by)}")
        picture.supxlabel("\n".join(wrap(caption, _LINE)), fontsize="x-small")
        axes.grid(visible=True, axis="both", alpha=0.3)
        picture.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def _fewer(costs: Costs, most: int) -> Sequence[Group]:
    """Return the dearest groups, the dearest one first; `_OTHERS` last where there are more than can be told apart."""
    sums: dict[Group, Decimal] = defaultdict(Decimal)
    for group, cost in costs:
        sums[group] += cost
    dearest = sorted(sums, key=lambda group: (-sums[group], group))
    return dearest if len(dearest) <= most else [*dearest[: most - 1], _OTHERS]


def _draw_days(axes: JSON, costs: Costs, parts: Sequence[Group]) -> None:
    """Draw a column for each day, with a part for each group."""
    days = sorted({group[0] for group, _ in costs})
    heights: dict[Group, dict[str, float]] = {part: dict.fromkeys(days, 0.0) for part in parts}
    for group, cost in costs:
        heights[group[1:] if group[1:] in heights else _OTHERS][group[0]] += float(cost)
    bottoms = [0.0] * len(days)
    for part, held in heights.items():
        tops = [held[day] for day in days]
        axes.bar(days, tops, bottom=bottoms, label=_label(part) or "cost")
        bottoms = [bottom + top for bottom, top in zip(bottoms, tops, strict=True)]
    axes.set(ylabel="US dollars", ylim=(0, None))
    axes.tick_params(axis="x", rotation=60)


def _draw_bars(axes: JSON, costs: Costs, groups: Sequence[Group]) -> None:
    """Draw a bar for each group."""
    lengths = dict.fromkeys(groups, 0.0)
    for group, cost in costs:
        lengths[group if group in lengths else _OTHERS] += float(cost)
    # By places, since two names may look the same.
    places = range(len(lengths))[::-1]
    axes.barh(places, list(lengths.values()))
    axes.set_yticks(places, [_label(group) for group in lengths])
    axes.set(xlabel="US dollars")


def _label(group: Sequence[str]) -> str:
    """Return what a group is called: legible, not too long, and not hidden, as names with an underscore first are."""
    words = (legible(word) or "–" for word in group)
    named = " · ".join(word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…" for word in words)
    return f"\u200b{named}" if named.startswith("_") else named
