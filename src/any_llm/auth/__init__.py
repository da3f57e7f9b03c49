"""Signing requests."""
