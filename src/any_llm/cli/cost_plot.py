"""What calls cost as a picture.

matplotlib (https://matplotlib.org/stable/api/) comes with the extra `plot`, and is loaded on first use.
"""

# matplotlib's own annotations leave some of its parameters open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from textwrap import wrap
from warnings import catch_warnings, filterwarnings

from any_llm.cli.terminal import legible
from any_llm.testing.bench.plot import check_plot

_WIDTH, _HEIGHT, _ROW = 11.0, 2.0, 0.3
_MOST_ROWS = 60
_LINE = 160
_LONGEST = 60


def draw(path: Path, by: Sequence[str], costs: Sequence[tuple[tuple[str, ...], Decimal]], caption: str) -> None:
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
        if by[:1] == ("day",):
            picture = Figure(figsize=(_WIDTH, 5.0), layout="constrained")
            axes = picture.subplots()
            days = sorted({group[0] for group, _ in costs})
            bottoms = dict.fromkeys(days, 0.0)
            for part in sorted({group[1:] for group, _ in costs}):
                heights = {group[0]: float(cost) for group, cost in costs if group[1:] == part}
                axes.bar(
                    days,
                    [heights.get(day, 0.0) for day in days],
                    bottom=[bottoms[day] for day in days],
                    label=_label(part) or "cost",
                )
                for day, height in heights.items():
                    bottoms[day] += height
            axes.set(ylabel="US dollars", ylim=(0, None))
            axes.tick_params(axis="x", rotation=60)
            if by[1:]:
                axes.legend(fontsize="small")
        else:
            dearest = sorted(costs, key=lambda one: one[1], reverse=True)[:_MOST_ROWS][::-1]
            picture = Figure(figsize=(_WIDTH, _HEIGHT + _ROW * len(dearest)), layout="constrained")
            axes = picture.subplots()
            axes.barh(
                [_label(group) for group, _ in dearest],
                [float(cost) for _, cost in dearest],
            )
            axes.set(xlabel="US dollars")
        axes.set_title(f"cost by {', '.join(by)}")
        picture.supxlabel("\n".join(wrap(caption, _LINE)), fontsize="x-small")
        axes.grid(visible=True, axis="both", alpha=0.3)
        picture.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def _label(group: Sequence[str]) -> str:
    """Return what a group is called: legible, not too long, and not hidden, as names with an underscore first are."""
    words = (legible(word) or "–" for word in group)
    named = " · ".join(word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…" for word in words)
    return f"\u200b{named}" if named.startswith("_") else named
