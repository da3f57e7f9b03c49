"""What a translation could not say as it was meant, noted while it is written."""

from __future__ import annotations

from any_llm.types.report import Warning as CallWarning


class Warnings:
    """A list of warnings that grows; `path` of each names the place in what the caller said."""

    def __init__(self) -> None:
        self._noted: list[CallWarning] = []

    def dropped(self, path: str, detail: str) -> None:
        """Note something that is not sent."""
        self._noted.append(CallWarning("dropped", path, detail))

    def emulated(self, path: str, detail: str) -> None:
        """Note something that is reached by other means."""
        self._noted.append(CallWarning("emulated", path, detail))

    def approximated(self, path: str, detail: str) -> None:
        """Note something that is sent as the nearest thing."""
        self._noted.append(CallWarning("approximated", path, detail))

    def noted(self) -> tuple[CallWarning, ...]:
        """Return what was noted so far."""
        return tuple(self._noted)
