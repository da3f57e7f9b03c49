"""How `scripts/capabilities.py` reads each source, and how their statements become one file."""
