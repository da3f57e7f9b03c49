"""The tests over the vendor's schemas are collected where those are."""

from __future__ import annotations

from tests.dialects.mistral.specification import SCHEMA

collect_ignore = [] if SCHEMA.is_file() else ["test_specification.py"]
