"""The provider keeps its promises."""

from __future__ import annotations

import asyncio

from any_llm_example_provider import EXAMPLE_CLOUD

from any_llm.testing.conformance import verify


def test_it_keeps_its_promises() -> None:
    findings = asyncio.run(verify("provider", "examplecloud", EXAMPLE_CLOUD))
    assert [finding for finding in findings if not finding.kept] == []
