"""What is fuzzed: functions of bytes that end quietly, or with whatever is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SEEDS = ROOT / "tests" / "fuzz" / "seeds"
"""Where each target has a folder of inputs to begin with, written by hand."""

TARGETS: Mapping[str, str] = {
    "arguments": "JSON and arguments of tools that arrive in pieces",
    "catalogue": "names of providers and models",
    "conversions": "answers and conversations between every two formats",
    "decoders": "whatever providers send, for every operation of every dialect",
    "framing": "server-sent events, JSON lines and AWS event streams",
    "redaction": "keys in whatever fails",
    "settings_file": "configuration files",
    "think_tags": "thoughts between tags",
    "tool_schemas": "tools from signatures of functions",
}
"""The targets, each a module of `tests/fuzz/subjects` with a function `check`, and what is fed to them."""


def load_target(name: str) -> Callable[[bytes], None]:
    """Return a target's function; the tests over made-up values use the rest of its module."""
    check: Callable[[bytes], None] = import_module(f"tests.fuzz.subjects.{name}").check
    return check


def dictionary(name: str) -> list[bytes]:
    """Return the words of a target's seeds, which are worth putting anywhere."""
    texts = b"\n".join(path.read_bytes() for path in sorted((SEEDS / name).iterdir()))
    found = {word for word in texts.replace(b":", b" : ").replace(b'"', b' " ').split() if 2 < len(word) < 30}
    return sorted(found)
