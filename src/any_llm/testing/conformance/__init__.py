"""Whether a plug-in keeps the promises of its kind: checks that anybody can run on a package of theirs.

`any-llm plugins verify` runs them on what is installed; in a test of your own, `verify(kind, name, plugin)` returns
the findings.
"""

from __future__ import annotations

from any_llm.testing.conformance.finding import Finding
from any_llm.testing.conformance.suite import KINDS, verify

__all__ = ["KINDS", "Finding", "verify"]
