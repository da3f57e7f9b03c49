"""Hits and false hits of a semantic cache by threshold, as a picture."""

# matplotlib's own annotations leave some of its parameters open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from any_llm.pipeline.paraphrases import Judged
from any_llm.testing.bench.plot import check_plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES = (8.0, 5.0)
_RATES = (("hit_rate", "hits: they mean the same", "tab:blue"), ("false_hit_rate", "false hits", "tab:red"))


def draw_thresholds(
    path: Path, model: str, judged: Sequence[Judged], bare: Sequence[Judged], recommended: float | None
) -> None:
    """Draw both rates with their intervals into a file, as PNG or SVG by its ending.

    Args:
        path: the file.
        model: what was measured.
        judged: by threshold.
        bare: the same without the look at the words, drawn thinly; empty for none.
        recommended: a threshold to mark.

    Raises:
        ConfigurationError, MissingExtraError: as `check_plot`.
    """
    check_plot(path)
    from matplotlib import rc_context  # noqa: PLC0415  # an extra
    from matplotlib.figure import Figure  # noqa: PLC0415  # an extra

    # Texts of an SVG stay texts, and the same measurement gives the same file.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "any-llm"}):
        picture = Figure(figsize=_INCHES, layout="constrained")
        axes = picture.subplots()
        for name, label, colour in _RATES:
            _rate(axes, judged, name, label, colour)
            if bare:
                heights = [100 * getattr(one, name).part for one in bare]
                axes.plot([one.threshold for one in bare], heights, ":", color=colour, label=f"{label}, words unseen")
        if recommended is not None:
            axes.axvline(recommended, color="black", linestyle="--", label=f"recommended: {recommended:g}")
        axes.set(title=model, xlabel="least similarity", ylabel="% of the pairs", ylim=(0, 101))
        axes.grid(visible=True, alpha=0.3)
        axes.legend(loc="best", fontsize="small")
        picture.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def _rate(axes: Axes, judged: Sequence[Judged], name: str, label: str, colour: str) -> None:
    places = [one.threshold for one in judged]
    rates = [getattr(one, name) for one in judged]
    axes.plot(places, [100 * rate.part for rate in rates], color=colour, label=label)
    axes.fill_between(
        places, [100 * rate.low for rate in rates], [100 * rate.high for rate in rates], color=colour, alpha=0.15
    )
