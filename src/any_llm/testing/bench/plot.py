"""What was measured as a picture: how times spread, and when they were long.

matplotlib (https://matplotlib.org/stable/api/) comes with the extra `plot`, and is loaded on first use.
"""

# matplotlib's own annotations leave some of its parameters open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.testing.bench.sample import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".png", ".svg")
_INCHES = (11.0, 8.0)
_MILLISECONDS = 1_000
_NOTHING = "none measured"


def check_plot(path: Path) -> None:
    """Say now what would only fail when everything has been measured and paid.

    Raises:
        ConfigurationError: the file's name has no ending that stands for a picture, or its folder does not exist.
        MissingExtraError: matplotlib is not installed.
    """
    if path.suffix.lower() not in FORMATS:
        raise ConfigurationError(f"A picture cannot be written to {str(path)!r}: end it in {' or '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise ConfigurationError(f"A picture cannot be written to {str(path)!r}: there is no such folder")
    try:
        import_module("matplotlib.figure")
    except ImportError as error:
        raise MissingExtraError("plot", "matplotlib", reason="it draws pictures") from error


def draw(path: Path, measured: Mapping[str, Sequence[Sample]]) -> None:
    """Draw the calls of each model into a file, as PNG or SVG by its ending.

    Above are the times to the first token and between tokens by percentile. Below is how long the calls took, by
    percentile and by the time at which each was to be sent, with a cross for one that failed.

    Raises:
        ConfigurationError, MissingExtraError: as `check_plot`.
    """
    check_plot(path)
    from matplotlib import rc_context  # noqa: PLC0415  # an extra
    from matplotlib.figure import Figure  # noqa: PLC0415  # an extra

    good = {name: [sample for sample in samples if not sample.failed] for name, samples in measured.items()}
    # Texts of an SVG stay texts, and the same measurement gives the same file.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "any-llm"}):
        picture = Figure(figsize=_INCHES, layout="constrained")
        axes = picture.subplots(2, 2)
        _spread(axes[0, 0], "time to first token", good, lambda sample: [sample.time_to_first_token])
        _spread(axes[0, 1], "between tokens", good, lambda sample: sample.gaps)
        _spread(axes[1, 0], "whole call", good, lambda sample: [sample.total])
        _over_time(axes[1, 1], measured)
        picture.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def _spread(
    axes: Axes,
    title: str,
    measured: Mapping[str, Sequence[Sample]],
    values: Callable[[Sample], Sequence[float | None]],
) -> None:
    """Draw which percentage of values is below which time."""
    for name, samples in measured.items():
        times = sorted(value * _MILLISECONDS for sample in samples for value in values(sample) if value is not None)
        percents = [100 * (rank + 1) / len(times) for rank in range(len(times))]
        axes.step(times, percents, where="post", label=name if times else f"{name} ({_NOTHING})")
    axes.set(title=title, xlabel="ms", ylabel="% within", ylim=(0, 101))
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="lower right", fontsize="small")


def _over_time(axes: Axes, measured: Mapping[str, Sequence[Sample]]) -> None:
    """Draw how long each call took, by when it was to be sent."""
    for name, samples in measured.items():
        for failed, marker in ((False, "."), (True, "x")):
            chosen = [sample for sample in samples if sample.failed is failed]
            if chosen:
                axes.scatter(
                    [sample.intended for sample in chosen],
                    [sample.total * _MILLISECONDS for sample in chosen],
                    s=14,
                    marker=marker,
                    label=f"{name} (failed)" if failed else name,
                )
    axes.set(title="whole call, as it went", xlabel="s after the start", ylabel="ms", ylim=(0, None))
    axes.grid(visible=True, alpha=0.3)
    if any(measured.values()):
        axes.legend(loc="best", fontsize="small")
