"""From Python types to JSON schemas, and from a model's JSON back to those types."""
