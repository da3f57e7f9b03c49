"""The tests over the folder of recordings are collected where it is."""

from __future__ import annotations

from tests.testing.reading.shared_folder import WIRE

collect_ignore = [] if WIRE.is_dir() else ["test_recorded_costs.py", "test_recorded_estimates.py"]
