"""`AnyLLM` under the module name that Mozilla's `any_llm` gives it."""

from __future__ import annotations

from any_llm.client.anyllm import AnyLLM

__all__ = ["AnyLLM"]
