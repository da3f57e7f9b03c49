"""The format and its provider keep their promises."""

from __future__ import annotations

import asyncio

from any_llm_example_dialect import PARROT, PARROTS

from any_llm.testing.conformance import verify


def test_the_format_keeps_its_promises() -> None:
    findings = asyncio.run(verify("dialect", "parrot", PARROT))
    assert [finding for finding in findings if not finding.kept] == []


def test_the_provider_keeps_its_promises() -> None:
    findings = asyncio.run(verify("provider", "parrots", PARROTS))
    # The format is installed, not only imported, where this passes.
    assert [finding.promise for finding in findings if not finding.kept] == []
