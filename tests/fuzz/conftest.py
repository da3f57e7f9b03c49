"""What is collected where it can run: the engine of the guided part, and the vendors' schemas, are not everywhere."""

from __future__ import annotations

from importlib.util import find_spec

from tests.testing.reading.shared_folder import WIRE

collect_ignore = [
    *([] if find_spec("atheris") else ["test_guided.py"]),
    *([] if (WIRE.parent / "specs").is_dir() else ["test_valid_schemas.py"]),
]
