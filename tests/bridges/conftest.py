"""The tests over recordings are there where the recordings are."""

from __future__ import annotations

from tests.testing.reading.shared_folder import WIRE

collect_ignore = [] if WIRE.is_dir() else ["test_recordings.py"]
