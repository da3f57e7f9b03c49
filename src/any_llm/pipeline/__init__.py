"""How calls flow: the contract of middleware."""
