"""What may be implemented: protocols and records."""
