"""The public API: `AnyLLM`, and module functions over it."""
