"""Measuring providers: how soon, how fast, how reliably and at what cost they answer; `any-llm bench` shows it."""
