"""Made by `scripts/surfaces.py`; one module for each group of operations."""
