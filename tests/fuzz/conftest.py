"""The coverage-guided part is collected where its engine is: atheris has no packages for every system."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("atheris") else ["test_guided.py"]
