"""Digests of tools' descriptions: a tool that is described otherwise than when it was approved is another tool.

Servers of tools can change what a model is told about a tool after somebody approved it ("rug pull", see
https://owasp.org/www-project-top-10-for-large-language-model-applications).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from any_llm.types.json import JSON, is_mapping


def digest(tool: Mapping[str, JSON]) -> str:
    """Return the digest of a tool in OpenAI's or Anthropic's shape: SHA-256 of its JSON with its keys in order."""
    return hashlib.sha256(msgspec.json.encode(tool, order="deterministic")).hexdigest()


def changed_tools(tools: Sequence[JSON], pinned: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of the tools that are not as they were pinned; what has no pin is as it is."""
    for tool in tools:
        if is_mapping(tool) and (name := name_of(tool)) in pinned and digest(tool) != pinned[name]:
            yield name


def name_of(tool: Mapping[str, JSON]) -> str:
    """Return the name of a tool, in whichever shape; empty where it has none."""
    function = tool.get("function")
    return str((function if is_mapping(function) else tool).get("name") or "")
