"""What `scripts/chaos.py` is made of: providers that fail at random, and callers who count what they get."""
